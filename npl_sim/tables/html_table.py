"""Read the table of an HTML page, which many systems export as .xls."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from npl_sim.core.errors import TableError
from npl_sim.tables.body import Grid, Request, finding
from npl_sim.tables.cell_types import INVISIBLE, CellError, Percent
from npl_sim.tables.row_builder import RowBuilder

_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_\-]+)", re.IGNORECASE)
_SPACES = re.compile(r"[ \t\r\n]+")
_MOST_SPAN = 10_000
_MOST_NESTED = 50
_MOST_TAKEN = 1_000_000
_MOST_UNCLOSED = 1_000
"""Most open tags or comments; the parser searches all later text for the end of each."""
_SILENT = ("style", "script", "title")


def declared_encoding(data: bytes) -> str:
    """Return the encoding that a page declares, else auto."""
    match = _CHARSET.search(data[:4096])
    name = match[1].decode().lower() if match else "auto"
    return "gb18030" if name in ("gb2312", "gbk", "x-gbk") else name


@dataclass
class _Table:
    builder: RowBuilder
    row: int = -1
    column: int = 0
    taken: set[tuple[int, int]] = field(default_factory=set)
    cell: dict[str, str | None] | None = None
    text: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects all tables of a page."""

    def __init__(self, path: Path, limit_gib: float) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: list[_Table] = []
        self._open: list[_Table] = []
        self._path, self._limit_gib = path, limit_gib
        self._silent = False
        self._taken = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Handle the start of an element."""
        if tag in _SILENT:
            self._silent = True
        elif tag == "table":
            if len(self._open) >= _MOST_NESTED:
                raise TableError(
                    f"{self._path}: tables nested in more than {_MOST_NESTED} levels; "
                    f"expected one table"
                )
            self._open.append(_Table(RowBuilder(self._path, self._limit_gib)))
            self.tables.append(self._open[-1])
        elif not self._open:
            return
        elif tag == "tr":
            self._end_cell()
            self._open[-1].row += 1
            self._open[-1].column = 0
        elif tag in ("td", "th"):
            self._end_cell()
            self._open[-1].row = max(self._open[-1].row, 0)
            self._open[-1].cell, self._open[-1].text = dict(attrs), []
        elif tag == "br":
            self._open[-1].text.append(" ")

    def handle_endtag(self, tag: str) -> None:
        """Store the cell or table that ends."""
        if tag in _SILENT:
            self._silent = False
        elif self._open and tag in ("td", "th", "tr", "table"):
            self._end_cell()
            if tag == "table":
                self._open.pop()

    def handle_data(self, data: str) -> None:
        """Collect the text of a cell."""
        if self._open and not self._silent and self._open[-1].cell is not None:
            self._open[-1].text.append(data)

    def _end_cell(self) -> None:
        table = self._open[-1]
        if table.cell is None:
            return
        while (table.row, table.column) in table.taken:
            table.column += 1
        high, wide = _span(table.cell.get("rowspan")), _span(table.cell.get("colspan"))
        value = _value(table.cell, _SPACES.sub(" ", "".join(table.text)).strip(INVISIBLE))
        table.builder.put(table.row, table.column, value)
        if high > 1 or wide > 1:
            top, left = table.row, table.column
            table.builder.merged.append((top, left, top + high - 1, left + wide - 1))
        if high > 1:
            self._taken += (high - 1) * wide
            if self._taken > _MOST_TAKEN:
                raise TableError(
                    f"{self._path}: cells that span several rows cover {self._taken:,} "
                    f"others; expected at most {_MOST_TAKEN:,}"
                )
            rows = range(table.row + 1, table.row + high)
            table.taken.update(
                (r, c) for r in rows for c in range(table.column, table.column + wide)
            )
        table.column += wide
        table.cell = None


def _span(text: str | None) -> int:
    """Return how many rows or columns a cell spans."""
    text = (text or "").strip()
    return min(max(int(text), 1), _MOST_SPAN) if text.isdecimal() and len(text) < 7 else 1


def _value(cell: dict[str, str | None], shown: str) -> Any:
    """Return a cell, typed by attributes of Excel if present, else the text shown."""
    if "x:err" in cell:
        return CellError(cell["x:err"] or shown or "#UNKNOWN!")
    stored = cell.get("x:num")
    if stored:
        try:
            number = float(stored)
        except ValueError:
            return shown
        return Percent(number) if shown.endswith(("%", "％")) else number
    return shown


def _check_closed(path: Path, text: str) -> None:
    """Refuse a page with many unclosed tags or comments.

    Raises
    ------
    TableError
        If it has.
    """
    comments = max(
        text.count(begin) - text.count(end) for begin, end in (("<!--", "-->"), ("<![", "]>"))
    )
    if comments > _MOST_UNCLOSED or any(
        part.count("<") > _MOST_UNCLOSED for part in text.split(">")
    ):
        raise TableError(
            f"{path}: has more than {_MOST_UNCLOSED:,} tags or comments without an end; "
            f"expected a whole page"
        )


def html_grid(path: Path, text: str, request: Request) -> Grid:
    """Read the largest table of an HTML page.

    Parameters
    ----------
    path
        File, for messages.
    text
        The page.
    request
        Limits.

    Raises
    ------
    TableError
        If the page has no table.
    """
    _check_closed(path, text)
    reader = _Reader(path, request.memory_limit_gib)
    reader.feed(text)
    reader.close()
    filled = [t for t in reader.tables if any(t.builder.rows)]
    if not filled:
        raise TableError(
            f"{path}: is a web page without a table; expected a table, or the file behind it"
        )
    sizes = [sum(len(row) for row in t.builder.rows) for t in filled]
    table = filled[sizes.index(max(sizes))]
    grid = Grid(path.name, table.builder.rows, table.builder.merged)
    others = sum(len(t.builder.rows) > 1 for t in filled) - 1
    if others > 0:
        expected = "one table: only the largest was read"
        grid.findings.append(
            finding("warning", path.name, expected, [1], [f"{others + 1} tables"])
        )
    return grid
