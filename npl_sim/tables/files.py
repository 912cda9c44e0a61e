"""Read a file of any supported format into raw cells, losing nothing and guessing nothing."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from npl_sim.errors import TableError
from npl_sim.tables.celltypes import Percent
from npl_sim.tables.csv_text import decode, rows_of
from npl_sim.tables.findings import Finding

__all__ = ["RawFile", "Source", "cell_text", "column_text", "read_raw"]

_EXCEL = {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}
_PARQUET = {".parquet", ".pq"}
_CSV = {".csv", ".txt", ".tsv"}

EPOCH_1900 = date(1899, 12, 30)
"""Day 0 of the date serials of most workbooks."""

INVISIBLE = " \t\r\n\x00\u00a0\u3000\u200b\ufeff"
"""Characters that are stripped from both ends of a cell."""


@dataclass(frozen=True)
class Source:
    """Where rows came from.

    Attributes
    ----------
    role, file
        Table, and name of the file (with the sheet in brackets).
    sha256
        Hash of the file's bytes.
    rows
        Data rows, totals included, blank rows not.
    encoding
        Encoding of a CSV file, as read; empty for other formats.
    """

    role: str
    file: str
    sha256: str
    rows: int
    encoding: str = ""


@dataclass(frozen=True)
class RawFile:
    """Raw cells of one file.

    Attributes
    ----------
    source
        The file.
    headers, frame
        Headers, and the cells below them in columns 0, 1, ...
    rows, header_row
        Row numbers as a spreadsheet shows them. [row, from 1]
    findings
        What was odd about the file itself.
    above
        Rows above the headers that hold something: row number, and the texts of its cells that do.
    epoch
        Day 0 of date serials.
    sure_blanks
        Whether an empty cell is known to be empty; in some formats an error cell looks the same.
    merged
        Merged cells below the headers that span several rows: first row, last row, column from 0. The
        value of the first row was filled into the others.
    """

    source: Source
    headers: tuple[str, ...]
    frame: pd.DataFrame
    rows: np.ndarray
    header_row: int
    findings: tuple[Finding, ...] = ()
    above: tuple[tuple[int, tuple[str, ...]], ...] = ()
    epoch: date = EPOCH_1900
    sure_blanks: bool = True
    merged: tuple[tuple[int, int, int], ...] = ()

    def take(self, keep: np.ndarray) -> RawFile:
        """Return the rows where `keep` is true."""
        return replace(self, frame=self.frame[keep].reset_index(drop=True), rows=self.rows[keep])


def cell_text(value: Any) -> str:
    """Return a cell as the text that a CSV file would hold; whole numbers have no decimals."""
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, Percent):
        return f"{float(value) * 100:.10g}%"
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if isinstance(value, float | np.floating):
        value = float(value)
        if math.isnan(value):
            return ""
        # Above 15 digits a spreadsheet has lost the rest: keep the exponent, so that ids show it.
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, datetime):
        return value.strftime(
            "%Y-%m-%d" if value == datetime(*value.timetuple()[:3]) else "%Y-%m-%d %H:%M:%S"
        )
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip(INVISIBLE)


def column_text(column: pd.Series) -> pd.Series:
    """Return a raw column as stripped text, empty where there is nothing."""
    if column.dtype == "str":
        return column.str.strip(INVISIBLE).fillna("")
    return pd.Series([cell_text(v) for v in column.tolist()], index=column.index, dtype="str")


def _csv(path: Path, data: bytes, encoding: str, header_row: int) -> tuple[Any, str, list[Finding]]:
    if data[:4] == b"PK\x03\x04":
        raise TableError(f"{path}: holds a workbook, not text; expected a file named .xlsx")
    text, used = decode(path, data, encoding)
    frame, first, findings = rows_of(path, text, header_row)
    return (frame, first), used, findings


def _excel(path: Path, sheet: str | None, header_row: int) -> tuple[pd.DataFrame, int, str, list[Finding]]:
    try:
        import python_calamine
    except ImportError:
        raise TableError(
            f"{path}: reading a workbook needs an optional package; run pip install 'npl_sim[excel]'"
        ) from None
    try:
        workbook = python_calamine.CalamineWorkbook.from_path(str(path))
        names = list(workbook.sheet_names)
        if sheet is not None and sheet not in names:
            raise TableError(f"{path}: no sheet {sheet!r}; expected one of {', '.join(names)}")
        chosen = sheet if sheet is not None else names[0]
        rows = workbook.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    except (python_calamine.CalamineError, OSError, IndexError) as error:
        raise TableError(f"{path}: not a readable workbook ({error})") from None
    findings = []
    label = f"{path.name}[{chosen}]"
    if sheet is None and len(names) > 1:
        findings.append(
            Finding(
                "warning",
                label,
                "",
                "a sheet to be named: only the first was read",
                1,
                (1,),
                (", ".join(names),),
            )
        )
    begin = header_row - 1
    while begin < len(rows) and all(cell_text(v) == "" for v in rows[begin]):
        begin += 1
    frame = pd.DataFrame(rows[begin:], dtype=object)
    return frame, begin + 1, label, findings


def _parquet(path: Path) -> tuple[tuple[str, ...], pd.DataFrame]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise TableError(
            f"{path}: reading Parquet needs an optional package; run pip install pyarrow"
        ) from None
    try:
        table = pyarrow.parquet.read_table(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise TableError(f"{path}: not a readable Parquet file ({error})") from None
    headers = tuple(str(name) for name in table.column_names)
    table = table.rename_columns([str(i) for i in range(len(headers))])
    frame = table.to_pandas(ignore_metadata=True, date_as_object=False)
    frame.columns = range(len(headers))
    return headers, frame


def _is_blank(frame: pd.DataFrame) -> np.ndarray:
    """Return which rows hold nothing; each column is looked at only where those before were empty."""
    blank = np.ones(len(frame), dtype=bool)
    for name in frame.columns:
        at = np.flatnonzero(blank)
        if len(at) == 0:
            break
        blank[at] = (column_text(frame[name].iloc[at]) == "").to_numpy(dtype=bool)
    return blank


def _named(headers: Iterable[Any]) -> tuple[str, ...]:
    return tuple(cell_text(h) for h in headers)


def read_raw(
    role: str,
    path: Path,
    *,
    encoding: str = "auto",
    sheet: str | None = None,
    header_row: int | None = None,
    headers: tuple[str, ...] = (),
    known: Callable[[tuple[str, ...]], int] | None = None,
    memory_limit_gib: float = 2.0,
) -> RawFile:
    """Read one file.

    Parameters
    ----------
    role
        The table that the file holds.
    path
        CSV, Excel or Parquet file.
    encoding
        Encoding of a CSV file, or auto.
    sheet
        Sheet of a workbook; none: the first.
    header_row
        Row that holds the headers; none: the first of the first rows in which most headers are `known`. [row, from 1]
    headers
        Headers of a file that has none, by position; its records then begin in `header_row`, or the first row.
    known
        Counts the headers of a row that have a known meaning.
    memory_limit_gib
        Most memory that reading may take. [GiB]

    Raises
    ------
    TableError
        If the file is missing, empty, a folder, in another format or encoding, or malformed.
    """
    if path.is_dir():
        raise TableError(f"{path}: is a folder; expected a CSV, Excel or Parquet file")
    if not path.exists():
        raise TableError(f"{path}: no such file; expected a CSV, Excel or Parquet file")
    suffix = path.suffix.lower()
    if suffix not in _CSV | _EXCEL | _PARQUET:
        raise TableError(
            f"{path}: unknown format {suffix!r}; expected .csv, .txt, .tsv, .xlsx, .xls, .ods or .parquet"
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror})") from None
    if len(data) == 0:
        raise TableError(f"{path}: is empty; expected a row of headers and one row per record")
    header_row = header_row or 1
    label, used = path.name, ""
    findings: list[Finding] = []
    if suffix in _PARQUET:
        headers, frame = _parquet(path)
        first = 1
    else:
        if suffix in _EXCEL:
            frame, first, label, findings = _excel(path, sheet, header_row)
        else:
            (frame, first), used, findings = _csv(path, data, encoding, header_row)
        if len(frame) == 0:
            raise TableError(f"{path}: has no row of headers; expected one in row {header_row} or below")
        headers = _named(frame.iloc[0])
        frame = frame.iloc[1:].reset_index(drop=True)
    rows = first + 1 + np.arange(len(frame), dtype=np.int64)
    keep = ~_is_blank(frame)
    source = Source(role, label, hashlib.sha256(data).hexdigest(), int(keep.sum()), used)
    if source.rows == 0:
        raise TableError(f"{path}: has headers but no rows; expected one row per record")
    return RawFile(source, headers, frame, rows, first, tuple(findings)).take(keep)
