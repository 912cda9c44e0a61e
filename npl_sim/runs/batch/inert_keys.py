"""Keys of a grid that changed no number of any run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from npl_sim.runs.batch.names import shown

if TYPE_CHECKING:
    from npl_sim.runs.batch.jobs import Entry
    from npl_sim.runs.batch.table import Row

NUMBERS = ("gbv", "mean", "se", "value_at_target", "buyer_bid", "q5", "es", "scenarios", "loans")
"""Columns of results that a key may move."""


def unmoved_keys(rows: Sequence[Row], entries: Sequence[Entry]) -> list[str]:
    """Return the keys whose values made no difference wherever runs differ in them alone.

    Parameters
    ----------
    rows, entries
        What came of each run, and the run.
    """
    done = [
        (row, entry) for row, entry in zip(rows, entries, strict=True) if row.status != "failed"
    ]
    keys = dict.fromkeys(key for _, entry in done for key in entry.point)
    return [key for key in keys if _moved(key, done) is False]


def _moved(key: str, done: Sequence[tuple[Row, Entry]]) -> bool | None:
    """Return whether a key moved a number; none where no two finished runs differ in it alone."""
    groups: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for row, entry in done:
        others = sorted(f"{k}={shown(v)}" for k, v in entry.point.items() if k != key)
        # As text, so that what is not known equals itself.
        numbers = tuple(repr(getattr(row, name)) for name in NUMBERS)
        groups.setdefault((entry.file, *others), []).append(numbers)
    compared = [found for found in groups.values() if len(found) > 1]
    if not compared:
        return None
    return any(len(set(found)) > 1 for found in compared)
