"""Expected proceeds of a collateral item: sums of Black-Scholes calls on its lognormal value."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import special

from npl_sim.dcf.bids import Round
from npl_sim.dcf.exit_value import call


@dataclass(frozen=True)
class Lot:
    """An item of many claims at dates."""

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

    def gross(self, bids: Round) -> tuple[np.ndarray, np.ndarray]:
        """Return the probability of a sale and expected gross receipts, in the lot's shape."""
        sold, gross = np.zeros(self.mean.shape), np.zeros(self.mean.shape)
        for ratio, weight in zip(bids.ratio, bids.weight, strict=True):
            mean = self.mean * ratio
            sold += weight * above(mean, self.sd, self.liens)
            gross += weight * (
                call(mean, self.sd, self.liens) - call(mean, self.sd, self.liens + self.most)
            )
        return sold, gross

    def net(self, bids: Round, fee: np.ndarray, up_to: np.ndarray | None = None) -> np.ndarray:
        """Return expected receipts less the costs that the creditor bears.

        Parameters
        ----------
        bids
            The round.
        fee
            Enforcement fee as a share of gross receipts.
        up_to
            Cap on net receipts, of the shape of the lot or with one more axis in front; defaults
            to no cap.
        """
        net_share = 1.0 - self.rate
        slope = net_share - fee
        begin = self.liens * (1.0 - fee) / slope
        bend = self.liens + self.most
        full = (self.most * (1.0 + fee) + self.liens) / net_share
        if up_to is not None:
            low = (up_to + self.liens * (1.0 - fee)) / slope
            high = (up_to + self.liens + fee * self.most) / net_share
            cut = np.where(low <= bend, low, high)
            bend, full = np.minimum(bend, cut), np.minimum(full, cut)
        bend = np.maximum(bend, begin)
        full = np.maximum(full, bend)
        total = np.zeros(np.broadcast_shapes(self.mean.shape, bend.shape))
        for ratio, weight in zip(bids.ratio, bids.weight, strict=True):
            mean = self.mean * ratio
            middle = call(mean, self.sd, bend)
            above_bend = net_share * (middle - call(mean, self.sd, full))
            total += weight * (slope * (call(mean, self.sd, begin) - middle) + above_bend)
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
