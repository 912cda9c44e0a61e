"""A table as plain values with a kind for each column; workbook, HTML and terminal each show it their way."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, SupportsFloat

from npl_sim.reports.formats import MISSING, Unit, error_text, fixed, percent, summed

__all__ = ["ABSENT", "UNBOUNDED", "Cell", "Column", "Kind", "Table", "is_number", "shown"]

ABSENT = MISSING
"""What is shown for a number that is not defined."""

UNBOUNDED = "unbounded"
"""What is shown for the end of an interval that the sample does not bound."""

Place = tuple[int, int]
"""Row and column of a cell."""

Kind = Literal["text", "money", "cents", "share", "fine", "count", "number", "decimal", "date"]
"""text; money: amount, in the report's unit or whole; cents: amount to the cent; share and fine: share of 1 in
percent with one and with two decimals; count; decimal and number: one and three digits after the
point; date."""


@dataclass(frozen=True)
class Column:
    """A column."""

    name: str
    """Its header."""
    kind: Kind = "text"
    """What its cells hold."""
    width: float | None = None
    """Width in a workbook; none: that of its kind. [characters]"""


@dataclass(frozen=True)
class Cell:
    """A cell of another kind than its column's."""

    value: Any
    kind: Kind


@dataclass(frozen=True)
class Table:
    """A table."""

    title: str
    """What it shows."""
    columns: tuple[Column, ...]
    """Its columns, the first naming the row."""
    rows: tuple[tuple[Any, ...], ...]
    """Values, or `Cell`s; None and NaN: not defined."""
    note: str = ""
    """What a reader must know; may be empty."""
    total: bool = False
    """Whether the last row is the sum of the others."""
    nothing: str = "none"
    """What is said in place of a table without rows."""
    differences: tuple[tuple[Place, Place, Place], ...] = ()
    """Cells, by row and column, that are the second's amount less the third's; as text they are so
    too."""

    def kind_of(self, row: int, column: int) -> Kind:
        """Return the kind of one cell."""
        cell = self.rows[row][column]
        return cell.kind if isinstance(cell, Cell) else self.columns[column].kind

    def value_of(self, row: int, column: int) -> Any:
        """Return the value of one cell."""
        cell = self.rows[row][column]
        return cell.value if isinstance(cell, Cell) else cell


def is_number(kind: Kind) -> bool:
    """Return whether cells of a kind are set to the right."""
    return kind not in ("text", "date")


def shown(table: Table, unit: Unit) -> list[list[str]]:
    """Return the cells of a table as text.

    Parameters
    ----------
    table
        A table.
    unit
        Unit of its amounts, which all have the same decimals.
    """
    places = [(i, j) for i in range(len(table.rows)) for j in range(len(table.columns))]
    amounts = [
        abs(v) / unit.size for v in (_amount(table, i, j) for i, j in places) if math.isfinite(v)
    ]
    largest = max(amounts, default=0.0)
    decimals = 3 if largest < 10.0 else 2 if largest < 1e4 else 1 if largest < 1e5 else 0
    text = {at: _text(table.value_of(*at), table.kind_of(*at), unit, decimals) for at in places}
    # An error that rounds to nothing is not nothing.
    text |= {
        (i, j): error_text(_amount(table, i, j) / unit.size, decimals)
        for i, j in places
        if "std error" in table.columns[j].name and _amount(table, i, j) > 0.0
    }
    if table.total:
        for j in range(len(table.columns)):
            text |= _summed(table, j, unit, decimals)
    for at, after, before in table.differences:
        amounts = [_amount(table, *place) / unit.size for place in (at, after, before)]
        if all(math.isfinite(x) for x in amounts):
            text[at] = fixed(round(amounts[1], decimals) - round(amounts[2], decimals), decimals)
    return [[text[i, j] for j in range(len(table.columns))] for i in range(len(table.rows))]


def _summed(table: Table, column: int, unit: Unit, decimals: int) -> dict[tuple[int, int], str]:
    """Return the cells of a column above a total that they sum to, so that they do so as shown, too."""
    count = len(table.rows)
    kinds = {table.kind_of(i, column) for i in range(count)}
    digits = {"money": decimals, "share": 1, "fine": 2, "cents": 2}
    scale = {"money": 1.0 / unit.size, "share": 100.0, "fine": 100.0, "cents": 1.0}
    values = [table.value_of(i, column) for i in range(count)]
    kind = next(iter(kinds)) if len(kinds) == 1 else "text"
    known = [
        i
        for i in range(count)
        if isinstance(values[i], SupportsFloat) and math.isfinite(float(values[i]))
    ]
    if kind not in digits or count - 1 not in known or len(known) < 2:
        return {}
    amounts = [float(values[i]) * scale[kind] for i in known]
    if abs(math.fsum(amounts[:-1]) - amounts[-1]) > 1e-9 * math.fsum(map(abs, amounts)):
        return {}
    cells = summed(amounts[:-1], amounts[-1], digits[kind])
    sign = "%" if kind in ("share", "fine") else ""
    return {(i, column): cell + sign for i, cell in zip(known, cells, strict=True)}


def _amount(table: Table, row: int, column: int) -> float:
    value = table.value_of(row, column)
    is_money = table.kind_of(row, column) == "money" and isinstance(value, SupportsFloat)
    return float(value) if is_money else math.nan


def _text(value: Any, kind: Kind, unit: Unit, decimals: int) -> str:
    if value is None:
        return ABSENT
    if kind == "text" or isinstance(value, str):
        return str(value)
    if kind == "date":
        return value.isoformat() if isinstance(value, date) else ABSENT
    number = float(value)
    if not math.isfinite(number):
        return ABSENT if math.isnan(number) else UNBOUNDED
    if kind in ("share", "fine"):
        return percent(number, 1 if kind == "share" else 2)
    if kind == "money":
        return fixed(number / unit.size, decimals)
    return fixed(number, {"cents": 2, "count": 0, "decimal": 1}.get(kind, 3))
