"""Residual position of the bank after a sale, from cash alone and not from contract terms.

Later cash is all that the bank receives and pays after the price, from any source: claims, fees,
swaps, guarantees, top-ups, repurchases. Contracts with equal cash have equal positions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.channels.run import ChannelRun
from npl_sim.channels.statistics import Weighted, weighted_sum
from npl_sim.channels.terms.vehicles import BANK, DeferredPrice
from npl_sim.channels.verdict.return_of_risk import PackageReturn


@dataclass(frozen=True)
class ResidualPosition:
    """Rights and obligations that the bank keeps."""

    proceeds: float
    """Price paid at closing, less the bank's payments for claims that it keeps. [currency]"""
    value: float
    """Mean present value of all later cash at the contract's rate. [package currency]"""
    most_paid: float
    """Most that the bank pays later in any scenario, undiscounted. [package currency]"""
    likely_loss: float
    """Quantile of the buyers' loss on the package, before the bank's payments. [currency]"""
    covered: float
    """Probability that the bank covers the whole loss of the buyers. [probability]"""
    quantile: float
    """Quantile up to which losses count as likely. [probability]"""

    @property
    def given(self) -> float:
        """Mean present value of net obligations of the bank, at least 0. [package currency]"""
        return max(-self.value, 0.0)

    @property
    def kept(self) -> float:
        """Mean present value of net rights of the bank, at least 0. [package currency]"""
        return max(self.value, 0.0)

    @property
    def extent(self) -> float:
        """The most that the bank can lose: possible payments and net rights. [currency]"""
        return self.most_paid + self.kept

    @property
    def covers_likely_losses(self) -> bool:
        """Whether the bank covers the losses that are likely to occur (IFRS 9 B3.2.5(e))."""
        return self.likely_loss > 0.0 and self.covered >= self.quantile - 1e-12


def closing_cash(run: ChannelRun) -> float:
    """Return the price paid at closing less the bank's funding of claims. [package currency]"""
    vehicles = run.contract.vehicles
    deferred = sum(c.share for c in vehicles[0].claims if isinstance(c, DeferredPrice))
    funded = sum(
        c.share * run.needs[vehicle.name]
        for vehicle in vehicles
        for c in vehicle.funded
        if c.holder == BANK
    )
    return run.price * (1.0 - deferred) - funded


def later_cash(run: ChannelRun) -> np.ndarray:
    """Return the bank's cash after closing, shape (scenarios, months + 1). [package currency]

    Posted collateral belongs to the bank until it is lost.
    """
    later = run.cash[BANK] + run.cash["collateral"]
    later[:, 0] -= closing_cash(run)
    return later


def residual_position(run: ChannelRun, back: PackageReturn, quantile: float) -> ResidualPosition:
    """Return the bank's position under a simulated contract.

    A return of the package at its value is a new purchase and not part of the position.

    Parameters
    ----------
    run
        The simulated contract.
    back
        Return of the package.
    quantile
        Quantile up to which losses count as likely. [probability]
    """
    outcomes, p, closing = run.outcomes, run.outcomes.probability, closing_cash(run)
    later = later_cash(run)
    without = later + back.paid - back.received
    counted = without if back.at_value else later
    slack = 1e-9 * max(abs(closing), run.price, float(np.abs(run.keep).max()), 1e-300)
    # A price below the bank's own funding of claims leaves no proceeds.
    proceeds = max(closing, 0.0)
    paid, got = np.maximum(-without, 0.0).sum(axis=1), np.maximum(without, 0.0).sum(axis=1)
    loss = np.maximum(proceeds + got - (run.share_held * outcomes.net).sum(axis=1), 0.0)

    def nonzero(amount: float) -> float:
        return 0.0 if abs(amount) <= slack else amount

    return ResidualPosition(
        proceeds=proceeds,
        value=nonzero(float(weighted_sum(p, outcomes.present_value(counted)))),
        most_paid=nonzero(float(np.maximum(-counted, 0.0).sum(axis=1)[p > 0.0].max(initial=0.0))),
        likely_loss=nonzero(Weighted(loss, p, sample=False).quantile(quantile)),
        covered=float(weighted_sum(p, (paid >= loss - slack).astype(float))),
        quantile=quantile,
    )
