"""Folder of compiled kernels: private to the user.

The files in the folder are run as code. A folder is used only if this user owns it and nobody else
may write to it. Its last part must not be a symbolic link.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from npl_sim.core.errors import quoted

__all__ = ["find_folder", "is_private", "named_folder"]

VARIABLE = "NPL_SIM_CACHE_DIR"
OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
EXPECTED = "expected a folder of yours that nobody else may write to (mode 0700)"


def named_folder() -> Path | None:
    """Return the folder that ``NPL_SIM_CACHE_DIR`` names; none if it names none."""
    named = os.environ.get(VARIABLE)
    return Path(named).absolute() if named else None


def _candidates() -> Iterator[Path]:
    named = named_folder()
    if named is not None:
        yield named
    base = os.environ.get("XDG_CACHE_HOME")
    try:
        yield (Path(base).absolute() if base else Path.home() / ".cache") / "npl_sim"
    except RuntimeError:  # no home folder
        pass
    user = os.getuid() if hasattr(os, "getuid") else "user"
    yield Path(tempfile.gettempdir()) / f"npl_sim-{user}"


def is_private(found: os.stat_result) -> bool:
    """Return whether only this user owns and may write to a file or folder. True on Windows."""
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & OTHERS_WRITE


def _make(folder: Path) -> None:
    """Make a folder and the folders above it that are missing, for this user alone.

    Raises
    ------
    OSError
        If one cannot be made.
    """
    if folder.is_symlink() or folder.exists():
        return
    _make(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _fault(folder: Path) -> str:
    """Create a folder, and return why it cannot hold compiled code; empty if it can."""
    try:
        _make(folder)
        found = folder.lstat()
        if stat.S_ISLNK(found.st_mode):
            return "is a symbolic link"
        if not stat.S_ISDIR(found.st_mode):
            return "is not a folder"
        if not is_private(found):
            mine = found.st_uid == os.getuid()
            return (
                f"may be written to by other users (mode {stat.S_IMODE(found.st_mode):04o})"
                if mine
                else f"belongs to another user (number {found.st_uid})"
            )
        with tempfile.TemporaryFile(dir=folder):
            return ""
    except OSError as error:
        return f"cannot be written to ({error.strerror})"


def find_folder(name: str) -> Path | None:
    """Return the first folder that can hold compiled code, and report those that cannot.

    Parameters
    ----------
    name
        Name of the folder of this version, below that of the cache.

    Returns
    -------
    Path or None
        None if no folder is fit.
    """
    # Workers of a local cluster, which are daemons, would each say the same once more.
    log = None if multiprocessing.current_process().daemon else logging.getLogger("npl_sim")
    for base in _candidates():
        for folder in (base, base / name):
            fault = _fault(folder)
            if fault:
                break
        else:
            return folder
        # A default folder that cannot be written to is common and harmless: the next one serves.
        if log is not None and (base == named_folder() or "written to (" not in fault):
            setting = f"{VARIABLE}: " if base == named_folder() else ""
            log.warning(
                "%skernel cache %s %s; %s; it is not used",
                setting,
                quoted(str(folder), 500),
                fault,
                EXPECTED,
            )
    return None
