"""Cross-column checks of loan rows, and the values derived from other columns.

Each function completes or checks the rows of one table, whole columns at a time, and writes what
it finds into the table's log. An error sets a row aside or stops the run; a warning is about
what is legal but probably unintended.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.tape.joins import check_spellings
from npl_sim.tape.keys import check_large_borrowers, drop_placeholders, note_blanks
from npl_sim.tape.parsed import Parsed, among
from npl_sim.tape.plausibility import LOW_RATE

HIGH_RATE = 0.36
DAYS_APART = 120.0  # default may lawfully be declared up to 90 days after the first missed payment
MONTHS_APART = 1.5


def days_until(frame: pd.DataFrame, name: str, until: pd.Timestamp) -> np.ndarray:
    """Return the days from each date to `until`; NaN where there is no date."""
    return np.asarray((until - frame[name]).dt.days, dtype=np.float64)


def complete_loans(
    loans: Parsed, valuation_date: date, cut_off_date: date | None, confirmed: Collection[str] = ()
) -> pd.DataFrame:
    """Return the loan rows with amounts, ages and empty cells completed.

    An amount that cannot be read leaves the gross book value unknown (NaN).

    Parameters
    ----------
    loans
        Loan rows as read; its log takes the findings.
    valuation_date
        Date from which ages run.
    cut_off_date
        Day of the balances and of the days past due; defaults to the valuation date.
    confirmed
        Names that the study confirms: borrower_id and group_id keep ids that look like
        placeholders, blank.stage keeps empty stages as collection.
    """
    frame = loans.frame.copy(deep=False)
    valuation = pd.Timestamp(valuation_date)
    cut_off = valuation if cut_off_date is None else pd.Timestamp(cut_off_date)
    _complete_amounts(loans, frame)
    _complete_ages(loans, frame, valuation, cut_off)
    note_blanks(loans, "blank.stage" in confirmed)
    for name in ("borrower_id", "group_id"):
        frame[name] = drop_placeholders(loans, frame, name, name in confirmed)
    for name, source in (("borrower_id", "loan_id"), ("segment", "product")):
        frame[name] = frame[name].where(frame[name] != "", frame[source])
    frame["region"] = frame["region"].where(frame["region"] != "", "all")
    frame["responsiveness"] = frame["responsiveness"].fillna(1.0)
    return frame


def _complete_amounts(loans: Parsed, frame: pd.DataFrame) -> None:
    """Complete interest, fees, principal and gross book value, in place."""
    log, text = loans.log, loans.text("gbv")
    for name in ("accrued_interest", "fees"):
        if name not in loans.given:
            frame[name] = 0.0
        elif name in loans.empty:
            frame.loc[loans.empty[name], name] = 0.0
            log.warn(name, loans.empty[name], loans.text(name), "an amount: read as 0")
    stated = frame["gbv"].copy()
    if "accrued_interest" not in loans.given and {"principal", "gbv"} <= loans.given:
        # A claim is stated and its interest is not: what principal and fees leave of it.
        rest = (stated - frame["principal"] - frame["fees"]).round(2)
        owed = (rest > 0.0).to_numpy(dtype=bool)
        frame.loc[owed, "accrued_interest"] = rest[owed]
        log.warn("gbv", owed, text, "accrued_interest: taken as gbv less principal and fees")
    other = frame["accrued_interest"] + frame["fees"]
    if "principal" not in loans.given:
        frame["principal"] = stated - other
        nothing = stated.isna() & loans.empty.get("gbv", False)
        log.error("gbv", nothing, text, "a value in every row")
        log.error("gbv", frame["principal"] < 0.0, text, "at least interest and fees")
    frame["gbv"] = frame["principal"] + other
    expected = "a claim above 0"
    if "gbv" not in loans.places:
        log.error("gbv", frame["gbv"] <= 0.0, frame["gbv"], expected)
    else:
        log.error(
            "gbv",
            frame["gbv"] <= 0.0,
            text,
            f"{expected}: principal, interest and fees add up to 0 or less",
        )


def _complete_ages(
    loans: Parsed, frame: pd.DataFrame, valuation: pd.Timestamp, cut_off: pd.Timestamp
) -> None:
    """Complete the months since default from any column that states them, in place."""
    stated = frame["age_months"].to_numpy(copy=True)
    age = np.where(np.isnan(stated), derived_ages(frame, valuation, cut_off), stated)
    reported = np.zeros(len(frame), dtype=bool)
    for name in ("age_months", "default_date", "days_past_due"):
        if name in loans.empty:
            reported |= ~loans.empty[name]
    nowhere = np.isnan(age) & ~reported
    expected = "a default date, days past due, or months since default"
    loans.log.error("default_date", nowhere, loans.text("default_date"), expected)
    frame["age_months"] = age


def derived_ages(
    frame: pd.DataFrame, valuation: pd.Timestamp, cut_off: pd.Timestamp
) -> np.ndarray:
    """Return months since default from the default date, else from days past due; NaN if neither.

    Parameters
    ----------
    frame
        Loan rows.
    valuation
        Date from which ages run.
    cut_off
        Day of the days past due.
    """
    by_date = days_until(frame, "default_date", valuation) / DAYS_PER_MONTH
    by_days = (frame["days_past_due"].to_numpy() + (valuation - cut_off).days) / DAYS_PER_MONTH
    return np.where(np.isnan(by_date), by_days, by_date)


def check_loans(
    loans: Parsed, frame: pd.DataFrame, valuation_date: date, cut_off_date: date | None
) -> None:
    """Check completed loan rows against the calendar and against one another."""
    log = loans.log
    valuation = pd.Timestamp(valuation_date)
    cut_off = valuation if cut_off_date is None else pd.Timestamp(cut_off_date)
    for name in ("contract_rate", "penalty_rate"):
        rate = frame[name]
        log.warn(
            name, rate > 1.0, loans.text(name), "a yearly rate such as 0.12 or 12%: above 100 %"
        )
        high = (rate > HIGH_RATE) & (rate <= 1.0)
        log.warn(name, high, loans.text(name), f"a yearly rate of at most {HIGH_RATE:.0%}")
        low = (rate > 0.0) & (rate < LOW_RATE)
        log.warn(name, low, loans.text(name), f"a yearly rate of at least {LOW_RATE:.1%}, or 0")
    none = (frame["contract_rate"].isna() & frame["penalty_rate"].isna()).to_numpy()
    if loans.given & {"contract_rate", "penalty_rate"}:
        log.warn("contract_rate", none, loans.text("contract_rate"), "a rate: no interest accrues")

    days = days_until(frame, "default_date", cut_off)
    apart = np.abs(frame["days_past_due"] - days) > DAYS_APART
    log.warn("days_past_due", apart, loans.text("days_past_due"), "what agrees with default_date")
    if "age_months" in loans.given:
        by_date = days_until(frame, "default_date", valuation) / DAYS_PER_MONTH
        apart = np.abs(frame["age_months"] - by_date) > MONTHS_APART
        log.warn("age_months", apart, loans.text("age_months"), "what agrees with default_date")

    begun = frame["stage_date"].isna() & ~frame["stage"].isin(["", "collection"])
    expected = "the day on which the loan's stage began: the valuation date is taken"
    log.warn("stage_date", begun, loans.text("stage_date"), expected)
    unclocked = frame["last_interruption_date"].isna() & frame["limitation_left_months"].isna()
    if "last_interruption_date" in loans.places or "limitation_left_months" in loans.places:
        expected = "the last interruption: limitation is taken to run from default"
        log.warn(
            "last_interruption_date", unclocked, loans.text("last_interruption_date"), expected
        )
    for name, what in (("loan_id", "loan"), ("borrower_id", "borrower"), ("group_id", "group")):
        if name in loans.given:
            check_spellings(log, name, loans.frame[name], what)
    check_large_borrowers(loans, frame)


def check_duplicate_loans(
    loans: Parsed, frame: pd.DataFrame, items: pd.DataFrame | None
) -> np.ndarray:
    """Check loan ids that occur in several rows; return which rows count as loans.

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
    duplicates = (ids.duplicated(keep=False) & (ids != "")).to_numpy(dtype=bool)
    if items is None or not duplicates.any():
        loans.log.error("loan_id", duplicates, ids, "an id that occurs in one row only")
        return np.ones(len(frame), dtype=bool)
    rows = frame[duplicates]
    distinct = rows.drop_duplicates()
    split = distinct["loan_id"][distinct["loan_id"].duplicated()].unique()
    differ = duplicates & among(ids, split)
    loans.log.error("loan_id", differ, ids, "equal loan columns in every row of this id")
    same = duplicates & ~differ
    nothing = (items.drop(columns="loan_id").map(_is_empty)).all(axis=1).to_numpy(dtype=bool)
    loans.log.error(
        "loan_id", same & nothing, ids, "an id that occurs in one row only, or collateral"
    )
    again = items.duplicated(keep=False).to_numpy(dtype=bool)
    loans.log.error("loan_id", same & again & ~nothing, ids, "another collateral item in each row")
    first = ~ids.duplicated().to_numpy(dtype=bool)
    return np.asarray(~same | first, dtype=bool)


def _is_empty(value: str | float | bool | pd.Timestamp) -> bool:
    # A flag that is not set, as in an empty cell, tells of no item.
    return value == "" or value is False or bool(pd.isna(value))
