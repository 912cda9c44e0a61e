"""Expected proceeds of a collateral item: sums of Black-Scholes calls on its lognormal value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from npl_sim.dcf.bids import Round
from npl_sim.dcf.exit_value import call

AT_ONCE = 8192
"""Elements up to which the bids of a round are computed together: temporaries fit the cache."""


@dataclass(frozen=True)
class Lot:
    """An item of many claims at dates, under one or several caps.

    Caps are in front: `most` and fees have the shape (caps, claims, dates), the others
    (claims, dates).
    """

    mean: np.ndarray
    """Mean of its value at the appraisal. [package currency]"""
    sd: np.ndarray
    """Standard deviation of the log of its value."""
    liens: np.ndarray
    """Prior liens. [package currency]"""
    most: np.ndarray
    """Most that the claim may receive. [package currency]"""
    rate: float
    """Costs and taxes as a share of the price."""

    def calls(self, bids: Round, strike: np.ndarray) -> np.ndarray:
        """Return the call of each bid, shape (nodes, caps, claims, dates).

        Parameters
        ----------
        bids
            The round.
        strike
            Strikes, shape (caps, claims, dates) or (claims, dates). [package currency]
        """
        strike = strike.reshape(-1, *self.mean.shape)
        means = (self.mean * bids.ratio.reshape(len(bids.ratio), -1, bids.ratio.shape[-1]))[
            :, None
        ]
        if len(means) * strike.size <= AT_ONCE:
            return call(means, self.sd, strike)
        return np.array([call(mean, self.sd, strike) for mean in means])

    def sold(self, bids: Round) -> np.ndarray:
        """Return the probability of a sale, shape (claims, dates)."""
        sold = np.zeros(self.mean.shape)
        for ratio, weight in zip(bids.ratio, bids.weight, strict=True):
            sold += weight * above(self.mean * ratio, self.sd, self.liens)
        return sold

    def gross(self, bids: Round, at_bend: np.ndarray) -> np.ndarray:
        """Return expected gross receipts, shape (caps, claims, dates).

        Parameters
        ----------
        bids
            The round.
        at_bend
            Calls at liens plus cap.
        """
        gross = np.zeros(self.most.shape)
        received = self.calls(bids, self.liens) - at_bend
        for weight, part in zip(bids.weight, received, strict=True):
            gross += weight * part
        return gross

    def net(
        self,
        bids: Round,
        fee: np.ndarray,
        at_bend: np.ndarray | None = None,
        up_to: tuple[np.ndarray, np.ndarray] | None = None,
    ) -> np.ndarray:
        """Return expected receipts less the costs that the creditor bears.

        Parameters
        ----------
        bids
            The round.
        fee
            Enforcement fee as a share of gross receipts, shape (caps, claims, dates).
        at_bend
            Calls at liens plus cap, if known.
        up_to
            Caps on net receipts, shape (rows, claims, dates), and the cap of each row among
            `most`; defaults to none.

        Returns
        -------
        numpy.ndarray
            Shape (caps, claims, dates), or (rows, claims, dates) with `up_to`.
        """
        net_share = 1.0 - self.rate
        slope = net_share - fee
        begin = self.liens * (1.0 - fee) / slope
        bend = self.liens + self.most
        full = (self.most * (1.0 + fee) + self.liens) / net_share
        at_begin = self.calls(bids, begin)
        if up_to is not None:
            amount, cap = up_to
            fee, slope, begin = fee[cap], slope[cap], begin[cap]
            bend, full, at_begin, at_bend = bend[cap], full[cap], at_begin[:, cap], None
            low = (amount + self.liens * (1.0 - fee)) / slope
            high = (amount + self.liens + fee * self.most[cap]) / net_share
            cut = np.where(low <= bend, low, high)
            bend, full = np.minimum(bend, cut), np.minimum(full, cut)
        if at_bend is None or (begin > bend).any():
            bend = np.maximum(bend, begin)
            at_bend = self.calls(bids, bend)
        full = np.maximum(full, bend)
        by_bid = slope * (at_begin - at_bend)
        # Where a cap on net receipts is below the bend, both strikes are that cap.
        bent = (full != bend).any(axis=(1, 2))
        by_bid[:, bent] += net_share * (at_bend[:, bent] - self.calls(bids, full[bent]))
        total = np.zeros(by_bid.shape[1:])
        for weight, part in zip(bids.weight, by_bid, strict=True):
            total += weight * part
        return total


def above(mean: np.ndarray, sd: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the probability that a lognormal exceeds a level."""
    sd = np.maximum(sd, 1e-9)
    with np.errstate(divide="ignore"):
        d = (np.log(np.maximum(mean, 1e-300)) - np.log(np.maximum(level, 1e-300))) / sd - sd / 2.0
    return np.asarray(np.where(level > 0.0, special.ndtr(d), (mean > 0.0).astype(float)))


def mean_between(
    mean: np.ndarray, sd: np.ndarray, low: np.ndarray, high: np.ndarray
) -> np.ndarray:
    """Return E[V; low < V <= high] of a lognormal V."""
    return mean * (above(mean * np.exp(sd**2), sd, low) - above(mean * np.exp(sd**2), sd, high))
