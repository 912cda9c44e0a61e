"""Reading a deal from YAML: every fault at once, each with file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from npl_sim.deal.spec import Deal, DealFaults
from npl_sim.errors import StudyError
from npl_sim.studyfaults import dotted, kind_of, messages
from npl_sim.yamlfile import Source, override, read

__all__ = ["deal_schema", "load_deal"]

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
    data = read(path, (), source, whole="deal")
    if not isinstance(data, dict):
        raise StudyError(
            [f"{path}:1:1: got a {kind_of(data)}; expected a mapping of keys such as name, tranches, steps"]
        )
    lines: list[str] = []
    lines.extend(_read_sections(data, path, source))
    for key, value in (overrides or {}).items():
        try:
            override(data, key, value, source)
        except StudyError as error:
            lines.extend(error.faults)
    try:
        deal = Deal.model_validate(data)
    except ValidationError as error:
        raise StudyError([*lines, *_lines(error, data, source)]) from None
    if lines:
        raise StudyError(lines)
    return deal


def _read_sections(data: dict[str, Any], path: Path, source: Source) -> list[str]:
    """Put what stands in files of their own where their names stand; return what cannot be read."""
    lines: list[str] = []
    for where in SECTIONS:
        at: Any = data
        for key in where[:-1]:
            at = at.get(key) if isinstance(at, dict) else None
        name = at.get(where[-1]) if isinstance(at, dict) else None
        if isinstance(name, str):
            asked = f"{source.place(where)}: {dotted(where)}"
            try:
                at[where[-1]] = read(path.parent / name, where, source, asked, whole="deal")
            except StudyError as error:
                lines.extend(error.faults)
                at[where[-1]] = None
    return lines


def _lines(error: ValidationError, data: Any, source: Source) -> list[str]:
    across = [e.get("ctx", {}).get("error") for e in error.errors()]
    found = [f for faults in across if isinstance(faults, DealFaults) for f in faults.faults]
    if found:  # names are only looked at once every word is well formed
        return [f"{source.place(where)}: {dotted(where)}: {text}" for where, text in found]
    return messages(error, data, source.place, Deal)


def deal_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a deal file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Deal.model_json_schema()}
