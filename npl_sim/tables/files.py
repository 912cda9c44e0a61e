"""Read a file of any supported format into raw cells, without loss or guesses."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.core.errors import TableError
from npl_sim.tables.body import EPOCH_1900, FIRST_SHEET, Body, Request, body_of
from npl_sim.tables.cell_types import column_text
from npl_sim.tables.csv_text import csv_body
from npl_sim.tables.encodings import decode
from npl_sim.tables.findings import PART_ROWS, Finding
from npl_sim.tables.html_table import declared_encoding, html_grid
from npl_sim.tables.kinds import kind_of
from npl_sim.tables.limits import check_memory, file_bytes
from npl_sim.tables.ods import ods_grid
from npl_sim.tables.parquet import parquet_body
from npl_sim.tables.workbook import workbook_grid
from npl_sim.tables.xls import xls_grid
from npl_sim.tables.xlsb import xlsb_grid
from npl_sim.tables.xml_sheet import xml_grid

_TEXT_BYTES = 10.0
"""Measured memory to read one byte of a text file. [bytes]"""


@dataclass(frozen=True)
class Source:
    """Origin of rows."""

    role: str
    file: str
    """Table, and name of the file (with the sheet in brackets)."""
    sha256: str
    """Hash of the file's bytes."""
    rows: int
    """Data rows, totals included, blank rows not."""
    encoding: str = ""
    """Encoding of a CSV file, as read; empty for other formats."""


@dataclass(frozen=True)
class RawPart:
    """One of several files of a table; attributes as in `RawFile`."""

    source: Source
    header_row: int
    headers: tuple[str, ...]
    epoch: date
    sure_blanks: bool


@dataclass(frozen=True)
class RawFile:
    """Raw cells of one file, or of the files of one table."""

    source: Source
    """The file."""
    headers: tuple[str, ...]
    frame: pd.DataFrame
    """Headers, and the cells below them in columns 0, 1, ..."""
    rows: np.ndarray
    header_row: int
    """Row numbers as a spreadsheet shows them. [row, from 1]"""
    findings: tuple[Finding, ...] = ()
    """What was odd about the file itself."""
    above: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """Rows above the headers that hold something: row number, and the texts of its cells that do.
    """
    epoch: date = EPOCH_1900
    """Day 0 of date serials."""
    sure_blanks: bool = True
    """Whether an empty cell is known to be empty; in some formats an error cell looks the same."""
    merged: tuple[tuple[int, int, int], ...] = ()
    """Merged cells below the headers that span several rows: first row, last row, column from 0.
    The value of the first row was filled into the others."""
    parts: tuple[RawPart, ...] = ()
    """The files of a table that lies in several; empty: one file. `rows` are then the row keys of
    a `FindingLog`."""

    @property
    def part(self) -> np.ndarray:
        """Position of each row's file. [from 0]"""
        return self.rows // PART_ROWS

    @property
    def blanks_known(self) -> np.ndarray:
        """Rows whose empty cells are known to be empty."""
        if not self.parts:
            return np.full(len(self.rows), self.sure_blanks)
        return np.array([part.sure_blanks for part in self.parts], dtype=bool)[self.part]

    @property
    def files(self) -> np.ndarray:
        """File name of each row."""
        names = [part.source.file for part in self.parts] or [self.source.file]
        return np.array(names, dtype=object)[self.part]

    def take(self, keep: np.ndarray) -> RawFile:
        """Return the rows where `keep` is true."""
        return replace(self, frame=self.frame[keep].reset_index(drop=True), rows=self.rows[keep])


def _is_blank(frame: pd.DataFrame) -> np.ndarray:
    """Return which rows are blank, checking only rows without content in earlier columns."""
    blank = np.ones(len(frame), dtype=bool)
    for name in frame.columns:
        at = np.flatnonzero(blank)
        if len(at) == 0:
            break
        blank[at] = (column_text(frame[name].iloc[at]) == "").to_numpy(dtype=bool)
    return blank


def _body(path: Path, data: bytes, request: Request) -> tuple[Body, str]:
    """Return the headers and records of a file of any format, and the hash of its bytes."""
    kind, sha256 = kind_of(path, data), hashlib.sha256(data).hexdigest()
    if kind == "parquet":
        return parquet_body(path, data, request.memory_limit_gib), sha256
    if kind in ("csv", "html"):
        what = f"the file holds {len(data):,} bytes of text"
        check_memory(path, what, _TEXT_BYTES * len(data), request.memory_limit_gib)
        encoding = request.encoding
        if kind == "html" and encoding == "auto" and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
            encoding = declared_encoding(data)
        text, used = decode(path, data, encoding)
        del data  # Parsing a large text takes much memory.
        body = (
            csv_body(path, text, request)
            if kind == "csv"
            else body_of(html_grid(path, text, request), request)
        )
        return replace(body, encoding=used), sha256
    readers = {
        "xlsx": workbook_grid,
        "xlsb": xlsb_grid,
        "xls": xls_grid,
        "ods": ods_grid,
        "xml": xml_grid,
    }
    return body_of(readers[kind](path, data, request), request), sha256


def read_raw(role: str, path: Path, request: Request = FIRST_SHEET) -> RawFile:
    """Read one file of any format: CSV or other text, workbook, HTML table or Parquet.

    Parameters
    ----------
    role
        The table that the file holds.
    path
        The file; its content decides the format.
    request
        What to read, and how.

    Raises
    ------
    TableError
        If the file is missing, empty, a folder, in another format or encoding, or malformed.
    """
    body, sha256 = _body(path, file_bytes(path, request.memory_limit_gib), request)
    rows = body.first + np.arange(len(body.frame), dtype=np.int64)
    keep = ~_is_blank(body.frame) if body.blank is None else np.ones(len(rows), dtype=bool)
    keep[list(body.blank or ())] = False
    source = Source(role, body.label, sha256, int(keep.sum()), body.encoding)
    if source.rows == 0 and not request.may_be_empty:
        raise TableError(f"{path}: has headers but no rows; expected one row per record")
    raw = RawFile(
        source,
        body.headers,
        body.frame,
        rows,
        body.header_row,
        body.findings,
        body.above,
        body.epoch,
        body.sure_blanks,
        body.merged,
    )
    return raw if keep.all() else raw.take(keep)
