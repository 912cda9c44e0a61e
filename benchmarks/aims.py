"""Aims of the benchmarks, read from `aims.toml`."""

from __future__ import annotations

import functools
import tomllib
from pathlib import Path
from typing import NamedTuple

__all__ = ["Aim", "aims"]

FILE = Path(__file__).with_name("aims.toml")
BOUNDS = {"at most": True, "at least": False}


class Aim(NamedTuple):
    """An aim.

    Attributes
    ----------
    key
        What is measured.
    name
        Name on the page.
    aim, unit
        The value to reach and its unit.
    at_most
        Whether the aim is an upper bound.
    reason
        Why it is missed, if it is.
    """

    key: str
    name: str
    aim: float
    unit: str
    at_most: bool
    reason: str


@functools.cache
def aims() -> dict[str, Aim]:
    """Return the aims by key, in the order of the file."""
    found: dict[str, Aim] = {}
    for entry in tomllib.loads(FILE.read_text(encoding="utf-8"))["aim"]:
        bound = BOUNDS[entry.pop("bound")]
        aim = Aim(at_most=bound, **entry)
        if aim.key in found:
            raise ValueError(f"{FILE.name}: the key {aim.key} occurs twice")
        found[aim.key] = aim
    return found
