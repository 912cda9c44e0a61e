"""Tables in every format that a tape may have."""

from __future__ import annotations

import csv
import html
import io
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

from tests.builders import workbooks

Table = list[list[str]]

TEXTS = ("loan_id", "borrower_id", "collateral_id", "guarantor_id")


def read_csv(content: bytes) -> Table:
    """Return the rows of a CSV file."""
    return list(csv.reader(io.StringIO(content.decode("utf-8"))))


def csv_bytes(table: Table) -> bytes:
    """Return rows as a CSV file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(table)
    return text.getvalue().encode("utf-8", "surrogatepass")


def number(cell: str) -> float | str:
    """Return a cell as a number where it is one."""
    try:
        return float(cell)
    except ValueError:
        return cell


def _safe(text: str) -> str:
    """Return text that XML can hold."""
    return html.escape(
        "".join(c for c in text if c >= " " and not "\ud800" <= c <= "\udfff" and c < "\ufffe")
    )


def _through_file(write: Callable[[Path], Any]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "table"
        write(path)
        return path.read_bytes()


def xlsx_bytes(table: Table) -> bytes:
    """Return rows as an .xlsx workbook."""
    rows = ""
    for r, row in enumerate(table, start=1):
        cells = ""
        for c, cell in enumerate(row):
            name = (chr(64 + c // 26) if c >= 26 else "") + chr(65 + c % 26) + str(r)
            value = number(cell)
            cells += (
                f'<c r="{name}"><v>{value!r}</v></c>'
                if isinstance(value, float)
                else workbooks.text_cell(name, _safe(cell))
            )
        rows += f'<row r="{r}">{cells}</row>'
    parts = workbooks.xlsx_parts(rows)
    return _through_file(lambda path: workbooks.zipped(path, parts))


def xlsb_bytes(table: Table) -> bytes:
    """Return rows as an .xlsb workbook."""
    rows: list[list[object]] = [
        [number(_safe(cell)) for cell in row] or [""] for row in table
    ] or [[""]]
    return _through_file(lambda path: workbooks.xlsb(path, rows))


def xls_bytes(table: Table) -> bytes:
    """Return rows as an .xls workbook."""
    cells: list[tuple[int, int, int, object]] = [
        (r, c, 0, number(_safe(cell)[:255]))
        for r, row in enumerate(table)
        for c, cell in enumerate(row)
    ]
    return _through_file(lambda path: workbooks.xls(path, cells or [(0, 0, 0, "x")]))


def ods_bytes(table: Table) -> bytes:
    """Return rows as an OpenDocument spreadsheet."""
    rows = ""
    for row in table:
        cells = "".join(
            f"<table:table-cell "
            f'office:value-type="string"><text:p>{_safe(cell)}</text:p></table:table-cell>'
            for cell in row
        )
        rows += f"<table:table-row>{cells}</table:table-row>"
    return _through_file(lambda path: workbooks.ods(path, rows))


def html_bytes(table: Table) -> bytes:
    """Return rows as a table of a web page."""
    rows = "".join(
        "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>" for row in table
    )
    return f"<html><body><table>{rows}</table></body></html>".encode("utf-8", "surrogatepass")


def parquet_bytes(table: Table) -> bytes:
    """Return rows as a Parquet file, columns of numbers as numbers."""
    head, *body = table
    width = len(head)
    body = [[*row, *[""] * width][:width] for row in body]
    columns: dict[str, Any] = {}
    for i, name in enumerate(head):
        cells = [row[i] for row in body]
        values = [number(c) for c in cells]
        is_number = (
            name not in TEXTS
            and cells
            and all(isinstance(v, float) or c == "" for v, c in zip(values, cells, strict=True))
        )
        clean = [c.encode("utf-8", "replace").decode() for c in cells]
        columns[name.encode("utf-8", "replace").decode()] = (
            [float("nan") if v == "" else v for v in values] if is_number else clean
        )
    out = io.BytesIO()
    pd.DataFrame(columns).to_parquet(out)
    return out.getvalue()


FORMATS: dict[str, Callable[[Table], bytes]] = {
    "csv": csv_bytes,
    "xlsx": xlsx_bytes,
    "xlsb": xlsb_bytes,
    "xls": xls_bytes,
    "ods": ods_bytes,
    "html": html_bytes,
    "parquet": parquet_bytes,
}
