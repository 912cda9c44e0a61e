"""Writer of one sheet of a workbook: title, paragraphs, tables one below the other, printing."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from npl_sim.reports.table import Kind, Table, is_number
from npl_sim.reports.writers import workbook_cells
from npl_sim.reports.writers.workbook_cells import Formats, put, safe_text

INK, PALE, RULE = "#1F3B57", "#E8EEF4", "#8A9BAB"

WIDTHS: dict[Kind, float] = {
    "text": 16.0,
    "money": 11.0,
    "cents": 13.0,
    "share": 11.0,
    "fine": 11.0,
    "count": 10.0,
    "decimal": 11.0,
    "number": 11.0,
    "date": 12.0,
}
"""Least width by kind; the largest amount may need more. [characters]"""

SPARE = 4
"""Rows kept free at the end of a sheet for a note and a remark on missing rows."""

LINE_HEIGHT = 13.5
"""Height of a line of text. [points]"""


@dataclass(frozen=True)
class Place:
    """Rows of a table on a sheet: headers, first and last row, counted from 0."""

    head: int
    first: int
    last: int


def _lines(text: str, width: float, scale: float = 1.0) -> int:
    """Return the lines that a text needs in a column."""
    return sum(math.ceil(max(len(part), 1) * scale * 0.97 / width) for part in text.split("\n"))


def _digits(value: Any, kind: Kind) -> float:
    """Return the width that an amount needs. [characters]"""
    if not isinstance(value, float | int) or not math.isfinite(value):
        return 0.0
    return 1.05 * len(f"{value:,.{2 if kind == 'cents' else 0}f}") + 2.5


class Sheet:
    """One sheet, filled from the top.

    Parameters
    ----------
    sheet
        The sheet (xlsxwriter).
    formats
        Formats of the workbook.
    title, subtitle
        Its first two lines.
    footer
        Text at the end of each printed page.
    """

    def __init__(
        self, sheet: Any, formats: Formats, title: str, subtitle: str, footer: str
    ) -> None:
        self.sheet, self.formats = sheet, formats
        self.widths: dict[int, float] = {}
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        sheet.set_footer(f"&L&8{footer.replace('&', '&&')[:150]}&C&8&A&R&8&P / &N")
        sheet.set_row(0, 24)
        sheet.write_string(
            0, 0, safe_text(title), formats.of(bold=True, font_size=15, font_color=INK)
        )
        sheet.write_string(1, 0, safe_text(subtitle), formats.of(font_color="#555555"))
        self.row = 3

    def widen(self, table: Table) -> None:
        """Make the columns wide enough for a table."""
        for j, column in enumerate(table.columns):
            width = column.width or max(WIDTHS[column.kind], min(len(column.shown) * 0.62, 18.0))
            if column.kind in ("money", "cents"):
                width = max(
                    width,
                    *(_digits(table.value_of(i, j), column.kind) for i in range(len(table.rows))),
                    0.0,
                )
            self.widths[j] = max(self.widths.get(j, 0.0), width)

    def paragraph(self, text: str, columns: int, **look: Any) -> None:
        """Write a paragraph across some columns, in a row of the height that it needs."""
        width = sum(self.widths.get(j, 16.0) for j in range(columns))
        form = self.formats.of(text_wrap=True, valign="top", **look)
        size = float(look.get("font_size", 10)) / 10.0
        lines = _lines(text, width, size)
        if columns > 1:
            self.sheet.merge_range(self.row, 0, self.row, columns - 1, "", form)
        self.sheet.write_string(self.row, 0, safe_text(text), form)
        self.sheet.set_row(self.row, min(LINE_HEIGHT * size * lines + 3.0, 400.0))
        self.row += 1

    def heading(self, text: str) -> None:
        """Write the title of a table."""
        self.sheet.write_string(
            self.row, 0, safe_text(text), self.formats.of(bold=True, font_size=12, font_color=INK)
        )
        self.row += 1

    def fit(self, texts: list[tuple[int, str]], least: float = 0.0, scale: float = 1.0) -> None:
        """Set the height of the current row to that of its longest text."""
        lines = max(
            (_lines(text, self.widths.get(j, 16.0), scale) for j, text in texts), default=1
        )
        if lines > 1 or least:
            self.sheet.set_row(self.row, min(max(LINE_HEIGHT * lines + 2.0, least), 400.0))

    def head(self, table: Table) -> None:
        """Write the headers of a table."""
        self.fit([(j, c.name) for j, c in enumerate(table.columns)], least=15.0, scale=1.05)
        for j, column in enumerate(table.columns):
            side: dict[str, Any] = {"align": "right"}
            if not is_number(column.kind):
                side = {"align": "left", "indent": 1 if j else 0}
            look = {
                "bold": True,
                "bg_color": PALE,
                "bottom": 1,
                "bottom_color": RULE,
                "text_wrap": True,
                "valign": "bottom",
            }
            self.sheet.write_string(
                self.row, j, safe_text(column.shown), self.formats.of(**side, **look)
            )
        self.row += 1

    def table(self, table: Table, bold: tuple[int, ...] = ()) -> Place:
        """Write a table and leave a blank row after it.

        Parameters
        ----------
        table
            The table. A last row counts the rows that do not fit on the sheet.
        bold
            Rows in bold, besides a total.
        """
        self.widen(table)
        if table.title:
            self.heading(table.shown_title)
        if not table.rows:
            self.sheet.write_string(
                self.row,
                0,
                safe_text(table.shown_nothing),
                self.formats.of(italic=True, font_color="#555555"),
            )
            self.row += 2
            return Place(self.row - 2, self.row - 2, self.row - 3)
        head = self.row
        self.head(table)
        first = self.row
        shown = min(len(table.rows), max(workbook_cells.MOST_ROWS - self.row - SPARE, 0))
        last = len(table.rows) - 1
        for i in range(shown):
            look: dict[str, Any] = {}
            if table.total and i == last:
                look = {"bold": True, "top": 1, "top_color": RULE}
            elif i in bold:
                look = {"bold": True}
            texts = [
                (j, str(table.value_of(i, j)))
                for j in range(len(table.columns))
                if table.kind_of(i, j) == "text"
            ]
            self.fit(texts)
            for j in range(len(table.columns)):
                side = "right" if is_number(table.columns[j].kind) else "left"
                put(
                    self.sheet,
                    self.row,
                    j,
                    table.value_of(i, j),
                    table.kind_of(i, j),
                    self.formats,
                    side,
                    **look,
                )
            self.row += 1
        end = self.row - 1
        if shown < len(table.rows):
            more = (
                f"{len(table.rows) - shown:,} further rows do not fit on a sheet and are "
                "left out here"
            )
            self.sheet.write_string(
                self.row, 0, more, self.formats.of(bold=True, font_color="#A03000")
            )
            self.row += 1
        if table.note:
            self.paragraph(table.shown_note, len(table.columns), italic=True, font_color="#555555")
        self.row += 1
        return Place(head, first, end)

    def reserve(self, rows: int) -> int:
        """Leave rows free for a chart, and return the first of them."""
        first = self.row
        self.row += rows
        return first

    def finish(self, repeat: int | None = None, one_page: bool = False) -> None:
        """Set the widths, the row repeated on each printed page, and whether to print one page."""
        if one_page:
            self.sheet.fit_to_pages(1, 1)
        for j, width in self.widths.items():
            self.sheet.set_column(j, j, width)
        if repeat is not None:
            self.sheet.repeat_rows(repeat)
