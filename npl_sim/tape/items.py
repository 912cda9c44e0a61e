"""Check collateral and guarantor rows, complete their empty cells, and join them to the loans."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.core.layout import MAX_ITEMS
from npl_sim.tape.checks import days_until
from npl_sim.tape.joins import check_join, check_spellings
from npl_sim.tape.parsed import Parsed
from npl_sim.tape.shared_items import Scope, settle_shared

Spellings = dict[str, tuple[str, ...]]
"""Loan id as the file spells it to tape ids that differ only in spelling."""

_BLANKS = (
    ("region", "where the item is: the loan's region is taken"),
    ("lien_rank", "a rank: 1 is taken, ours as the first lien"),
    ("prior_liens", "an amount: 0 is taken, nothing as ranking before us"),
)
"""Collateral columns with a default for empty cells, the expected value, and that default."""


def check_loan_ids(table: Parsed, loan_ids: pd.Series) -> tuple[np.ndarray, Spellings]:
    """Report rows that match no loan; return them, and the loans that they may mean."""
    return check_join(table.log, "loan_id", table.frame["loan_id"], loan_ids, "a loan on the tape")


def check_collateral(
    table: Parsed,
    loans: pd.DataFrame,
    valuation_date: date,
    stale_months: float,
    scope: Scope,
    orphan: np.ndarray,
) -> pd.DataFrame:
    """Check collateral rows and return them completed.

    Parameters
    ----------
    table
        Rows as read.
    loans
        Completed loan rows.
    valuation_date
        Date on which the package is valued.
    stale_months
        Age from which an appraisal draws a warning. [months]
    scope
        What a collateral id names: one item of the file, or one of its loan.
    orphan
        Rows that belong to no loan.
    """
    frame = table.frame.copy()
    _check_appraisals(table, frame, pd.Timestamp(valuation_date), stale_months)
    _check_liens(table, frame)
    log = table.log
    if scope != "loan":
        check_spellings(log, "collateral_id", frame["collateral_id"], "item")
    _name_by_position(frame, "collateral_id", "/")
    frame = settle_shared(table, frame, loans, scope)
    many = frame.groupby("loan_id")["loan_id"].transform("size") > MAX_ITEMS
    log.error(
        "loan_id", many & ~orphan, frame["loan_id"], f"a loan with at most {MAX_ITEMS} items"
    )
    regions = loans.drop_duplicates("loan_id").set_index("loan_id")["region"]
    inherited = frame["loan_id"].map(regions).fillna("all").astype("str")
    frame["region"] = frame["region"].where(frame["region"] != "", inherited)
    return frame


def _check_appraisals(
    table: Parsed, frame: pd.DataFrame, valuation: pd.Timestamp, stale_months: float
) -> None:
    """Check kinds, values and appraisal dates; an item without a value is worth nothing."""
    log = table.log
    value, day = table.text("appraisal_value"), table.text("appraisal_date")
    no_value = table.empty.get("appraisal_value", frame["appraisal_value"].isna().to_numpy())
    log.warn("appraisal_value", no_value, value, "an appraisal: the item is taken as worthless")
    frame.loc[no_value, "appraisal_value"] = 0.0
    undated = table.empty.get("appraisal_date", frame["appraisal_date"].isna().to_numpy())
    log.warn(
        "appraisal_date",
        ~no_value & undated,
        day,
        "the day of the appraisal: taken as today's value",
    )
    after = frame["appraisal_date"] > valuation
    log.warn("appraisal_date", after, day, "a day on or before the valuation date")
    stale = days_until(frame, "appraisal_date", valuation) / DAYS_PER_MONTH > stale_months
    expected = f"an appraisal at most {stale_months:g} months old"
    log.warn("appraisal_date", ~no_value & stale, day, expected)
    unkind = (frame["kind"] == "").to_numpy(dtype=bool)
    log.warn("kind", unkind, table.text("kind"), "a kind of collateral: taken as other")
    frame["kind"] = frame["kind"].where(~unkind, "other")


def _check_liens(table: Parsed, frame: pd.DataFrame) -> None:
    """Check lien ranks against prior liens; an empty lien means none."""
    log, text = table.log, table.text("prior_liens")
    for name, expected in _BLANKS:
        if name in table.empty:
            # A first lien has nothing before it: only where the rank is not known does an empty
            # amount say little.
            known = frame["lien_rank"].notna() if name == "prior_liens" else False
            rest = table.empty[name] & ~np.asarray(known, dtype=bool)
            log.warn(name, rest, table.text(name), expected, confirm=f"blank.{name}")
    if "prior_liens" in table.empty:
        frame.loc[table.empty["prior_liens"], "prior_liens"] = 0.0
    elif "prior_liens" not in table.given:
        frame["prior_liens"] = 0.0
    frame["lien_rank"] = frame["lien_rank"].fillna(1.0)
    broken = frame["lien_rank"] != frame["lien_rank"].round()
    log.error("lien_rank", broken, table.text("lien_rank"), "a whole number")
    bare = (frame["lien_rank"] > 1.0) & (frame["prior_liens"] == 0.0)
    log.warn(
        "prior_liens",
        bare,
        text,
        "the amount that ranks first, as lien_rank is not 1: the appraised value is taken, or 0 "
        "where tape.confirmed names prior_liens",
    )
    odd = (frame["lien_rank"] == 1.0) & (frame["prior_liens"] > 0.0)
    if "lien_rank" in table.given:
        log.warn(
            "lien_rank",
            odd,
            table.text("lien_rank"),
            "a rank above 1, as prior_liens are stated: they are deducted",
        )


def check_guarantors(table: Parsed, loans: pd.DataFrame) -> pd.DataFrame:
    """Check guarantor rows and return them completed."""
    frame, log = table.frame.copy(), table.log
    check_spellings(log, "guarantor_id", frame["guarantor_id"], "guarantor")
    borrowers = frame["loan_id"].map(
        loans.drop_duplicates("loan_id").set_index("loan_id")["borrower_id"]
    )
    same = (frame["guarantor_id"] == borrowers).to_numpy(dtype=bool) & (
        frame["guarantor_id"] != ""
    )
    expected = "another person than the borrower: a debtor's own guarantee adds nothing"
    log.warn(
        "guarantor_id", same, frame["guarantor_id"], expected, confirm="guarantor_is_borrower"
    )
    _name_by_position(frame, "guarantor_id", "/g")
    twice = frame.duplicated(["loan_id", "guarantor_id"], keep=False)
    log.error("guarantor_id", twice, frame["guarantor_id"], "a guarantor once under each loan")
    log.warn("cap", frame["cap"] == 0.0, table.text("cap"), "a cap above 0, or none")
    return frame


def _name_by_position(frame: pd.DataFrame, column: str, mark: str) -> None:
    """Replace blank ids by the loan and the position of the row under it."""
    position = (frame.groupby("loan_id").cumcount() + 1).astype("str")
    named = frame["loan_id"] + mark + position
    frame[column] = frame[column].where(frame[column] != "", named)
