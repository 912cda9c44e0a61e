"""Limits on input: regular files only, and no more memory than the study allows."""

from __future__ import annotations

from pathlib import Path

from npl_sim.core.confinement import check_inside
from npl_sim.core.errors import InputFileError, TableError
from npl_sim.core.input_file import file_size, read_regular
from npl_sim.tables.references import MOST_COLUMNS

GIB = 2**30
_EXPECTED = "a CSV, Excel or Parquet file"


def check_memory(path: Path | str, what: str, needed: float, limit_gib: float) -> None:
    """Refuse input that takes more memory than the limit.

    Parameters
    ----------
    path
        File that is read.
    what
        What takes the memory, for the message.
    needed
        Estimated memory. [bytes]
    limit_gib
        Most memory that reading may take. [GiB]

    Raises
    ------
    TableError
        If the estimate exceeds the limit.
    """
    if needed > limit_gib * GIB:
        raise TableError(
            f"{path}: {what}: reading takes some {needed / GIB:,.1f} GiB; expected at most "
            f"{limit_gib:g} GiB (simulation.memory_limit_gib): raise that limit or split the file"
        )


def check_columns(path: Path | str, columns: int) -> None:
    """Refuse a table that has more columns than a spreadsheet.

    Raises
    ------
    TableError
        If it has.
    """
    if columns > MOST_COLUMNS:
        raise TableError(
            f"{path}: has {columns:,} columns; expected at most {MOST_COLUMNS:,}, as in a "
            f"spreadsheet"
        )


def file_bytes(path: Path, limit_gib: float) -> bytes:
    """Return the bytes of a regular file.

    Raises
    ------
    TableError
        If the file is missing, empty, not a regular file, unreadable or larger than the limit.
    ConfinementError
        If it lies outside the folder in which files may be read.
    """
    check_inside(path)
    try:
        size = file_size(path, _EXPECTED)
        check_memory(path, f"the file holds {size:,} bytes", 2.0 * size, limit_gib)
        data = read_regular(path, int(limit_gib * GIB), _EXPECTED)
    except InputFileError as error:
        raise TableError(str(error)) from None
    if not data:
        raise TableError(f"{path}: is empty; expected a row of headers and one row per record")
    return data
