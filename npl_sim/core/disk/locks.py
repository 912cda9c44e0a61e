"""File locks, which the system releases when the process ends or is killed."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

TAKEN = frozenset({errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES})
LACKING = frozenset({errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOLCK})


class LockedElsewhere(Exception):
    """Another process, or another run of this one, holds the lock."""


class NoLocks(Exception):
    """The file system cannot lock."""


def open_lock(path: Path) -> int:
    """Open a lock file, created if it does not exist; return its handle."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o644)


def lock(handle: int, shared: bool = False) -> None:
    """Take the lock of an open file without waiting.

    Parameters
    ----------
    handle
        The open file.
    shared
        Whether the lock is shared with other holders; a shared lock needs read access only.

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
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in TAKEN:
            raise LockedElsewhere from None
        if error.errno in LACKING:
            raise NoLocks(error.strerror) from None
        raise


def is_named(handle: int, path: Path) -> bool:
    """Return whether a path still names an open file; an earlier owner may have removed it."""
    try:
        named = os.lstat(path)
    except FileNotFoundError:
        return False
    own = os.fstat(handle)
    return (own.st_dev, own.st_ino) == (named.st_dev, named.st_ino)


def held_lock(path: Path) -> int:
    """Create and lock a file that its owner removes on release; return its handle.

    Raises
    ------
    LockedElsewhere
        If it is held.
    NoLocks
        If the file system has no locks; no file is left.
    OSError
        If something else fails.
    """
    while True:
        handle = open_lock(path)
        try:
            lock(handle)
            if is_named(handle, path):
                return handle
        except NoLocks:
            os.close(handle)
            path.unlink(missing_ok=True)
            raise
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
