"""Overrides: values by dotted key that replace those of a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from npl_sim.core.errors import StudyError, escaped, quoted, shortened
from npl_sim.study.messages import kind_of
from npl_sim.study.yaml_limits import MOST_LEVELS
from npl_sim.study.yaml_places import OVERRIDE, Path_, Source
from npl_sim.study.yaml_source import plain_data, tree_of


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
        source.forget(where)
    source.places[where] = OVERRIDE


def parse_settings(settings: Sequence[str]) -> dict[str, Any]:
    """Return overrides from ``key=value`` texts, each value read as YAML.

    Raises
    ------
    StudyError
        If a text has no ``=`` or its value is not YAML.
    """
    overrides = {}
    for text in settings:
        key, equals, value = text.partition("=")
        shown = escaped(shortened(text))
        if not equals or not key.strip():
            raise StudyError([f"--set {shown}: expected KEY=VALUE, such as simulation.seed=7"])
        try:
            tree = tree_of(value, "value")
        except StudyError:
            raise StudyError(
                [f"--set {shown}: is not valid YAML; expected a number, text or list"]
            ) from None
        overrides[key.strip()] = plain_data(tree, (), f"--set {shown}", Source())
    return overrides
