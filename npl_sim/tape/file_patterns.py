"""Find the files of a study path: one file, or all that match a pattern such as loans_*.csv."""

from __future__ import annotations

import fnmatch
import os
from pathlib import Path

from npl_sim.core.confinement import check_inside
from npl_sim.core.errors import TapeError, quoted
from npl_sim.resources.shipped import located


def is_pattern(path: Path) -> bool:
    """Return whether a file name has a wildcard, * or ?; brackets are part of a name."""
    return "*" in path.name or "?" in path.name


def matched_files(key: str, path: Path, folder: Path) -> list[Path]:
    """Return the files that a path names, as absolute paths.

    Parameters
    ----------
    key
        Key of the study that gives the path.
    path
        A file, or a pattern in the last part of the path. A pattern that is the name of a file
        means that file.
    folder
        Where relative paths start.

    Returns
    -------
    list[Path]
        The file, there or not; for a pattern the files that match it, sorted by name.

    Raises
    ------
    ConfinementError
        If a pattern asks for files of a folder in which none may be read.
    TapeError
        If no file matches a pattern.
    """
    whole = Path(os.path.abspath(located(path.expanduser(), folder)))
    if not is_pattern(whole) or whole.exists():
        return [whole]
    check_inside(whole.parent, key)
    shape = whole.name.replace("[", "[[]")
    try:
        names = sorted(
            e.name for e in os.scandir(whole.parent) if fnmatch.fnmatchcase(e.name, shape)
        )
    except OSError:
        names = []
    # Hidden files and the lock files of open workbooks are no part of a tape.
    names = [n for n in names if not n.startswith((".", "~$")) and (whole.parent / n).is_file()]
    if not names:
        raise TapeError(
            f"{key}: no file matches {quoted(str(path))} in {whole.parent}; expected at "
            f"least one file"
        )
    return [whole.parent / name for name in names]
