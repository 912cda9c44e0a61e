"""Read a sheet of an .xlsx or .xlsm workbook: values by calamine, cell types beside them."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.parsers import expat

from npl_sim.core.errors import TableError
from npl_sim.core.packages import optional_package
from npl_sim.tables.body import Grid, Request, finding
from npl_sim.tables.cell_types import CellError
from npl_sim.tables.findings import Finding
from npl_sim.tables.limits import GIB, check_memory
from npl_sim.tables.number_format import as_shown
from npl_sim.tables.references import MOST_COLUMNS, MOST_ROWS
from npl_sim.tables.xlsx_package import UNREADABLE, Package
from npl_sim.tables.xlsx_scan import CellFacts, Extent, full_pass, quick_scan
from npl_sim.tables.xlsx_shared import shared_lengths, used_bytes
from npl_sim.tables.xlsx_sparse import blank_strings, is_sparse, prune

_DENSE_BYTES = 45.0
"""Memory of one cell of the rectangle, filled or not, as measured. [bytes]"""

_FILLED_BYTES = 60.0
"""Further memory of one filled cell, as measured. [bytes]"""

_UNPACKED_SHARE = 2.0
"""Memory that one byte of a workbook's XML takes, as measured. [bytes]"""


_ERROR_CELL = re.compile(rb"""(<(?:\w+:)?c\s(?:[^<>]*?\s)?t\s*=\s*["'])e(["'])""")


def choose_sheet(path: Path, names: Sequence[str], sheet: str | None) -> tuple[str, list[Finding]]:
    """Return the sheet to read, and a warning if the study did not name it.

    Raises
    ------
    TableError
        If there is no such sheet.
    """
    if not names:
        raise TableError(f"{path}: has no sheet with cells; expected one sheet")
    if sheet is not None:
        if sheet not in names:
            raise TableError(
                f"{path}: no sheet {sheet!r}; expected one of {', '.join(map(repr, names))}"
            )
        return sheet, []
    if len(names) == 1:
        return names[0], []
    expected = "a sheet to be named: only the first was read"
    return names[0], [
        finding("warning", f"{path.name}[{names[0]}]", expected, [1], [", ".join(names)])
    ]


def unreadable(path: Path, error: object) -> TableError:
    return TableError(
        f"{path}: not a readable workbook ({error}); expected a whole file of its format"
    )


def calamine(path: Path) -> Any:
    return optional_package("python_calamine", f"{path}: a workbook", "excel", TableError)


def sheet_values(path: Path, data: bytes, name: str) -> list[list[Any]]:
    """Return the values of a sheet, from row 1 and column A on."""
    package = calamine(path)
    try:
        with package.CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            return workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except package.PasswordError:
        raise TableError(
            f"{path}: is password protected; expected a file without a password"
        ) from None
    except (package.CalamineError, OSError, IndexError, ValueError) as error:
        raise unreadable(path, error) from None
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # of the compiled package; no class to import
            raise
        raise unreadable(path, error) from None


def check_size(path: Path, label: str, extent: Extent, shared: int, limit: float) -> None:
    """Refuse a sheet whose rectangle, cells or shared texts [bytes] take too much memory.

    Raises
    ------
    TableError
        If the sheet is too large, or has a cell where no sheet can have one.
    """
    what = f"sheet {label!r} has {extent.height:,} rows and {extent.width:,} columns"
    if extent.height > MOST_ROWS or extent.width > MOST_COLUMNS:
        raise unreadable(path, f"{what}, more than a sheet can have")
    needed = (
        _DENSE_BYTES * extent.height * extent.width + _FILLED_BYTES * extent.cells + 2.0 * shared
    )
    check_memory(path, what, needed, limit)


def refuse_stray(path: Path, height: int, width: int, cells: int, farthest: Sequence[str]) -> None:
    """Refuse a sheet that has filled cells far from its table.

    Raises
    ------
    TableError
        If hardly any cell of the rectangle is filled.
    """
    if is_sparse(height, width, cells):
        named = f" because of the cell {' and '.join(dict.fromkeys(farthest))}" if farthest else ""
        raise TableError(
            f"{path}: the sheet spans {height:,} rows and {width:,} columns{named}, but "
            f"only {cells:,} cells "
            "are filled; expected no cells far from the table: delete those"
        )


def _without_strays(
    path: Path, data: bytes, package: Package, part: str, extent: Extent
) -> tuple[bytes, bytes, Extent]:
    """Return a sparse workbook without blank cells far from the table, and the sheet's XML."""
    shared = package.open(package.shared).read() if package.shared else b""
    pruned = prune(package.open(part).read(), blank_strings(shared) if shared else frozenset())
    refuse_stray(path, pruned.height, pruned.width, pruned.cells, pruned.farthest)
    found = Extent(
        pruned.height, pruned.width, pruned.cells, extent.special, extent.merged, extent.odd
    )
    return package.replaced(part, pruned.content), pruned.content, found


def overlay(grid: Grid, facts: CellFacts) -> None:
    """Merge errors, percentages, marks and merged ranges into the values of a sheet."""
    rows = grid.rows
    for (row, column), error in facts.errors.items():
        rows.extend([] for _ in range(row + 1 - len(rows)))
        rows[row].extend([""] * (column + 1 - len(rows[row])))
        rows[row][column] = CellError(error)
    for (row, column), code in facts.percents.items():
        if row < len(rows) and column < len(rows[row]):
            value = rows[row][column]
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if number:
                rows[row][column] = as_shown(float(value), code)
    grid.merged = facts.merged
    if facts.stale:
        expected = (
            "calculated results: the program that wrote the file left them to be "
            "calculated; open it in a "
            "spreadsheet and save it"
        )
        lines = sorted({row + 1 for row, _ in facts.stale})
        grid.findings.append(
            finding("warning", grid.label, expected, lines, ["formula"] * len(lines))
        )


def _xlsx(path: Path, data: bytes, request: Request) -> Grid:
    """Read a sheet of an .xlsx workbook."""
    limit = request.memory_limit_gib
    package = Package(data)
    name, findings = choose_sheet(path, [s.name for s in package.sheets if s.cells], request.sheet)
    part = next(s.part for s in package.sheets if s.name == name)
    unpacked = sum(package.size(p) for p in {part, package.shared, package.styles} if p)
    check_memory(path, f"its XML unpacks to {unpacked:,} bytes", _UNPACKED_SHARE * unpacked, limit)
    package.read_formats()
    lengths = shared_lengths(package)
    with package.open(part) as stream:
        extent = quick_scan(stream, package.percent)
    if extent.odd:
        with package.open(part) as stream:
            facts = full_pass(stream, package.percent, package.recalculates, True)
        extent.height, extent.width = facts.height, facts.width
    content = b""
    if (
        extent.height <= MOST_ROWS
        and extent.width <= MOST_COLUMNS
        and is_sparse(extent.height, extent.width, extent.cells)
    ):
        data, content, extent = _without_strays(path, data, package, part, extent)
    check_size(path, name, extent, package.size(package.shared) if package.shared else 0, limit)
    if 2.0 * extent.cells * max(lengths, default=0) > limit * GIB:
        size = used_bytes(content or package.open(part).read(), lengths, extent.odd)
        check_memory(path, f"the texts of its cells hold {size:,} bytes", 2.0 * size, limit)
    facts = CellFacts(merged=extent.merged)
    if extent.special:
        with io.BytesIO(content) if content else package.open(part) as stream:
            facts = full_pass(stream, package.percent, package.recalculates, False)
    if facts.uncommon:  # calamine refuses errors that it does not know: let it take them for texts
        content = content or package.open(part).read()
        data = package.replaced(part, _ERROR_CELL.sub(rb"\1str\2", content))
    grid = Grid(
        f"{path.name}[{name}]", sheet_values(path, data, name), [], package.epoch, True, findings
    )
    overlay(grid, facts)
    return grid


def workbook_grid(path: Path, data: bytes, request: Request) -> Grid:
    """Read a sheet of a workbook.

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
    calamine(path)
    if data[:2] != b"PK":
        raise unreadable(path, "it holds no workbook")
    try:
        return _xlsx(path, data, request)
    except (*UNREADABLE, expat.ExpatError) as error:
        raise unreadable(path, error) from None
