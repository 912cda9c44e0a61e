"""Dates as tables write them, read and checked by column.

A cell such as 03/04/2024 has two readings; other cells of its column may settle which. A column
that holds both orders, or none that settles it, is refused.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import EMPTY, ERROR_CELL, column_text, error_cells, is_empty
from npl_sim.tables.columns import Cells, Notation

_YMD = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_SHORT = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_TIME = re.compile(
    r"(?:[T\s]\s*(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)\s*(Z|UTC|[+-]\d{2}:?\d{2})?)$", re.IGNORECASE
)
_DAY_MONTH = re.compile(r"(\d{1,2})[-\s./]([a-z]{3,9})\.?[-\s./](\d{4})")
_MONTH_DAY = re.compile(r"([a-z]{3,9})\.?\s+(\d{1,2})\s*,?\s+(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_ENGLISH = "january february march april may june july august september october november december"
_ITALIAN = (
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre"
)
MONTH_OF = {
    spelling: number
    for names in (_ENGLISH, _ITALIAN)
    for number, name in enumerate(names.split(), 1)
    for spelling in (name, name[:3])
} | {"sept": 9}
"""Month names in English and Italian, whole and by three letters."""

_SERIAL_RANGE = (18000, 80000)  # 1949 to 2119

DATE = "a date such as 2024-01-31, 2024/1/31 or 20240131"
ORDER = "a date whose order is known: set date_format to dmy or mdy"
BOTH_ORDERS = (
    "one order of day and month: some dates of the column are only day/month, others only "
    "month/day; correct the file or split the column"
)
SHORT_YEAR = (
    "a date with four digits of the year, or a date_format such as %d-%b-%y that says how to "
    "read it"
)
NO_DAY = "a date with a day, or a date_format such as %b-%Y that says how to read it"
INSTANT = (
    "a date, not an instant: these have one time of day other than midnight, so the local "
    "day may differ; export the dates without times"
)
SWAPPED = (
    "a day and month that a spreadsheet did not swap: texts have days beyond 12, date "
    "cells only days up to 12. A spreadsheet with the other date order does that; export "
    "the dates as 2024-01-31"
)
FIRST_OF_MONTH = "a day: the first of the month was taken, as date_format names none"


def _settled(order: str) -> str:
    fields = "day/month/year" if order == "dmy" else "month/day/year"
    return (
        f"one order of day and month: read as {fields}, as other dates of the column are only that"
    )


def _calendar(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _plain(text: str) -> str:
    return _TIME.sub("", unicodedata.normalize("NFKC", text).strip()).strip()


def short_date(text: str) -> tuple[date | None, date | None]:
    """Return a date such as 3/4/2024 read as day/month and as month/day; None if invalid."""
    match = _SHORT.fullmatch(_plain(text))
    if match is None:
        return None, None
    return _calendar(match[4], match[3], match[1]), _calendar(match[4], match[1], match[3])


def _by_pattern(text: str, pattern: str) -> date | None:
    """Parse a date by a pattern of `datetime.strptime`; month names in English or Italian."""
    parts = re.split(r"([^\W\d_]+)", text.casefold())
    names = [_MONTHS[MONTH_OF[w] - 1] if w in MONTH_OF else w for w in parts]
    try:
        return datetime.strptime("".join(names), pattern.replace("%B", "%b")).date()
    except ValueError:
        return None


def _named_month(text: str) -> date | None:
    plain = text.casefold()
    if match := _DAY_MONTH.fullmatch(plain):
        day, name, year = match[1], match[2], match[3]
    elif match := _MONTH_DAY.fullmatch(plain):
        name, day, year = match[1], match[2], match[3]
    else:
        return None
    return _calendar(year, MONTH_OF[name], day) if name in MONTH_OF else None


def stated_day(text: str) -> date | None:
    """Return a day such as 31 May 2026 or 31/05/2026; None where it has two readings, or none."""
    plain = re.sub(r"(?<=\d)(?:st|nd|rd|th|°|º)|,|\b(?:of|de)\b", " ", _plain(text).casefold())
    found = _date(" ".join(plain.split()), "auto", date.min)
    return found if isinstance(found, date) else None


def _unread(text: str) -> str:
    """Return what is expected in place of a text that no common notation reads."""
    plain = text.casefold()
    names = set(re.findall(r"[^\W\d_]+", plain))
    if names & set(MONTH_OF) or re.fullmatch(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2}", plain):
        return NO_DAY if re.search(r"\d{4}", plain) else SHORT_YEAR
    if re.fullmatch(r"\d{4}[-/.]\d{1,2}|\d{1,2}[-/.]\d{4}|\d{4}年\d{1,2}月|\d{6}", plain):
        return NO_DAY
    return DATE


def _date(text: str, order: str, epoch: date) -> date | str:
    """Return the date of a text, or what is expected."""
    text = _plain(text)
    found: date | None = None
    if match := _YMD.fullmatch(text):
        found = _calendar(match[1], match[3], match[4])
    elif (match := _CHINESE.fullmatch(text)) or (match := _COMPACT.fullmatch(text)):
        found = _calendar(match[1], match[2], match[3])
    elif _SHORT.fullmatch(text):
        by_day, by_month = short_date(text)
        if order not in ("dmy", "mdy"):
            if by_day and by_month and by_day != by_month:
                return ORDER
            found = by_day or by_month
        else:
            found = by_day if order == "dmy" else by_month
    elif (match := _SERIAL.fullmatch(text)) and _SERIAL_RANGE[0] <= int(match[1]) <= _SERIAL_RANGE[
        1
    ]:
        found = epoch + timedelta(days=int(match[1]))
    else:
        found = _named_month(text)
    return found or _unread(text)


def _order_of(distinct: pd.Series) -> tuple[str, np.ndarray]:
    """Return a column's order of day and month (auto: open, both: mixed), and its short dates."""
    pairs = [short_date(text) for text in distinct]
    short = np.array([a is not None or b is not None for a, b in pairs], dtype=bool)
    dmy = any(a is not None and b is None for a, b in pairs)
    mdy = any(b is not None and a is None for a, b in pairs)
    return ("both" if dmy and mdy else "dmy" if dmy else "mdy" if mdy else "auto"), short


def _at_one_time(times: np.ndarray) -> bool:
    """Return whether several times of day are all equal and not midnight."""
    return len(times) > 1 and len(set(times.tolist())) == 1 and int(times[0]) != 0


def _native(raw: pd.Series) -> Cells:
    """Convert timestamps to dates; refuse instants that may be local midnights elsewhere."""
    zoned = getattr(raw.dtype, "tz", None) is not None
    naive = raw.dt.tz_localize(None) if zoned else raw
    values = naive.dt.normalize().reset_index(drop=True)
    empty = values.isna().to_numpy(dtype=bool)
    times = (naive.reset_index(drop=True) - values)[~empty].dt.total_seconds().to_numpy()
    apart = np.zeros(len(values), dtype=bool)
    errors = {}
    if zoned and len(times) and (times != 0).any():
        apart[~empty] = times != 0
        errors[INSTANT] = apart
    elif _at_one_time(times):
        apart[~empty] = True
        errors[INSTANT] = apart
    return Cells(values.astype("datetime64[us]"), empty, errors)


def _instants(distinct: pd.Index) -> np.ndarray:
    """Return the texts that name an instant: with a zone, or all at one time but midnight."""
    found = [_TIME.search(unicodedata.normalize("NFKC", str(text)).strip()) for text in distinct]
    times = [match[1] if match and re.search("[1-9]", match[1]) else "" for match in found]
    late = np.array([time != "" for time in times], dtype=bool)
    dated = np.array([bool(re.search(r"\d", str(text))) for text in distinct], dtype=bool)
    if late.sum() > 1 and (late == dated).all() and len({t for t in times if t}) == 1:
        return late
    return late & np.array([bool(match and match[2]) for match in found], dtype=bool)


_LEAST_SWAPPED = 3
"""Fewest different days or months of date cells up to 12 that indicate a swap."""


def _swapped(raw: pd.Series, text: pd.Series) -> np.ndarray:
    """Return date cells with day and month swapped, as a spreadsheet left the others as text."""
    none = np.zeros(len(raw), dtype=bool)
    if raw.dtype != object:
        return none
    native = np.array([isinstance(cell, date) for cell in raw.tolist()], dtype=bool)
    cells = [cell for cell, is_day in zip(raw.tolist(), native, strict=True) if is_day]
    days, months = {cell.day for cell in cells}, {cell.month for cell in cells}
    if max(len(days), len(months)) < _LEAST_SWAPPED or max(days) > 12:
        return none
    orders = [short_date(t) for t in text[~native].unique()]
    short = [(by_day, by_month) for by_day, by_month in orders if by_day or by_month]
    # Texts that both orders read would have become date cells too.
    left = len(short) > 1 and all(by_day is None or by_month is None for by_day, by_month in short)
    # Firsts of the month are days up to 12 by themselves; a swap makes them firsts where all
    # texts are of January.
    left &= len(days) >= _LEAST_SWAPPED or days == {
        d.month for pair in short for d in pair if d is not None
    }
    return native if left else none


def read_dates(raw: pd.Series, notation: Notation) -> Cells:
    """Read a column of dates; times of day are dropped.

    Parameters
    ----------
    raw
        Raw cells: text, timestamps, or the mixed cells of a workbook.
    notation
        Order or pattern of its dates, the epoch of serials, and dates that stand for none.
    """
    if pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return _native(raw)
    text = column_text(raw).reset_index(drop=True)
    broken = error_cells(text)
    empty = is_empty(text, EMPTY) & ~broken
    codes, distinct = pd.factorize(text)
    order, pattern = notation.date_format, ""
    errors: dict[str, np.ndarray] = {ERROR_CELL: broken}
    warnings: dict[str, np.ndarray] = {}
    both = np.zeros(len(distinct), dtype=bool)
    if order not in ("dmy", "mdy"):
        pattern = "" if order == "auto" else order
        order, short = _order_of(pd.Series(distinct))
        if order == "both":
            both = short
        elif order != "auto":
            doubtful = np.array(
                [_date(t, "auto", notation.epoch) == ORDER for t in distinct], dtype=bool
            )
            warnings[_settled(order)] = doubtful[codes]
    found = np.empty(len(distinct), dtype=object)
    for i, cell in enumerate(distinct):
        patterned = _by_pattern(_plain(str(cell)), pattern) if pattern else None
        found[i] = patterned or (
            BOTH_ORDERS if both[i] else _date(str(cell), order, notation.epoch)
        )
    if pattern and "%d" not in pattern and "%j" not in pattern:
        warnings[FIRST_OF_MONTH] = np.array(
            [bool(_by_pattern(_plain(t), pattern)) for t in distinct]
        )[codes]
    read = np.array([not isinstance(d, str) for d in found], dtype=bool)
    days = [
        np.datetime64(d, "us") if r else np.datetime64("NaT", "us")
        for d, r in zip(found, read, strict=True)
    ]
    values = np.array(days, "datetime64[us]")[codes]
    placeholder = np.array(
        [r and d in notation.placeholders for d, r in zip(found, read, strict=True)], dtype=bool
    )
    empty |= placeholder[codes]
    values[empty | broken] = np.datetime64("NaT", "us")
    for expected in dict.fromkeys(f for f in found if isinstance(f, str)):
        errors[expected] = (
            np.array([f == expected for f in found], dtype=bool)[codes] & ~empty & ~broken
        )
    errors[SWAPPED] = _swapped(raw, text)
    errors[INSTANT] = _instants(distinct)[codes] & ~empty & ~broken
    return Cells(pd.Series(values), empty, errors, warnings)
