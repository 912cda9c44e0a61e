"""Read a sheet of an .xlsb workbook: values by calamine, other cell facts from its records.

The parts of the file are sequences of binary records [MS-XLSB]: type, length, content.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from npl_sim.tables.body import EPOCH_1900, EPOCH_1904, Grid, Request
from npl_sim.tables.limits import check_memory
from npl_sim.tables.number_format import PERCENT_IDS, says_more
from npl_sim.tables.workbook import (
    calamine,
    check_size,
    choose_sheet,
    overlay,
    refuse_stray,
    sheet_values,
    unreadable,
)
from npl_sim.tables.xlsx_package import UNREADABLE, Archive
from npl_sim.tables.xlsx_scan import CellFacts, Extent

ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
    0x2B: "#GETTING_DATA",
}
"""Error codes of binary workbooks."""

# Types of records.
_ROW, _RK, _ERROR, _REAL, _FORMULA_NUMBER, _FORMULA_ERROR = 0, 2, 3, 5, 9, 11
_LAST_CELL = 11
_FORMAT, _STYLE, _STYLES_BEGIN, _STYLES_END = 44, 47, 617, 618
_PROPERTIES, _SHEET, _MERGED = 153, 156, 176

_BOOK = "xl/workbook.bin"


def _records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the type and the content of each record."""
    at, end = 0, len(data)
    while at < end:
        kind = data[at]
        at += 1
        if kind & 0x80:
            kind = (kind & 0x7F) | ((data[at] & 0x7F) << 7)
            at += 1
        size = shift = 0
        while True:
            byte = data[at]
            at += 1
            size |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift == 28:
                break
        yield kind, data[at : at + size]
        at += size


def _text(content: bytes, at: int) -> tuple[str, int]:
    """Return a text of a record and where the next field begins."""
    (length,) = struct.unpack_from("<I", content, at)
    if length == 0xFFFFFFFF:
        return "", at + 4
    end = at + 4 + 2 * length
    return content[at + 4 : end].decode("utf-16-le"), end


def _sheets(archive: Archive) -> tuple[dict[str, str], date]:
    """Return the parts of the sheets by name, and day 0 of date serials."""
    relations = archive.relations(_BOOK)
    sheets: dict[str, str] = {}
    epoch = EPOCH_1900
    for kind, content in _records(archive.open(_BOOK).read()):
        if kind == _PROPERTIES and content and content[0] & 1:
            epoch = EPOCH_1904
        elif kind == _SHEET:
            relation, at = _text(content, 8)
            name, _ = _text(content, at)
            sort, target = relations.get(relation, ("", ""))
            if sort == "worksheet":
                sheets[name] = target
    return sheets, epoch


def _percent_styles(archive: Archive) -> dict[int, str]:
    """Return the cell styles that show percentages, with their format."""
    targets = [t for k, t in archive.relations(_BOOK).values() if k == "styles" and archive.has(t)]
    codes = dict.fromkeys(PERCENT_IDS, "0%")
    found: dict[int, str] = {}
    inside, style = False, 0
    for target in targets[:1]:
        for kind, content in _records(archive.open(target).read()):
            if kind == _FORMAT:
                codes[int.from_bytes(content[:2], "little")] = _text(content, 2)[0]
            elif kind in (_STYLES_BEGIN, _STYLES_END):
                inside = kind == _STYLES_BEGIN
            elif kind == _STYLE and inside:
                code = codes.get(int.from_bytes(content[2:4], "little"), "")
                if says_more(code):
                    found[style] = code
                style += 1
    return found


def _scan(data: bytes, percent: dict[int, str]) -> tuple[CellFacts, int]:
    """Return what cells of a sheet state beside their values, and the number of filled cells."""
    facts, row, cells = CellFacts(), 0, 0
    for kind, content in _records(data):
        if kind == _ROW:
            row = int.from_bytes(content[:4], "little")
        elif 1 < kind <= _LAST_CELL:
            column = int.from_bytes(content[:4], "little")
            cells += 1
            facts.height, facts.width = max(facts.height, row + 1), max(facts.width, column + 1)
            if kind in (_ERROR, _FORMULA_ERROR):
                facts.errors[row, column] = ERRORS.get(content[8], "#UNKNOWN!")
            elif kind in (_RK, _REAL, _FORMULA_NUMBER) and percent:
                code = percent.get(int.from_bytes(content[4:7], "little"))
                if code:
                    facts.percents[row, column] = code
        elif kind == _MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", content)
            facts.merged.append((top, left, bottom, right))
    return facts, cells


def xlsb_grid(path: Path, data: bytes, request: Request) -> Grid:
    """Read a sheet of an .xlsb workbook.

    Raises
    ------
    TableError
        If the file is damaged or too large, or has no such sheet.
    """
    limit = request.memory_limit_gib
    calamine(path)
    try:
        archive = Archive(data)
        sheets, epoch = _sheets(archive)
        name, findings = choose_sheet(path, list(sheets), request.sheet)
        size = archive.size(sheets[name])
        check_memory(path, f"sheet {name!r} unpacks to {size:,} bytes", 2.0 * size, limit)
        facts, cells = _scan(archive.open(sheets[name]).read(), _percent_styles(archive))
    except (*UNREADABLE, IndexError, struct.error) as error:
        raise unreadable(path, error) from None
    check_size(path, name, Extent(facts.height, facts.width, cells), 0, limit)
    refuse_stray(path, facts.height, facts.width, cells, ())
    values = sheet_values(path, data, name) if cells else []
    grid = Grid(f"{path.name}[{name}]", values, [], epoch, True, findings)
    overlay(grid, facts)
    return grid
