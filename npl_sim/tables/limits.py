"""Limits on what is read: regular files only, and no more memory than the study allows."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from npl_sim.confine import check_inside
from npl_sim.errors import TableError

__all__ = ["GIB", "check_memory", "file_bytes"]

GIB = 2**30
_KINDS = "expected a CSV, Excel or Parquet file"


def check_memory(path: Path | str, what: str, needed: float, limit_gib: float) -> None:
    """Refuse what would take more memory than the limit.

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


def _regular(path: Path) -> os.stat_result:
    """Return the status of a file that can be read to its end."""
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise TableError(f"{path}: no such file; {_KINDS}") from None
    except OSError as error:
        name = str(path) if len(str(path)) <= 200 else f"{str(path)[:200]}..."
        raise TableError(f"{name}: cannot be read ({error.strerror}); {_KINDS}") from None
    except ValueError as error:
        raise TableError(f"{str(path)!r}: cannot be the name of a file ({error}); {_KINDS}") from None
    if stat.S_ISDIR(status.st_mode):
        raise TableError(f"{path}: is a folder; {_KINDS}")
    if not stat.S_ISREG(status.st_mode):
        kind = "a pipe" if stat.S_ISFIFO(status.st_mode) else "a device or socket"
        raise TableError(f"{path}: is {kind}, not a regular file; {_KINDS}")
    return status


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
    size = _regular(path).st_size
    check_memory(path, f"the file holds {size:,} bytes", 2.0 * size, limit_gib)
    try:
        with path.open("rb") as file:
            data = file.read(int(limit_gib * GIB) + 1)
    except OSError as error:
        raise TableError(f"{path}: cannot be read ({error.strerror})") from None
    check_memory(path, "the file grows while it is read", len(data), limit_gib)
    if not data:
        raise TableError(f"{path}: is empty; expected a row of headers and one row per record")
    return data
