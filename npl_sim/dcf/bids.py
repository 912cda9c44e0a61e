"""Best bids in the rounds of an auction, relative to the appraisal.

A best bid is B = V x. V, the value at the appraisal, is lognormal. x, the bid over that value, is
lognormal too and must reach the reserve. The index changes from round to round, so x depends on
the date of the appraisal. docs/model.md section 4.6, step 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from npl_sim.core.errors import known
from npl_sim.dcf.market_moments import Factor
from npl_sim.policy.enforcement import CollateralTerms

BID_NODES = 8
"""Equally likely parts of a bid above the reserve."""

RATIO_NODES = 8
"""Nodes of the bids of one round."""

GRID = np.linspace(-5.0, 5.0, 41)
"""Grid of the index since the appraisal, in standard deviations at the last round."""


@dataclass(frozen=True)
class Round:
    """One round of an auction, by date of the appraisal."""

    ratio: np.ndarray
    """Nodes of the bid over the value at the appraisal, shape (nodes, ...dates)."""
    weight: np.ndarray
    """Probabilities of the nodes; their sum is that of a sale in this round."""
    unsold: np.ndarray
    """Probability that this round and all earlier ones fail, shape (...dates)."""
    fallen: np.ndarray
    """Mean of the index if they fail, over its unconditional mean, shape (...dates)."""

    def take(self, which: np.ndarray) -> Round:
        """Return the round at some of its dates, in the shape of `which`."""
        return Round(
            self.ratio[:, which], self.weight[:, which], self.unsold[which], self.fallen[which]
        )


def round_of(
    terms: CollateralTerms, factor: Factor, appraised: np.ndarray, gaps: np.ndarray
) -> Round:
    """Return the last of some rounds of an auction.

    The density of the index among open auctions moves from round to round on a grid. So a second
    round after a fall of the index has a lower probability of a sale.

    Parameters
    ----------
    terms
        Terms of the collateral.
    factor
        The item's index.
    appraised
        Dates of the appraisal, shape (dates,). [months]
    gaps
        Time from the appraisal to each round up to this one, shape (rounds,). [months]
    """
    growth, risk = _moves(factor, appraised, gaps)
    widest = np.sqrt(risk[-1])
    grid = GRID if float(widest.max(initial=0.0)) > 1e-9 else np.zeros(1)
    moved = widest[:, None] * grid
    open_mass = np.tile((grid == 0.0).astype(np.float64), (len(appraised), 1))
    before, last = np.zeros(len(appraised)), None
    for step, up, spread in zip(terms.rounds, growth, risk, strict=False):
        sd = np.sqrt(np.maximum(spread - before, 0.0))
        sd_on_grid = np.divide(sd, widest, out=np.zeros_like(sd), where=widest > 1e-9)
        open_mass = _carried(open_mass, sd_on_grid, grid)
        before = spread
        move = np.exp(moved - spread[:, None] / 2.0)
        mean = (1.0 - terms.forced_sale_discount) * up[:, None] * move
        sells, ratio = _bids(mean, terms.bid_volatility, step.reserve)
        weight = open_mass * sells
        open_mass = open_mass * (1.0 - sells)
        last = ratio, weight, move
    last = known(last, "last")
    ratio, weight, move = last
    nodes = [_gathered(r, w) for r, w in zip(ratio, weight, strict=True)]
    still = open_mass.sum(axis=1)
    fallen = np.divide(
        (open_mass * move).sum(axis=1), still, out=np.ones_like(still), where=still > 1e-15
    )
    return Round(
        np.array([n[0] for n in nodes]).T, np.array([n[1] for n in nodes]).T, still, fallen
    )


def _moves(
    factor: Factor, appraised: np.ndarray, gaps: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return growth and log variance of the index since the appraisal, shape (rounds, dates)."""
    months = np.arange(len(factor.shift))
    later = appraised + gaps[:, None]
    growth = np.exp(
        np.interp(later, months, factor.shift) - np.interp(appraised, months, factor.shift)
    )
    first, last = (np.interp(t, months, factor.variance) for t in (appraised, later))
    risk = last + first - 2.0 * factor.persistence ** gaps[:, None] * first
    return growth, np.maximum.accumulate(np.maximum(risk, 0.0), axis=0)


def _carried(mass: np.ndarray, sd: np.ndarray, grid: np.ndarray) -> np.ndarray:
    """Return masses on a grid after a normal step, row by row; `sd` is in grid units."""
    if len(grid) == 1 or not (sd > 1e-6).any():
        return mass
    apart = (grid[None, :] - grid[:, None]) ** 2
    jump = np.exp(-0.5 * apart / np.maximum(sd, 1e-6)[:, None, None] ** 2)
    jump /= jump.sum(axis=2, keepdims=True)
    return np.asarray(np.einsum("di,dij->dj", mass, jump))


def _bids(mean: np.ndarray, sd: float, reserve: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the probability that a lognormal bid reaches a reserve, and equally likely bids.

    Each bid is the mean of its part of the distribution. The parts are the last axis.
    """
    if sd < 1e-9:
        return (mean >= reserve * (1.0 - 1e-9)).astype(np.float64), mean[..., None]
    with np.errstate(divide="ignore"):
        least = mean * 0.0 - 40.0
        if reserve > 0.0:
            least = np.log(reserve / np.maximum(mean, 1e-300)) / sd + sd / 2.0
    sells = special.ndtr(-least)
    parts = np.linspace(1.0, 0.0, BID_NODES + 1)
    mass = np.maximum(sells, 1e-300)[..., None]
    z = -special.ndtri(mass * parts)
    inside = np.diff(special.ndtr(z - sd), axis=-1) * BID_NODES / mass
    return sells, mean[..., None] * inside


def _gathered(ratio: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a few nodes for many: means over parts of about equal probability.

    Parameters
    ----------
    ratio
        Equally likely bids at each point of the grid, shape (grid, bids).
    weight
        Probability of a sale at each point of the grid, shape (grid,).
    """
    weight = np.repeat(weight / ratio.shape[1], ratio.shape[1])
    order = np.argsort(ratio, axis=None, kind="stable")
    ratio, weight = ratio.ravel()[order], weight[order]
    total = float(weight.sum())
    if total <= 1e-15:
        return np.ones(RATIO_NODES), np.zeros(RATIO_NODES)
    middle = (np.cumsum(weight) - weight / 2.0) / total
    part = np.minimum((middle * RATIO_NODES).astype(int), RATIO_NODES - 1)
    chances = np.bincount(part, weight, RATIO_NODES)
    sums = np.bincount(part, weight * ratio, RATIO_NODES)
    return np.divide(sums, chances, out=np.ones(RATIO_NODES), where=chances > 0.0), chances
