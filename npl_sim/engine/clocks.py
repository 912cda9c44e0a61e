"""Limitation clock of each loan: its first and last day, and the column they come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.legal.calendar_months import (
    DayArray,
    add_months,
    as_days,
    later_day,
    months_until,
    whole_day,
)
from npl_sim.legal.limitation import (
    claim_due,
    last_day_of_window,
    limitation_expiry_date,
    long_stop_day,
)

if TYPE_CHECKING:
    from npl_sim.study.model import Study

_ROUNDED = 0.05
"""Largest difference at which days past due and age agree. [months]"""


@dataclass(frozen=True)
class Clocks:
    """Days of the limitation of claims and judgments, in the order of the tape; NaT for none."""

    default: DayArray
    """Day of default."""
    default_column: np.ndarray
    """Column of the day of default."""
    due: DayArray
    """First day on which limitation can run: default, last due date or acceleration."""
    start: DayArray
    """Day on which limitation last started; NaT where the tape states the months left."""
    start_column: np.ndarray
    """Column of `start` or of the months left."""
    last_day: DayArray
    """Last day of the claim, the long stop included."""
    long_stop: DayArray
    """Last day to which interruptions can extend the claim."""
    judged: DayArray
    """Day of the judgment of judged loans; the valuation date where the tape states none."""
    performed_by: DayArray
    """Last day for performance of that judgment."""
    restarted: DayArray
    """Interruption after the judgment, which restarts the enforcement window."""
    window_last_day: DayArray
    """Last day to apply for enforcement."""
    planned: DayArray
    """Day on which the policy applies for enforcement, not before the valuation date."""


def clocks_of(study: Study, loans: pd.DataFrame, policy: np.ndarray) -> Clocks:
    """Return the limitation clock of each loan of a tape.

    Parameters
    ----------
    study
        The study, with its law.
    loans
        Loan rows of the tape.
    policy
        Row of the policy of each loan, shape (loans,).
    """
    legal, valuation = study.legal, study.valuation_date
    default, default_column = _defaults(study, loans)
    matures, declared = as_days(loans["maturity_date"]), as_days(loans["acceleration_date"])
    event = as_days(loans["last_interruption_date"])
    due = claim_due(default, matures, declared)
    start = later_day(due, event)
    stop = legal.limitation_long_stop_months
    last = limitation_expiry_date(legal.limitation, start, valuation, stop, due)
    stated = loans["limitation_left_months"].to_numpy(dtype=np.float64)
    known = ~np.isnan(stated)
    long_stop = (
        long_stop_day(due, stop)
        if legal.limitation
        else np.full(len(loans), np.datetime64("NaT", "D"))
    )
    stated_day = _stated_day(study, stated)
    last = np.where(known, np.where(long_stop < stated_day, long_stop, stated_day), last)
    column = np.select(
        [known, event == start, default == start, (declared == start) & ~np.isnat(declared)],
        ["limitation_left_months", "last_interruption_date", "default_date", "acceleration_date"],
        default="maturity_date",
    ).astype(object)
    column = np.where(column == "default_date", default_column, column)
    return Clocks(
        default,
        default_column,
        due,
        np.where(known, np.datetime64("NaT", "D"), start),
        column,
        last,
        long_stop,
        *_windows(study, loans, policy, event),
    )


def months_left(
    study: Study, loans: pd.DataFrame, policy: np.ndarray, elapsed: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the months left to each loan for suit, interruption and enforcement.

    Parameters
    ----------
    study, loans, policy
        As for `clocks_of`.
    elapsed
        Time since each loan's stage began, as the simulation counts it. [months]

    Returns
    -------
    tuple of numpy.ndarray
        Calendar months to the end of limitation, long stop and enforcement window. Below 0 after
        the last day, infinite without one, shape (loans,) each. [months]
    """
    days = clocks_of(study, loans, policy)
    stated = loans["limitation_left_months"].to_numpy(dtype=np.float64)
    claim = months_until(study.valuation_date, days.last_day)
    window = months_until(study.valuation_date, days.window_last_day)
    # The simulation counts months of equal length; the calendar decides whether an application
    # is in time.
    terms = [p.enforcement for p in study.policies]
    wait = np.array(
        [0.0 if e is None else e.performance_window + e.application_delay for e in terms]
    )[policy]
    wait = np.maximum(wait - elapsed, 0.0)
    in_time = days.planned <= days.window_last_day
    runs = ~np.isnat(days.window_last_day) & (window >= 0.0)
    window = np.where(runs & in_time, np.maximum(window, wait), window)
    window = np.where(runs & ~in_time, np.minimum(window, np.nextafter(wait, 0.0)), window)
    return (
        np.where(np.isnan(stated), claim, stated),
        months_until(study.valuation_date, days.long_stop),
        window,
    )


def _defaults(study: Study, loans: pd.DataFrame) -> tuple[DayArray, np.ndarray]:
    """Return the day of default of each loan and its column: a stated date comes first."""
    valuation = whole_day(study.valuation_date)
    dated = as_days(loans["default_date"])
    age = loans["age_months"].to_numpy(dtype=np.float64)
    late = loans["days_past_due"].to_numpy(dtype=np.float64)
    if study.tape.cut_off_date is not None:
        late = late + (study.valuation_date - study.tape.cut_off_date).days
    agree = np.abs(late / DAYS_PER_MONTH - age) < _ROUNDED
    by_days = valuation - np.floor(np.where(agree, late, 0.0)).astype("timedelta64[D]")
    by_age = add_months(np.full(len(loans), valuation), -np.nan_to_num(age))
    day = np.where(~np.isnat(dated), dated, np.where(agree, by_days, by_age))
    column = np.where(
        ~np.isnat(dated), "default_date", np.where(agree, "days_past_due", "age_months")
    )
    return day, column.astype(object)


def _stated_day(study: Study, months: np.ndarray) -> DayArray:
    """Return the last day by a stated number of months; NaT where none is stated."""
    today = whole_day(study.valuation_date)
    known = ~np.isnan(months)
    start = np.where(known, today, np.datetime64("NaT", "D"))
    days = add_months(start, np.nan_to_num(months))
    # A time-barred claim expired before today, even by less than a day.
    return np.where(known & (months < 0.0), np.fmin(days, today - np.timedelta64(1, "D")), days)


def _windows(
    study: Study, loans: pd.DataFrame, policy: np.ndarray, event: DayArray
) -> tuple[DayArray, DayArray, DayArray, DayArray, DayArray]:
    """Return judgment, end of performance, restart, end of the window, and application."""
    none, today = np.datetime64("NaT", "D"), whole_day(study.valuation_date)
    here = (loans["stage"] == "judged").to_numpy(dtype=bool)
    stated = as_days(loans["stage_date"])
    judged = np.where(here, np.where(np.isnat(stated), today, stated), none)
    terms = [p.enforcement for p in study.policies]
    perform = np.array([0.0 if e is None else e.performance_window for e in terms])[policy]
    delay = np.array([0.0 if e is None else e.application_delay for e in terms])[policy]
    performed_by = add_months(judged, perform)
    restarted = np.where(event > performed_by, event, none)
    last = last_day_of_window(performed_by, event, study.legal.enforcement_window_months)
    planned = np.where(
        here, later_day(add_months(judged, perform + delay), np.full(len(loans), today)), none
    )
    return judged, performed_by, restarted, last, planned
