"""Best bids in the rounds of an auction, relative to the appraisal.

A price is B = V x. V, the value at the appraisal, is lognormal. x, the price over that value, is
at least the reserve. The index changes from round to round, so x depends on
the date of the appraisal. docs/model.md section 4.6, step 1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy import special

from npl_sim.core.errors import known
from npl_sim.dcf.auction_rounds import HeldRound, held_rounds
from npl_sim.dcf.market_moments import Factor
from npl_sim.policy.enforcement import AuctionRound, CollateralTerms

BID_NODES = 8
"""Equally likely parts of a bid above the reserve."""

SHARED_NODES = 7
"""Nodes of the normal that all valuations of an item share."""

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

    def followed_by(self, other: Round) -> Round:
        """Return the round at its dates and then at those of another."""
        return Round(
            np.concatenate([self.ratio, other.ratio], axis=1),
            np.concatenate([self.weight, other.weight], axis=1),
            np.concatenate([self.unsold, other.unsold]),
            np.concatenate([self.fallen, other.fallen]),
        )


@dataclass
class _OpenAuctions:
    """Auctions that are still open, by date, index and normal that all valuations share.

    The last entry of the shared normal stands for items that never find a bidder.
    """

    mass: np.ndarray
    """Probability, shape (dates, grid, nodes + 1)."""
    shared: np.ndarray
    """Factor on all valuations of an item, shape (nodes + 1,)."""

    def fail(self, sells: np.ndarray, acceptance: float) -> None:
        """Remove what a round sells, and what the creditor accepts after it."""
        self.mass = self.mass * (1.0 - sells) * (1.0 - acceptance)


@dataclass(frozen=True)
class _RoundResult:
    """A round that took place, by date, index and shared normal."""

    step: HeldRound
    means: np.ndarray
    """Mean valuation of a bidder, over the value at the appraisal."""
    reserve: np.ndarray
    """Reserve over the value at the appraisal."""
    sells: np.ndarray
    """Probability that a bidder takes the item."""
    move: np.ndarray
    """Index since the appraisal, over its mean, by date and index."""
    paid: np.ndarray
    """Probability that a winner pays."""


def _open_auctions(terms: CollateralTerms, on_grid: np.ndarray) -> _OpenAuctions:
    common = terms.bid_volatility * math.sqrt(terms.bid_correlation)
    node, weight = np.zeros(1), np.ones(1)
    if common > 0.0:
        node, weight = np.polynomial.hermite_e.hermegauss(SHARED_NODES)
        weight = weight / weight.sum()
    nobody = terms.no_bidder_probability
    weight = np.concatenate([(1.0 - nobody) * weight, [nobody]])
    shared = np.concatenate([np.exp(common * node - common * common / 2.0), [0.0]])
    return _OpenAuctions(on_grid[:, :, None] * weight, shared)


def round_of(
    terms: CollateralTerms, factor: Factor, appraised: np.ndarray, gaps: np.ndarray
) -> Round:
    """Return the last of some rounds of an auction.

    The density of the index among open auctions moves from round to round on a grid. So a second
    round after a fall of the index has a lower probability of a sale. A new appraisal follows the
    mean of the index.

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
    rounds = held_rounds(terms)
    nominal = np.array([r.appraised for r in rounds])
    anew = _moves(factor, appraised, nominal * gaps[0] / max(rounds[0].sale, 1e-300))[0]
    widest = np.sqrt(risk[-1])
    grid = GRID if float(widest.max(initial=0.0)) > 1e-9 else np.zeros(1)
    moved = widest[:, None] * grid
    auctions = _open_auctions(terms, np.tile((grid == 0.0).astype(np.float64), (len(widest), 1)))
    before, last = np.zeros(len(appraised)), cast(_RoundResult | None, None)
    for step, up, spread, level in zip(rounds, growth, risk, anew, strict=False):
        if last is not None:
            auctions.fail(last.paid, last.step.acceptance)
        sd = np.sqrt(np.maximum(spread - before, 0.0))
        sd_on_grid = np.divide(sd, widest, out=np.zeros_like(sd), where=widest > 1e-9)
        auctions.mass = _carried(auctions.mass, sd_on_grid, grid)
        before = spread
        move = np.exp(moved - spread[:, None] / 2.0)
        mean = (1.0 - terms.forced_sale_discount) * (up[:, None] * move)[..., None]
        reserve = (step.terms.reserve * level)[:, None, None]
        means = mean * auctions.shared
        sells = _chances(terms, step.terms, means, reserve)
        sells[..., -1] = 0.0
        # The round is held again after the default of a winner, where all winners pay.
        d = terms.winner_default_probability
        paid = sells * (1.0 - d + d * sells)
        last = _RoundResult(step, means, reserve, sells, move, paid)
    final = known(last, "last")
    ratio = _prices(terms, final.step.terms, final.means, final.reserve, final.sells)
    weight = auctions.mass * final.paid
    nodes = [_gathered(r, w) for r, w in zip(ratio, weight, strict=True)]
    left = (auctions.mass * (1.0 - final.paid)).sum(axis=2)
    still = left.sum(axis=1)
    fallen = np.divide(
        (left * final.move).sum(axis=1), still, out=np.ones_like(still), where=still > 1e-15
    )
    return Round(
        np.array([n[0] for n in nodes]).T, np.array([n[1] for n in nodes]).T, still, fallen
    )


def _chances(
    terms: CollateralTerms, step: AuctionRound, mean: np.ndarray, reserve: np.ndarray
) -> np.ndarray:
    """Return the probability of a sale.

    Parameters
    ----------
    terms, step
        Terms of the collateral and of the round.
    mean
        Mean valuation of a bidder, over the value at the appraisal.
    reserve
        Reserve over the value at the appraisal, of a shape that broadcasts.
    """
    own = terms.bid_volatility * math.sqrt(1.0 - terms.bid_correlation)
    if step.bidders is None:
        if own < 1e-9:
            return (mean >= reserve * (1.0 - 1e-9)).astype(np.float64)
        return np.asarray(special.ndtr(-_least(mean, own, reserve)))
    return -np.expm1(-step.bidders * _tail(mean, own, reserve))


def _prices(
    terms: CollateralTerms,
    step: AuctionRound,
    mean: np.ndarray,
    reserve: np.ndarray,
    sells: np.ndarray,
) -> np.ndarray:
    """Return equally likely prices, which are the last axis; parameters as in `_chances`."""
    own = terms.bid_volatility * math.sqrt(1.0 - terms.bid_correlation)
    reserve = np.broadcast_to(reserve, mean.shape)
    if step.window > 0.0:
        return np.broadcast_to(reserve[..., None], (*mean.shape, BID_NODES))
    if step.bidders is None:
        return _bids(mean, own, sells)
    return _second_best(mean, own, reserve, step.bidders, sells)


def _tail(mean: np.ndarray, sd: float, reserve: np.ndarray) -> np.ndarray:
    """Return the probability that a lognormal valuation reaches the reserve."""
    with np.errstate(divide="ignore"):
        far = np.log(np.maximum(reserve, 1e-300) / np.maximum(mean, 1e-300))
    if sd < 1e-9:
        return (far <= 1e-9).astype(np.float64)
    return np.asarray(special.ndtr(-(far / sd + sd / 2.0)))


def _second_best(
    mean: np.ndarray, sd: float, reserve: np.ndarray, bidders: float, sells: np.ndarray
) -> np.ndarray:
    """Return equally likely prices of an English auction.

    The price is the reserve or the second-best valuation. With tails `Q` of a valuation, the
    second-best is above `x` with the probability of a gamma variable of shape 2 below
    `bidders Q(x)`.
    """
    places = (np.arange(BID_NODES) + 0.5) / BID_NODES
    above = special.gammaincinv(2.0, places * sells[..., None]) / bidders
    z = -special.ndtri(np.clip(above, 1e-15, 1.0 - 1e-15))
    prices = mean[..., None] * np.exp(sd * z - sd * sd / 2.0)
    beaten = above < _tail(mean, sd, reserve)[..., None]
    return np.where(beaten, np.maximum(prices, reserve[..., None]), reserve[..., None])


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
    return np.asarray(np.einsum("dis,dij->djs", mass, jump))


def _least(mean: np.ndarray, sd: float, reserve: np.ndarray) -> np.ndarray:
    """Return the normal score at which a lognormal bid reaches a reserve."""
    with np.errstate(divide="ignore"):
        over = np.maximum(reserve, 1e-300) / np.maximum(mean, 1e-300)
        return np.where(reserve > 0.0, np.log(over) / sd + sd / 2.0, -40.0)


def _bids(mean: np.ndarray, sd: float, sells: np.ndarray) -> np.ndarray:
    """Return equally likely lognormal bids among those that reach a reserve.

    Each bid is the mean of its part of the distribution. The parts are the last axis.
    """
    if sd < 1e-9:
        return mean[..., None]
    parts = np.linspace(1.0, 0.0, BID_NODES + 1)
    mass = np.maximum(sells, 1e-300)[..., None]
    z = -special.ndtri(mass * parts)
    inside = np.diff(special.ndtr(z - sd), axis=-1) * BID_NODES / mass
    return np.asarray(mean[..., None] * inside)


def _gathered(ratio: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return a few nodes for many: means over parts of about equal probability.

    Parameters
    ----------
    ratio
        Equally likely bids at each point of the grid, shape (grid, nodes, bids).
    weight
        Probability of a sale at each point of the grid, shape (grid, nodes).
    """
    weight = np.repeat(weight.ravel() / ratio.shape[-1], ratio.shape[-1])
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
