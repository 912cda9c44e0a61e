"""Read a sheet of an old binary .xls workbook, with the types and formats of its cells."""

from __future__ import annotations

import io
import struct
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from npl_sim.core.errors import TableError
from npl_sim.core.packages import optional_package
from npl_sim.tables.body import EPOCH_1900, EPOCH_1904, Grid, Request
from npl_sim.tables.cell_types import NO_VALUE, CellError
from npl_sim.tables.limits import check_memory
from npl_sim.tables.number_format import as_shown
from npl_sim.tables.workbook import choose_sheet, unreadable
from npl_sim.tables.xlsb import ERRORS

_CELL_BYTES = 150.0
"""Memory of one cell, as measured. [bytes]"""

_FORMULA, _SHEET_BEGIN, _SHEET_END = 0x0006, 0x0809, 0x000A
_CALCULATE_ON_LOAD, _BLANK_RESULT = 0x0002, 3
_EMPTY, _TEXT, _NUMBER, _DATE, _BOOLEAN, _ERROR = range(6)


def _open(path: Path, data: bytes) -> Any:
    xlrd = optional_package("xlrd", f"{path}: an .xls workbook", "excel", TableError)
    try:
        return xlrd.open_workbook(
            file_contents=data,
            formatting_info=True,
            on_demand=True,
            ragged_rows=True,
            logfile=io.StringIO(),
        )
    except Exception as error:  # a damaged file breaks the package in many ways
        if "ncrypted" in str(error) or "password" in str(error):
            raise TableError(
                f"{path}: is password protected; expected a file without a password"
            ) from None
        raise unreadable(path, error) from None


def _not_calculated(book: Any, index: int) -> set[tuple[int, int]]:
    """Return the formulas of a sheet that store no result.

    Formulas that are calculated on load hold 0 or nothing until then. If no formula of the sheet
    has a result, all formulas that hold nothing count.
    """
    data, at = book.mem, book.base + book._sh_abs_posn[index]
    found: set[tuple[int, int]] = set()
    blank: set[tuple[int, int]] = set()
    depth, calculated = 0, False
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("<HH", data, at)
        if kind == _SHEET_BEGIN:
            depth += 1
        elif kind == _SHEET_END:
            depth -= 1
            if depth == 0:
                break
        elif kind == _FORMULA and size >= 16:
            row, column, _, result, options = struct.unpack_from("<HHH8sH", data, at + 4)
            empty = result[0] == _BLANK_RESULT and result[6:] == b"\xff\xff"
            if options & _CALCULATE_ON_LOAD and (empty or result == bytes(8)):
                found.add((row, column))
            elif empty:
                blank.add((row, column))
            else:
                calculated = True
        at += 4 + size
    return found if calculated else found | blank


def _date(value: float, mode: int) -> date | datetime | time | float:
    """Return the date of a serial, or the serial itself if it has none."""
    import xlrd

    try:
        found = xlrd.xldate_as_datetime(value, mode)
    except (ValueError, OverflowError, xlrd.XLDateError):
        return value
    if 0 <= value < 1:
        return found.time()
    return found.date() if found.time() == time() else found


def _cell(book: Any, sheet: Any, row: int, column: int, kind: int, value: Any) -> Any:
    if kind == _ERROR:
        return CellError(ERRORS.get(value, "#UNKNOWN!"))
    if kind == _BOOLEAN:
        return bool(value)
    if kind == _DATE:
        return _date(value, book.datemode)
    if kind == _NUMBER:
        style = book.xf_list[sheet.cell_xf_index(row, column)]
        code = book.format_map[style.format_key].format_str
        return as_shown(value, code)
    return value if kind == _TEXT else ""


def xls_grid(path: Path, data: bytes, request: Request) -> Grid:
    """Read a sheet of an .xls workbook.

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
    check_memory(
        path, f"the workbook holds {len(data):,} bytes", 20.0 * len(data), request.memory_limit_gib
    )
    book = _open(path, data)
    name, findings = choose_sheet(path, book.sheet_names(), request.sheet)
    try:
        index = book.sheet_names().index(name)
        stale = _not_calculated(book, index) if book.biff_version >= 80 else set()
        sheet = book.sheet_by_index(index)
        cells = sum(sheet.row_len(r) for r in range(sheet.nrows))
        check_memory(
            path,
            f"sheet {name!r} has {cells:,} cells",
            _CELL_BYTES * cells,
            request.memory_limit_gib,
        )
        rows = [
            [
                _cell(book, sheet, r, c, kind, value)
                for c, (kind, value) in enumerate(
                    zip(sheet.row_types(r), sheet.row_values(r), strict=True)
                )
            ]
            for r in range(sheet.nrows)
        ]
        merged = [(top, left, end - 1, right - 1) for top, end, left, right in sheet.merged_cells]
    except TableError:
        raise
    except Exception as error:  # a damaged file breaks the package in many ways
        raise unreadable(path, error) from None
    for row, column in stale:
        if row < len(rows) and column < len(rows[row]) and rows[row][column] in (0, ""):
            rows[row][column] = CellError(NO_VALUE)
    epoch = EPOCH_1904 if book.datemode else EPOCH_1900
    return Grid(f"{path.name}[{name}]", rows, merged, epoch, True, findings)
