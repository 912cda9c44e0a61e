"""From the history to the last of each measurement: what was found, at which commit, on what machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["BUSY", "Found", "busy", "head_of", "latest", "origin"]

Record = dict[str, Any]

BUSY = 0.5
"""Load beyond a measurement's own above which it is marked."""


@dataclass(frozen=True)
class Found:
    """The last of a measurement.

    Attributes
    ----------
    name
        Of the measurement.
    results
        What was found; of sizes, the last of each, whichever record holds it.
    record
        The record that holds it; of sizes, the last one.
    rows
        Of sizes: the record of each.
    """

    name: str
    results: dict[str, Any]
    record: Record
    rows: Mapping[str, Record] = field(default_factory=dict)

    @property
    def busy(self) -> str:
        """Words on other work, where there was some when the measurement began."""
        return busy(self.record, self.name)


def latest(records: list[Record]) -> dict[str, Found]:
    """Return the last of each measurement by name."""
    found: dict[str, Found] = {}
    for record in records:
        for name, results in record["results"].items():
            if name == "scale":
                before = found.get(name, Found(name, {}, record))
                rows = {**before.rows, **dict.fromkeys(results, record)}
                found[name] = Found(name, {**before.results, **results}, record, rows)
            else:
                found[name] = Found(name, results, record)
    return found


def head_of(found: Mapping[str, Found]) -> Record:
    """Return the record that holds most of what is shown; of equals, the last."""
    held: dict[int, int] = {}
    records = {id(f.record): f.record for f in found.values()}
    for f in found.values():
        held[id(f.record)] = held.get(id(f.record), 0) + 1
    most = max(held.values())
    return [record for key, record in records.items() if held[key] == most][-1]


def origin(record: Record, head: Record) -> str:
    """Return commit and day of a record, and its facts that differ from the head's; nothing for the head itself."""
    if record is head:
        return ""
    facts = {k: v for k, v in record["facts"].items() if k != "Date" and head["facts"].get(k) != v}
    words = [
        f"{record['facts']['Date']} at {record['commit']}",
        *(f"{k}: {v}" for k, v in facts.items()),
    ]
    return f"Measured {'; '.join(words)}."


def busy(record: Record, name: str) -> str:
    """Return words on other work when a measurement began; nothing where there was none, or it is not known."""
    load = record.get("load", {}).get(name)
    if load is None or load["load"] - load["own"] <= BUSY:
        return ""
    return f"busy: load {load['load']:.1f} before it, {load['own']:.1f} of that its own"
