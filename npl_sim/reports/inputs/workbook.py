"""Workbook of inputs: mapping, assumptions and questions, to be edited and read again."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from npl_sim.core.disk.whole_file import write_output
from npl_sim.core.language import gettext as _
from npl_sim.core.language import language
from npl_sim.core.packages import optional_package
from npl_sim.reports.writers.workbook import INK
from npl_sim.reports.writers.workbook_cells import Formats, safe_text
from npl_sim.study.inputs.layout import MARKER, InputColumn, InputSheet

ACCENT, OWN, SOFT, GREY, LINE = "#0B5F73", "#FFF8E1", "#E6F0F3", "#5F656A", "#D9DCDF"
"""Colors: changed cells, cells of the user, heads, remarks, hairlines."""

HIDDEN = frozenset({"settings"})
"""Columns that only the program reads."""

Row = Mapping[str, Any]
"""Cells of a row by key of the column; the key `_choices` lists the values of a drop-down."""


@dataclass(frozen=True)
class InputTable:
    """Content of one sheet."""

    sheet: InputSheet
    """Its layout."""
    rows: Sequence[Row]
    """Its rows."""
    notes: Sequence[str]
    """What a user does here, above the headers."""
    choices: str = ""
    """Column with the drop-down of each row."""
    formats: Mapping[str, str] = field(default_factory=dict)
    """Number format of a column, by key."""


@dataclass(frozen=True)
class InputBook:
    """Content of the workbook."""

    title: str
    """Name of the study."""
    intro: Sequence[tuple[str, str]]
    """Lines of the first sheet: head and text."""
    tables: Sequence[InputTable]
    """Its sheets."""
    day: datetime
    """Date in the properties of the file, so that equal inputs give equal bytes."""


def shown_name(names: Sequence[str]) -> str:
    """Return the name of a sheet or column in the language in use."""
    return names[1] if language() == "zh" and len(names) > 1 else names[0]


def write_inputs(path: Path, book: InputBook) -> Path:
    """Write the workbook of inputs; the same content gives the same bytes.

    Parameters
    ----------
    path
        File to write.
    book
        Its content.

    Raises
    ------
    NplSimError
        If xlsxwriter is not installed, or the file cannot be written.
    """
    xlsxwriter = optional_package("xlsxwriter", "the workbook of inputs", "report")
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, options)
    workbook.set_properties(
        {
            "title": safe_text(book.title),
            "category": MARKER,
            "author": "npl_sim",
            "created": book.day,
        }
    )
    formats = Formats(workbook, cents=False)
    _intro(workbook.add_worksheet(_("Read me")), formats, book)
    for table in book.tables:
        _Writer(workbook, formats, table).write()
    workbook.close()
    write_output(path, file.getvalue())
    return path


def _intro(sheet: Any, formats: Formats, book: InputBook) -> None:
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 110)
    head = formats.of(bold=True, font_size=15, font_color=INK)
    sheet.write_string(0, 0, safe_text(book.title), head)
    for row, (name, text) in enumerate(book.intro, start=2):
        bold = formats.of(bold=True, valign="top", font_color=INK)
        sheet.write_string(row, 0, safe_text(name), bold)
        sheet.write_string(row, 1, safe_text(text), formats.of(text_wrap=True, valign="top"))
        sheet.set_row(row, 14.0 * max(math.ceil(len(text) * _width(text) / 112.0), 1) + 3.0)


def _width(text: str) -> float:
    """Return the mean width of the characters of a text: Chinese ones take twice the place."""
    return 1.0 + sum(ord(c) > 0x2E80 for c in text) / max(len(text), 1)


class _Writer:
    """Fills one sheet.

    Parameters
    ----------
    workbook
        The workbook (xlsxwriter).
    formats
        Its formats.
    table
        Content of the sheet.
    """

    def __init__(self, workbook: Any, formats: Formats, table: InputTable) -> None:
        self.formats, self.table = formats, table
        self.sheet = workbook.add_worksheet(shown_name(table.sheet.names))
        self.at = {column.key: j for j, column in enumerate(table.sheet.columns)}

    def write(self) -> None:
        """Write notes, headers and rows."""
        sheet, table, row = self.sheet, self.table, 0
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        for note in table.notes:
            sheet.write_string(row, 0, safe_text(note), self.formats.of(font_color=GREY))
            row += 1
        for j, column in enumerate(table.sheet.columns):
            options = {"hidden": True} if column.key in HIDDEN else {}
            sheet.set_column(j, j, column.width, None, options)
            look = {"bold": True, "text_wrap": True, "valign": "vcenter", "bottom": 1}
            fill = (
                {"bg_color": ACCENT, "font_color": "#FFFFFF"} if column.own else {"bg_color": SOFT}
            )
            sheet.write_string(row, j, shown_name(column.names), self.formats.of(**look, **fill))
        sheet.set_row(row, 30)
        first = row + 1
        for i, cells in enumerate(table.rows):
            self._row(first + i, cells)
        last = first + max(len(table.rows), 1) - 1
        sheet.freeze_panes(first, self._frozen())
        sheet.autofilter(row, 0, last, len(table.sheet.columns) - 1)
        sheet.repeat_rows(row)
        if "base" in self.at and table.rows:
            self._mark_changes(first, last)

    def _frozen(self) -> int:
        """Return the columns that stay in view."""
        return {"assumptions": 2, "mapping": 2, "codes": 3}.get(self.table.sheet.key, 0)

    def _row(self, row: int, cells: Row) -> None:
        lines = 1
        for j, column in enumerate(self.table.sheet.columns):
            value = cells.get(column.key)
            form = self._format(column, cells)
            if isinstance(value, str) and column.key not in HIDDEN:
                lines = max(lines, math.ceil(len(value) * _width(value) / column.width))
            _put(self.sheet, row, j, value, form)
        self.sheet.set_row(row, min(13.5 * lines + 3.0, 150.0))
        choices = [str(c) for c in cells.get("_choices", ())]
        if choices and self.table.choices:
            self._drop_down(row, self.at[self.table.choices], choices)

    def _drop_down(self, row: int, column: int, choices: Sequence[str]) -> None:
        """Offer values; others are allowed, since a list in a cell holds 255 characters."""
        kept: list[str] = []
        for choice in choices:
            if "," not in choice and len(",".join([*kept, choice])) <= 255:
                kept.append(choice)
        if kept:
            rule = {"validate": "list", "source": kept, "error_type": "information"}
            self.sheet.data_validation(row, column, row, column, rule)

    def _format(self, column: InputColumn, cells: Row) -> Any:
        look: dict[str, Any] = {
            "valign": "top",
            "text_wrap": True,
            "bottom": 1,
            "bottom_color": LINE,
        }
        if column.own:
            look["bg_color"] = OWN
        number = cells.get("_format", {}).get(column.key) or self.table.formats.get(column.key)
        if isinstance(cells.get(column.key), int | float) or number:
            look |= {"num_format": number or "General", "align": "right"}
        return self.formats.of(**look)

    def _mark_changes(self, first: int, last: int) -> None:
        """Show values that differ from the base in bold accent."""
        value, base = self.at["value"], self.at["base"]
        letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
        rule = f"=${letter[value]}{first + 1}<>${letter[base]}{first + 1}"
        self.sheet.conditional_format(
            first,
            value,
            last,
            value,
            {
                "type": "formula",
                "criteria": rule,
                "format": self.formats.workbook.add_format({"bold": True, "font_color": ACCENT}),
            },
        )


def _put(sheet: Any, row: int, column: int, value: Any, form: Any) -> None:
    """Write one cell; texts are never formulas."""
    if value is None or value == "" or (isinstance(value, float) and not math.isfinite(value)):
        sheet.write_blank(row, column, None, form)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, form)
    elif isinstance(value, int | float):
        sheet.write_number(row, column, float(value), form)
    else:
        sheet.write_string(row, column, safe_text(str(value)), form)
