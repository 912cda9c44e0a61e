"""The last day of a claim and of a judgment: dated limitation periods, their transition, the long stop, the window.

The law of a valuation is the law in force on its date; a rule that takes effect later is not foreseen.

A claim starts under the rule in force on the day its clock last started. When a newer rule takes
effect, a claim whose last day has not passed moves to the newer period, counted from the same start; a claim
that has run out by then stays dead. China did so on 2017-10-01, from two years to three.

Last days are counted by the calendar: a claim may still be filed on its last day, and is dead the day after.
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

__all__ = [
    "LimitationRule",
    "claim_due",
    "limitation_expiry_date",
    "last_day_of_window",
    "limitation_left",
    "long_stop_day",
    "period_months",
]


class LimitationRule(Spec):
    """A limitation period and the date from which it is the law."""

    effective: date | None = None
    """First day of the rule; none: it was always the law."""
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

    A debt in instalments runs out by the due date of its last instalment (Civil Code of China, article 189), unless
    the creditor declared all of it due before. No claim runs before its default.

    Parameters
    ----------
    default_date
        Day of default.
    maturity_date
        Due date of the last instalment; NaT: not known, and the default counts.
    acceleration_date
        Day on which the whole debt was declared due; NaT: it was not.
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
        Day on which each claim's clock last started; one before the claim was due counts from then.
    valuation_date
        Date whose law applies.
    long_stop_months
        Longest life of a claim whatever restarts its clock; none: no such limit. [months]
    due
        Day from which each claim could run at the earliest, and from which the long stop counts; where it is
        missing: `since`.

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
        # Later starts are under the new rule too: their last day, if any, lies after its first day.
        if rule.effective is None:  # a regime's rules rise by date, so only the first has none
            raise ProgramError("rule.effective is missing; expected a value by earlier checks")
        effective = whole_day(rule.effective)
        alive = (last >= effective) | (start >= effective)
        last = np.where(alive, add_months(start, rule.months), last)
    if long_stop_months is not None:
        last = np.minimum(last, add_months(first, long_stop_months))
    return last


def long_stop_day(due: Days, long_stop_months: float | None) -> DayArray:
    """Return the last day to which interruptions can carry each claim; NaT where there is no such limit.

    Parameters
    ----------
    due
        Day from which each claim could run at the earliest.
    long_stop_months
        Longest life of a claim; none: no such limit. [months]
    """
    days = as_days(due)
    if long_stop_months is None:
        return np.full(days.shape, np.datetime64("NaT", "D"))
    return add_months(days, long_stop_months)


def last_day_of_window(performed_by: Days, interruption: Days, months: float | None) -> DayArray:
    """Return the last day on which each judgment may be taken to enforcement; NaT where there is no limit.

    The period counts from the last day for performance, and what interrupts limitation interrupts it (Civil Procedure
    Law of China of 2023, article 250; codice civile, articles 2943 and 2953).

    Parameters
    ----------
    performed_by
        Last day for performance of the judgment.
    interruption
        Last interruption; one before `performed_by`, such as a demand before the judgment, restarts nothing.
    months
        Length of the period; none: no limit. [months]
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
        0 on the last day itself, below zero where the claim has run out, infinite where no rule is in force, NaN
        where no date of a claim is known.
    """
    last = limitation_expiry_date(rules, since, valuation_date, long_stop_months, due)
    left = months_until(valuation_date, last)
    unknown = np.isnat(as_days(since)) & bool(_in_force(rules, valuation_date))
    return np.where(unknown, np.nan, left)


def _in_force(rules: Sequence[LimitationRule], valuation_date: date) -> list[LimitationRule]:
    return [r for r in rules if r.effective is None or r.effective <= valuation_date]
