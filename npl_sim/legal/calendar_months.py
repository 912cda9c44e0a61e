"""Periods of months by the calendar, and the months between two dates.

A period of months ends on the day of the month on which it began. In a month without that day it
ends on the last day. The first day does not count, and the last day counts to its end. See
Civil Code of China, articles 201 to 203; codice civile, articles 2962 and 2963.
"""

from __future__ import annotations

from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from npl_sim.core.fields import DAYS_PER_MONTH

DayArray: TypeAlias = npt.NDArray[np.datetime64]
"""Calendar days, `datetime64[D]`; NaT: no day is known."""

Days: TypeAlias = pd.Series | DayArray
"""Dates as a table or an array holds them."""

_DUST = 1e-6
"""Tolerance for the last digits of a number of months or days."""


def as_days(dates: Days) -> DayArray:
    """Return the calendar day of each date."""
    return np.asarray(dates, dtype="datetime64[us]").astype("datetime64[D]")


def whole_day(day: date) -> np.datetime64:
    """Return a date as a `datetime64[D]`."""
    return np.datetime64(day, "D")


def later_day(*columns: DayArray) -> DayArray:
    """Return the latest of several days, row by row; a day that is not known does not count."""
    latest = columns[0]
    for column in columns[1:]:
        latest = np.fmax(latest, column)
    return latest


def add_months(days: DayArray, months: npt.ArrayLike) -> DayArray:
    """Return the last day of a period of months that begins on each day.

    Parameters
    ----------
    days
        Days on which the periods begin; NaT: the period has no last day.
    months
        Length of each period, negative to count backwards. A part of a month counts as whole days
        of a month of 30.4375 days, rounded down. [months]

    Returns
    -------
    numpy.ndarray
        Days, `datetime64[D]`.
    """
    lengths = np.broadcast_to(np.asarray(months, dtype=np.float64), days.shape)
    whole = np.floor(lengths + _DUST)
    rest = np.maximum(np.floor((lengths - whole) * DAYS_PER_MONTH + _DUST), 0.0)
    month = days.astype("datetime64[M]")
    target = month + whole.astype("timedelta64[M]")
    begin = target.astype("datetime64[D]")
    last = (
        (target + np.timedelta64(1, "M")).astype("datetime64[D]") - begin - np.timedelta64(1, "D")
    )
    day = np.minimum(days - month.astype("datetime64[D]"), last)
    return begin + day + rest.astype("timedelta64[D]")


def months_until(valuation: date, days: DayArray) -> npt.NDArray[np.float64]:
    """Return the calendar months from the valuation date to each day. [months]

    Month `m` of a simulation ends on the valuation date plus `m` calendar months. A day is in
    month `m` or later exactly where the result is at least `m`.

    Parameters
    ----------
    valuation
        The valuation date.
    days
        The days; NaT: never.

    Returns
    -------
    numpy.ndarray
        Months, 0 on the valuation date, below 0 before it, infinite where there is no day.
    """
    known = ~np.isnat(days)
    today = whole_day(valuation)
    ends = np.where(known, days, today)
    start = np.full(ends.shape, today)
    month = (ends.astype("datetime64[M]") - today.astype("datetime64[M]")).astype(np.float64)
    month -= add_months(start, month) > ends
    low, high = add_months(start, month), add_months(start, month + 1.0)
    part = (ends - low).astype(np.float64) / (high - low).astype(np.float64)
    return np.where(known, month + part, np.inf)
