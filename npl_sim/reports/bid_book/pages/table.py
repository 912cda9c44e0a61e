"""Tables of printed pages: hairlines, numbers right, groups, totals, small bars in cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from npl_sim.reports.bid_book.pages.page import Html, escape


@dataclass(frozen=True)
class Column:
    """Column of a printed table."""

    head: Any = ""
    """Its head; the unit stands here and not in the cells."""
    width: int = 0
    """Width; 0 takes what is left. [px]"""
    left: bool = False
    """Whether it holds text, aligned to the left."""
    accent: bool = False
    """Whether it is the column to look at."""
    style: str = ""
    """Further CSS of its cells."""

    @property
    def classes(self) -> str:
        """Classes of its cells."""
        return " ".join(n for n, on in (("l", self.left), ("t", self.accent)) if on)


@dataclass(frozen=True)
class Row:
    """Row of a printed table."""

    cells: tuple[Any, ...]
    """Texts, escaped unless they are markup."""
    kind: Literal["", "group", "total", "end", "big", "rule"] = ""
    """group: bold line above its rows. total: sum of the rows. end: last row of a group. big: the
    figures to look at. rule: small gray text."""


def row(*cells: Any, kind: Literal["", "group", "total", "end", "big", "rule"] = "") -> Row:
    """Return a row from its cells."""
    return Row(cells, kind)


def table(columns: Sequence[Column], rows: Iterable[Row], classes: str = "") -> Html:
    """Return a table as markup.

    Parameters
    ----------
    columns
        Columns from left to right; the first is aligned to the left.
    rows
        Rows from top to bottom. A group row may have fewer cells: its last one spans the rest.
    classes
        Further classes of the table, for the style sheet.
    """
    widths = "".join(
        f'<col style="width:{column.width}px">' if column.width else "<col>" for column in columns
    )
    head = "".join(_cell("th", column, column.head) for column in columns)
    heads = f"<thead><tr>{head}</tr></thead>" if any(column.head for column in columns) else ""
    body = "".join(_row(columns, one) for one in rows)
    parts = f"<colgroup>{widths}</colgroup>{heads}<tbody>{body}</tbody>"
    return Html(f'<table class="{classes}">{parts}</table>')


def _row(columns: Sequence[Column], one: Row) -> str:
    cells = [_cell("td", column, value) for column, value in zip(columns, one.cells, strict=False)]
    missing = len(columns) - len(one.cells)
    if missing:
        last = columns[len(one.cells) - 1]
        cells[-1] = _cell("td", last, one.cells[-1], f' colspan="{missing + 1}"')
    return f'<tr class="{one.kind}">{"".join(cells)}</tr>'


def _cell(tag: str, column: Column, value: Any, more: str = "") -> str:
    style = f' style="{column.style}"' if column.style and tag == "td" else ""
    return f'<{tag} class="{column.classes}"{style}{more}>{escape(value)}</{tag}>'


@dataclass(frozen=True)
class HeatCell:
    """Cell of a heat table."""

    text: str
    """The number."""
    value: float
    """Its distance above the level at which the accent starts, over the largest one, -1 to 1."""
    framed: bool = False
    """Whether it is the case that we bid on."""


ACCENTS = ("#e6f0f3", "#bfd9df", "#9fc3cc", "#7fb0bb")
GRAYS = ("#f0f1f2", "#e3e6e8", "#d3d6d9", "#c3c7ca")
"""Fills of a heat table from light to dark; ink on them reaches a contrast of 4.5."""


def heat_table(
    corner: str,
    above: str,
    heads: Sequence[str],
    names: Sequence[str],
    cells: Sequence[Sequence[HeatCell]],
) -> Html:
    """Return a two-way table whose fill shows the size: accent above a level, gray below it.

    Parameters
    ----------
    corner, above
        What the rows and the columns are.
    heads, names
        Names of columns and rows.
    cells
        Cells by row and column.
    """
    head = "".join(f"<th>{escape(h)}</th>" for h in heads)
    body = "".join(
        f'<tr><td class="l">{escape(name)}</td>{"".join(map(_heat_cell, line))}</tr>'
        for name, line in zip(names, cells, strict=True)
    )
    over = f'<tr><th></th><th colspan="{len(heads)}">{escape(above)}</th></tr>'
    return Html(
        '<table class="ht"><colgroup><col style="width:96px"></colgroup>'
        f'<thead>{over}<tr><th class="l">{escape(corner)}</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )


def _heat_cell(cell: HeatCell) -> str:
    fills = ACCENTS if cell.value >= 0.0 else GRAYS
    size = min(abs(cell.value), 1.0)
    fill = fills[min(int(size * len(fills)), len(fills) - 1)]
    frame = ";outline:2px solid #1b1d1f;outline-offset:-2px;font-weight:700" * cell.framed
    return f'<td style="background:{fill}{frame}">{escape(cell.text)}</td>'
