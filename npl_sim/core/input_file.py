"""Reading of input files: regular files only, up to a stated number of bytes.

A pipe, device, socket or folder in place of a file is refused at once, since reading it might
block or never end.
"""

from __future__ import annotations

import os
import stat
from io import BufferedReader
from pathlib import Path

from npl_sim.core.errors import InputFileError

MOST_JSON_BYTES = 64 * 2**20
"""Most bytes of a JSON file that a run wrote. [bytes]"""

_KINDS = (
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a pipe, not a regular file"),
    (stat.S_ISSOCK, "is a socket, not a regular file"),
    (stat.S_ISCHR, "is a device, not a regular file"),
    (stat.S_ISBLK, "is a device, not a regular file"),
)


def _check_kind(path: Path, mode: int, expected: str) -> None:
    """Refuse anything but a regular file."""
    if not stat.S_ISREG(mode):
        what = next((text for test, text in _KINDS if test(mode)), "is not a regular file")
        raise InputFileError(f"{path}: {what}; expected {expected}")


def file_size(path: Path, expected: str) -> int:
    """Return the size of a regular file. [bytes]

    Parameters
    ----------
    path
        The file.
    expected
        Expected content, for the message.

    Raises
    ------
    InputFileError
        If the file is missing, is a folder, pipe, device or socket, or is not accessible.
    """
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise InputFileError(f"{path}: no such file; expected {expected}", missing=True) from None
    except OSError as error:
        name = str(path) if len(str(path)) <= 200 else f"{str(path)[:200]}..."
        raise InputFileError(
            f"{name}: cannot be read ({error.strerror}); expected {expected}"
        ) from None
    except ValueError as error:
        raise InputFileError(
            f"{str(path)!r}: cannot be the name of a file ({error}); expected {expected}"
        ) from None
    _check_kind(path, status.st_mode, expected)
    return status.st_size


def open_regular(path: Path, expected: str) -> BufferedReader:
    """Open a regular file to read its bytes, without blocking on anything else.

    Raises
    ------
    InputFileError
        As for `file_size`, or if the file cannot be opened.
    """
    file_size(path, expected)
    try:
        # Do not block on a pipe that replaces the file between the two calls.
        handle = os.open(
            path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
        )
    except OSError as error:
        raise InputFileError(
            f"{path}: cannot be read ({error.strerror}); expected {expected}"
        ) from None
    file = os.fdopen(handle, "rb")
    try:
        _check_kind(path, os.fstat(handle).st_mode, expected)
    except InputFileError:
        file.close()
        raise
    return file


def read_regular(path: Path, most: int, expected: str) -> bytes:
    """Return the bytes of a regular file of limited size.

    Parameters
    ----------
    path
        The file.
    most
        Most bytes. [bytes]
    expected
        Expected content, for the message.

    Raises
    ------
    InputFileError
        As for `open_regular`, or if the file cannot be read or is larger.
    """
    try:
        with open_regular(path, expected) as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(most + 1) if size <= most else b""
    except OSError as error:
        raise InputFileError(
            f"{path}: cannot be read ({error.strerror}); expected {expected}"
        ) from None
    if data is None:  # a system file without data at the moment
        raise InputFileError(f"{path}: cannot be read; expected {expected}")
    if max(size, len(data)) > most:
        size = max(size, len(data))
        raise InputFileError(
            f"{path}: {size:,} bytes; expected {expected} of at most {most:,} bytes"
        )
    return data
