"""When a claim runs out: dated limitation periods, their transition, and the long stop.

The law of a valuation is the law in force on its date; a rule that takes effect later is not foreseen.

A claim starts under the rule in force on the day its clock last started. When a newer rule takes
effect, a claim that is still running moves to the newer period, counted from the same start; a claim
that has run out by then stays dead. China did so on 2017-10-01, from two years to three.

Months are months of 365.25 / 12 days, so a period may end half a day from the date in the calendar.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from npl_sim.base import DAYS_PER_MONTH, Months, Spec, Text

__all__ = ["LimitationRule", "limitation_expiry_date", "limitation_left", "period_months"]

MICROSECONDS_A_DAY = 86_400e6

Dates: TypeAlias = pd.Series | npt.NDArray[np.datetime64]
Floats: TypeAlias = npt.NDArray[np.float64]


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


def limitation_left(
    rules: Sequence[LimitationRule],
    since: Dates,
    valuation_date: date,
    long_stop_months: float | None = None,
    default_date: Dates | None = None,
) -> Floats:
    """Return the time until each claim runs out. [months]

    Parameters
    ----------
    rules
        Rules in order of their dates.
    since
        Day on which each claim's clock last started.
    valuation_date
        Date from which time is counted, and whose law applies.
    long_stop_months
        Longest life of a claim whatever restarts its clock; none: no such limit. [months]
    default_date
        Day from which the long stop counts, one for each claim; where it is missing: `since`.

    Returns
    -------
    numpy.ndarray
        Months left; below zero where the claim has run out, infinite where no rule is in force,
        NaN where a date is missing.
    """
    return (
        _expiry_days(rules, since, valuation_date, long_stop_months, default_date) - _day(valuation_date)
    ) / DAYS_PER_MONTH


def limitation_expiry_date(
    rules: Sequence[LimitationRule],
    since: Dates,
    valuation_date: date,
    long_stop_months: float | None = None,
    default_date: Dates | None = None,
) -> npt.NDArray[np.datetime64]:
    """Return the last day of each claim; NaT where it does not run out.

    Parameters
    ----------
    rules, since, valuation_date, long_stop_months, default_date
        As for `limitation_left`.

    Returns
    -------
    numpy.ndarray
        Dates, `datetime64[D]`.
    """
    days = _expiry_days(rules, since, valuation_date, long_stop_months, default_date)
    dates = np.full(days.shape, np.datetime64("NaT"), dtype="datetime64[D]")
    ends = np.isfinite(days)
    dates[ends] = np.floor(days[ends]).astype(np.int64).astype("datetime64[D]")
    return dates


def _expiry_days(
    rules: Sequence[LimitationRule],
    since: Dates,
    valuation_date: date,
    long_stop_months: float | None,
    default_date: Dates | None,
) -> Floats:
    """Return the day of expiry as days since 1970, parts of days included."""
    start = _days(since)
    known = _in_force(rules, valuation_date)
    if not known:
        return np.full(start.shape, np.inf)
    expiry = start + known[0].months * DAYS_PER_MONTH
    for rule in known[1:]:
        # Later starts are under the new rule too: their expiry, if any, lies after its first day.
        assert rule.effective is not None  # a regime's rules rise by date, so only the first has none
        effective = _day(rule.effective)
        alive = (expiry > effective) | (start >= effective)
        expiry = np.where(alive, start + rule.months * DAYS_PER_MONTH, expiry)
    if long_stop_months is not None:
        birth = start if default_date is None else _days(default_date)
        birth = np.where(np.isnan(birth), start, birth)
        expiry = np.minimum(expiry, birth + long_stop_months * DAYS_PER_MONTH)
    return expiry


def _in_force(rules: Sequence[LimitationRule], valuation_date: date) -> list[LimitationRule]:
    return [r for r in rules if r.effective is None or r.effective <= valuation_date]


def _days(dates: Dates) -> Floats:
    """Return days since 1970, NaN where there is no date."""
    moments = np.asarray(dates, dtype="datetime64[us]")
    return np.where(np.isnat(moments), np.nan, moments.astype(np.int64) / MICROSECONDS_A_DAY)


def _day(when: date) -> float:
    return float(np.datetime64(when, "D").astype(np.int64))
