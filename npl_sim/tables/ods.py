"""Read a sheet of an OpenDocument spreadsheet (.ods), with the types of its cells."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.parsers import expat

from npl_sim.core.errors import TableError
from npl_sim.tables.body import Grid, Request
from npl_sim.tables.cell_types import NO_VALUE, CellError, Marked, Percent
from npl_sim.tables.limits import check_memory
from npl_sim.tables.xlsx_package import Archive
from npl_sim.tables.xml_reader import SheetReader

_NAMESPACE = "urn:oasis:names:tc:opendocument:xmlns"
_OFFICE, _TABLE, _TEXT = (f"{_NAMESPACE}:{n}:1.0 " for n in ("office", "table", "text"))
_EXTENDED = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 "
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_LONGEST = 1_000_000
"""Most characters of a cell; spreadsheets hold far fewer."""
_NUMBERS = ("float", "currency")


def iso_date(text: str) -> date | datetime | str:
    """Return an ISO date or date-time, or the text itself if it is neither."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return text
    return found.date() if len(text.strip()) == 10 or not any(found.timetuple()[3:6]) else found


class _Reader(SheetReader):
    def __init__(self, path: Path, request: Request) -> None:
        super().__init__(path, request)
        self._in_cell = False
        self._aside = 0
        self._row, self._column, self._times, self._row_times = 0, 0, 1, 1
        self._cell: dict[str, str] = {}
        self._text: list[str] = []
        self._length = 0
        self._paragraph = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """Handle the start of an element."""
        if self._aside or tag in (
            f"{_OFFICE}annotation",
            f"{_TABLE}shapes",
            f"{_TABLE}tracked-changes",
        ):
            self._aside += 1
        elif tag == f"{_TABLE}table":
            self.begin_sheet(attributes.get(f"{_TABLE}name", ""))
            self._row = 0
        elif tag == f"{_TABLE}null-date":
            found = iso_date(attributes.get(f"{_TABLE}date-value", ""))
            if isinstance(found, date):
                self.epoch = found
        elif not self.inside:
            return
        elif tag == f"{_TABLE}table-row":
            self._row_times = int(attributes.get(f"{_TABLE}number-rows-repeated", "1"))
            self._column = 0
        elif tag in _CELLS:
            self._times = int(attributes.get(f"{_TABLE}number-columns-repeated", "1"))
            self._cell, self._text, self._in_cell, self._length = attributes, [], True, 0
        elif self._in_cell:
            self._start_text(tag, attributes)

    def _start_text(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == f"{_TEXT}p":
            if self._text:
                self._text.append("\n")
            self._paragraph = True
        elif tag == f"{_TEXT}s":
            self._add(" " * min(int(attributes.get(f"{_TEXT}c", "1")), 1000))
        elif tag in (f"{_TEXT}tab", f"{_TEXT}line-break"):
            self._text.append(" ")

    def text(self, text: str) -> None:
        """Collect the text that a cell shows."""
        if self._paragraph and not self._aside:
            self._add(text)

    def _add(self, text: str) -> None:
        self._length += len(text)
        if self._length > _LONGEST:
            raise ValueError(f"a cell of more than {_LONGEST:,} characters")
        self._text.append(text)

    def end(self, tag: str) -> None:
        """Store the cell or row that ends."""
        if self._aside:
            self._aside -= 1
        elif tag == f"{_TEXT}p":
            self._paragraph = False
        elif not self.inside:
            return
        elif tag in _CELLS:
            self._in_cell = False
            self.builder.put(self._row, self._column, self._value(), self._times)
            high, wide = (
                int(self._cell.get(f"{_TABLE}number-{side}-spanned", "1"))
                for side in ("rows", "columns")
            )
            self.merge(self._row, self._column, high, wide)
            self._column += self._times
        elif tag == f"{_TABLE}table-row":
            self.builder.repeat(self._row, self._row_times)
            self._row += self._row_times
        elif tag == f"{_TABLE}table":
            self.inside = False

    def _value(self) -> Any:
        """Return the value of the cell that ends."""
        cell, shown = self._cell, "".join(self._text)
        kind = cell.get(f"{_OFFICE}value-type", "")
        if cell.get(f"{_EXTENDED}value-type") == "error":
            return CellError(shown or "#UNKNOWN!")
        if kind in _NUMBERS:
            value, currency = float(cell[f"{_OFFICE}value"]), cell.get(f"{_OFFICE}currency", "")
            return Marked(value, currency) if currency else value
        if kind == "percentage":
            return Percent(cell[f"{_OFFICE}value"])
        if kind == "date":
            return iso_date(cell.get(f"{_OFFICE}date-value", shown))
        if kind == "boolean":
            return cell.get(f"{_OFFICE}boolean-value") == "true"
        if not kind and not shown and f"{_TABLE}formula" in cell:
            return CellError(NO_VALUE)
        return cell.get(f"{_OFFICE}string-value", shown)


def ods_grid(path: Path, data: bytes, request: Request) -> Grid:
    """Read a sheet of an .ods spreadsheet.

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
        If the file is damaged, password protected or too large, or has no such sheet.
    """

    def parse(parser: expat.XMLParserType) -> None:
        archive = Archive(data)
        manifest = "META-INF/manifest.xml"
        if archive.has(manifest) and b"encryption-data" in archive.open(manifest).read():
            raise TableError(f"{path}: is password protected; expected a file without a password")
        size = archive.size("content.xml")
        check_memory(
            path, f"its XML unpacks to {size:,} bytes", float(size), request.memory_limit_gib
        )
        with archive.open("content.xml") as stream:
            parser.ParseFile(stream)

    return _Reader(path, request).grid(parse)
