"""Parts that a kind of YAML file may take from other files."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from npl_sim.core.errors import StudyError
from npl_sim.resources.shipped import located
from npl_sim.study.overrides import override
from npl_sim.study.yaml_places import Path_, Source


@dataclass(frozen=True)
class Parts:
    """What a kind of file may take from other files."""

    whole: str
    """What the file is called, such as `study`."""
    sections: tuple[Path_, ...] = ()
    """Sections that may have a file of their own, outer sections first."""
    nested: Mapping[str, tuple[Path_, ...]] = field(default_factory=dict)
    """Sections of a section, whose files are relative to the file of that section."""
    files: tuple[Path_, ...] = ()
    """Keys whose values are names of other files, which a base may give."""
    own: tuple[str, ...] = ()
    """Keys that a base must not give."""
    joined: tuple[Path_, ...] = ()
    """Lists that stand before those of the base."""
    replaced: tuple[Path_, ...] = ()
    """Mappings that replace those of the base: no missing name is filled from the base."""


def apply_overrides(
    data: dict[str, Any],
    overrides: Mapping[str, Any],
    source: Source,
    only: Collection[str] | None = None,
    skip: Collection[str] = (),
) -> list[str]:
    """Replace values by dotted key; return the errors."""
    errors: list[str] = []
    for key, value in overrides.items():
        if key not in skip and (only is None or key in only):
            try:
                override(data, key, value, source)
            except StudyError as error:
                errors.extend(error.errors)
    return errors


def value_at(data: Any, where: Path_) -> Any:
    """Return the value at a path of keys, None without one."""
    for key in where:
        data = data.get(key) if isinstance(data, dict) else None
    return data


def nested_folders(
    data: Mapping[str, Any], folder: Path, parts: Parts, overrides: Mapping[str, Any] | None = None
) -> dict[str, Path]:
    """Return the folders to which names of files are relative, by section; "" for the file.

    Parameters
    ----------
    data
        Plain data of the file, before its sections are read.
    folder
        Folder of the file.
    parts
        What the file may take from other files.
    overrides
        Values by dotted key, which may name the file of a section.
    """
    found = {"": folder}
    for section in parts.nested:
        name = (overrides or {}).get(section, data.get(section))
        found[section] = located(name, folder).parent if isinstance(name, str) else folder
    return found


def drop_replaced(data: dict[str, Any], parts: Parts, overrides: Mapping[str, Any]) -> None:
    """Remove the sections that an override replaces, since their files need not exist."""
    for where in parts.sections:
        if len(where) == 1 and where[0] in overrides:
            data.pop(str(where[0]), None)
