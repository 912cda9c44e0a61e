"""Reading a deal from YAML: every fault at once, each with file, line and key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from npl_sim.core.errors import StudyError
from npl_sim.securitization.terms.deal import Deal
from npl_sim.study.messages import dotted, kind_of, messages
from npl_sim.study.yaml_source import Source, override, read, read_section, reading

__all__ = ["allow_files", "deal_schema", "file_kind", "load_deal", "read_sections", "section_keys"]

ONLY_STUDY = ("tape", "policies", "valuation_date", "simulation", "pricing", "legal", "market")
ONLY_DEAL = (
    "tranches",
    "steps",
    "schedule",
    "closing_date",
    "legal_final",
    "pool_balance",
    "claims",
)
"""Keys by which studies and deals are told apart."""


def file_kind(path: str | Path) -> Literal["deal", "study"]:
    """Return whether a YAML file is a deal or a study, by its keys; both is for the reader of the likelier to refuse.

    Raises
    ------
    StudyError
        If it cannot be read, or has keys of neither.
    """
    path = Path(path)
    data = read(path, (), Source(), whole="study or deal")
    keys = set(data) if isinstance(data, dict) else set()
    study = len(keys & set(ONLY_STUDY))
    deal = len(keys & set(ONLY_DEAL))
    if study == deal == 0:
        raise StudyError(
            [
                f"{path}:1:1: is neither a study (keys such as tape, policies) nor a deal (keys such as tranches, steps); "
                "expected one of them"
            ]
        )
    return "deal" if deal > study else "study"


SECTIONS: tuple[tuple[str, ...], ...] = (
    ("structure",),
    ("structure", "ratings"),
    ("structure", "stresses"),
)
"""Sections that may stand in a file of their own, whose name is relative to the deal's; outer ones first."""


def load_deal(path: str | Path, overrides: Mapping[str, Any] | None = None) -> Deal:
    """Read a deal.

    Parameters
    ----------
    path
        YAML file.
    overrides
        Values by dotted key, such as ``{"tranches.0.balance": 1e8}``.

    Raises
    ------
    StudyError
        With every fault found, each naming file, line, column and key.
    """
    path = Path(path)
    source = Source()
    with reading(source):
        return _composed(path, source, overrides or {})


def _composed(path: Path, source: Source, overrides: Mapping[str, Any]) -> Deal:
    """Return the deal of a file, its sections read and its overrides laid on."""
    data = read(path, (), source, whole="deal")
    if not isinstance(data, dict):
        raise StudyError(
            [
                f"{path}:1:1: got a {kind_of(data)}; expected a mapping of keys such as name, tranches, steps"
            ]
        )
    lines = read_sections(data, path.parent, source, overrides)
    for key in overrides:
        if key not in section_keys():
            try:
                override(data, key, overrides[key], source)
            except StudyError as error:
                lines.extend(error.faults)
    try:
        deal = Deal.model_validate(data)
    except ValidationError as error:
        raise StudyError([*lines, *messages(error, data, source.place, Deal)]) from None
    if lines:
        raise StudyError(lines)
    return deal


def section_keys(prefix: tuple[str, ...] = ()) -> set[str]:
    """Return the dotted keys of the sections that may stand in a file of their own."""
    return {dotted((*prefix, *where)) for where in SECTIONS}


def read_sections(
    data: dict[str, Any],
    folder: Path,
    source: Source,
    overrides: Mapping[str, Any],
    prefix: tuple[str, ...] = (),
) -> list[str]:
    """Put what stands in files of their own where their names stand; return what cannot be read.

    Parameters
    ----------
    data
        Words of the whole file.
    folder
        Folder to which names are relative: that of the deal's file.
    source
        Places of values.
    overrides
        Values by dotted key, of which those of `section_keys` are laid on, since they may name a file.
    prefix
        Where in the data the deal stands.
    """
    lines: list[str] = []
    for below in SECTIONS:
        where = (*prefix, *below)
        try:
            if dotted(where) in overrides:
                override(data, dotted(where), overrides[dotted(where)], source)
            at: Any = data
            for key in where[:-1]:
                at = at.get(key) if isinstance(at, dict) else None
            name = at.get(where[-1]) if isinstance(at, dict) else None
            if isinstance(name, str):
                asked = f"{source.place(where)}: {dotted(where)}"
                at[where[-1]] = read_section(
                    Path(os.path.normpath(folder / name)), where, source, asked, whole="deal"
                )
        except StudyError as error:
            lines.extend(error.faults)
    deal: Any = data
    for key in prefix:
        deal = deal.get(key) if isinstance(deal, dict) else None
    if lines and isinstance(deal, dict):
        deal["structure"] = None  # what depends on a section that cannot be read is not judged
    return lines


def allow_files(deal: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Let the JSON Schema of a deal hold names of files where sections may stand in them."""
    other = {"type": "string", "description": "Name of a YAML file with this section"}
    deal["properties"]["structure"]["anyOf"].append(other)
    for name in ("ratings", "stresses"):
        definitions["Structure"]["properties"][name]["anyOf"].append(other)


def deal_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a deal file, for editors."""
    result = Deal.model_json_schema()
    allow_files(result, result["$defs"])
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **result}
