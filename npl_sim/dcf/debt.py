"""Claims in enforcement, collateral items, and the dates at which sales are computed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from npl_sim.dcf.auction_rounds import held_rounds
from npl_sim.dcf.context import PolicyContext
from npl_sim.dcf.grid import Times
from npl_sim.dcf.market_moments import Factor
from npl_sim.policy.enforcement import CollateralTerms

SHARES = 10
"""Steps of the part of a claim that is left."""

STANDING_FOR = 6
"""Dates that represent the time of a sale for its effect on the rest of a claim."""

DATES = (
    *(*range(7), *range(8, 25, 2), *range(27, 37, 3), *range(42, 61, 6)),
    *(*range(72, 121, 12), 150, 180, 240, 300, 360, 480, 600),
)
"""Dates at which amounts are computed. [months]"""

BENT = 2e-3
"""Change of an index's monthly growth that adds a date."""


MOST_AT_ONCE = 20_000
"""Elements of an array for all tenths of a claim that are computed together."""


@dataclass
class Debt:
    """Claims in enforcement during the auctions."""

    rows: np.ndarray
    """Loan of each claim."""
    applied: Times
    """Probability of the application by time."""
    elapsed: np.ndarray | None
    """Time since the application of loans in enforcement on the tape; none for others."""
    base: np.ndarray
    """Claim at the valuation date and its monthly growth, shape (claims, 2)."""
    left: np.ndarray
    """Probability that 0, 1, ... `SHARES` tenths are left, shape (claims, SHARES + 1)."""
    unsold: np.ndarray
    """Probability that each item is unsold at the end, shape (claims, items)."""

    def owed(self, t: np.ndarray) -> np.ndarray:
        """Return the whole claim at times, shape (claims, times)."""
        return np.asarray(np.maximum(self.base[:, :1] + self.base[:, 1:] * t, 1e-9))


@dataclass(frozen=True)
class Dates:
    """Dates at which amounts are computed."""

    at: np.ndarray
    """The dates, shape (dates,). [months]"""
    join: np.ndarray
    """Weights of the linear interpolation between the dates, shape (dates, grid points)."""

    def shares(self, times: Times) -> np.ndarray:
        """Return the share of each row's probability at each date, shape (rows, dates)."""
        mass = times.mass @ self.join.T
        return np.asarray(mass / np.maximum(mass.sum(axis=1, keepdims=True), 1e-300))

    def representing(self, times: Times) -> np.ndarray:
        """Return positions of the dates that represent equal parts of each row's probability."""
        share = np.cumsum(self.shares(times), axis=1)
        middle = (np.arange(STANDING_FOR) + 0.5) / STANDING_FOR
        later = (share[:, :, None] < middle).sum(axis=1)
        return np.asarray(np.minimum(later, len(self.at) - 1))


def dates_of(context: PolicyContext, factor: Factor, gaps: np.ndarray) -> Dates:
    """Return the dates at which sales are computed: a fixed set, and bends of the index.

    Parameters
    ----------
    context
        Policy and loans.
    factor
        The items' index.
    gaps
        Time from the appraisal to each round, by which a bend comes later. [months]
    """
    bends = np.flatnonzero(np.abs(np.diff(factor.shift, 2)) > BENT) + 1.0
    own = (bends[:, None] + np.concatenate([[0.0], gaps])).ravel()
    wanted = {float(m) for m in (*DATES, *own) if m < context.end}
    at = np.array(sorted({*wanted, float(context.end)}), dtype=np.float64)
    return Dates(at, np.array([np.interp(context.at, at, row) for row in np.eye(len(at))]))


@dataclass(frozen=True)
class Item:
    """Items of one kind and index in one position, of many claims."""

    terms: CollateralTerms
    factor: Factor
    """The index."""
    which: np.ndarray
    """The claims among those of the debt."""
    rows: np.ndarray
    """Their loans."""
    slot: int
    """Position of the item."""
    gaps: np.ndarray
    """Expected time from the appraisal to each round, shape (rounds,). [months]"""
    dates: Dates

    def appraised(self, gap: float) -> np.ndarray:
        """Return the appraisal times of items sold at the dates, shape (dates,). [months]"""
        return np.maximum(self.dates.at - gap, 0.0)


def item_of(context: PolicyContext, debt: Debt, name: str, which: np.ndarray, slot: int) -> Item:
    """Return items of one kind and index in a position.

    Parameters
    ----------
    context, debt
        Policy and claims.
    name
        Name of the kind's terms.
    which
        Claims whose items in the position have the same kind and index.
    slot
        The position.
    """
    terms, rows = context.collateral[name], debt.rows[which]
    factor = context.market.indices[context.items.index[rows[0], slot]]
    level, weight = context.market.congestion_nodes(
        round(float(np.mean(debt.applied.mean[which])))
    )
    gaps = np.array([r.sale for r in held_rounds(terms)]) * float(level @ weight)
    return Item(terms, factor, which, rows, slot, gaps, dates_of(context, factor, gaps))


def batches(some: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Yield the tenths left, from 1 on, that `some` marks, in batches whose arrays are small."""
    tenths = np.flatnonzero(some[1:]) + 1
    each = max(MOST_AT_ONCE // max(size, 1), 1)
    for begin in range(0, len(tenths), each):
        yield tenths[begin : begin + each]
