"""Claims: names in a folder that one process holds, each with a hidden folder for drafts.

A claim is a locked file ``.npl_sim-KEY-OWNER.lock`` and a folder of the same name without the
extension. Both are removed when the process ends. The lock of a killed process is free. The next
claim of the same user and machine in that folder removes its files. The lock file is made before
the folder and removed after it, so every folder has a lock.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import secrets
import shutil
import stat
import time
import weakref
from collections.abc import Iterator
from pathlib import Path

from npl_sim.core.disk.locks import LockedElsewhere, NoLocks, held_lock, is_named, lock

PREFIX = ".npl_sim-"
SUFFIX = ".lock"

LOCK_TIMEOUT = 0.5
"""Time that a process may hold a lock only to test it. [seconds]"""

REPLACED, TARGET = "replaced", "target"
"""Names of the folder that a draft replaces, and of a link to its original name."""


def _owner() -> str:
    """Return a tag of this user and machine; locks may not work across machines."""
    return hashlib.sha256(f"{os.getuid()} {platform.node()}".encode()).hexdigest()[:8]


class Claim:
    """A name that this object holds until it is released, at the latest when the process ends.

    Parameters
    ----------
    place
        Folder in which the name is held; created if it does not exist.
    key
        Letters and digits of the name; if empty, a new random name.
    must_lock
        Whether to refuse a file system without locks. Without locks, files left by a killed
        process are never removed.

    Attributes
    ----------
    folder
        Empty hidden folder for drafts, on the disk of `place`.

    Raises
    ------
    LockedElsewhere
        If another process, or another claim of this one, holds the name.
    NoLocks
        If the file system cannot lock, and `must_lock` is set.
    OSError
        If another operation fails; nothing is left on disk then.
    """

    def __init__(self, place: Path, key: str = "", must_lock: bool = False) -> None:
        made = _make(place)
        name = f"{PREFIX}{key or secrets.token_hex(6)}-{_owner()}"
        self.folder = place / name
        path = place / f"{name}{SUFFIX}"
        try:
            remove_abandoned(place)
            handle = _locked(path, must_lock)
        except BaseException:
            _remove_empty(made)
            raise
        self._release = weakref.finalize(self, _release, os.getpid(), handle, path, made)
        try:
            if key:
                _check_others(place, key, path)
            _clear(self.folder)
            self.folder.mkdir(mode=0o700)
        except BaseException:
            self._release()
            raise

    def release(self) -> None:
        """Release the name, and remove the folder with its content."""
        self._release()

    def __enter__(self) -> Claim:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


def _make(folder: Path) -> list[Path]:
    """Create a folder; return all folders created, the deepest first."""
    made, at = [], folder
    while not at.exists() and at != at.parent:
        made.append(at)
        at = at.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except BaseException:
        _remove_empty(made)
        raise
    return made


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _locked(path: Path, must_lock: bool) -> int | None:
    """Return the handle of a locked file; None if the system cannot lock and need not."""
    until = time.monotonic() + LOCK_TIMEOUT
    while True:
        try:
            return held_lock(path)
        except NoLocks:
            if must_lock:
                raise
            return None
        except FileNotFoundError:  # the process that created the folder has just removed it
            if time.monotonic() > until:
                raise
            path.parent.mkdir(parents=True, exist_ok=True)
        except LockedElsewhere:
            if time.monotonic() > until:
                raise
            time.sleep(LOCK_TIMEOUT / 10.0)


def _check_others(place: Path, key: str, own: Path) -> None:
    """Refuse a name that another user or machine holds, if locks work across machines.

    Raises
    ------
    LockedElsewhere
        If it is held.
    """
    for path in place.glob(f"{PREFIX}{key}-????????{SUFFIX}"):
        if path == own:
            continue
        with contextlib.suppress(OSError, NoLocks):
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
            try:
                lock(handle, shared=True)
            finally:
                os.close(handle)


def _release(pid: int, handle: int | None, path: Path, made: list[Path]) -> None:
    if os.getpid() != pid:  # a fork of the process that holds the name
        return
    with contextlib.suppress(OSError):
        _clear(path.with_suffix(""))
        path.unlink(missing_ok=True)
    if handle is not None:
        os.close(handle)
    _remove_empty(made)


def _clear(folder: Path) -> None:
    """Remove a folder of drafts, and restore a folder that a killed run was replacing."""
    if not folder.is_dir() or folder.is_symlink() or folder.stat().st_uid != os.getuid():
        return
    replaced, target = folder / REPLACED, folder / TARGET
    if replaced.is_dir() and target.is_symlink():
        with contextlib.suppress(OSError):  # a folder of that name exists and is not empty
            replaced.rename(folder.parent / os.readlink(target))
    shutil.rmtree(folder)


def remove_abandoned(place: Path) -> None:
    """Remove the claims of killed processes of this user and machine from a folder."""
    for path in _own_locks(place):
        with contextlib.suppress(OSError, LockedElsewhere, NoLocks):
            handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
            try:
                found = os.fstat(handle)
                if not stat.S_ISREG(found.st_mode) or found.st_uid != os.getuid():
                    continue
                lock(handle)
                if is_named(handle, path):
                    _clear(path.with_suffix(""))
                    path.unlink()
            finally:
                os.close(handle)


def _own_locks(place: Path) -> Iterator[Path]:
    yield from list(place.glob(f"{PREFIX}*-{_owner()}{SUFFIX}"))
