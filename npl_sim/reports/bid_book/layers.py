"""Layers that the values of a study come from, as tables of assumptions show them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from npl_sim.core.issues import KeyPath

Layers = Mapping[KeyPath, str]
"""Layer that a value of a study comes from, by its path (`LoadedStudy.origins`)."""

NO_LAYERS: Layers = MappingProxyType({})
"""Layers of a study that was not read from files."""


def set_by(path: KeyPath, stated: bool, layers: Layers) -> str:
    """Return the layer that sets a value: a base, a file with its line, a cell, or --set.

    Parameters
    ----------
    path
        Path of the value.
    stated
        Whether the study states it.
    layers
        Layers by path; the group above a value sets it where nothing sets it by itself.
    """
    if not stated:
        return "default" if layers else ""
    lengths = range(len(path), 0, -1)
    found = next(((n, layers[path[:n]]) for n in lengths if path[:n] in layers), (0, ""))
    # A section of several layers does not say which of them sets the value.
    return "" if found[0] == 1 < len(path) and "; " in found[1] else found[1]


def base_of(section: str, layers: Layers) -> str:
    """Return the base that gives every value of a section; empty if another layer gives some.

    Parameters
    ----------
    section
        Name of the section.
    layers
        Layers by path.
    """
    layer = layers.get((section,), "")
    return layer if layer.startswith("base ") and "; " not in layer else ""
