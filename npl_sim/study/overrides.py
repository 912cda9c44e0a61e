"""Overrides: values by dotted key that replace those of a file."""

from __future__ import annotations

from typing import Any

from npl_sim.core.errors import StudyError, quoted
from npl_sim.study.messages import kind_of
from npl_sim.study.yaml_limits import MOST_LEVELS
from npl_sim.study.yaml_places import Path_, Source


def override(data: dict[str, Any], key: str, value: Any, source: Source) -> None:
    """Replace one value, and note that it came from no file."""
    parts = key.split(".")
    if "" in parts:
        raise StudyError(
            [
                f"override {quoted(key)}: expected keys joined by single dots, such as "
                "simulation.seed"
            ]
        )
    if len(parts) > MOST_LEVELS:
        raise StudyError(
            [f"override {quoted(key)}: {len(parts):,} levels; expected at most {MOST_LEVELS}"]
        )
    at: Any = data
    replaced: Any = None
    where: Path_ = ()
    for i, part in enumerate(parts):
        index: Any = part
        if isinstance(at, list):
            if not part.isdecimal() or int(part) >= len(at):
                raise StudyError(
                    [f"override {key}: got position {part!r}; expected 0 to {len(at) - 1}"]
                )
            index = int(part)
        elif not isinstance(at, dict):
            raise StudyError(
                [
                    f"override {key}: {'.'.join(parts[:i])} is a {kind_of(at)}; expected keys "
                    "below it"
                ]
            )
        where = (*where, index)
        if i == len(parts) - 1:
            replaced = at.get(index) if isinstance(at, dict) else at[index]
            at[index] = value
        else:
            if isinstance(at, dict) and at.get(index) is None:
                at[index] = {}  # a section left out, or empty
            at = at[index]
    if isinstance(replaced, dict | list):
        for old in [w for w in source.places if w[: len(where)] == where]:
            del source.places[old]
    source.places[where] = "override"
