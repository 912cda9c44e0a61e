"""Names of files in run folders and messages: in full, relative, or masked."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from npl_sim.core.masking import (
    Privacy,
    masked_command,
    masked_text,
    names_of_files,
    without_folders,
)
from npl_sim.study.masking import known_texts


def folder_text(folder: Path) -> str:
    """Return the name of a folder for a message; under --mask its last part alone."""
    return folder.name if Privacy.mask.get() else str(folder)


def recorded_file(file: Path, label: str) -> str:
    """Return the name of a file without its folder; under --mask its role."""
    return label if Privacy.mask.get() else file.name


def recorded_path(path: Path | str, folder: Path) -> str:
    """Return the path of a file relative to the run folder, or its name alone.

    A path through the root of the file system, or through the folder of all home folders, would
    reveal the names of other folders.
    """
    real, target = Path(path).resolve(), folder.resolve()
    try:
        common = Path(os.path.commonpath([real, target]))
    except ValueError:  # another drive
        return real.name
    shared = common == Path(common.anchor) or _home_parent().is_relative_to(common)
    return real.name if shared else Path(os.path.relpath(real, target)).as_posix()


def _home_parent() -> Path:
    try:
        return Path.home().resolve().parent
    except RuntimeError:
        return Path("/home")


def recorded_facts(facts: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the entries of a manifest with paths and names as the command requests.

    Parameters
    ----------
    facts
        The entries; those of the tape may hold paths, and the command any text.
    folder
        The run folder.
    """
    found = dict(facts)
    if Privacy.mask.get():
        found["command"] = masked_command(facts.get("command", ()))
    elif Privacy.relative.get():
        found["command"] = [_relative_word(word, folder) for word in facts.get("command", ())]
    if Privacy.relative.get():
        found["tape"] = [
            {**t, "path": recorded_path(t["path"], folder)} if "path" in t else t
            for t in facts.get("tape", ())
        ]
    return {key: value for key, value in found.items() if key in facts}


def _relative_word(word: str, folder: Path) -> str:
    """Return an argument of a command with its path relative to the run folder."""
    option, equals, value = word.partition("=")
    before, path = (f"{option}=", value) if equals else ("", word)
    is_path = (
        os.path.isabs(path) or path.startswith("~") or (os.sep in path and os.path.exists(path))
    )
    return before + (recorded_path(os.path.expanduser(path), folder) if is_path else path)


def recorded_texts(lines: Iterable[str], files: Mapping[str, Path | str | None]) -> list[str]:
    """Return messages for outputs: masked, with file names for paths, or unchanged.

    Parameters
    ----------
    lines
        Messages.
    files
        Files that messages name, by their role.
    """
    if Privacy.mask.get():
        names = names_of_files(files)
        return [masked_text(line, names, known_texts()) for line in lines]
    if Privacy.relative.get():
        return [
            without_folders(line, [f for f in files.values() if f is not None]) for line in lines
        ]
    return list(lines)
