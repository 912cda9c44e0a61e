"""Calendar months as tables write them, and months counted from a date."""

from __future__ import annotations

import calendar
import re
import unicodedata
from datetime import date

from npl_sim.tables.dates import MONTH_OF

_YEAR_MONTH = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*月?")
_MONTH_YEAR = re.compile(r"(\d{1,2})\s*[-/.]\s*(\d{4})")
_COMPACT = re.compile(r"(20\d{2})(0[1-9]|1[0-2])")
_NAMED = re.compile(r"([a-z]{3,9})\.?[\s\-/.,']*(\d{4}|\d{2})")
_DAY = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[T ]00:00(?::00)?)?"
)
_NUMBER = re.compile(
    r"(?:(?:m|month|mese|period|第)?\s*(\d{1,3})\s*(?:期|个月)?|第\s*(\d{1,3})\s*月)",
    re.IGNORECASE,
)
_NO_YEAR = re.compile(r"(\d{1,2})\s*月(?:份)?")


def calendar_month(text: str) -> date | None:
    """Return the last day of the calendar month that a text names, or None.

    A date such as 2026-07-01 stands for its month, as in the headers of many reports.
    """
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    if match := _DAY.fullmatch(plain):
        year, month = int(match[1]), int(match[2])
        if not 1 <= int(match[3]) <= 31:
            return None
    elif (match := _YEAR_MONTH.fullmatch(plain)) or (match := _COMPACT.fullmatch(plain)):
        year, month = int(match[1]), int(match[2])
    elif match := _MONTH_YEAR.fullmatch(plain):
        year, month = int(match[2]), int(match[1])
    elif (match := _NAMED.fullmatch(plain)) and match[1] in MONTH_OF:
        year, month = int(match[2]), MONTH_OF[match[1]]
        year += 2000 if year < 100 else 0
    else:
        return None
    return month_end(year, month) if 1 <= month <= 12 and 1950 <= year < 2200 else None


def has_no_day(text: str) -> bool:
    """Return whether a text names a calendar month and no day of it."""
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    return _DAY.fullmatch(plain) is None and calendar_month(text) is not None


def counted_month(text: str) -> int | None:
    """Return the number of a month such as M3, month 3 or 第3期, or None.

    7月 is July of a year that is not stated, and no count of months.
    """
    match = _NUMBER.fullmatch(unicodedata.normalize("NFKC", text).strip())
    return int(match[1] or match[2]) if match else None


def has_no_year(text: str) -> bool:
    """Return whether a text names a calendar month without its year, such as 7月."""
    return _NO_YEAR.fullmatch(unicodedata.normalize("NFKC", text).strip()) is not None


def month_end(year: int, month: int) -> date:
    """Return the last day of a calendar month."""
    return date(year, month, calendar.monthrange(year, month)[1])


def month_anniversary(start: date, months: int) -> date:
    """Return the day some months after a date; from a month's last day, again a last day."""
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    last = month_end(year, month + 1)
    if start == month_end(start.year, start.month):
        return last
    return last.replace(day=min(start.day, last.day))


def month_number(start: date, day: date) -> int:
    """Return the month in which a day lies: month m ends m months after the start."""
    months = (day.year - start.year) * 12 + day.month - start.month
    return months + (day > month_anniversary(start, months))


def whole_months(start: date, day: date) -> int:
    """Return the whole months from a date to a later one."""
    months = (day.year - start.year) * 12 + day.month - start.month
    return months - (day < month_anniversary(start, months))
