"""Read a sheet of a SpreadsheetML 2003 workbook (XML, mostly named .xls)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from npl_sim.tables.body import EPOCH_1904, Grid, Request
from npl_sim.tables.cell_types import NO_VALUE, CellError
from npl_sim.tables.limits import check_memory
from npl_sim.tables.number_format import as_shown
from npl_sim.tables.ods import iso_date
from npl_sim.tables.xml_reader import SheetReader

_SHEET = "urn:schemas-microsoft-com:office:spreadsheet "
_EXCEL = "urn:schemas-microsoft-com:office:excel "


class _Reader(SheetReader):
    def __init__(self, path: Path, request: Request) -> None:
        super().__init__(path, request)
        self._formats: dict[str, str] = {}
        self._columns: dict[int, str] = {}
        self._style = self._row_style = self._kind = ""
        self._row, self._column, self._next_column, self._wide, self._span = -1, -1, 0, 0, 0
        self._cell: dict[str, str] | None = None
        self._comment = False
        self._text: list[str] | None = None

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        name = tag.removeprefix(_SHEET)
        own = {k.removeprefix(_SHEET): v for k, v in attributes.items()}
        if tag == f"{_EXCEL}Date1904":
            self.epoch = EPOCH_1904
        elif name == "Style":
            self._style = own.get("ID", "")
            self._formats[self._style] = self._formats.get(own.get("Parent", ""), "")
        elif name == "NumberFormat" and self._style:
            self._formats[self._style] = own.get("Format", "")
        elif name == "Worksheet":
            self.begin_sheet(own.get("Name", ""))
            self._row, self._next_column, self._span = -1, 0, 0
            self._columns = {}
        elif self.inside:
            self._start_inside(name, own)

    def _start_inside(self, name: str, own: dict[str, str]) -> None:
        if name == "Column":
            first = int(own["Index"]) - 1 if "Index" in own else self._next_column
            self._next_column = first + int(own.get("Span", "0")) + 1
            if "StyleID" in own:
                self._columns.update(
                    (c, own["StyleID"]) for c in range(first, min(self._next_column, 16384))
                )
        elif name == "Row":
            self._row = int(own["Index"]) - 1 if "Index" in own else self._row + self._span + 1
            self._span = int(own.get("Span", "0"))
            self._column, self._wide, self._row_style = -1, 0, own.get("StyleID", "")
        elif name == "Cell":
            self._column = (
                int(own["Index"]) - 1 if "Index" in own else self._column + self._wide + 1
            )
            self._wide, high = int(own.get("MergeAcross", "0")), int(own.get("MergeDown", "0"))
            self.merge(self._row, self._column, high + 1, self._wide + 1)
            self._cell, self._kind = own, ""
        elif name == "Comment":
            self._comment = True
        elif name == "Data" and self._cell is not None and not self._comment:
            self._kind, self._text = own.get("Type", "String"), []

    def text(self, text: str) -> None:
        """Collect the text of a cell."""
        if self._text is not None:
            self._text.append(text)

    def end(self, tag: str) -> None:
        """Store the cell that ends."""
        name = tag.removeprefix(_SHEET)
        if name == "Data" and self._text is not None and self._cell is not None:
            self.builder.put(self._row, self._column, self._value("".join(self._text)))
            self._text = None
        elif name == "Cell" and self._cell is not None:
            if "Formula" in self._cell and not self._kind:
                self.builder.put(self._row, self._column, CellError(NO_VALUE))
            self._cell = None
        elif name == "Comment":
            self._comment = False
        elif name == "Style":
            self._style = ""
        elif name == "Worksheet":
            self.inside = False

    def _value(self, text: str) -> Any:
        """Return the value of the cell that ends."""
        cell = self._cell or {}
        if self._kind == "Error":
            return CellError(text or "#UNKNOWN!")
        if self._kind == "Boolean":
            return text.strip() in ("1", "true", "True")
        if self._kind == "DateTime":
            return iso_date(text)
        if self._kind == "Number":
            if not text.strip() and "Formula" in cell:
                return CellError(NO_VALUE)
            style = cell.get("StyleID") or self._row_style or self._columns.get(self._column, "")
            code = self._formats.get(style or "Default", "")
            return as_shown(float(text), code)
        return text


def xml_grid(path: Path, data: bytes, request: Request) -> Grid:
    """Read a sheet of a SpreadsheetML workbook.

    Parameters
    ----------
    path
        File, for messages.
    data
        Its bytes.
    request
        Sheet, and limits.

    Raises
    ------
    TableError
        If the file is damaged or too large, or has no such sheet.
    """
    check_memory(
        path, f"the file holds {len(data):,} bytes", 3.0 * len(data), request.memory_limit_gib
    )
    return _Reader(path, request).grid(lambda parser: parser.Parse(data, True))
