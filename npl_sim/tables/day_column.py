"""Dates of cash: the column settles their order; times, zones and bounds are checked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.core.errors import TableError
from npl_sim.tables.body import EPOCH_1900
from npl_sim.tables.cash_table import CashTable
from npl_sim.tables.cell_types import cell_text, column_text
from npl_sim.tables.columns import Notation
from npl_sim.tables.dates import DATE, read_dates
from npl_sim.tables.evidence import Place, date_order

EARLIEST = date(1950, 1, 1)
LATEST = date(2200, 1, 1)
"""Default bounds of a date of cash."""

MOST_YEARS = 100
"""Most calendar years from the reference date to a date of cash. [years]"""

YEARS_BEFORE, YEARS_AFTER = 10, 30
"""Calendar years around the reference date beyond which a date of cash is reported. [years]"""

_STAMP = re.compile(
    r"(?P<day>\S.*?)[T\s]+(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,"
    r"](?P<part>\d+))?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?(?:\s*\[.*\])?",
    re.IGNORECASE,
)
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")


def _stamp(value: Any) -> str:
    """Return a cell as text, with its time zone where it has one."""
    if isinstance(value, datetime) and value is not pd.NaT and value.tzinfo is not None:
        return value.isoformat(" ")
    return cell_text(value)


def _seconds(match: re.Match[str]) -> float:
    part = float(f"0.{match['part']}") if match["part"] else 0.0
    return 3600 * int(match["hour"]) + 60 * int(match["minute"]) + int(match["second"] or 0) + part


def _zone(text: str | None) -> str:
    """Return a time zone in its standard spelling; empty if none."""
    if text is None:
        return ""
    digits = re.sub(r"[^0-9]", "", text)
    return "+0000" if digits in ("", "00", "0000") else text[0] + digits.ljust(4, "0")


def _times(
    table: CashTable, name: str, texts: Sequence[str], codes: np.ndarray, zoned: bool
) -> tuple[list[str], list[str]]:
    """Return dates of texts without times, and notes; refuse times that may move a date."""
    days, seconds, zones = [], np.zeros(len(texts)), []
    for number, text in enumerate(texts):
        match, serial = _STAMP.fullmatch(text), _SERIAL.fullmatch(text)
        days.append(match["day"] if match else serial[1] if serial else text)
        zones.append(_zone(match["zone"]) if match else "")
        seconds[number] = (
            _seconds(match) if match else 86400 * float(serial[2] or 0) if serial else 0.0
        )
    given = [z for z, text in zip(zones, texts, strict=True) if text]
    rows = np.unique(codes, return_index=True)[1].tolist()
    if len(set(given)) > 1:
        low = min(range(len(texts)), key=lambda n: rows[n] if texts[n] else len(codes))
        other = min(
            (n for n, z in enumerate(zones) if texts[n] and z != zones[low]), key=lambda n: rows[n]
        )
        place = Place(int(table.rows[rows[other]]), name, texts[other])
        raise TableError(
            f"{table.place(name, rows[low])}, and {place}; expected dates in one time "
            f"zone, without times"
        )
    off = np.round(seconds) > 0
    whole = off & (np.round(seconds) % 3600 == 0)
    shifted = off.any() and (zoned or any(given) or bool((whole == off).all()))
    if shifted:
        first = min(rows[n] for n in np.flatnonzero(off).tolist())
        raise TableError(
            f"{table.place(name, first)}; expected a date without a time: this may be "
            f"midnight in another time zone"
        )
    if not off.any():
        return days, []
    count, first = int(off[codes].sum()), min(rows[n] for n in np.flatnonzero(off).tolist())
    return days, [
        f"{table.where}: {name}: times of day were dropped in {count:,} rows (first: row "
        f"{table.rows[first]})"
    ]


def _texts(raw: pd.Series) -> tuple[list[str], np.ndarray, bool]:
    """Return distinct texts, the index of each row among them, and if there is one time zone."""
    zoned = getattr(raw.dtype, "tz", None) is not None
    if zoned:
        raw = raw.dt.tz_localize(None)
    if raw.dtype == "object":
        text = pd.Series([_stamp(v) for v in raw.tolist()], dtype="str")
    else:
        codes, values = pd.factorize(raw, use_na_sentinel=False)
        text = column_text(pd.Series(values)).iloc[codes]
    codes, distinct = pd.factorize(text)
    return [str(t) for t in distinct], codes, zoned


def read_days(
    table: CashTable, name: str, reference: date | None = None
) -> tuple[np.ndarray, list[str]]:
    """Return a column of dates, and notes on it.

    Parameters
    ----------
    table, name
        The table and its column.
    reference
        Date from which 100 years are counted; None reads dates up to 2199.

    Returns
    -------
    tuple
        Dates as datetime64[D], and notes.

    Raises
    ------
    TableError
        If a cell holds no date, or one that can be read in two ways or lies far from the deal.
    """
    texts, codes, zoned = _texts(table.cells[name].reset_index(drop=True))
    days, notes = _times(table, name, texts, codes, zoned)
    if table.raw.epoch != EPOCH_1900:
        serial = np.array([_SERIAL.fullmatch(t) is not None for t in texts], dtype=bool)
        table.refuse(
            name, {"a cell formatted as a date: days are counted from 1904 here": serial[codes]}
        )
    column = pd.Series(days, dtype="str")
    _, first = np.unique(codes, return_index=True)
    order = date_order(table.where, name, column, table.rows[first])
    cells = read_dates(column, Notation(date_format=order))
    errors = {text: at[codes] for text, at in cells.errors.items()}
    table.refuse(name, {**errors, f"{DATE}; it is empty": cells.empty[codes]})
    found = cells.values.to_numpy().astype("datetime64[D]")
    latest = (
        LATEST
        if reference is None
        else date(min(reference.year + MOST_YEARS, date.max.year), 12, 31)
    )
    far = (found < np.datetime64(EARLIEST)) | (found > np.datetime64(latest))
    table.refuse(name, {f"a date from {EARLIEST} to {latest}": far[codes]})
    return found[codes], [*notes, *_distant(table, name, found[codes], reference)]


def _distant(table: CashTable, name: str, days: np.ndarray, reference: date | None) -> list[str]:
    """Return a note on dates that are possible but unlikely, such as years with swapped digits."""
    if reference is None:
        return []
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970 - reference.year
    at = (years < -YEARS_BEFORE) | (years > YEARS_AFTER)
    if not at.any():
        return []
    first = int(np.argmax(at))
    return [
        f"{table.place(name, first)}; expected a date from {YEARS_BEFORE} years before to "
        f"{YEARS_AFTER} years after {reference} "
        f"[{int(at.sum()):,} rows]"
    ]
