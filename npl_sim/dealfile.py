"""Reading a deal from YAML: every fault at once, each with file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError

from npl_sim.deal.spec import Deal
from npl_sim.errors import StudyError
from npl_sim.studyfaults import dotted, kind_of, messages
from npl_sim.yamlfile import Source, override, read

__all__ = ["deal_schema", "file_kind", "load_deal"]

ONLY_STUDY = ("tape", "policies", "valuation_date", "simulation", "pricing", "legal", "market")
ONLY_DEAL = ("tranches", "steps", "schedule", "closing_date", "legal_final", "pool_balance", "claims")
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
        raise StudyError([*lines, *messages(error, data, source.place, Deal)]) from None
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


def deal_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a deal file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Deal.model_json_schema()}
