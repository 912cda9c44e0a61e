"""Business days of the Chinese interbank market, from dated data. docs/deals.md section 1.

Holidays come from `resources/china_interbank_holidays.yaml`: the notice of the State Council for
each announced year, and an estimate for every other year. They do not depend on the version of any
library.
"""

from __future__ import annotations

from calendar import SATURDAY, SUNDAY
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Any

from npl_sim.resources import read_resource

FILE = "china_interbank_holidays.yaml"
DAY = timedelta(days=1)

BusinessDays = Callable[[date], bool]
"""Returns whether a date is a business day."""


@dataclass(frozen=True)
class _Year:
    """Days of one year that differ from the rule of weekdays and weekends."""

    holidays: frozenset[date]
    worked: frozenset[date] = frozenset()


@cache
def _data() -> dict[str, Any]:
    return read_resource(FILE)


def _on(year: int, month_day: str) -> date:
    month, day = month_day.split("-")
    return date(year, int(month), int(day))


@cache
def _announced() -> dict[int, _Year]:
    return {
        row["year"]: _Year(
            frozenset(_on(row["year"], d) for d in row["holidays"]),
            frozenset(_on(row["year"], d) for d in row["worked"]),
        )
        for row in _data()["announced"]
    }


def _span(first: date, last: date) -> set[date]:
    return {first + n * DAY for n in range((last - first).days + 1)}


def _single(day: date) -> set[date]:
    """Return a holiday of one day, with the Monday after it where it falls on a weekend."""
    to_monday = {SATURDAY: 2, SUNDAY: 1}.get(day.weekday(), 0)
    return {day, day + to_monday * DAY}


def _qingming(year: int) -> date:
    """Return the day of the solar term Qingming, by the customary formula for 2000 to 2099."""
    n = year % 100
    return date(year, 4, int(n * 0.2422 + 4.81) - n // 4)


@cache
def _estimated(year: int) -> _Year:
    """Return the estimated holidays of a year; lunar ones only within the table."""
    last = date(year, 10, 7)
    found = _single(date(year, 1, 1)) | _span(date(year, 5, 1), date(year, 5, 5))
    lunar = _data()["estimated"]["lunar"].get(year)
    if lunar is not None:
        spring, dragon_boat, mid_autumn = (_on(year, d) for d in lunar)
        found |= _span(spring - DAY, spring + 6 * DAY)
        found |= _single(_qingming(year)) | _single(dragon_boat) | _single(mid_autumn)
        if date(year, 10, 1) <= mid_autumn <= last:
            last += DAY
    return _Year(frozenset(found | _span(date(year, 10, 1), last)))


def china_interbank(day: date) -> bool:
    """Return whether a date is a business day of the Chinese interbank market."""
    year = _announced().get(day.year) or _estimated(day.year)
    return day in year.worked or (day.weekday() < SATURDAY and day not in year.holidays)


def first_estimated(days: Sequence[date]) -> tuple[date, int, int] | None:
    """Return the first date in a year without announced holidays; None if there is none.

    Parameters
    ----------
    days
        Dates, of which the holidays may move one into the next or last year.
    """
    known = _announced()
    first = next((day for day in days if day.year not in known), None)
    return None if first is None else (first, min(known), max(known))


def moved(day: date, rule: str, is_business_day: BusinessDays) -> date:
    """Return a date moved to a business day.

    Parameters
    ----------
    day
        Date.
    rule
        ``following``, ``modified_following``, ``preceding`` or ``unadjusted``.
    is_business_day
        Business days of the calendar.
    """

    def nearest(step: timedelta) -> date:
        found = day
        while not is_business_day(found):
            found += step
        return found

    if rule == "unadjusted":
        return day
    if rule == "preceding":
        return nearest(-DAY)
    later = nearest(DAY)
    return nearest(-DAY) if rule == "modified_following" and later.month != day.month else later
