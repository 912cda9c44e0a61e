"""Dotted keys of a study, with names in place of positions of lists."""

from __future__ import annotations

from typing import Any

from npl_sim.core.errors import quoted
from npl_sim.study.yaml_places import Path_

NAMES = ("name", "method")
"""Keys by which the entries of a list are named."""


_INDEX = {"region", "drift", "volatility"}
"""Keys of which a price index of collateral has some; its name is region/kind."""


class UnknownKeyError(ValueError):
    """A key names no entry of a list; the message says what it may name."""


def name_in(entry: Any) -> str:
    """Return the name of an entry of a list; empty if it has none."""
    for key in NAMES:
        name = entry.get(key) if isinstance(entry, dict) else getattr(entry, key, None)
        if isinstance(name, str) and name:
            return name.removeprefix("index:")
    if isinstance(entry, dict) and _INDEX & set(entry):
        return f"{entry.get('region', '*')}/{entry.get('kind', '*')}"
    return ""


def path_of(data: Any, key: str) -> Path_:
    """Return the path of a dotted key in plain data.

    Parameters
    ----------
    data
        Plain data of a study.
    key
        Dotted key. An entry of a list is named by its position or its name, and a name may hold
        dots.

    Raises
    ------
    UnknownKeyError
        If a list has no such entry, or the key has an empty part.
    """
    path: list[str | int] = []
    at, rest = data, key.strip()
    while rest:
        if isinstance(at, list):
            position, at, rest = _entry(at, rest, key)
            path.append(position)
            continue
        name, rest = _name(list(at) if isinstance(at, dict) else [], rest)
        at = at.get(name) if isinstance(at, dict) else None
        if not name:
            raise UnknownKeyError(f"got {quoted(key)}; expected keys joined by single dots")
        path.append(name)
    if not path:
        raise UnknownKeyError("got nothing; expected a key of the study")
    return tuple(path)


def _entry(entries: list[Any], rest: str, key: str) -> tuple[int, Any, str]:
    names = [name_in(entry) for entry in entries]
    found, left = _name([n for n in names if n], rest)
    if found in names:
        at = names.index(str(found))
    elif str(found).isdecimal() and int(found) < len(entries):
        at = int(found)
    else:
        known = ", ".join(n for n in names if n) or f"0 to {len(entries) - 1}"
        raise UnknownKeyError(f"got {quoted(key)}: no entry {quoted(found)}; expected {known}")
    return at, entries[at], left


def _name(known: list[str], rest: str) -> tuple[str, str]:
    """Return the first part of a key, the longest known name before all, and what follows it."""
    for name in sorted(known, key=len, reverse=True):
        if rest == name or rest.startswith(f"{name}."):
            return name, rest[len(name) + 1 :]
    part, _, left = rest.partition(".")
    return part, left
