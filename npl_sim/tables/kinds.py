"""Detect the format of a table by the bytes of the file, not by its name."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Literal

from npl_sim.core.errors import TableError

Kind = Literal["csv", "xlsx", "xlsb", "xls", "ods", "parquet", "html", "xml"]

_BY_NAME: dict[str, Kind] = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".tab": "csv",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".xlsb": "xlsx",
    ".ods": "xlsx",
    ".xls": "csv",
    ".htm": "csv",
    ".html": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
}
"""Format by extension where the bytes decide nothing; text named .xls is text."""

_EXPECTED = "expected .csv, .txt, .tsv, .xlsx, .xlsm, .xlsb, .xls, .ods or .parquet"

_OTHERS = (
    (b"%PDF-", "a PDF document"),
    (b"\x1f\x8b", "a compressed file (gzip)"),
    (b"BZh91AY&SY", "a compressed file (bzip2)"),
    (b"\xfd7zXZ", "a compressed file (xz)"),
    (b"\x28\xb5\x2f\xfd", "a compressed file (Zstandard)"),
    (b"7z\xbc\xaf", "a compressed archive (7z)"),
    (b"Rar!\x1a\x07", "a compressed archive (RAR)"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"Obj\x01", "an Avro file"),
    (b"ARROW1", "an Arrow file"),
    (b"SQLite format 3", "a database (SQLite)"),
    (b"PARE", "an encrypted Parquet file"),
    (b"{\\rtf", "a rich text document"),
    (b"MIME-Version:", "a web archive (MHTML)"),
)

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RAW_BIFF = (
    b"\x09\x00\x04\x00",
    b"\x09\x02\x06\x00",
    b"\x09\x04\x06\x00",
    b"\x09\x08\x08\x00",
    b"\x09\x08\x10\x00",
)
_HTML = (
    b"<html",
    b"<table",
    b"<!doctype html",
    b"<head",
    b"<meta",
    b"<body",
    b"<div",
    b"<style",
    b"<tr",
)
_XML_SHEET = b"urn:schemas-microsoft-com:office:spreadsheet"


def _zip_kind(path: Path, data: bytes) -> Kind:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            infos = archive.infolist()
            names = {info.filename.replace("\\", "/").lower() for info in infos}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise TableError(
            f"{path}: not a readable workbook ({error}): it may have been cut in "
            f"transfer; expected a whole file"
        ) from None
    if any(info.flag_bits & 1 for info in infos):
        raise TableError(f"{path}: is password protected; expected a file without a password")
    if any(name.startswith("xl/") for name in names):
        return "xlsb" if "xl/workbook.bin" in names else "xlsx"
    if "content.xml" in names:
        return "ods"
    what = (
        "a Numbers document"
        if any(n.endswith(".iwa") for n in names)
        else "a zip archive without a workbook"
    )
    raise TableError(f"{path}: holds {what}; {_EXPECTED}")


def _ole_kind(path: Path, data: bytes) -> Kind:
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise TableError(f"{path}: is password protected; expected a file without a password")
    if any(name.encode("utf-16-le") in data for name in ("Workbook", "WORKBOOK", "Book", "BOOK")):
        return "xls"
    raise TableError(f"{path}: holds an Office document that is no workbook; {_EXPECTED}")


def _text_start(data: bytes) -> bytes:
    """Return the first characters of a text, without mark and blanks, in ASCII and lower case."""
    start = data[:8192]
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        start = start[: len(start) & ~1].decode("utf-16", "replace").encode("ascii", "replace")
    return start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()


def kind_of(path: Path, data: bytes) -> Kind:
    """Return the format of a file.

    Raises
    ------
    TableError
        If the file is password protected, or holds something that is no table.
    """
    suffix = path.suffix.lower()
    if data[:4] == b"PK\x03\x04" or data[:4] == b"PK\x05\x06":
        return _zip_kind(path, data)
    if data[:8] == _OLE:
        return _ole_kind(path, data)
    if data[:4] in _RAW_BIFF:
        return "xls"
    if data[:4] == b"PAR1":
        return "parquet"
    for mark, what in _OTHERS:
        if data.startswith(mark):
            known = "" if suffix in _BY_NAME else f"unknown format {suffix!r}: "
            raise TableError(f"{path}: {known}holds {what}; {_EXPECTED}")
    start = _text_start(data)
    if start.startswith((b"<?xml", b"<workbook", b"<ss:workbook")) and _XML_SHEET in start:
        return "xml"
    if start.startswith(_HTML) or (
        start.startswith(b"<") and (b"<html" in start or b"<table" in start)
    ):
        return "html"
    if start.startswith(b"<?xml"):
        raise TableError(f"{path}: holds XML that is no workbook; {_EXPECTED}")
    if suffix not in _BY_NAME:
        raise TableError(f"{path}: unknown format {suffix!r}; {_EXPECTED}")
    return _BY_NAME[suffix]
