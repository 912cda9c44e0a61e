"""Last result of each measurement in the history, with its commit and its machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["BUSY", "Found", "busy", "head_of", "latest", "origin"]

Record = dict[str, Any]

BUSY = 0.5
"""Load of other processes above which a measurement is marked as busy."""


@dataclass(frozen=True)
class Found:
    """Last result of a measurement.

    Attributes
    ----------
    name
        Name of the measurement.
    results
        Last result; for sizes, the last result of each size.
    record
        Record that holds the result; for sizes, the last record.
    rows
        Record of each size; empty for other measurements.
    """

    name: str
    results: dict[str, Any]
    record: Record
    rows: Mapping[str, Record] = field(default_factory=dict)

    @property
    def busy(self) -> str:
        """Note on the load of other processes when the measurement began; empty without any."""
        return busy(self.record, self.name)


def latest(records: list[Record]) -> dict[str, Found]:
    """Return the last result of each measurement by name."""
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
    """Return the record that holds most of the last results; if several do, the last of them."""
    count: dict[int, int] = {}
    records = {id(f.record): f.record for f in found.values()}
    for f in found.values():
        count[id(f.record)] = count.get(id(f.record), 0) + 1
    most = max(count.values())
    return [record for key, record in records.items() if count[key] == most][-1]


def origin(record: Record, head: Record) -> str:
    """Return the commit, the date and the differing facts of a record.

    The text is empty for the head record itself.
    """
    if record is head:
        return ""
    facts = {k: v for k, v in record["facts"].items() if k != "Date" and head["facts"].get(k) != v}
    parts = [
        f"{record['facts']['Date']} at {record['commit']}",
        *(f"{k}: {v}" for k, v in facts.items()),
    ]
    return f"Measured {'; '.join(parts)}."


def busy(record: Record, name: str) -> str:
    """Return a note on the load of other processes when a measurement began.

    The note is empty if there was no such load or if it is unknown.
    """
    load = record.get("load", {}).get(name)
    if load is None or load["load"] - load["own"] <= BUSY:
        return ""
    return f"busy: load {load['load']:.1f} before the run, {load['own']:.1f} from the suite itself"
