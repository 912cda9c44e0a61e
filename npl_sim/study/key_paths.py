"""Paths of dotted keys: entries of lists by position or by name."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from npl_sim.core.issues import KeyPath


def key_path(value: Any, key: str) -> KeyPath:
    """Return the path of a dotted key, with positions in place of names of entries.

    Parameters
    ----------
    value
        A study, or another specification.
    key
        Dotted key such as ``policies.firms.cure.rate`` or ``policies.2.cure.rate``. Keys that the
        specification does not have stay as they are.
    """
    path: KeyPath = ()
    parts = key.split(".")
    while parts:
        step, used = _step(value, parts)
        path, parts = (*path, step), parts[used:]
        value = _below(value, step)
    return path


def _step(value: Any, parts: list[str]) -> tuple[str | int, int]:
    """Return the next key or position, and how many parts of the key it takes."""
    if isinstance(value, list | tuple):
        if parts[0].isdecimal():
            return int(parts[0]), 1
        for used in range(1, len(parts) + 1):
            name = ".".join(parts[:used])
            for i, entry in enumerate(value):
                if getattr(entry, "name", None) == name:
                    return i, used
    if isinstance(value, dict):
        for used in range(1, len(parts) + 1):
            if ".".join(parts[:used]) in value:
                return ".".join(parts[:used]), used
    return parts[0], 1


def _below(value: Any, step: str | int) -> Any:
    """Return the value below a key or position, None without one."""
    if isinstance(value, BaseModel):
        return getattr(value, str(step), None)
    if isinstance(value, dict):
        return value.get(step)
    known = isinstance(value, list | tuple) and isinstance(step, int) and step < len(value)
    return value[step] if known else None
