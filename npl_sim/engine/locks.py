"""Locks on folders: the system lets go of them when the process ends, however it does."""

from __future__ import annotations

import errno
import os
from pathlib import Path

__all__ = ["LockedElsewhere", "NoLocks", "lock", "open_lock"]

TAKEN = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})
LACKING = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK})


class LockedElsewhere(Exception):
    """Another process, or another run of this one, holds the lock."""


class NoLocks(Exception):
    """The file system cannot lock."""


def open_lock(path: Path) -> int:
    """Open the file of a lock, made where it does not exist; return its handle."""
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o644)


def lock(handle: int) -> None:
    """Take the lock of an open file, or say why not; where the system has none (Windows), nothing is done.

    Raises
    ------
    LockedElsewhere
        If it is held.
    NoLocks
        If the file system has no locks.
    OSError
        If something else fails.
    """
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in TAKEN:
            raise LockedElsewhere from None
        if error.errno in LACKING:
            raise NoLocks(error.strerror) from None
        raise
