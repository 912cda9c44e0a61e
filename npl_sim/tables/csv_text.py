"""From the bytes of a CSV file to rows of text, with every doubt about encoding and shape said."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from npl_sim.errors import TableError
from npl_sim.tables.findings import KEPT, Finding, Severity

__all__ = ["decode", "rows_of"]

SEPARATORS = ",;\t|"

MOST_HEADERS = 1_000_000  # [characters]

COMMON_SHARE = 0.7
"""Share of common Chinese characters below which text is not taken for GB18030."""


def _common_share(data: bytes) -> float:
    """Return the share of common characters among those of two bytes.

    Western text misread as GB18030 turns an accented letter and its neighbour into one character,
    nearly always outside the 3,755 common ones (lead byte B0-D7, trail A1-FE) and the punctuation
    (lead A1-A3), of which Chinese text almost wholly consists.
    """
    common = total = 0
    i, end = 0, min(len(data), 500_000)
    while i < end:
        lead = data[i]
        if lead < 0x80:
            i += 1
            continue
        trail = data[i + 1] if i + 1 < len(data) else 0
        total += 1
        common += trail >= 0xA1 and (0xB0 <= lead <= 0xD7 or 0xA1 <= lead <= 0xA3)
        i += 4 if 0x30 <= trail <= 0x39 else 2
    return common / total if total else 1.0


def decode(path: Path, data: bytes, encoding: str) -> tuple[str, str]:
    """Return the text of a file and the encoding that was used.

    Raises
    ------
    TableError
        If the bytes do not fit the encoding, or, under auto, fit none beyond doubt.
    """
    if encoding != "auto":
        name = "utf-8-sig" if codecs.lookup(encoding).name == "utf-8" else encoding
        try:
            return data.decode(name), encoding
        except UnicodeError as error:
            line = data[: getattr(error, "start", 0)].count(b"\n") + 1
            raise TableError(
                f"{path}: line {line} is not {encoding} ({getattr(error, 'reason', error)}); "
                "expected another encoding, or encoding: auto"
            ) from None
    if data[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        try:
            return data.decode("utf-16"), "utf-16"
        except UnicodeError:
            raise TableError(f"{path}: begins as UTF-16 but is cut off or damaged") from None
    try:
        return data.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
    try:
        text = data.decode("gb18030")
    except UnicodeDecodeError:
        text = ""
    if not text or _common_share(data) < COMMON_SHARE:
        raise TableError(
            f"{path}: line {line} is neither UTF-8 nor Chinese GB18030 text; expected the encoding "
            "to be named, such as encoding: cp1252"
        )
    return text, "gb18030"


def _separator(header: str) -> str:
    bare = "".join(header.split('"')[::2])  # outside quotation marks
    return max(SEPARATORS, key=bare.count)


def _regular(body: str, separator: str, width: int) -> bool:
    """Return whether every line must have `width` cells, which is seen without parsing."""
    if '"' in body or "\r" in body.replace("\r\n", "\n"):
        return False
    body = body.rstrip("\r\n")
    return body.count(separator) == (body.count("\n") + 1) * (width - 1)


def _records(path: Path, body: str, separator: str, first: int) -> Iterator[tuple[list[str], bool]]:
    """Yield each record and whether it spans several lines."""
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True)
    line = row = 0
    try:
        for record in reader:
            yield record, reader.line_num > line + 1
            line, row = reader.line_num, row + 1
    except csv.Error as error:
        raise TableError(
            f"{path}: row {first + row} has unmatched quotation marks ({error}); "
            "expected those inside a quoted cell to be doubled"
        ) from None


def _finding(path: Path, severity: Severity, expected: str, rows: list[int], values: list[str]) -> Finding:
    kept = len(rows) if severity == "error" else KEPT
    return Finding(severity, path.name, "", expected, len(rows), tuple(rows[:kept]), tuple(values[:kept]))


def _irregular(
    path: Path, body: str, separator: str, width: int, first: int
) -> tuple[pd.DataFrame, list[Finding]]:
    """Return records of any width, cut or filled to `width`, and what was odd about them."""
    table: list[list[str]] = []
    faults: dict[str, tuple[Severity, list[int], list[str]]] = {
        "long": ("error", [], []),
        "short": ("warning", [], []),
        "broken": ("warning", [], []),
    }

    def fault(sort: str, row: int, value: str) -> None:
        faults[sort][1].append(row)
        faults[sort][2].append(value)

    for row, (record, broken) in enumerate(_records(path, body, separator, first), start=first):
        if broken:
            fault("broken", row, "a cell with a line break")
        if len(record) > width and any(cell.strip() for cell in record[width:]):
            fault("long", row, f"{len(record)} cells")
        if 0 < len(record) < width:
            fault("short", row, f"{len(record)} cells")
        table.append((record + [""] * (width - len(record)))[:width])
    expected = {
        "long": f"{width} cells as in the headers; quote cells that hold {separator!r}",
        "short": f"{width} cells as in the headers; those missing were read as empty",
        "broken": "one line per row; check that no row was swallowed by a stray quotation mark",
    }
    findings = [_finding(path, s, expected[k], r, v) for k, (s, r, v) in faults.items() if r]
    return pd.DataFrame(table, dtype="str"), findings


def _regular_rows(body: str, separator: str) -> pd.DataFrame:
    return pd.read_csv(
        io.BytesIO(body.encode("utf-8")),
        sep=separator,
        header=None,
        dtype="str",
        na_filter=False,
        skip_blank_lines=False,
    )


def rows_of(path: Path, text: str, header_row: int) -> tuple[pd.DataFrame, int, list[Finding]]:
    """Return the cells of a CSV text from its headers on, the headers' row, and findings.

    Raises
    ------
    TableError
        If quotation marks do not match.
    """
    begin, row = 0, 1
    while begin < len(text):
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        if row >= header_row and text[begin:end].strip(' \t\r\ufeff\u3000,;|"'):
            break
        begin, row = end + 1, row + 1
    else:
        return pd.DataFrame(), row, []
    body, header = text[begin:], text[begin:end]
    separator = _separator(header)
    width = len(next(_records(path, body[:MOST_HEADERS], separator, row))[0])
    findings: list[Finding] = []
    if "\ufffd" in text:
        lines = [text[: text.index("\ufffd")].count("\n") + 1]
        expected = "whole characters: some were lost before this file was written"
        findings.append(_finding(path, "warning", expected, lines, ["\ufffd"]))
    quoted = '"' in body and all(
        len(record) == width and not broken for record, broken in _records(path, body, separator, row)
    )
    if quoted or _regular(body, separator, width):
        with contextlib.suppress(pd.errors.ParserError):  # lines too long, as many as too short
            return _regular_rows(body, separator), row, findings
    frame, odd = _irregular(path, body, separator, width, row)
    return frame, row, findings + odd
