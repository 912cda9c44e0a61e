"""Securitization deals from YAML files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from npl_sim.core.errors import StudyError
from npl_sim.resources.shipped import opened
from npl_sim.securitization.terms.deal import Deal
from npl_sim.study.renamed_keys import DEAL_KEYS, Renames
from npl_sim.study.sections import Parts, on_base
from npl_sim.study.spec_reader import DEAL_SECTIONS, FileKind, draft_2020_12, read_spec
from npl_sim.study.yaml_places import Source
from npl_sim.study.yaml_source import read

ONLY_STUDY = {"tape", "policies", "valuation_date", "simulation", "pricing", "legal", "market"}
ONLY_DEAL = {
    *("tranches", "steps", "schedule", "closing_date", "legal_final", "pool_balance", "claims")
}
"""Keys that distinguish studies from deals."""

DEAL = FileKind(Deal, "deal", "name, tranches, steps", DEAL_SECTIONS, DEAL_KEYS)


def file_kind(path: str | Path) -> Literal["deal", "study"]:
    """Return whether a YAML file is a deal or a study, by its keys.

    A file with keys of both counts as the kind of which it has more keys.

    Raises
    ------
    StudyError
        If the file cannot be read, or has keys of neither.
    """
    path = opened(path)
    data = read(path, (), Source(), whole="study or deal")
    if isinstance(data, dict):
        data, _ = on_base(data, path, Source(), Parts("study"), Renames({}))
    keys = set(data) if isinstance(data, dict) else set()
    study, deal = len(keys & ONLY_STUDY), len(keys & ONLY_DEAL)
    if study == deal == 0:
        raise StudyError(
            [
                f"{path}:1:1: is neither a study (keys such as tape, policies) nor a deal "
                "(keys such as tranches, steps); expected one of them"
            ]
        )
    return "deal" if deal > study else "study"


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
        With every error found, each naming file, line, column and key.
    """
    return read_spec(path, DEAL, overrides)


def allow_files(deal: dict[str, Any], definitions: dict[str, Any]) -> None:
    """Allow file names in place of sections in the JSON Schema of a deal."""
    name = {"type": "string", "description": "Name of a YAML file with this section"}
    deal["properties"]["structure"]["anyOf"].append(name)
    for section in ("ratings", "stresses"):
        definitions["Structure"]["properties"][section]["anyOf"].append(name)


def deal_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a deal file, for editors."""
    result = Deal.model_json_schema()
    allow_files(result, result["$defs"])
    return draft_2020_12(result)
