"""The table of all reports: plain values with a kind for each column, shown by every writer."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, SupportsFloat, cast

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import MISSING, Unit, error_text, fixed, percent, summed

UNBOUNDED = "unbounded"
"""Text for the end of an interval that the sample does not bound."""

Place = tuple[int, int]
"""Row and column of a cell."""

Kind = Literal[
    "text", "figure", "money", "cents", "share", "fine", "count", "number", "decimal", "date"
]
"""Kind of a cell.

- text, figure: text on the left; ready text of a number, on the right
- money, cents: amount in the unit of the report; amount to the cent
- share, fine: share of 1 in percent with one and with two decimals
- count, decimal, number: number with no, one and three decimals
- date: calendar date
"""


@dataclass(frozen=True)
class Column:
    """Column of a table."""

    name: str
    """Its header."""
    kind: Kind = "text"
    """What its cells hold."""
    width: float | None = None
    """Width in a workbook; defaults to that of its kind. [characters]"""

    @property
    def shown(self) -> str:
        """Its header in the language in use."""
        return _(self.name)


def columns(*texts: str) -> tuple[Column, ...]:
    """Return columns from their names: ``"step [46] | price [money] | bid, % of GBV [fine 14]"``.

    Brackets hold the kind, which defaults to text, and the width in a workbook.
    """
    made = []
    for part in (part for text in texts for part in text.split(" | ")):
        match = re.fullmatch(r"(.*?)(?: ?\[([a-z]*) ?(\d*)\])?", part, re.DOTALL)
        name, kind, width = match.groups() if match else (part, None, None)
        made.append(Column(name, cast(Kind, kind or "text"), float(width) if width else None))
    return tuple(made)


@dataclass(frozen=True)
class Cell:
    """Cell of another kind than that of its column."""

    value: Any
    kind: Kind


@dataclass(frozen=True)
class Table:
    """Title, columns and rows of a table."""

    title: str
    """What it shows."""
    columns: tuple[Column, ...]
    """Its columns; the first names the row."""
    rows: tuple[tuple[Any, ...], ...]
    """Values, or `Cell`s; None and NaN are not defined."""
    note: str = ""
    """What a reader must know; may be empty."""
    total: bool = False
    """Whether the last row is the sum of the others."""
    nothing: str = "none"
    """Text in place of a table without rows."""
    differences: tuple[tuple[Place, Place, Place], ...] = ()
    """Cells, by row and column, whose text is the second's amount less the third's."""

    def kind_of(self, row: int, column: int) -> Kind:
        """Return the kind of one cell."""
        cell = self.rows[row][column]
        return cell.kind if isinstance(cell, Cell) else self.columns[column].kind

    def value_of(self, row: int, column: int) -> Any:
        """Return the value of one cell."""
        cell = self.rows[row][column]
        return cell.value if isinstance(cell, Cell) else cell

    @property
    def shown_title(self) -> str:
        """Its title in the language in use."""
        return _(self.title)

    @property
    def shown_note(self) -> str:
        """Its note in the language in use."""
        return _(self.note)

    @property
    def shown_nothing(self) -> str:
        """Its text for no rows in the language in use."""
        return _(self.nothing)

    @property
    def has_money(self) -> bool:
        """Whether any cell is an amount in the unit of the report."""
        return any(self.kind_of(*place) == "money" for place in self.places)

    @property
    def places(self) -> list[Place]:
        """Row and column of every cell."""
        return [(i, j) for i in range(len(self.rows)) for j in range(len(self.columns))]

    def select(self, *kept: int) -> Table:
        """Return the table with some of its columns and without its note."""
        place = {old: new for new, old in enumerate(kept)}
        differences = tuple(
            cast(tuple[Place, Place, Place], tuple((i, place[j]) for i, j in cells))
            for cells in self.differences
            if {j for _, j in cells} <= place.keys()
        )
        return dataclasses.replace(
            self,
            columns=tuple(self.columns[j] for j in kept),
            rows=tuple(tuple(row[j] for j in kept) for row in self.rows),
            note="",
            differences=differences,
        )


def table_of(title: str, header: str, rows: Iterable[tuple[Any, ...]], **more: Any) -> Table:
    """Return a table of values; `header` as for `columns`, `more` are further fields of it."""
    return Table(title, columns(header), tuple(rows), **more)


def ready_table(
    title: str,
    header: Sequence[str] | str,
    rows: Iterable[Sequence[str]],
    total: bool = False,
    texts: Sequence[str] | None = None,
) -> Table:
    """Return a table of ready text: names in the columns `texts`, figures in the others.

    `header` may be one string, as for `columns`. `texts` defaults to the first column.
    """
    header = header.split(" | ") if isinstance(header, str) else header
    names = header[:1] if texts is None else texts
    kinds: list[Kind] = ["text" if name in names else "figure" for name in header]
    made = tuple(Column(name, kind) for name, kind in zip(header, kinds, strict=True))
    return Table(title, made, tuple(tuple(row) for row in rows), total=total)


def is_number(kind: Kind) -> bool:
    """Return whether cells of a kind are aligned to the right."""
    return kind not in ("text", "date")


def cell_texts(table: Table, unit: Unit) -> list[list[str]]:
    """Return the cells of a table as text.

    Parameters
    ----------
    table
        A table.
    unit
        Unit of its amounts, which all have the same decimals.
    """
    amount = {at: _amount(table, *at) / unit.size for at in table.places}
    largest = max((abs(x) for x in amount.values() if math.isfinite(x)), default=0.0)
    decimals = 3 if largest < 10.0 else 2 if largest < 1e4 else 1 if largest < 1e5 else 0
    text = {
        at: _text(table.value_of(*at), table.kind_of(*at), unit, decimals) for at in table.places
    }
    # An error that rounds to zero is not zero.
    text |= {
        at: error_text(amount[at], decimals)
        for at in table.places
        if "std error" in table.columns[at[1]].name and amount[at] > 0.0
    }
    if table.total:
        for j in range(len(table.columns)):
            text |= _column_of_parts(table, j, unit, decimals)
    for at, after, before in table.differences:
        if all(math.isfinite(amount[place]) for place in (at, after, before)):
            difference = round(amount[after], decimals) - round(amount[before], decimals)
            text[at] = fixed(difference, decimals)
    return [[text[i, j] for j in range(len(table.columns))] for i in range(len(table.rows))]


def _column_of_parts(table: Table, column: int, unit: Unit, decimals: int) -> dict[Place, str]:
    """Return the cells of a column so that the parts as shown sum to the total as shown."""
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
        return MISSING
    if kind in ("text", "figure") or isinstance(value, str):
        return _(str(value))
    if kind == "date":
        return value.isoformat() if isinstance(value, date) else MISSING
    number = float(value)
    if not math.isfinite(number):
        return MISSING if math.isnan(number) else _(UNBOUNDED)
    if kind in ("share", "fine"):
        return percent(number, 1 if kind == "share" else 2)
    if kind == "money":
        return fixed(number / unit.size, decimals)
    return fixed(number, {"cents": 2, "count": 0, "decimal": 1}.get(kind, 3))
