"""Specifications from YAML files: sections, renamed keys, overrides, validation."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from npl_sim.core.errors import StudyError
from npl_sim.core.masking import Privacy
from npl_sim.resources.shipped import opened
from npl_sim.study.messages import dotted, kind_of, messages
from npl_sim.study.renamed_keys import RenamedKeyWarning, Renames
from npl_sim.study.sections import Parts, apply_overrides, on_base, read_parts
from npl_sim.study.yaml_places import Path_, Source, reading
from npl_sim.study.yaml_source import read

DEAL_SECTIONS: tuple[Path_, ...] = (
    ("structure",),
    ("structure", "ratings"),
    ("structure", "stresses"),
)
"""Sections that may have a file of their own, relative to the deal's file; outer sections
first."""

S = TypeVar("S", bound=BaseModel)


@dataclass(frozen=True)
class FileKind(Generic[S]):
    """A kind of YAML file: the model of its content, and how messages describe it."""

    model: type[S]
    """Model of the whole file."""
    name: str
    """What the file is called, such as `deal`."""
    keys: str
    """Some of its keys, as an example for messages."""
    sections: tuple[Path_, ...] = ()
    """Sections that may have a file of their own, outer sections first."""
    renamed: Mapping[str, str] | None = None
    """New dotted key by old dotted key."""
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """New value by old value, by new dotted key."""
    split: bool = False
    """Whether the keys may also be given below `disclosed`, beside a `side_letter`."""


def read_spec(
    path: str | Path, kind: FileKind[S], overrides: Mapping[str, Any] | None = None
) -> S:
    """Read a specification from a YAML file.

    Parameters
    ----------
    path
        YAML file.
    kind
        Kind of file.
    overrides
        Values by dotted key, such as ``{"tranches.0.balance": 1e8}``.

    Raises
    ------
    StudyError
        With every error found, each naming file, line, column and key.
    """
    path, source, renames = opened(path), Source(), Renames(kind.renamed or {}, kind.values)
    with reading(source):
        values = renames.overrides(overrides or {})
        data = read_mapping(path, source, kind)
        parts = Parts(kind.name, kind.sections)
        data, errors = on_base(data, path, source, parts, renames, values)
        errors += renames.apply(data, source)
        if kind.split:
            data = join_disclosed(data, source)
        sections = {dotted(where) for where in kind.sections}
        errors += read_parts(data, {"": path.parent}, source, values, parts)
        errors += apply_overrides(data, values, source, skip=sections)
        errors += renames.apply(data, source)
        spec = validated(kind.model, data, source, errors)
    for line in renames.warnings:
        text = line.split(": ", 1)[1] if Privacy.mask.get() else line
        warnings.warn(text, RenamedKeyWarning, stacklevel=3)
    return spec


def read_mapping(path: Path, source: Source, kind: FileKind[Any]) -> dict[str, Any]:
    """Return the plain data of a YAML file that must hold a mapping."""
    data = read(path, (), source, whole=kind.name)
    if not isinstance(data, dict):
        raise StudyError(
            [f"{path}:1:1: got a {kind_of(data)}; expected a mapping of keys such as {kind.keys}"]
        )
    return data


def join_disclosed(data: dict[str, Any], source: Source, prefix: Path_ = ()) -> dict[str, Any]:
    """Return a contract with its `disclosed` terms moved to the top level."""
    disclosed = data.get("disclosed")
    if not isinstance(disclosed, dict):
        return data
    stray = [key for key in data if key not in ("disclosed", "side_letter")]
    if stray:
        raise StudyError(
            [
                f"{source.place((*prefix, key))}: {dotted((*prefix, key))}: is beside disclosed; "
                "expected it below disclosed or side_letter"
                for key in stray
            ]
        )
    source.move((*prefix, "disclosed"), prefix)
    side_letter = {"side_letter": data["side_letter"]} if "side_letter" in data else {}
    return {**disclosed, **side_letter}


def validated(
    model: type[S], data: Any, source: Source, errors: Sequence[str], unread: Collection[str] = ()
) -> S:
    """Return a model of plain data.

    Parameters
    ----------
    model
        Model of the whole file.
    data
        Plain data.
    source
        Places of values.
    errors
        Errors found so far, which are reported with those of the model.
    unread
        Sections that could not be read, which the model does not report as missing.

    Raises
    ------
    StudyError
        If there is an error.
    """
    lines = list(errors)
    try:
        spec = model.model_validate(data)
    except ValidationError as error:
        lines += [
            line
            for line in messages(error, data, source.place, model)
            if not any(f": {section}: missing" in line for section in unread)
        ]
    if lines:
        raise StudyError(lines)
    return spec


def draft_2020_12(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a JSON Schema that names its version, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
