"""Events of collection in the vectorized peer: tables, settlements, cures, promises to pay."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.peers.vector_cash import Accumulator
from benchmarks.peers.vector_chunk import Chunk
from npl_sim.kernels.context import CollectionTables

__all__ = ["CURES", "NO_EVENT", "SETTLES", "Collected", "Events", "Tables", "events_until"]

NO_EVENT, SETTLES, CURES = 0, 1, 2
MOST_PROMISES = 50
"""Most consecutive promises to pay of a path."""


class Tables:
    """Collection tables over the scenarios of a tile, (table, scenario, month).

    Parameters
    ----------
    collection, rows
        All tables, and the rows that the chunk needs.
    up
        Multiplier of the hazards, (scenario, month).
    months
        Months of collection.
    accumulator
        Source of the discount factors and of the servicing rate.
    """

    def __init__(
        self,
        collection: CollectionTables,
        rows: slice,
        up: np.ndarray,
        months: int,
        accumulator: Accumulator,
    ) -> None:
        self.width = months = months + 1
        discount, m = accumulator.discount[:months], np.arange(months)
        up = up[None, :, :months]
        per_month = {
            n: getattr(collection, n)[rows, None, :months]
            for n in ("settle", "cure", "pay", "commission", "cost")
        }
        self.hazard = np.cumsum(up * (per_month["settle"] + per_month["cure"]), axis=2)
        lift, bound = collection.lift[rows, None, :months], collection.bound[rows, None, None]
        multiplier = np.where(per_month["pay"] > 0.0, np.minimum(up * lift, bound), 0.0)
        self.paid = np.minimum(np.cumsum(multiplier * per_month["pay"], axis=2), 1.0)
        self.increment = np.diff(self.paid, axis=2, prepend=0.0)
        self.charged = self.increment * per_month["commission"]
        self.commission = np.cumsum(self.charged, axis=2)
        self.present = np.cumsum(
            (self.increment * (1.0 - accumulator.servicing) - self.charged) * discount, axis=2
        )
        self.month = np.cumsum(self.increment * m, axis=2)
        self.cost_rate = per_month["cost"]
        self.cost = np.cumsum(per_month["cost"][:, 0], axis=1)
        self.cost_present = np.cumsum(per_month["cost"][:, 0] * discount, axis=1)


@dataclass(frozen=True)
class Collected:
    """Paths in collection and their place in the tables.

    Attributes
    ----------
    paths, of, scenario
        Paths, their loans and their scenarios.
    table, row
        Table of each path among those of the chunk, and among all.
    cell
        Flat address of (table, scenario, month 0).
    hazard
        Cumulative hazard of an event, flat.
    frailty
        Multiplier of the hazard.
    """

    paths: np.ndarray
    of: np.ndarray
    scenario: np.ndarray
    table: np.ndarray
    row: np.ndarray
    cell: np.ndarray
    hazard: np.ndarray
    frailty: np.ndarray


@dataclass
class Events:
    """First event of each path: its month (0 without one), its outcome, any broken promise."""

    month: np.ndarray
    outcome: np.ndarray
    broken: np.ndarray


def _first_months(hazard, cell, frailty, start, last, threshold) -> np.ndarray:
    """Return the first months at which the hazard since `start` reaches a threshold.

    The month is 0 where the hazard stays below the threshold up to `last`.
    """
    before, most = hazard[cell + start], hazard[cell + np.maximum(last, start)]
    months = np.zeros(len(cell), dtype=np.int64)
    hit = np.flatnonzero((frailty * (most - before) >= threshold) & (most > before))
    low, high = start[hit] + 1, last[hit]
    cell, goal = cell[hit], threshold[hit] / frailty[hit] + before[hit]
    while (low < high).any():
        middle = (low + high) // 2
        over = hazard[cell + middle] >= goal
        high, low = np.where(over, middle, high), np.where(over, low, middle + 1)
    months[hit] = low
    return months


def _settles(settle: np.ndarray, cure: np.ndarray, sort: np.ndarray) -> np.ndarray:
    return sort * (settle + cure) < settle


def events_until(
    chunk: Chunk, collection: CollectionTables, group: Collected, last, event, sort
) -> Events:
    """Return the first event of each path up to `last`."""
    start, count = np.zeros_like(last), len(group.paths)
    month = _first_months(group.hazard, group.cell, group.frailty, start, last, -np.log(event))
    struck = np.flatnonzero(month)
    rates = (x[group.row, month] for x in (collection.settle, collection.cure))
    outcome = np.zeros(count, dtype=np.int8)
    outcome[struck] = np.where(_settles(*rates, sort)[struck], SETTLES, CURES)
    events = Events(month, outcome, np.zeros(count, dtype=bool))
    if chunk.terms["promise_months"] >= 0:
        _follow_promises(chunk, collection, group, last, events)
    return events


def _follow_promises(
    chunk: Chunk, collection: CollectionTables, group: Collected, last, events: Events
) -> None:
    """Follow promises to pay, round by round, and update `events` in place."""
    rng, wait = chunk.rng, int(chunk.terms["promise_months"])
    month, outcome, broken = events.month, events.outcome, events.broken
    hazard, cell, frailty = group.hazard, group.cell, group.frailty
    promised = np.flatnonzero(outcome == SETTLES)
    for _ in range(MOST_PROMISES):
        if len(promised) == 0:
            return
        due = month[promised] + wait
        in_time = due <= last[promised]
        outcome[promised[~in_time]] = NO_EVENT
        promised, due = promised[in_time], due[in_time]
        kept = rng.random(len(promised)) < chunk.terms["promise_kept_probability"]
        month[promised[kept]] = due[kept]
        promised, due = promised[~kept], due[~kept]
        broken[promised] = True
        goal = rng.standard_exponential(len(promised))
        again = _first_months(hazard, cell[promised], frailty[promised], due, last[promised], goal)
        outcome[promised[again == 0]] = NO_EVENT
        promised, again = promised[again > 0], again[again > 0]
        month[promised] = again
        settle, cure = (
            x[group.row[promised], again] for x in (collection.settle, collection.cure)
        )
        settles = _settles(settle, cure, rng.random(len(promised)))
        outcome[promised[~settles]] = CURES
        promised = promised[settles]
    outcome[promised] = NO_EVENT
