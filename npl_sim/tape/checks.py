"""Checks that look at more than one cell, and the values that follow from others.

Each function completes or checks the rows of one table, whole columns at a time, and writes what
it finds into the table's notes. An error sets a row aside or stops the run; a warning is about what
is legal but hardly meant.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from npl_sim.layout import MAX_ITEMS
from npl_sim.tables.findings import Finding, FindingLog, format_findings
from npl_sim.tape.parsed import Parsed, among

__all__ = [
    "DAYS_PER_MONTH",
    "Finding",
    "check_collateral",
    "check_guarantors",
    "check_loans",
    "check_repeats",
    "complete_loans",
    "format_findings",
]

DAYS_PER_MONTH = 365.25 / 12.0
"""Days in a mean month. [days]"""

OLDEST = pd.Timestamp("1990-01-01")
HIGH_RATE = 0.36
FAR_LARGER = 1000.0
DAYS_APART = 120.0  # default may lawfully be declared up to 90 days after the first missed payment
MONTHS_APART = 1.5


def _days(frame: pd.DataFrame, name: str, until: pd.Timestamp) -> np.ndarray:
    """Return the days from each date to `until`; NaN where there is no date."""
    return np.asarray((until - frame[name]).dt.days, dtype=np.float64)


def complete_loans(loans: Parsed, valuation_date: date, cut_off_date: date | None) -> pd.DataFrame:
    """Return the loan rows with amounts, ages and empty cells completed.

    An amount that cannot be read leaves the gross book value unknown (NaN).
    """
    frame, notes = loans.frame.copy(), loans.notes
    valuation = pd.Timestamp(valuation_date)
    cut_off = valuation if cut_off_date is None else pd.Timestamp(cut_off_date)
    for name in ("accrued_interest", "fees"):
        if name not in loans.given:
            frame[name] = 0.0
        elif name in loans.empty:
            frame.loc[loans.empty[name], name] = 0.0
            notes.warn(name, loans.empty[name], loans.text(name), "an amount: read as 0")
    stated = frame["gbv"].copy()
    if "accrued_interest" not in loans.given and {"principal", "gbv"} <= loans.given:
        # A claim is stated and its interest is not: what principal and fees leave of it.
        rest = (stated - frame["principal"] - frame["fees"]).round(2)
        owed = (rest > 0.0).to_numpy(dtype=bool)
        frame.loc[owed, "accrued_interest"] = rest[owed]
        notes.warn("gbv", owed, loans.text("gbv"), "accrued_interest: taken as gbv less principal and fees")
    other = frame["accrued_interest"] + frame["fees"]
    if "principal" not in loans.given:
        frame["principal"] = stated - other
        notes.error(
            "gbv",
            stated.isna() & loans.empty.get("gbv", False),
            loans.text("gbv"),
            "a value in every row",
        )
        notes.error("gbv", frame["principal"] < 0.0, stated, "at least interest and fees")
    frame["gbv"] = frame["principal"] + other
    notes.error("gbv", frame["gbv"] <= 0.0, frame["gbv"], "a claim above 0")
    apart = (stated - frame["gbv"]).abs() > 0.01 + 1e-6 * frame["gbv"].abs()
    notes.warn("gbv", apart, stated, "principal + accrued_interest + fees, which was used instead")

    age = frame["age_months"].to_numpy(copy=True)
    by_date = _days(frame, "default_date", valuation) / DAYS_PER_MONTH
    by_days = (frame["days_past_due"].to_numpy() + (valuation - cut_off).days) / DAYS_PER_MONTH
    for other_age in (by_date, by_days):
        age = np.where(np.isnan(age), other_age, age)
    reported = np.zeros(len(frame), dtype=bool)
    for name in ("age_months", "default_date", "days_past_due"):
        if name in loans.empty:
            reported |= ~loans.empty[name]
    nowhere = np.isnan(age) & ~reported
    expected = "a default date, days past due, or months since default"
    notes.error("default_date", nowhere, loans.text("default_date"), expected)
    frame["age_months"] = age
    for name, source in (("borrower_id", "loan_id"), ("segment", "product")):
        frame[name] = frame[name].where(frame[name] != "", frame[source])
    frame["region"] = frame["region"].where(frame["region"] != "", "all")
    frame["responsiveness"] = frame["responsiveness"].fillna(1.0)
    return frame


def check_loans(loans: Parsed, frame: pd.DataFrame, valuation_date: date, cut_off_date: date | None) -> None:
    """Check completed loan rows against the calendar and against one another."""
    notes = loans.notes
    valuation = pd.Timestamp(valuation_date)
    cut_off = valuation if cut_off_date is None else pd.Timestamp(cut_off_date)
    for name in ("default_date", "last_interruption_date", "stage_date"):
        day = f"a date on or before the valuation date {valuation_date.isoformat()}"
        notes.error(name, frame[name] > valuation, loans.text(name), day)
        notes.warn(name, frame[name] < OLDEST, loans.text(name), "a date from 1990 on")
    for name in ("contract_rate", "penalty_rate"):
        rate = frame[name]
        notes.warn(name, rate > 1.0, loans.text(name), "a yearly rate such as 0.12 or 12%: above 100 %")
        high = (rate > HIGH_RATE) & (rate <= 1.0)
        notes.warn(name, high, loans.text(name), f"a yearly rate of at most {HIGH_RATE:.0%}")
    none = (frame["contract_rate"].isna() & frame["penalty_rate"].isna()).to_numpy()
    notes.warn("contract_rate", none, loans.text("contract_rate"), "a rate: no interest accrues")

    days = _days(frame, "default_date", cut_off)
    apart = np.abs(frame["days_past_due"] - days) > DAYS_APART
    notes.warn("days_past_due", apart, loans.text("days_past_due"), "what agrees with default_date")
    if "age_months" in loans.given:
        by_date = _days(frame, "default_date", valuation) / DAYS_PER_MONTH
        apart = np.abs(frame["age_months"] - by_date) > MONTHS_APART
        notes.warn("age_months", apart, loans.text("age_months"), "what agrees with default_date")

    begun = (frame["stage"] != "collection") & frame["stage_date"].isna()
    notes.warn("stage_date", begun, frame["stage"], "the day on which this stage began: taken as today")
    unclocked = frame["last_interruption_date"].isna() & frame["limitation_left_months"].isna()
    told = "the last interruption: limitation is taken to run from default"
    notes.warn("last_interruption_date", unclocked, loans.text("last_interruption_date"), told)
    median = float(frame["gbv"].median())
    if median > 0.0:
        far = frame["gbv"] > FAR_LARGER * median
        notes.warn("gbv", far, frame["gbv"], f"at most {FAR_LARGER:,.0f} times the median of {median:,.2f}")


def check_repeats(loans: Parsed, frame: pd.DataFrame, items: pd.DataFrame | None) -> np.ndarray:
    """Check loan ids that stand in several rows; return which rows count as a loan.

    Without collateral columns a repeated id is an error in each of its rows. With them the rows of
    one loan must agree in every loan column and each bring another item; the first row counts.

    Parameters
    ----------
    loans, frame
        Loan rows as read, and completed.
    items
        Collateral columns of the same rows, or None.
    """
    ids = frame["loan_id"]
    repeated = (ids.duplicated(keep=False) & (ids != "")).to_numpy(dtype=bool)
    if items is None or not repeated.any():
        loans.notes.error("loan_id", repeated, ids, "an id that stands in one row only")
        return np.ones(len(frame), dtype=bool)
    rows = frame[repeated]
    distinct = rows.drop_duplicates()
    split = distinct["loan_id"][distinct["loan_id"].duplicated()].unique()
    differ = repeated & among(ids, split)
    loans.notes.error("loan_id", differ, ids, "equal loan columns in every row of this id")
    same = repeated & ~differ
    nothing = (items.drop(columns="loan_id").map(_is_empty)).all(axis=1).to_numpy(dtype=bool)
    loans.notes.error("loan_id", same & nothing, ids, "an id that stands in one row only, or collateral")
    again = items.duplicated(keep=False).to_numpy(dtype=bool)
    loans.notes.error("loan_id", same & again & ~nothing, ids, "another collateral item in each row")
    first = ~ids.duplicated().to_numpy(dtype=bool)
    return np.asarray(~same | first, dtype=bool)


def _is_empty(value: str | float | bool | pd.Timestamp) -> bool:
    return value == "" or bool(pd.isna(value))


def _orphans(table: Parsed, loan_ids: pd.Series) -> np.ndarray:
    ids = table.frame["loan_id"]
    orphan = ~among(ids, loan_ids.to_numpy(dtype=object)) & (ids != "").to_numpy(dtype=bool)
    table.notes.error("loan_id", orphan, ids, "the id of a loan on the tape")
    return np.asarray(orphan, dtype=bool)


def check_collateral(
    table: Parsed, loans: pd.DataFrame, valuation_date: date, stale_months: float
) -> tuple[pd.DataFrame, np.ndarray]:
    """Check collateral rows; return them completed, and which belong to no loan."""
    frame, notes = table.frame.copy(), table.notes
    valuation = pd.Timestamp(valuation_date)
    orphan = _orphans(table, loans["loan_id"])
    no_value = table.empty.get("appraisal_value", frame["appraisal_value"].isna().to_numpy())
    notes.warn(
        "appraisal_value",
        no_value,
        frame["loan_id"],
        "an appraisal: the item is taken as worthless",
    )
    frame.loc[no_value, "appraisal_value"] = 0.0
    valued = ~no_value
    undated = valued & table.empty.get("appraisal_date", frame["appraisal_date"].isna().to_numpy())
    notes.warn("appraisal_date", undated, frame["loan_id"], "the day of the appraisal")
    after = frame["appraisal_date"] > valuation
    notes.warn(
        "appraisal_date",
        after,
        table.text("appraisal_date"),
        "a day on or before the valuation date",
    )
    stale = _days(frame, "appraisal_date", valuation) / DAYS_PER_MONTH > stale_months
    told = f"an appraisal at most {stale_months:g} months old"
    notes.warn("appraisal_date", valued & stale, table.text("appraisal_date"), told)
    unkind = (frame["kind"] == "").to_numpy(dtype=bool)
    notes.warn("kind", unkind, frame["loan_id"], "a kind of collateral: taken as other")
    frame["kind"] = frame["kind"].where(~unkind, "other")

    if "prior_liens" in table.empty:
        frame.loc[table.empty["prior_liens"], "prior_liens"] = 0.0
    elif "prior_liens" not in table.given:
        frame["prior_liens"] = 0.0
    frame["lien_rank"] = frame["lien_rank"].fillna(1.0)
    broken = frame["lien_rank"] != frame["lien_rank"].round()
    notes.error("lien_rank", broken, table.text("lien_rank"), "a whole number")
    bare = (frame["lien_rank"] > 1.0) & (frame["prior_liens"] == 0.0)
    notes.warn("prior_liens", bare, frame["loan_id"], "the amount that ranks first, as our rank is not 1")

    position = (frame.groupby("loan_id").cumcount() + 1).astype("str")
    numbered = frame["loan_id"] + "/" + position
    unnamed = frame["collateral_id"] == ""
    frame["collateral_id"] = frame["collateral_id"].where(~unnamed, numbered)
    twice = frame.duplicated(["loan_id", "collateral_id"], keep=False)
    notes.error("collateral_id", twice, frame["collateral_id"], "an id that stands once under its loan")
    shared = (frame["collateral_id"].duplicated(keep=False) & ~twice).to_numpy(dtype=bool)
    if shared.any():
        _settle_shared(frame, notes, shared, loans)
    many = frame.groupby("loan_id")["loan_id"].transform("size") > MAX_ITEMS
    notes.error("loan_id", many & ~orphan, frame["loan_id"], f"a loan with at most {MAX_ITEMS} items")

    regions = loans.drop_duplicates("loan_id").set_index("loan_id")["region"]
    inherited = frame["loan_id"].map(regions).fillna("all").astype("str")
    frame["region"] = frame["region"].where(frame["region"] != "", inherited)
    return frame, orphan


def _settle_shared(frame: pd.DataFrame, notes: FindingLog, shared: np.ndarray, loans: pd.DataFrame) -> None:
    """Tell an item that secures several loans from numbering that begins anew under each loan.

    Rows of one id that agree in kind, value and date are one item, whose value and prior liens are
    split by the loans' gross book value, to the cent; others are different items and get ids of their own.
    """
    content = pd.Series("", index=frame.index)
    for name in ("kind", "appraisal_value", "appraisal_date"):
        content = content + "|" + frame[name].map(str, na_action=None).fillna("")
    same = (content.groupby(frame["collateral_id"]).transform("nunique") == 1).to_numpy(dtype=bool)
    apart, one = shared & ~same, shared & same
    told = "an id of its own for each item: numbering begins anew under each loan, so loan id / id is used"
    notes.warn("collateral_id", apart, frame["collateral_id"].copy(), told)
    own = frame["loan_id"] + "/" + frame["collateral_id"]
    frame["collateral_id"] = frame["collateral_id"].where(~pd.Series(apart, index=frame.index), own)
    told = "an id under one loan: the item secures several, its value is split by their GBV"
    notes.warn("collateral_id", one, frame["collateral_id"], told)
    gbv = frame["loan_id"].map(loans.drop_duplicates("loan_id").set_index("loan_id")["gbv"]).fillna(0.0)
    for _, rows in frame[one].groupby("collateral_id", sort=False):
        weight = gbv.loc[rows.index].to_numpy(dtype=np.float64)
        weight = weight / weight.sum() if weight.sum() > 0.0 else np.full(len(rows), 1.0 / len(rows))
        for name in ("appraisal_value", "prior_liens"):
            frame.loc[rows.index, name] = _split(float(rows[name].max()), weight)


def _split(amount: float, weight: np.ndarray) -> np.ndarray:
    """Split an amount by weights that sum to one, in whole cents, the largest remainders first."""
    cents = round(amount * 100)
    parts = np.floor(weight * cents).astype(np.int64)
    left = cents - int(parts.sum())
    parts[np.argsort(parts - weight * cents, kind="stable")[:left]] += 1
    return np.asarray(parts / 100.0)


def check_guarantors(table: Parsed, loans: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Check guarantor rows; return them completed, and which belong to no loan."""
    frame, notes = table.frame.copy(), table.notes
    orphan = _orphans(table, loans["loan_id"])
    position = (frame.groupby("loan_id").cumcount() + 1).astype("str")
    unnamed = frame["guarantor_id"] == ""
    frame["guarantor_id"] = frame["guarantor_id"].where(~unnamed, frame["loan_id"] + "/g" + position)
    twice = frame.duplicated(["loan_id", "guarantor_id"], keep=False)
    notes.error("guarantor_id", twice, frame["guarantor_id"], "a guarantor once under each loan")
    notes.warn("cap", frame["cap"] == 0.0, table.text("cap"), "a cap above 0, or none")
    return frame, orphan
