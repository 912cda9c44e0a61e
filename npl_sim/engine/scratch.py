"""Folders for the rows of streamed runs that need not outlive their process.

Each holds a locked file while its process lives. The next streamed run removes the folders whose lock is free: those of
runs that were killed. A folder without that file is never touched; it is being made, or is none of these.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import stat
import tempfile
import weakref
from pathlib import Path

from npl_sim.engine.locks import LockedElsewhere, NoLocks, lock, open_lock
from npl_sim.errors import CapacityError

__all__ = ["Scratch", "remove_abandoned"]

PREFIX = "npl_sim-rows-"
ALIVE = ".alive"


class Scratch:
    """A new folder, removed with the last that refers to this object, or with this process.

    Attributes
    ----------
    folder
        Where the rows go.

    Raises
    ------
    CapacityError
        If none can be made.
    """

    def __init__(self) -> None:
        remove_abandoned(Path(tempfile.gettempdir()))
        try:
            root = Path(tempfile.mkdtemp(prefix=PREFIX))
        except OSError as error:
            raise CapacityError(
                f"simulation.keep: streamed needs a folder for its rows ({error.strerror}); set TMPDIR, or give --work FOLDER"
            ) from None
        weakref.finalize(self, shutil.rmtree, root, ignore_errors=True)
        self.folder = root / "rows"
        with contextlib.suppress(OSError, NoLocks):  # then nobody removes it but this process
            handle = open_lock(root / f"{ALIVE}.new")
            weakref.finalize(self, os.close, handle)
            lock(handle)
            os.write(handle, platform.node().encode())
            # Locked before it has its name, so that nobody finds it free.
            (root / f"{ALIVE}.new").rename(root / ALIVE)


def remove_abandoned(place: Path) -> None:
    """Remove the scratch folders there of this user and this machine whose process has ended."""
    try:
        import fcntl  # noqa: F401
    except ImportError:  # Windows: no lock says who lives
        return
    for root in place.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError, LockedElsewhere, NoLocks):
            found = root.lstat()
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid():
                continue
            handle = os.open(root / ALIVE, os.O_RDWR | os.O_NOFOLLOW)
            try:
                lock(handle)
                # Locks need not reach other machines that share the folder.
                if os.read(handle, 1024) == platform.node().encode():
                    shutil.rmtree(root, ignore_errors=True)
            finally:
                os.close(handle)
