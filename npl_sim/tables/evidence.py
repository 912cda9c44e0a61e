"""Settle a table's notation of numbers and dates by the evidence of its own cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import pandas as pd

from npl_sim.core.errors import TableError
from npl_sim.tables.cell_types import Percent, column_text, shown
from npl_sim.tables.dates import short_date

_GROUPS = r"^[^0-9.,]*\d{{1,3}}(?:{0}\d{{2,3}})+{0}\d{{3}}[^0-9.,]*$"
_ONE_MARK = r"^[^.,]*\d?[{0}]\d[^.,]*$"
_EITHER = r"^[^0-9.,]*[1-9]\d{0,2}[.,]\d{3}[^0-9.,]*$"
"""One mark with one to three digits before and three after: 1.234 is 1.234 or 1,234."""


@dataclass(frozen=True)
class Place:
    """A cell that a message names as evidence."""

    row: int
    """Row as a spreadsheet counts, the headers included. [row, from 1]"""
    column: str
    """Name of the column."""
    value: str
    """What stands there, as text."""

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: got {shown(self.value)}"


def is_number(value: object) -> bool:
    """Return whether a raw cell holds a number, whatever its display format."""
    return isinstance(value, int | float | Decimal | np.number) and not isinstance(
        value, bool | np.bool_ | Percent
    )


def written(raw: pd.Series) -> pd.Series:
    """Return a raw column without numeric cells, as only text has a notation."""
    if raw.dtype != "object":
        return raw
    return pd.Series(["" if is_number(v) else v for v in raw.tolist()], dtype=object)


def decimal_mark(
    where: str,
    columns: Mapping[str, pd.Series],
    rows: np.ndarray,
    shares: Mapping[str, pd.Series] | None = None,
) -> str:
    """Return the decimal mark of a table, ``.`` or ``,``.

    A cell such as 1.234,50 or 0.5 settles the mark of the whole table, for one program wrote it.
    A cell such as 1.234 settles nothing in a column of amounts.

    Parameters
    ----------
    where
        What errors call the table.
    columns
        Raw columns of amounts by name.
    rows
        Row numbers. [row, from 1]
    shares
        Raw columns of numbers up to 100, in which three digits after a mark are decimals.

    Raises
    ------
    TableError
        If two cells contradict each other, or nothing settles a cell that can be read in two ways.
    """
    sure: dict[str, Place] = {}
    open_cells: list[Place] = []
    for name, raw in {**columns, **(shares or {})}.items():
        for mark, place in _evidence(name, raw, rows, name in columns):
            if mark:
                sure.setdefault(mark, place)
            else:
                open_cells.append(place)
    if len(sure) == 2:
        first, second = sorted(sure.values(), key=lambda p: p.row)
        raise TableError(
            f"{where}: {first}, and {second}; expected one decimal mark in the whole table"
        )
    if not sure and open_cells:
        place = min(open_cells, key=lambda p: p.row)
        digits = re.sub(r"[^0-9]", "", place.value)
        raise TableError(
            f"{where}: {place}, which is {int(digits[:-3])}.{digits[-3:]} or {int(digits):,}; "
            "expected thousands without a mark, or two decimals in all amounts"
        )
    return next(iter(sure), ".")


def _evidence(
    name: str, raw: pd.Series, rows: np.ndarray, large: bool
) -> Iterator[tuple[str, Place]]:
    """Yield the decimal mark that a column settles and its first such cell.

    Parameters
    ----------
    name, raw, rows
        The column, and the numbers of its rows.
    large
        Whether its numbers may be thousands.
    """
    if pd.api.types.is_numeric_dtype(raw.dtype):
        return
    text = column_text(written(raw)).reset_index(drop=True)
    text = text[text.str.contains(r"[.,，．]").to_numpy(dtype=bool)]
    if text.empty:
        return
    text = text.map(lambda cell: cell if cell.isascii() else unicodedata.normalize("NFKC", cell))
    either = text.str.contains(_EITHER).to_numpy(dtype=bool) & large
    yield from (("", place) for place in _places(text, either, name, rows))
    for mark, other in ((".", ","), (",", ".")):
        groups = text.str.contains(_GROUPS.format(re.escape(other))).to_numpy(dtype=bool)
        both = text.str.contains(rf"[{other}].*[{mark}]").to_numpy(dtype=bool)
        one = text.str.contains(_ONE_MARK.format(mark)).to_numpy(dtype=bool) & ~either
        yield from ((mark, place) for place in _places(text, groups | both | one, name, rows))


def _places(text: pd.Series, at: np.ndarray, name: str, rows: np.ndarray) -> list[Place]:
    """Return the first cell where `at` is true, if any."""
    if not at.any():
        return []
    first = text.index[int(np.argmax(at))]
    return [Place(int(rows[first]), name, str(text[first]))]


def date_order(where: str, name: str, text: pd.Series, rows: np.ndarray) -> str:
    """Return the column's order of short dates such as 31/12/2026: dmy, mdy, or auto.

    Raises
    ------
    TableError
        If two cells contradict each other, or none settles the order of the others.
    """
    sure: dict[str, Place] = {}
    unsure: Place | None = None
    readings = ""
    codes, distinct = pd.factorize(text)
    begin = np.unique(codes, return_index=True)[1]
    for code, cell in enumerate(distinct):
        by_day, by_month = short_date(str(cell))
        place = Place(int(rows[begin[code]]), name, str(cell))
        if by_day and not by_month:
            sure.setdefault("dmy", place)
        elif by_month and not by_day:
            sure.setdefault("mdy", place)
        elif unsure is None and by_day != by_month:
            unsure = place
            readings = f"{by_day} or {by_month}"
    if len(sure) == 2:
        one, other = sorted(sure.values(), key=lambda p: p.row)
        raise TableError(
            f"{where}: {one}, and {other}; expected one order of day and month in the column"
        )
    if not sure and unsure is not None:
        raise TableError(
            f"{where}: {unsure}, which is {readings}; expected dates such as 2026-01-31"
        )
    return next(iter(sure), "auto")
