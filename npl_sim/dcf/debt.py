"""Claims in enforcement as auctions see them, items of collateral, and the dates at which sales are worked out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.dcf.context import Desk
from npl_sim.dcf.grid import Times
from npl_sim.dcf.market_moments import Factor
from npl_sim.policy.enforcement import CollateralTerms

__all__ = ["SHARES", "Dates", "Debt", "Item", "dates_of", "item_of"]

SHARES = 10
"""Steps in which the part of a claim that is left is told apart."""

STANDING_FOR = 6
"""Dates that stand for the time of a sale where it changes what is left of a claim."""

DATES = (
    *range(7), *range(8, 25, 2), 27, 30, 33, 36, 42, 48, 54, 60, 72, 84, 96, 108, 120, 150, 180, 240, 300, 360, 480, 600,
)  # fmt: skip
"""Dates at which amounts are worked out. [months]"""

BENT = 2e-3
"""Change of an index's monthly growth that asks for a date of its own."""


@dataclass
class Debt:
    """Claims in enforcement, as auctions see them.

    Attributes
    ----------
    rows
        Loan of each claim.
    applied
        Probability of the application by time.
    elapsed
        Time since the application of loans that stand in enforcement on the tape; none: on the walk.
    base
        What is owed at the valuation date, and its growth a month, shape (claims, 2): owed is linear.
    left
        Probability that 0, 1, ... `SHARES` tenths of the claim are left, shape (claims, SHARES + 1).
    unsold
        Probability that each item is unsold at the end, shape (claims, items).
    """

    rows: np.ndarray
    applied: Times
    elapsed: np.ndarray | None
    base: np.ndarray
    left: np.ndarray
    unsold: np.ndarray

    def owed(self, t: np.ndarray) -> np.ndarray:
        """Return what the whole claim would be at times, shape (claims, times)."""
        return np.asarray(np.maximum(self.base[:, :1] + self.base[:, 1:] * t, 1e-9))


@dataclass(frozen=True)
class Dates:
    """Dates at which amounts are worked out.

    Attributes
    ----------
    at
        The dates, shape (dates,). [months]
    join
        Weights that join amounts at the dates by straight lines, shape (dates, points of the grid).
    """

    at: np.ndarray
    join: np.ndarray

    def shares(self, times: Times) -> np.ndarray:
        """Return the share of each row's probability that is nearest to each date, shape (rows, dates)."""
        mass = times.mass @ self.join.T
        return np.asarray(mass / np.maximum(mass.sum(axis=1, keepdims=True), 1e-300))

    def standing_for(self, times: Times) -> np.ndarray:
        """Return positions of the dates that stand for equal parts of each row's probability."""
        share = np.cumsum(self.shares(times), axis=1)
        middle = (np.arange(STANDING_FOR) + 0.5) / STANDING_FOR
        later = (share[:, :, None] < middle).sum(axis=1)
        return np.asarray(np.minimum(later, len(self.at) - 1))


def dates_of(desk: Desk, factor: Factor, gaps: np.ndarray) -> Dates:
    """Return the dates at which sales are worked out: a fixed set, and those where the index's growth bends.

    Parameters
    ----------
    desk
        The policy.
    factor
        The items' index.
    gaps
        Time from the appraisal to each round: the growth before a sale bends later by as much. [months]
    """
    bends = np.flatnonzero(np.abs(np.diff(factor.shift, 2)) > BENT) + 1.0
    own = (bends[:, None] + np.concatenate([[0.0], gaps])).ravel()
    wanted = {float(m) for m in (*DATES, *own) if m < desk.end}
    at = np.array(sorted({*wanted, float(desk.end)}), dtype=np.float64)
    return Dates(at, np.array([np.interp(desk.at, at, row) for row in np.eye(len(at))]))


@dataclass(frozen=True)
class Item:
    """Items of one kind and index in one position, of many claims.

    Attributes
    ----------
    terms, factor
        Terms of the kind, and the index.
    which, rows, slot
        The claims among those of the debt, their loans, and the position of the item.
    gaps
        Expected time from the appraisal to each round, shape (rounds,). [months]
    dates
        Dates at which amounts are worked out.
    """

    terms: CollateralTerms
    factor: Factor
    which: np.ndarray
    rows: np.ndarray
    slot: int
    gaps: np.ndarray
    dates: Dates

    def appraised(self, gap: float) -> np.ndarray:
        """Return when an item was appraised that is sold at the dates, shape (dates,). [months]"""
        return np.maximum(self.dates.at - gap, 0.0)


def item_of(desk: Desk, debt: Debt, name: str, which: np.ndarray, slot: int) -> Item:
    """Return items of one kind and index in a position.

    Parameters
    ----------
    desk, debt
        The policy and its claims.
    name
        Name of the kind's terms.
    which
        The claims, whose items in the position share kind and index.
    slot
        The position.
    """
    terms, rows = desk.collateral[name], debt.rows[which]
    factor = desk.world.indices[desk.items.index[rows[0], slot]]
    level, weight = desk.world.congestion_nodes(round(float(np.mean(debt.applied.mean[which]))))
    gaps = np.cumsum([r.months for r in terms.rounds]) * float(level @ weight)
    return Item(terms, factor, which, rows, slot, gaps, dates_of(desk, factor, gaps))
