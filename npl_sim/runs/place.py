"""Place of a run folder: its name is reserved from before the work until it is written."""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import tempfile
from datetime import datetime
from pathlib import Path

from npl_sim.core.caller import argument
from npl_sim.core.disk.claims import Claim, remove_abandoned
from npl_sim.core.disk.exchange import replace_folder
from npl_sim.core.disk.locks import LockedElsewhere
from npl_sim.core.disk.whole_file import sync_folder
from npl_sim.core.errors import RunFolderError
from npl_sim.core.provenance import text_hash
from npl_sim.runs.batch.names import name_of

MANIFEST = "manifest.json"

TAKEN = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR})
"""Errors of a rename onto a name in use; an empty folder is replaced."""

MOST_NAMES = 1_000

LONGEST_STEM = 240
"""Bytes of a name to which a number is added; a file system takes 255."""


class NameTaken(RunFolderError):
    """The name of a run folder is in use."""


class RunPlace:
    """Name of a run folder, reserved by this process until it is released.

    Parameters
    ----------
    folder
        The folder to make.
    overwrite
        Whether to replace a run in the folder.

    Attributes
    ----------
    folder
        As given.

    Raises
    ------
    RunFolderError
        If the folder exists and may not be overwritten, another run is about to write it, or its
        place cannot be written.
    """

    def __init__(self, folder: Path, overwrite: bool = False) -> None:
        self.folder, self.overwrite = folder, overwrite
        remove_abandoned(Path(tempfile.gettempdir()))
        try:
            self._target = folder.resolve()
            if not str(folder).strip() or not self._target.name:
                raise RunFolderError(
                    f"{argument('folder')}: got {str(folder)!r}; expected the name of a run folder"
                )
            self._check()
            self._claim = Claim(self._target.parent, text_hash(self._target.name)[:16])
        except LockedElsewhere:
            raise NameTaken(
                f"{folder}: is being written by another run; wait for it, or use another "
                f"{argument('folder')}"
            ) from None
        except OSError as error:
            raise RunFolderError(
                f"{folder}: cannot be written ({error.strerror or error})"
            ) from None
        try:
            self._check()
            self._stood = self._standing()
        except BaseException:
            self.release()
            raise

    def _check(self) -> None:
        """Refuse a folder in which no run may be written."""
        folder = self._target
        try:
            os.lstat(folder)
        except FileNotFoundError:
            return
        if not self.overwrite:
            raise NameTaken(
                f"{self.folder}: exists already; use {argument('overwrite')} or another "
                f"{argument('folder')}"
            )
        if not folder.is_dir() or not ((folder / MANIFEST).is_file() or not any(folder.iterdir())):
            raise RunFolderError(
                f"{self.folder}: is not a run folder and is not touched; use another "
                f"{argument('folder')}"
            )

    def _standing(self) -> tuple[int, int] | None:
        """Return the identity of the run in the folder; None if there is none."""
        with contextlib.suppress(FileNotFoundError):
            found = (self._target / MANIFEST).stat()
            return found.st_ino, found.st_mtime_ns
        return None

    def draft(self) -> Path:
        """Make the folder into which the run is written before it gets its name."""
        folder = self._claim.folder / "run"
        folder.mkdir()
        return folder

    def put(self, draft: Path) -> None:
        """Give a finished draft the name.

        Raises
        ------
        RunFolderError
            If the name was taken meanwhile. The run is kept under the name in the message.
        OSError
            If it cannot be renamed.
        """
        if not self._named(draft):
            kept = self._kept(draft)
            raise RunFolderError(
                f"{self.folder}: another run was written there meanwhile and is not touched; this "
                f"run is whole and is kept as {self.folder.with_name(kept.name)}"
            )
        sync_folder(self._target.parent)

    def _named(self, draft: Path) -> bool:
        """Rename a draft unless another run has taken the name; return whether it was done."""
        stands = self._standing()
        if stands is None:
            return _renamed(draft, self._target)
        if stands != self._stood:
            return False
        replace_folder(draft, self._target)
        return True

    def _kept(self, draft: Path) -> Path:
        for other in _names(self._target):
            if other != self._target and _renamed(draft, other):
                return other
        raise OSError(errno.EEXIST, os.strerror(errno.EEXIST), str(self._target))

    def release(self) -> None:
        """Release the name and remove an unfinished draft."""
        self._claim.release()

    def __enter__(self) -> RunPlace:
        return self

    def __exit__(self, *error: object) -> None:
        self.release()


def _renamed(draft: Path, target: Path) -> bool:
    """Rename a folder; return whether the name was free."""
    try:
        os.rename(draft, target)
    except OSError as error:
        if error.errno in TAKEN:
            return False
        raise
    return True


def _names(folder: Path) -> itertools.chain[Path]:
    """Return a name, and further ones with a number."""
    stem = (
        folder.name
        if len(os.fsencode(folder.name)) <= LONGEST_STEM
        else folder.name[: LONGEST_STEM // 4]
    )
    return itertools.chain(
        [folder], (folder.with_name(f"{stem}-{i}") for i in range(2, MOST_NAMES))
    )


def new_place(name: str, content_hash: str) -> RunPlace:
    """Return a new place in the folder `runs`; no two runs get the same.

    Parameters
    ----------
    name
        Name of the study, deal or contract.
    content_hash
        Hash of its content, whose first digits are part of the name.

    Raises
    ------
    RunFolderError
        If none can be made.
    """
    first = Path("runs") / name_of(name, f"{datetime.now():%Y%m%d-%H%M%S}-{content_hash[:8]}")
    for folder in _names(first):
        with contextlib.suppress(NameTaken):
            return RunPlace(folder)
    raise RunFolderError(
        f"{first}: exists already, as do {MOST_NAMES:,} names after it; expected another "
        f"{argument('folder')}"
    )
