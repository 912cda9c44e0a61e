"""Base and sections of a YAML file, which are files of their own."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from npl_sim.core.errors import StudyError, quoted
from npl_sim.resources.shipped import PREFIX, ROOT, located, names, shown
from npl_sim.study.layers import Layer, merge
from npl_sim.study.messages import dotted, kind_of
from npl_sim.study.parts import Parts, apply_overrides, drop_replaced, nested_folders, value_at
from npl_sim.study.renamed_keys import Renames
from npl_sim.study.yaml_places import OVERRIDE, Path_, Source
from npl_sim.study.yaml_source import read, read_section

BASES = "bases"
"""Folder of the shipped bases of studies."""

DEPTH = 8
"""Most bases that may stand on each other."""


def on_base(
    data: dict[str, Any],
    path: Path,
    source: Source,
    parts: Parts,
    renames: Renames,
    overrides: dict[str, Any] | None = None,
    depth: int = 0,
) -> tuple[dict[str, Any], list[str]]:
    """Merge a file onto the base that it names, sections in other files included.

    Parameters
    ----------
    data
        Plain data of the file.
    path
        The file, to which the name of the base is relative.
    source
        Places of its values, which become those of the merged values.
    parts
        What the file may take from other files.
    renames
        Old keys, which are renamed before files are merged.
    overrides
        Values by dotted key. The base is taken from them here, and sections that they replace are
        not read.
    depth
        Number of files that stand on this one.

    Returns
    -------
    tuple
        The merged data, and the errors of files of sections.
    """
    values = {} if overrides is None else overrides
    if "base" in values:
        data["base"], source.places["base",] = values.pop("base"), OVERRIDE
    if "base" not in data:
        return data, []
    file, label = _base_file(data.pop("base"), path, source.place(("base",)), parts.whole)
    if depth >= DEPTH:
        raise StudyError(
            [
                f"{source.place(('base',))}: base: more than {DEPTH} files stand on each other; "
                "expected fewer (a file may not stand on itself)"
            ]
        )
    below, first = Source(files=source.files), len(source.files)
    low = read(file, (), below, f"{source.place(('base',))}: base", parts.whole)
    if not isinstance(low, dict):
        raise StudyError([f"{shown(file)}:1:1: got a {kind_of(low)}; expected a mapping of keys"])
    low, errors = on_base(low, file, below, parts, renames, depth=depth + 1)
    errors += _own_keys(low, below, parts)
    _place_files(low, file.parent, parts)
    folders = nested_folders(low, file.parent, parts)
    errors += read_parts(low, folders, below, {}, parts) + renames.apply(low, below)
    for read_file in source.files[first:]:
        below.bases.setdefault(shown(read_file), label)
    drop_replaced(data, parts, values)
    whole = [where for where in parts.sections if isinstance(value_at(data, where), str)]
    whole += parts.replaced
    errors += read_parts(data, nested_folders(data, path.parent, parts), source, {}, parts)
    errors += renames.apply(data, source)
    below.places[()] = source.place(())
    merged = merge(Layer(low, below), Layer(data, source, whole, parts.joined))
    source.places, source.bases = merged.source.places, merged.source.bases
    return merged.data, errors


def _base_file(name: Any, path: Path, place: str, whole: str) -> tuple[Path, str]:
    """Return the file of a base, and the name of the layer."""
    if not isinstance(name, str) or not name:
        raise StudyError([f"{place}: base: got {quoted(name)}; expected the name of a base"])
    if name.startswith(PREFIX) or name.lower().endswith((".yaml", ".yml")):
        return located(name, path.parent), f"base {Path(name).name}"
    known = names(BASES) if whole == "study" else []
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        shipped = f"{', '.join(known)}, or " if known else ""
        raise StudyError(
            [f"{place}: base: got {quoted(name)}; expected {shipped}the name of a YAML file{hint}"]
        )
    return ROOT / BASES / f"{name}.yaml", f"base {name}"


def _own_keys(low: dict[str, Any], source: Source, parts: Parts) -> list[str]:
    """Remove keys that a base must not give; return an error for each."""
    found = [key for key in parts.own if low.pop(key, None) is not None]
    return [
        f"{source.place((key,))}: {key}: is given by a base; expected it in the {parts.whole}"
        for key in found
    ]


def _place_files(low: dict[str, Any], folder: Path, parts: Parts) -> None:
    """Make names of files that a base gives independent of the folder of the base."""

    def placed(name: Any) -> Any:
        relative = isinstance(name, str) and not name.startswith(PREFIX)
        return os.path.abspath(located(name, folder)) if relative else name

    for *above, key in parts.files:
        holder = value_at(low, tuple(above))
        if isinstance(holder, dict) and key in holder:
            value = holder[key]
            holder[key] = list(map(placed, value)) if isinstance(value, list) else placed(value)


def read_parts(
    data: dict[str, Any],
    folders: Mapping[str, Path],
    source: Source,
    overrides: Mapping[str, Any],
    parts: Parts,
) -> list[str]:
    """Replace file names of sections, and of their sections, by content; return the errors.

    Parameters
    ----------
    data
        Plain data of the whole file.
    folders
        Folders to which file names are relative, from `nested_folders`.
    source
        Places of values.
    overrides
        Values by dotted key.
    parts
        What the file may take from other files.
    """
    errors = _read_sections(data, folders[""], source, overrides, parts)
    for section, below in parts.nested.items():
        if isinstance(data.get(section), dict):
            inner = Parts(section, tuple((section, *where) for where in below))
            errors += _read_sections(data, folders[section], source, overrides, inner)
    return errors


def _read_sections(
    data: dict[str, Any],
    folder: Path,
    source: Source,
    overrides: Mapping[str, Any],
    parts: Parts,
) -> list[str]:
    """Replace file names of sections by the content of these files; return the errors.

    Overrides of the sections themselves are applied here, since they may be file names.
    """
    errors: list[str] = []
    for where in parts.sections:
        key = dotted(where)
        failed = apply_overrides(data, overrides, source, only=(key,))
        errors += failed
        parent = value_at(data, where[:-1])
        name = parent.get(where[-1]) if isinstance(parent, dict) else None
        if failed or not isinstance(name, str):
            continue
        try:
            content, more = _section(located(name, folder), where, source, key, parts)
            parent[where[-1]] = content
            errors += more
        except StudyError as error:
            errors.extend(error.errors)
            outer = next(s for s in parts.sections if s == where[: len(s)])
            value_at(data, outer[:-1]).pop(outer[-1], None)
    return errors


def _section(
    file: Path, where: Path_, source: Source, key: str, parts: Parts
) -> tuple[Any, Sequence[str]]:
    """Return the content of the file of a section, merged onto its base, and the errors."""
    content = read_section(file, where, source, f"{source.place(where)}: {key}", parts.whole)
    if not isinstance(content, dict) or "base" not in content:
        return content, []
    below = {
        w[len(where) :]: place for w, place in source.places.items() if w[: len(where)] == where
    }
    own = replace(source, places=below)
    inner = Parts(key, parts.nested.get(key, ()))
    content, errors = on_base(content, file, own, inner, Renames({}))
    source.forget(where)
    source.adopt(own, where)
    return content, errors
