"""Rows of a sheet of inputs, each cell with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from npl_sim.core.errors import StudyError, TableError, quoted
from npl_sim.study.inputs.layout import MAPPING, MARKER, QUESTIONS, WORKBOOK, InputSheet, plain
from npl_sim.tables.body import Request
from npl_sim.tables.cell_types import CellError, cell_text, is_blank
from npl_sim.tables.limits import file_bytes
from npl_sim.tables.workbook import workbook_grid
from npl_sim.tables.xlsx_package import UNREADABLE, Package

_SEARCHED = 40
"""Rows in which the headers are searched."""

AUTHOR = "npl_sim"
"""Author in the properties of every workbook that the program writes."""

INPUTS = "a workbook of inputs"
RESULTS = "a workbook of results"
"""What workbooks of the program are called."""

_MOST_GIB = 0.5
"""Most memory that reading the workbook may take. [GiB]"""


@dataclass(frozen=True)
class InputRow:
    """One row of a sheet."""

    file: str
    """Name of the workbook."""
    sheet: str
    """Name of the sheet."""
    number: int
    """Row as a spreadsheet shows it. [row, from 1]"""
    cells: Mapping[str, Any]
    """Cells that are not blank, by key of their column."""
    headers: Mapping[str, str]
    """Headers as the sheet has them, by key of their column."""

    @property
    def place(self) -> str:
        """The file, sheet and row."""
        return f"{self.file}, sheet {self.sheet}, row {self.number}"

    def place_of(self, column: str) -> str:
        """Return the file, sheet, row and column of a cell."""
        return f"{self.place}, column {self.headers.get(column, column)}"

    def text(self, column: str) -> str:
        """Return a cell as text; empty if it is blank."""
        return cell_text(self.cells.get(column))

    def value(self, column: str) -> Any:
        """Return a cell as plain data: number, text, flag or date as text; None if blank.

        Raises
        ------
        StudyError
            If the cell shows an error, or a formula without a result.
        """
        cell = self.cells.get(column)
        if isinstance(cell, CellError):
            raise StudyError(
                [f"{self.place_of(column)}: got {quoted(str(cell))}; expected a value: save the "
                 "workbook in a spreadsheet that calculates its formulas"]
            )  # fmt: skip
        if cell is None or isinstance(cell, bool):
            return cell
        if isinstance(cell, int | float):
            return float(cell)
        if isinstance(cell, datetime | date):
            return cell_text(cell)
        return _of_text(cell_text(cell))


def _of_text(text: str) -> Any:
    """Return a percentage written as text as a share, and other text as it is."""
    if text.endswith(("%", "\uff05")):
        try:
            return float(f"{float(text[:-1].strip()) / 100.0:.15g}")
        except ValueError:
            return text
    return text


class InputWorkbook:
    """The workbook of inputs.

    Parameters
    ----------
    path
        The file.
    named_by
        File, line and key that name it.

    Raises
    ------
    StudyError
        If it is missing, not a workbook, or a workbook of results.
    """

    def __init__(self, path: Path, named_by: str) -> None:
        self.path, self.named_by = path, named_by
        try:
            self._data = file_bytes(path, _MOST_GIB)
            self.sheets = tuple(s.name for s in Package(self._data).sheets if s.cells)
        except TableError as error:
            raise StudyError([f"{named_by}: {error}"]) from None
        except UNREADABLE:
            raise StudyError(
                [f"{named_by}: {path}: is no workbook (.xlsx); expected the {WORKBOOK} that "
                 "npl-sim init writes"]
            ) from None  # fmt: skip
        why = own_workbook(self._data)
        if why and why != INPUTS:
            raise StudyError([f"{named_by}: {path}: is {why}; expected {INPUTS}"])

    def name_of(self, sheet: InputSheet) -> str | None:
        """Return the name that a sheet has in this workbook; None if it is not there."""
        wanted = {plain(name) for name in sheet.names}
        return next((name for name in self.sheets if plain(name) in wanted), None)

    def rows(self, sheet: InputSheet) -> Iterator[InputRow]:
        """Yield the rows of a sheet that hold something; none if there is no such sheet.

        Raises
        ------
        StudyError
            If a header that the sheet needs is not found.
        """
        name = self.name_of(sheet)
        if name is None:
            return
        try:
            grid = workbook_grid(self.path, self._data, Request(sheet=name))
        except TableError as error:
            raise StudyError([f"{self.named_by}: {error}"]) from None
        first, places, headers = self._headers(sheet, name, grid.rows)
        for number, cells in enumerate(grid.rows[first + 1 :], start=first + 2):
            found = {
                key: cells[at]
                for key, at in places.items()
                if at < len(cells) and not is_blank(cells[at])
            }
            if found:
                yield InputRow(self.path.name, name, number, found, headers)

    def _headers(
        self, sheet: InputSheet, name: str, rows: Sequence[Sequence[Any]]
    ) -> tuple[int, dict[str, int], dict[str, str]]:
        """Return the row of the headers (from 0), and column and text of each by key."""
        known = {plain(n): c.key for c in sheet.columns for n in c.names}
        best: tuple[int, int, dict[str, int]] = (0, 0, {})
        for i, cells in enumerate(rows[:_SEARCHED]):
            places: dict[str, int] = {}
            for at, cell in enumerate(cells):
                key = known.get(plain(cell_text(cell)))
                if key is not None:
                    places.setdefault(key, at)
            if len(places) > best[0]:
                best = (len(places), i, places)
        _, first, places = best
        missing = [c for c in sheet.columns if c.needed and c.key not in places]
        if missing:
            seen = [cell_text(c) for c in (rows[first] if rows else ()) if not is_blank(c)]
            raise StudyError(
                [f"{self.path.name}, sheet {name}, row {first + 1}: no header "
                 f"{' or '.join(map(repr, c.names[:2]))}; expected it beside "
                 f"{', '.join(map(repr, seen)) or 'other headers'}" for c in missing]
            )  # fmt: skip
        headers = {key: cell_text(rows[first][at]) for key, at in places.items()}
        return first, places, headers


def own_workbook(data: bytes) -> str:
    """Return what a workbook of this program is called; empty for all others.

    Parameters
    ----------
    data
        Bytes of the file.
    """
    try:
        package = Package(data)
        part = "docProps/core.xml"
        if not package.has(part):
            return ""
        text = package.open(part).read(1 << 20).decode("utf-8", "replace")
        sheets = {plain(sheet.name) for sheet in package.sheets}
    except UNREADABLE:
        return ""
    ours = all(any(plain(n) in sheets for n in s.names) for s in (QUESTIONS, MAPPING))
    if MARKER in text or (ours and AUTHOR in text):
        return INPUTS
    return RESULTS if f">{AUTHOR}<" in text else ""
