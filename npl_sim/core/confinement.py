"""Confinement: limit reading to some folders when a user runs studies of other people.

Inside `confined`, a file is opened only if its real path, symbolic links followed, lies in every
folder named, or if it ships with the package. A file outside is refused before it is opened. The message does not depend on its
content or on whether it exists.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from pathlib import Path

from npl_sim.core.errors import ConfinementError, quoted

SHIPPED = Path(os.path.realpath(Path(__file__).parents[1] / "resources"))
"""Folder of the files that ship with the package, which may always be read."""

_FOLDERS: ContextVar[tuple[Path, ...]] = ContextVar("confining", default=())


def _real(path: Path | str) -> Path | None:
    """Return the path with symbolic links followed; None if no file can have that name."""
    try:
        return Path(os.path.realpath(Path(path).expanduser()))
    # A loop of links, an unknown home folder, or a NUL in the name.
    except (OSError, RuntimeError, ValueError):
        return None


def confining() -> tuple[Path, ...]:
    """Return the real paths of the folders that confine reading; empty without confinement."""
    return _FOLDERS.get()


def confine(folders: Iterable[Path | str]) -> Token[tuple[Path, ...]]:
    """Confine reading in this context to folders, in addition to earlier ones.

    Parameters
    ----------
    folders
        Folders; a file must lie in each of them.

    Raises
    ------
    ConfinementError
        If a path is not a folder.
    """
    found = list(_FOLDERS.get())
    for folder in folders:
        real = _real(folder)
        if real is None or not real.is_dir():
            raise ConfinementError(
                f"{quoted(str(folder))}: is not a folder; expected one that holds every file"
            )
        if real not in found:
            found.append(real)
    return _FOLDERS.set(tuple(found))


@contextmanager
def confined(folders: Iterable[Path | str]) -> Iterator[None]:
    """Confine reading as `confine` does, for as long as a ``with`` statement lasts."""
    token = confine(folders)
    try:
        yield
    finally:
        _FOLDERS.reset(token)


def is_inside(path: Path | str) -> bool:
    """Return whether a file may be read."""
    folders = _FOLDERS.get()
    if not folders:
        return True
    real = _real(path)
    if real is None:
        return False
    return real.is_relative_to(SHIPPED) or all(real.is_relative_to(f) for f in folders)


def check_inside(path: Path | str, place: str = "") -> None:
    """Refuse a file that may not be read.

    Parameters
    ----------
    path
        The file; relative paths start at the working folder.
    place
        Place in an input that names the file: file, line and key.

    Raises
    ------
    ConfinementError
        If it lies outside a folder that confines reading, whether or not it exists.
    """
    if not is_inside(path):
        where = f"{place}: " if place else ""
        raise ConfinementError(
            f"{where}{quoted(str(path), 200)}: "
            "lies outside the folder in which files may be read; "
            "expected a file inside it, symbolic links followed"
        )
