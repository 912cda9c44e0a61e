"""Split rows of any format into title rows, headers and records."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pandas as pd

from npl_sim.core.errors import TableError
from npl_sim.tables.cell_types import cell_text, is_blank
from npl_sim.tables.findings import KEPT, Finding, Severity
from npl_sim.tables.limits import check_columns, check_memory

EPOCH_1900 = date(1899, 12, 30)
"""Day 0 of the date serials of most workbooks."""

EPOCH_1904 = date(1904, 1, 1)
"""Day 0 of the date serials of workbooks with the 1904 date system."""

SEARCHED = 50
"""Non-empty rows in which headers are searched."""

_LEAST_KNOWN = 2
"""Fewest known headers in a header row."""

_RECTANGLE_BYTES = 24.0
"""Memory of one cell, filled or not, in rows of equal width. [bytes]"""

_DIGIT = re.compile(r"\d")


@dataclass(frozen=True)
class Request:
    """What a caller asks to read."""

    header_row: int | None = None
    """Row of the headers, or of the first record under `headers`; defaults to a search. [row,
    from 1]"""
    headers: tuple[str, ...] = ()
    """Headers of a file that has none, by position."""
    known: Callable[[tuple[str, ...]], int] | None = None
    """Counts the headers of a row that have a known meaning."""
    sheet: str | None = None
    """Sheet of a workbook; defaults to the first."""
    encoding: str = "auto"
    """Encoding of a text file, or auto."""
    memory_limit_gib: float = 2.0
    """Most memory that reading may take. [GiB]"""
    may_be_empty: bool = False
    """Whether a file with headers and no rows is read."""


FIRST_SHEET = Request()
"""The first sheet, with its headers searched."""


@dataclass
class Grid:
    """Cells of one sheet of a workbook."""

    label: str
    """Name of the file and the sheet."""
    rows: list[list[Any]]
    """Cells of each row, from row 1 and column A on; a row may be shorter than others."""
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    """Merged ranges: first row, first column, last row, last column. [from 0]"""
    epoch: date = EPOCH_1900
    """Day 0 of date serials."""
    sure_blanks: bool = True
    """Whether an empty cell is known to be empty."""
    findings: list[Finding] = field(default_factory=list)
    """What was odd about the file."""


@dataclass(frozen=True)
class Body:
    """Headers and records; attributes as in `RawFile`.

    `first` is the row number of the first record, `blank` are the records that hold nothing
    (from 0; None if unknown).
    """

    label: str
    headers: tuple[str, ...]
    frame: pd.DataFrame
    first: int
    header_row: int
    above: tuple[tuple[int, tuple[str, ...]], ...] = ()
    findings: tuple[Finding, ...] = ()
    epoch: date = EPOCH_1900
    sure_blanks: bool = True
    merged: tuple[tuple[int, int, int], ...] = ()
    encoding: str = ""
    blank: tuple[int, ...] | None = None


def finding(
    severity: Severity, file: str, expected: str, rows: Sequence[int], values: Sequence[str]
) -> Finding:
    """Return a finding on whole rows; an error retains all of its rows."""
    kept = len(rows) if severity == "error" else KEPT
    return Finding(
        severity, file, "", expected, len(rows), tuple(rows[:kept]), tuple(values[:kept])
    )


_FEW_MERGED = 1_000_000
"""Most rows that all merged cells may span, overlaps counted twice."""


def texts(cells: Iterable[Any]) -> tuple[str, ...]:
    """Return the texts of the cells with content."""
    return tuple(text for text in map(cell_text, cells) if text)


def header_at(candidates: Sequence[Sequence[Any]], request: Request) -> int:
    """Return which of the first non-empty rows holds the headers.

    It is the first row with the largest count of known headers, if there are at least two; else
    the first row.
    """
    if request.header_row is not None or request.headers or request.known is None:
        return 0
    counts = [request.known(tuple(cell_text(c) for c in cells)) for cells in candidates[:SEARCHED]]
    most = max(counts, default=0)
    return counts.index(most) if most >= _LEAST_KNOWN else 0


def split_header(
    file: str, headers: Sequence[str], below: Sequence[Any], header_row: int
) -> list[Finding]:
    """Return a warning if the row below the headers seems to continue them."""
    under = [cell_text(cell) for cell in below]
    if any(_DIGIT.search(text) for text in under) or any(
        isinstance(c, bool | float) for c in below
    ):
        return []
    pairs = list(zip(headers, under, strict=False))
    extra = any(under[len(headers) :])
    if not extra and not any(text and not header for header, text in pairs):
        return []
    expected = (
        "one row of headers: the row below seems to continue them; name the row that holds them, "
        f"such as header_row: {header_row + 1}"
    )
    return [finding("warning", file, expected, [header_row], [" | ".join(t for t in under if t)])]


def _trim(label: str, rows: list[list[Any]], width: int, limit_gib: float) -> list[list[Any]]:
    """Return the rows without empty columns on the right, with equal widths.

    Raises
    ------
    TableError
        If their rectangle is too large.
    """
    for row in rows:
        if len(row) > width:
            for at in range(len(row) - 1, width - 1, -1):
                if not is_blank(row[at]):
                    width = at + 1
                    break
    check_columns(label, width)
    what = f"the sheet has {len(rows):,} rows and {width:,} columns"
    check_memory(label, what, _RECTANGLE_BYTES * len(rows) * width, limit_gib)
    return [
        row if len(row) == width else (row + [""] * (width - len(row)))[:width] for row in rows
    ]


def _check_merged(grid: Grid) -> None:
    """Refuse overlapping merged cells, which could fill the same cells without end.

    Raises
    ------
    TableError
        If they span more cells of a column than there are.
    """
    spanned, last = (
        sum(min(m[2], len(grid.rows) - 1) - m[0] for m in grid.merged if m[0] < m[2]),
        len(grid.rows),
    )
    if spanned > _FEW_MERGED and spanned > last * len({m[1] for m in grid.merged}):
        raise TableError(
            f"{grid.label}: {len(grid.merged):,} merged cells span {spanned:,} rows in "
            f"all; expected merged cells that do not overlap"
        )


def _fill_merged(grid: Grid, header_at: int) -> list[tuple[int, int, int]]:
    """Fill merged cells downward, and return those below the headers."""
    rows, found = grid.rows, []
    _check_merged(grid)
    for top, column, bottom, _ in grid.merged:
        bottom = min(bottom, len(rows) - 1)
        if bottom <= top or column >= len(rows[top]) or is_blank(rows[top][column]):
            continue
        value = rows[top][column]
        if top > header_at:
            inside = range(top + 1, bottom + 1)
            found.append((top + 1, bottom + 1, column))
        else:
            inside = range(top + 1, min(bottom, header_at) + 1)  # headers of two rows, merged
        for at in inside:
            row = rows[at]
            row.extend([""] * (column + 1 - len(row)))
            if is_blank(row[column]):
                row[column] = value
    return sorted(found)


def _check_width(grid: Grid, records: list[list[Any]], first: int, width: int) -> list[Finding]:
    """Return the records with more cells than headers given by position."""
    widest = max((len(row) for row in records), default=0)
    if widest < width:
        raise TableError(
            f"{grid.label}: the records have at most {widest} cells; expected {width} as "
            f"in headers"
        )
    long = [i for i, row in enumerate(records) if any(not is_blank(cell) for cell in row[width:])]
    if not long:
        return []
    expected = f"{width} cells as in headers"
    return [
        finding(
            "error",
            grid.label,
            expected,
            [first + i for i in long],
            [f"{widest} cells"] * len(long),
        )
    ]


def body_of(grid: Grid, request: Request) -> Body:
    """Split the cells of a sheet into headers and records.

    Raises
    ------
    TableError
        If no row holds anything, or the records are narrower than the headers by position.
    """
    begin, limit = (request.header_row or 1) - 1, request.memory_limit_gib
    filled: list[int] = []
    for i in range(begin, len(grid.rows)):
        if any(not is_blank(cell) for cell in grid.rows[i]):
            filled.append(i)
            if len(filled) == SEARCHED:
                break
    if not filled:
        row = f"row {begin + 1} or below" if begin else "row 1 or below"
        raise TableError(f"{grid.label}: has no row of headers; expected one in {row}")
    at = filled[header_at([grid.rows[i] for i in filled], request)]
    above = tuple((i + 1, stated) for i in range(at) if (stated := texts(grid.rows[i])))
    start = at if request.headers else at + 1
    blank = tuple(
        i - start for i in range(start, len(grid.rows)) if all(is_blank(c) for c in grid.rows[i])
    )
    merged = _fill_merged(grid, start - 1)
    findings = list(grid.findings)
    if request.headers:
        headers, records = request.headers, _trim(grid.label, grid.rows[start:], 0, limit)
        findings += _check_width(grid, records, start + 1, len(headers))
        records = _trim(grid.label, [row[: len(headers)] for row in records], len(headers), limit)
    else:
        head = list(texts_or_blank(grid.rows[at]))
        while head and not head[-1]:
            head.pop()
        if start < len(grid.rows):
            findings += split_header(grid.label, head, grid.rows[start], at + 1)
        records = _trim(grid.label, grid.rows[start:], len(head), limit)
        width = len(records[0]) if records else len(head)
        headers = tuple(head + [""] * (width - len(head)))
    frame = pd.DataFrame(records, columns=range(len(headers)), dtype=object)
    return Body(
        grid.label,
        tuple(headers),
        frame,
        start + 1,
        at + 1,
        above,
        tuple(findings),
        grid.epoch,
        grid.sure_blanks,
        tuple(merged),
        "",
        blank,
    )


def texts_or_blank(cells: Iterable[Any]) -> tuple[str, ...]:
    """Return the texts of all cells, empty where there is nothing."""
    return tuple(cell_text(cell) for cell in cells)
