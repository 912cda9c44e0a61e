"""Files that ship with the package, and the names by which studies refer to them."""

from __future__ import annotations

import os
from pathlib import Path

PREFIX = "package:"
"""Begins the name of a file that ships with the package, such as `package:legal/china.yaml`."""

ROOT = Path(__file__).parent
"""Folder of the files that ship with the package."""


def located(name: str | Path, folder: Path) -> Path:
    """Return the path of a file that another file names.

    Parameters
    ----------
    name
        A path, or `package:` and a path below the folder of shipped files.
    folder
        Folder to which other relative paths refer.
    """
    text = str(name)
    if text.startswith(PREFIX):
        return ROOT / os.path.normpath(text.removeprefix(PREFIX))
    return Path(os.path.normpath(folder / name))


def shown(path: Path) -> str:
    """Return the name of a file in messages: `package:` and its path if it ships."""
    inside = path.is_absolute() and path.is_relative_to(ROOT)
    return f"{PREFIX}{path.relative_to(ROOT).as_posix()}" if inside else str(path)


def names(folder: str, ending: str = ".yaml") -> list[str]:
    """Return the names of the shipped files of a folder, without folder and ending, sorted."""
    found = (ROOT / folder).glob(f"*{ending}")
    return sorted(path.name.removesuffix(ending) for path in found)


def opened(path: str | Path) -> Path:
    """Return the path of a file that a user names: their own, or `package:` and one that ships."""
    text = str(path)
    return located(text, ROOT) if text.startswith(PREFIX) else Path(path)
