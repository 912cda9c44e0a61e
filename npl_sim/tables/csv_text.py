"""Split CSV text into rows of cells and report irregular rows."""

from __future__ import annotations

import contextlib
import csv
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from npl_sim.core.errors import TableError
from npl_sim.tables.body import SEARCHED, Body, Request, finding, header_at, split_header, texts
from npl_sim.tables.cell_types import cell_text, is_blank
from npl_sim.tables.findings import Finding, Severity
from npl_sim.tables.limits import check_columns, check_memory
from npl_sim.tables.regular_rows import end_of, is_regular, regular_rows
from npl_sim.tables.separators import lines_of, separator_of, stated_separator

_BLOCK = 20_000
"""Rows of irregular text held as lists. [rows]"""


@dataclass(frozen=True)
class _Head:
    """First rows of a text: cells above the headers, the headers, and the start of the records."""

    above: tuple[tuple[int, tuple[str, ...]], ...]
    headers: list[str]
    header_row: int
    begin: int


@dataclass(frozen=True)
class _Shape:
    """How to split records: file, separator, row width, row number of the first, strictness."""

    path: Path
    separator: str
    width: int
    first: int
    fixed: bool


def _records(
    path: Path, text: str, begin: int, separator: str, first: int
) -> Iterator[tuple[list[str], bool, int]]:
    """Yield each record, if it spans several lines, and where the next one begins."""
    taken = 0

    def lines() -> Iterator[str]:
        nonlocal taken
        for line in lines_of(text, begin):
            taken += len(line)
            yield line

    reader = csv.reader(lines(), delimiter=separator, strict=True)
    line = row = 0
    try:
        for record in reader:
            yield record, reader.line_num > line + 1, begin + taken
            line, row = reader.line_num, row + 1
    except csv.Error as error:
        cut = (
            ""
            if text.endswith(("\n", "\r"))
            else "; the last line has no end: the file may have been cut"
        )
        raise TableError(
            f"{path}: row {first + row} has unmatched quotation marks ({error}); "
            f"expected those inside a quoted cell to be doubled{cut}"
        ) from None


def _head(
    path: Path, text: str, begin: int, separator: str, first: int, request: Request
) -> _Head:
    """Return the headers of a text and the rows above them.

    Raises
    ------
    TableError
        If no row holds anything.
    """
    least = request.header_row or 1
    above: list[tuple[int, tuple[str, ...]]] = []
    candidates: list[tuple[int, list[str], int, int]] = []
    start = begin
    for row, (record, _, end) in enumerate(
        _records(path, text, begin, separator, first), start=first
    ):
        if any(not is_blank(cell) for cell in record):
            if row >= least:
                candidates.append((row, record, start, end))
            else:
                above.append((row, texts(record)))
        start = end
        if len(candidates) == (SEARCHED if request.known and request.header_row is None else 1):
            break
    if not candidates:
        raise TableError(f"{path}: has no row of headers; expected one in row {least} or below")
    at = header_at([record for _, record, _, _ in candidates], request)
    above += [(row, texts(record)) for row, record, _, _ in candidates[:at]]
    row, record, start, end = candidates[at]
    if request.headers:
        return _Head(tuple(above), list(request.headers), row, start)
    return _Head(tuple(above), [cell_text(cell) for cell in record], row, end)


def _irregular(text: str, begin: int, shape: _Shape) -> tuple[pd.DataFrame, list[Finding]]:
    """Return records of any width, cut or padded to `width`, and the findings on them."""
    width = shape.width
    frames: list[pd.DataFrame] = []
    table: list[list[str]] = []
    odd: dict[str, tuple[Severity, list[int], list[str]]] = {
        "long": ("error", [], []),
        "short": ("error" if shape.fixed else "warning", [], []),
        "broken": ("warning", [], []),
        "cut": ("error", [], []),
    }

    def note(sort: str, row: int, value: str) -> None:
        odd[sort][1].append(row)
        odd[sort][2].append(value)

    unfinished = not text.endswith(("\n", "\r"))
    records = _records(shape.path, text, begin, shape.separator, shape.first)
    for row, (record, broken, end) in enumerate(records, start=shape.first):
        if broken:
            note("broken", row, "a cell with a line break")
        if len(record) > width and any(not is_blank(cell) for cell in record[width:]):
            note("long", row, f"{len(record)} cells")
        if 0 < len(record) < width:
            note(
                "cut" if unfinished and end == len(text) else "short", row, f"{len(record)} cells"
            )
        table.append((record + [""] * (width - len(record)))[:width])
        if len(table) == _BLOCK:  # lists take much more memory than a frame
            frames.append(pd.DataFrame(table, columns=range(width), dtype="str"))
            table = []
    missing = "" if shape.fixed else "; those missing were read as empty"
    expected = {
        "long": f"{width} cells as in the headers; quote cells that hold {shape.separator!r}",
        "short": f"{width} cells as in the headers{missing}",
        "broken": "one line per row; check that no row was swallowed by a stray quotation mark",
        "cut": f"{width} cells and a line end: the file ends in mid row: it was cut in transfer",
    }
    findings = [
        replace(
            finding(s, shape.path.name, expected[k], r, v), name="cut_file" if k == "cut" else ""
        )
        for k, (s, r, v) in odd.items()
        if r
    ]
    frames.append(pd.DataFrame(table, columns=range(width), dtype="str"))
    return pd.concat(frames, ignore_index=True), findings


def _stub(frame: pd.DataFrame) -> bool:
    """Return whether the last cell of all is shorter than its column, or lacks decimals."""
    cells = frame.iloc[:, -1] if frame.shape[1] else pd.Series(dtype="str")
    others = cells.iloc[:-1][cells.iloc[:-1] != ""]
    if len(cells) < 2 or len(others) < 0.9 * (len(cells) - 1):
        return False
    last = str(cells.iloc[-1])
    decimals = others.str.extract(r"[.,](\d+)$")[0].str.len()
    alike = bool(decimals.notna().all()) and bool((decimals == decimals.iloc[0]).all())
    cut = alike and not re.search(rf"[.,]\d{{{int(decimals.iloc[0])}}}$", last)
    return last != "" and (cut or len(last) < int(others.str.len().min()))


def _without_formulas(frame: pd.DataFrame) -> pd.DataFrame:
    """Unwrap cells such as ="0001", which protect leading zeros from a spreadsheet."""
    plain = {
        name: frame[name].str.replace(r'^="([^"]*)"$', r"\1", regex=True) for name in frame.columns
    }
    return pd.DataFrame(plain, columns=frame.columns)


def _frame(text: str, begin: int, shape: _Shape) -> tuple[pd.DataFrame, list[Finding]]:
    """Return the records of a text from `begin` on, and the findings on them."""
    if end_of(text, begin) == begin:
        return pd.DataFrame(columns=range(shape.width), dtype="str"), []
    quoted = text.find('"', begin) >= 0 and all(
        len(record) == shape.width and not broken
        for record, broken, _ in _records(shape.path, text, begin, shape.separator, shape.first)
    )
    if quoted or is_regular(text, begin, shape.separator, shape.width):
        with contextlib.suppress(pd.errors.ParserError):  # lines too long, as many as too short
            return regular_rows(text, begin, shape.separator, shape.width), []
    return _irregular(text, begin, shape)


_LINE_BYTES = 100.0
"""Memory of one line, blank or not. [bytes]"""

_SEARCHED, _LINES = 50_000_000, 40
"""Start of a text in which its first lines are searched [characters], and their number."""


def csv_body(path: Path, text: str, request: Request) -> Body:
    """Split a CSV text into headers and records.

    Parameters
    ----------
    path
        File, for messages.
    text
        Its text.
    request
        Which row holds the headers.

    Raises
    ------
    TableError
        If quotation marks do not match, or no row holds anything.
    """
    check_memory(
        path,
        f"it has {text.count(chr(10)):,} lines",
        _LINE_BYTES * text.count("\n"),
        request.memory_limit_gib,
    )
    for line in text[:_SEARCHED].split("\n", _LINES)[:_LINES]:
        check_columns(path, max(line.count(mark) for mark in ",;\t|") + 1)
    separator, begin = stated_separator(text)
    first = 2 if separator else 1
    if not separator:
        separator = separator_of(text, 0, request.known, request.header_row or 1)
    head = _head(path, text, begin, separator, first, request)
    start = head.header_row + (0 if request.headers else 1)
    shape = _Shape(path, separator, len(head.headers), start, bool(request.headers))
    findings: list[Finding] = []
    if "\ufffd" in text:
        rows = [text[: text.index("\ufffd")].count("\n") + 1]
        expected = "whole characters: some were lost before this file was written"
        findings.append(finding("warning", path.name, expected, rows, ["\ufffd"]))
    if not request.headers:
        below = itertools.islice(_records(path, text, head.begin, separator, start), 1)
        for record, _, _ in below:
            findings += split_header(path.name, head.headers, record, head.header_row)
    frame, odd = _frame(text, head.begin, shape)
    if '="' in text:
        frame = _without_formulas(frame)
    if (
        not text.endswith(("\n", "\r", '"'))
        and not any(f.name == "cut_file" for f in odd)
        and _stub(frame)
    ):
        value = str(frame.iloc[-1, -1])
        message = (
            "a last row as whole as the others: it has no line end, and the file may have "
            "been cut in this cell"
        )
        findings.append(finding("warning", path.name, message, [start + len(frame) - 1], [value]))
    return Body(
        path.name,
        tuple(head.headers),
        frame,
        start,
        head.header_row,
        head.above,
        tuple(findings + odd),
    )
