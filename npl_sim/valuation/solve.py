"""Bids that earn a target return, and what a given price risks.

Two ways of losing are kept apart. A *cash loss*: the undiscounted net receipts do not repay what
was laid out. *Below the required return*: they repay it, perhaps, but their present value at the
required return does not. What is laid out is the price and its transaction costs.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from npl_sim.stats import risk
from npl_sim.stats.irr import Irr, IrrSolver, IrrStatus
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.control import controlled_mean

__all__ = [
    "IrrDistribution",
    "PriceTest",
    "value_in_expectation",
    "value_with_probability",
    "irr_distribution",
    "probability_of_shortfall",
    "assess_price",
    "price_test",
]

NO_DRIVERS = np.empty((0, 0))

ROUNDING = 1e-9
"""Relative gap that counts as rounding: a price exactly earned is not a loss."""


@dataclass(frozen=True)
class IrrDistribution:
    """Internal rate of return over the scenarios at one price.

    Rates are censored to [-1, 100]: a scenario that no rate repays counts as -1.

    Attributes
    ----------
    mean
        Mean rate. [per year]
    quantiles
        Quantiles of the rate by level. [per year]
    negative, below_target
        Probability of a rate below 0, and below `target`.
    target
        Rate tested. [per year]
    lost, never, above
        Share of scenarios in which nothing comes in; in which what comes in is at no rate worth the
        outlay; whose rate is above the range.
    several
        Share of scenarios with more than one root (the highest is taken).
    """

    mean: Estimate
    quantiles: dict[float, Estimate]
    negative: Estimate
    below_target: Estimate
    target: float
    lost: float
    never: float
    above: float
    several: float


@dataclass(frozen=True)
class PriceTest:
    """What paying a price means.

    Attributes
    ----------
    price
        Price. [package currency]
    outlay
        Price with the buyer's transaction costs. [package currency]
    cash_loss
        Probability that undiscounted net cash is below the outlay.
    below_required
        Probability that the present value at the required return is below the outlay.
    irr
        Distribution of the rate of return; none where nothing is laid out.
    """

    price: float
    outlay: float
    cash_loss: Estimate
    below_required: Estimate
    irr: IrrDistribution | None


def value_in_expectation(
    pv: np.ndarray,
    purchase_cost: float = 0.0,
    confidence: float = 0.95,
    drivers: np.ndarray = NO_DRIVERS,
) -> Estimate:
    """Return the price that earns in expectation the return at which `pv` was discounted.

    Parameters
    ----------
    pv
        Present value of each scenario at the target return. [package currency]
    purchase_cost
        Buyer's transaction costs. [share of price]
    confidence
        Confidence of the interval.
    drivers
        Control variates of expectation zero, shape (scenarios, drivers); see `control`.
    """
    return controlled_mean(pv, drivers, confidence).estimate.scaled(1.0 / (1.0 + purchase_cost))


def value_with_probability(
    pv: np.ndarray, probability: float, purchase_cost: float = 0.0, confidence: float = 0.95
) -> Estimate:
    """Return the price at which the target return is earned with at least a given probability.

    It is the quantile of the present value at ``1 - probability``.

    Parameters
    ----------
    pv
        Present value of each scenario at the target return. [package currency]
    probability
        Probability that the return is earned, between 0 and 1.
    purchase_cost
        Buyer's transaction costs. [share of price]
    confidence
        Confidence of the interval.
    """
    return risk.quantile(pv, 1.0 - probability, confidence).scaled(1.0 / (1.0 + purchase_cost))


def probability_of_shortfall(value: np.ndarray, outlay: float, confidence: float = 0.95) -> Estimate:
    """Return the probability that a value is below the outlay by more than rounding.

    Parameters
    ----------
    value
        Of each scenario: undiscounted net cash, or a present value. [package currency]
    outlay
        Price with its costs. [package currency]
    confidence
        Confidence of the interval.
    """
    return risk.probability(value < outlay - ROUNDING * abs(outlay), confidence)


def irr_distribution(
    irr: Irr, target: float, levels: Iterable[float], confidence: float = 0.95
) -> IrrDistribution:
    """Return the distribution of the rates of return of all scenarios.

    Parameters
    ----------
    irr
        Rates of the scenarios at one outlay.
    target
        Rate to test. [per year]
    levels
        Levels of the quantiles.
    confidence
        Confidence of the intervals.
    """
    rate = irr.censored()

    def share(status: IrrStatus) -> float:
        return float(np.mean(irr.status == status))

    return IrrDistribution(
        mean=risk.mean(rate, confidence),
        quantiles={level: risk.quantile(rate, level, confidence) for level in levels},
        negative=risk.probability(rate < -ROUNDING, confidence),
        below_target=risk.probability(rate < target - ROUNDING, confidence),
        target=target,
        lost=share(IrrStatus.LOST),
        never=share(IrrStatus.NEVER),
        above=share(IrrStatus.ABOVE),
        several=float(np.mean(irr.several)),
    )


def assess_price(
    price: float,
    net: np.ndarray,
    pv: np.ndarray,
    solver: IrrSolver,
    target: float,
    levels: Iterable[float],
    purchase_cost: float = 0.0,
    confidence: float = 0.95,
) -> PriceTest:
    """Return what paying a price means.

    Parameters
    ----------
    price
        Price at month 0. [package currency]
    net
        Net cash by scenario and month, shape (scenarios, months + 1). [package currency]
    pv
        Present value of each scenario at the required return. [package currency]
    solver
        Solver of the same net cash.
    target
        Rate whose probability of being missed is told. [per year]
    levels
        Levels of the quantiles of the rate of return.
    purchase_cost
        Buyer's transaction costs. [share of price]
    confidence
        Confidence of the intervals.
    """
    outlay = price * (1.0 + purchase_cost)
    rates = solver.solve(outlay) if outlay > 0 else None
    return price_test(price, outlay, net.sum(axis=1), pv, rates, target, levels, confidence)


def price_test(
    price: float,
    outlay: float,
    net_total: np.ndarray,
    pv: np.ndarray,
    rates: Irr | None,
    target: float,
    levels: Iterable[float],
    confidence: float,
) -> PriceTest:
    """Return what paying a price means, its rates of return being known.

    Parameters
    ----------
    price, outlay
        Price, and price with its costs. [package currency]
    net_total, pv
        Undiscounted net cash and present value of each scenario. [package currency]
    rates
        Rates of return of the scenarios; none where nothing is laid out.
    target, levels, confidence
        As for `assess_price`.
    """
    return PriceTest(
        price=price,
        outlay=outlay,
        cash_loss=probability_of_shortfall(net_total, outlay, confidence),
        below_required=probability_of_shortfall(pv, outlay, confidence),
        irr=irr_distribution(rates, target, levels, confidence) if rates is not None else None,
    )
