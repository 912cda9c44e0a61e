"""Reading a deal from YAML: every fault at once, each with file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from npl_sim.deal.spec import Deal
from npl_sim.errors import StudyError
from npl_sim.studyfaults import kind_of, messages
from npl_sim.yamlfile import Source, override, read

__all__ = ["deal_schema", "load_deal"]


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


def deal_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a deal file, for editors."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Deal.model_json_schema()}
