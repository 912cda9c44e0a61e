"""Atomic writes of files: write a draft under another name, sync, then rename."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from npl_sim.core.disk.claims import Claim
from npl_sim.core.errors import NplSimError

CHUNK = 1 << 22

NO_SYNC = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EINVAL,
        errno.EBADF,
        errno.ENOSYS,
        errno.ENOTSUP,
        errno.EOPNOTSUPP,
    }
)
"""Error numbers of systems that cannot sync folders."""


def sync(path: Path) -> None:
    """Flush a file to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Flush a rename to disk, if the system can sync folders."""
    try:
        sync(folder)
    except OSError as error:
        if error.errno not in NO_SYNC:
            raise


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield the path of a draft that replaces the file once it is written; a link stays a link.

    Parameters
    ----------
    path
        The file; its folder exists.

    Raises
    ------
    OSError
        If it cannot be written, or is not a regular file. The draft is removed, and an existing
        file is unchanged.
    """
    target = Path(os.path.realpath(path))
    if target.exists() and not stat.S_ISREG(target.stat().st_mode):
        number = errno.EISDIR if target.is_dir() else errno.EINVAL
        raise OSError(
            number, "is a folder" if target.is_dir() else "is not a regular file", str(path)
        )
    if not target.parent.is_dir():
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
    with Claim(target.parent) as claim:
        draft = claim.folder / target.name
        yield draft
        sync(draft)
        draft.replace(target)
    sync_folder(target.parent)


def write_whole(path: Path, parts: Sequence[bytes | memoryview]) -> None:
    """Write bytes to a file atomically (see `whole_file`).

    Raises
    ------
    OSError
        If it cannot be written; no draft is left then.
    """
    with whole_file(path) as draft:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        try:
            for part in parts:
                view = memoryview(part).cast("B") if len(part) else memoryview(b"")
                while len(view):
                    view = view[os.write(handle, view[:CHUNK]) :]
        finally:
            os.close(handle)


def write_output(path: Path, content: bytes) -> None:
    """Write a file for the user atomically.

    Raises
    ------
    NplSimError
        If it cannot be written.
    """
    try:
        write_whole(path, [content])
    except OSError as error:
        raise NplSimError(f"{path}: cannot be written ({error.strerror})") from None
