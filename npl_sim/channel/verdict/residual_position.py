"""What a bank still holds and owes after a sale, from cash alone: no word of the contract counts here.

Later cash is all that the bank gets and pays after the price, whatever brings it: claims, fees, swaps, guarantees,
top-ups, repurchases. Two contracts with equal cash in every scenario have equal positions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.channel.run import ChannelRun
from npl_sim.channel.statistics import Weighted, weighted_sum
from npl_sim.channel.terms.vehicles import BANK, DeferredPrice
from npl_sim.channel.verdict.return_of_risk import ComingBack

__all__ = ["Position", "closing_cash", "later_cash", "position"]


@dataclass(frozen=True)
class Position:
    """What is left with the bank.

    Attributes
    ----------
    proceeds
        Cash at closing: the price paid then, less what the bank pays for claims that it keeps. [package currency]
    value
        Mean present value of all later cash at the contract's rate. [package currency]
    most_paid
        Most that the bank pays later in any scenario, undiscounted. [package currency]
    likely_loss
        Quantile of the buyers' loss on the package, before the bank makes it good. [package currency]
    covered
        Chance that the bank makes the buyers' whole loss good. [probability]
    quantile
        Quantile at which losses count as likely to occur. [probability]
    """

    proceeds: float
    value: float
    most_paid: float
    likely_loss: float
    covered: float
    quantile: float

    @property
    def given(self) -> float:
        """Mean present value of what the bank owes, net of what it gets; 0 where it gets more. [package currency]"""
        return max(-self.value, 0.0)

    @property
    def kept(self) -> float:
        """Mean present value of what the bank gets, net of what it owes; 0 where it owes more. [package currency]"""
        return max(self.value, 0.0)

    @property
    def extent(self) -> float:
        """The most that the bank can lose: what it may have to pay, and what it still holds. [package currency]"""
        return self.most_paid + self.kept

    @property
    def covers_likely_losses(self) -> bool:
        """Whether the bank makes good the losses that are likely to occur (IFRS 9 B3.2.5(e))."""
        return self.likely_loss > 0.0 and self.covered >= self.quantile - 1e-12


def closing_cash(run: ChannelRun) -> float:
    """Return the bank's cash at closing: the price paid then less its own funding of claims. [package currency]"""
    first = run.contract.vehicles[0]
    deferred = sum(c.share for c in first.claims if isinstance(c, DeferredPrice))
    funded = sum(
        c.share * run.needs[layer.name]
        for layer in run.contract.vehicles
        for c in layer.funded
        if c.holder == BANK
    )
    return run.price * (1.0 - deferred) - funded


def later_cash(run: ChannelRun) -> np.ndarray:
    """Return the bank's cash after closing, shape (scenarios, months + 1). [package currency]

    Collateral that it posts stays its own until it is lost.
    """
    later = run.cash[BANK] + run.cash["collateral"]
    later[:, 0] -= closing_cash(run)
    return later


def position(run: ChannelRun, back: ComingBack, quantile: float) -> Position:
    """Return what a contract leaves with the bank.

    What comes back at its value is a new purchase and no part of the position.

    Parameters
    ----------
    run
        The contract, carried out.
    back
        How the package comes back.
    quantile
        Quantile at which losses count as likely to occur. [probability]
    """
    outcomes, p = run.outcomes, run.outcomes.probability
    later, without = later_cash(run), later_cash(run) + back.paid - back.received
    held = without if back.at_value else later
    slack = 1e-9 * max(abs(closing_cash(run)), run.price, float(np.abs(run.keep).max()), 1e-300)
    value = float(weighted_sum(p, outcomes.present_value(held)))
    most = float(np.maximum(-held, 0.0).sum(axis=1)[p > 0.0].max(initial=0.0))
    paid, got = np.maximum(-without, 0.0).sum(axis=1), np.maximum(without, 0.0).sum(axis=1)
    brought = (run.own * outcomes.net).sum(axis=1)
    loss = np.maximum(max(closing_cash(run), 0.0) + got - brought, 0.0)
    covered = float(weighted_sum(p, (paid >= loss - slack).astype(float)))
    likely = Weighted(loss, p, sample=False).quantile(quantile)
    return Position(
        # A price below what the bank pays for its own claims is no proceeds at all.
        max(closing_cash(run), 0.0),
        0.0 if abs(value) <= slack else value,
        0.0 if most <= slack else most,
        0.0 if likely <= slack else likely,
        covered,
        quantile,
    )
