"""Limitation periods of claims, and enforcement windows of judgments: last days by dated rules.

The law of a valuation is the law in force on its date. A rule that takes effect later is not used.

A claim starts under the rule in force on the day its clock last started. When a newer rule takes
effect, a claim whose last day has not passed moves to the newer period, counted from the same
start. An expired claim stays expired. China did so on 2017-10-01, from two years to three.

Last days are counted by the calendar. A claim may still be filed on its last day, and has expired
the day after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from npl_sim.core.errors import ProgramError
from npl_sim.core.fields import Months, Spec, Text
from npl_sim.legal.calendar_months import (
    DayArray,
    Days,
    add_months,
    as_days,
    later_day,
    months_until,
    whole_day,
)


class LimitationRule(Spec):
    """A limitation period and the date from which it is the law."""

    effective: date | None = None
    """First day of the rule; defaults to a rule without a beginning."""
    months: Months
    """Length of the period."""
    source: Text
    """Law, article and date; the word assumption in it draws a warning."""


def period_months(rules: Sequence[LimitationRule], valuation_date: date) -> float:
    """Return the full period of a clock that restarts on the valuation date or later. [months]

    Parameters
    ----------
    rules
        Rules in order of their dates.
    valuation_date
        Date whose law applies.

    Returns
    -------
    float
        The period; infinite where no rule is in force.
    """
    known = _in_force(rules, valuation_date)
    return known[-1].months if known else float("inf")


def claim_due(default_date: Days, maturity_date: Days, acceleration_date: Days) -> DayArray:
    """Return the day from which the limitation of each claim can run at the earliest.

    The period of a debt in installments runs from the due date of the last installment (Civil Code
    of China, article 189). An acceleration may come before it. It never runs before the default.

    Parameters
    ----------
    default_date
        Day of default.
    maturity_date
        Due date of the last installment. If it is NaT (unknown), the default counts.
    acceleration_date
        Day on which the whole debt was declared due, or NaT.
    """
    default, matures, declared = (
        as_days(default_date),
        as_days(maturity_date),
        as_days(acceleration_date),
    )
    due = np.where(np.isnat(declared), matures, np.fmin(declared, matures))
    return later_day(default, due)


def limitation_expiry_date(
    rules: Sequence[LimitationRule],
    since: Days,
    valuation_date: date,
    long_stop_months: float | None = None,
    due: Days | None = None,
) -> DayArray:
    """Return the last day on which each claim may be filed; NaT where it does not run out.

    Parameters
    ----------
    rules
        Rules in order of their dates.
    since
        Day on which each claim's clock last started. The clock cannot start before the due date.
    valuation_date
        Date whose law applies.
    long_stop_months
        Longest life of a claim whatever restarts its clock; defaults to no limit. [months]
    due
        Day from which each claim could run at the earliest, and from which the long stop counts.
        Defaults to `since` where it is missing.

    Returns
    -------
    numpy.ndarray
        Days, `datetime64[D]`.
    """
    start = as_days(since)
    first = start if due is None else np.where(np.isnat(as_days(due)), start, as_days(due))
    start = np.where(np.isnat(start), start, later_day(start, first))
    known = _in_force(rules, valuation_date)
    if not known:
        return np.full(start.shape, np.datetime64("NaT", "D"))
    last = add_months(start, known[0].months)
    for rule in known[1:]:
        # Later starts are under the new rule too. Their last day lies after its first day.
        if rule.effective is None:  # a regime's rules rise by date, so only the first has none
            raise ProgramError("rule.effective is missing; expected a value by earlier checks")
        effective = whole_day(rule.effective)
        alive = (last >= effective) | (start >= effective)
        last = np.where(alive, add_months(start, rule.months), last)
    if long_stop_months is not None:
        last = np.minimum(last, add_months(first, long_stop_months))
    return last


def long_stop_day(due: Days, long_stop_months: float | None) -> DayArray:
    """Return the last day to which interruptions can extend each claim, or NaT without a limit.

    Parameters
    ----------
    due
        Day from which each claim could run at the earliest.
    long_stop_months
        Longest life of a claim; defaults to no limit. [months]
    """
    days = as_days(due)
    if long_stop_months is None:
        return np.full(days.shape, np.datetime64("NaT", "D"))
    return add_months(days, long_stop_months)


def last_day_of_window(performed_by: Days, interruption: Days, months: float | None) -> DayArray:
    """Return the last day to apply for enforcement of each judgment, or NaT without a limit.

    The period counts from the last day for performance. Interruptions of limitation apply to it
    (Civil Procedure Law of China of 2023, article 250; codice civile, articles 2943 and 2953).

    Parameters
    ----------
    performed_by
        Last day for performance of the judgment.
    interruption
        Last interruption. One before `performed_by` does not restart the period.
    months
        Length of the period; defaults to no limit. [months]
    """
    opened = as_days(performed_by)
    if months is None:
        return np.full(opened.shape, np.datetime64("NaT", "D"))
    start = np.where(np.isnat(opened), opened, later_day(opened, as_days(interruption)))
    return add_months(start, months)


def limitation_left(
    rules: Sequence[LimitationRule],
    since: Days,
    valuation_date: date,
    long_stop_months: float | None = None,
    due: Days | None = None,
) -> npt.NDArray[np.float64]:
    """Return the calendar months until the last day of each claim. [months]

    Parameters
    ----------
    rules, since, valuation_date, long_stop_months, due
        As for `limitation_expiry_date`.

    Returns
    -------
    numpy.ndarray
        0 on the last day itself, and negative for an expired claim. Infinite where no rule is in
        force, and NaN where no date of a claim is known.
    """
    last = limitation_expiry_date(rules, since, valuation_date, long_stop_months, due)
    left = months_until(valuation_date, last)
    unknown = np.isnat(as_days(since)) & bool(_in_force(rules, valuation_date))
    return np.where(unknown, np.nan, left)


def _in_force(rules: Sequence[LimitationRule], valuation_date: date) -> list[LimitationRule]:
    return [r for r in rules if r.effective is None or r.effective <= valuation_date]
