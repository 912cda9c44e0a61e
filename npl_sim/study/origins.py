"""Layers that the values of a study come from: a base, a file with its line, a cell, `--set`."""

from __future__ import annotations

from collections.abc import Sequence

from npl_sim.core.issues import KeyPath
from npl_sim.study.inputs.edits import InputEdit
from npl_sim.study.yaml_places import Source


def origins_of(source: Source, edits: Sequence[InputEdit]) -> dict[KeyPath, str]:
    """Return the layers of all values, by path of the value or of a group of them.

    Parameters
    ----------
    source
        Places of the values.
    edits
        Edited cells of the workbook of inputs, which name their row, owner, date and source.
    """
    cells = {e.path: e.origin for e in edits if source.places.get(e.path) == e.place}
    found: dict[KeyPath, dict[str, None]] = {}
    for where in source.places:
        layer = cells.get(where) or source.origin(where)
        for length in range(1, len(where) + 1):
            found.setdefault(where[:length], {})[layer] = None
    return {where: _joined(list(layers)) for where, layers in found.items()}


def _joined(layers: list[str]) -> str:
    """Return layers in one text, the one noted last first; a file is named once."""
    first: dict[str, str] = {}
    for layer in reversed(layers):
        name, _, line = layer.rpartition(":")
        first[name if name and line.isdecimal() else layer] = layer
    return "; ".join(layer for layer in first.values() if layer)
