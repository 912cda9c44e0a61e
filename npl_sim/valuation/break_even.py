"""Bids that earn a target return, and what a given price risks.

The outlay is the price and its transaction costs. Two kinds of loss are reported. In a *cash
loss*, the undiscounted net receipts do not repay the outlay. *Below the required return*, the
present value of the receipts at the required return does not repay it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from npl_sim.stats.irr import Irr, IrrStatus
from npl_sim.stats.risk import Estimate
from npl_sim.stats.sample import Sample

ROUNDING = 1e-9
"""Relative gap that counts as rounding: a price exactly earned is not a loss."""


@dataclass(frozen=True)
class IrrDistribution:
    """Internal rate of return over the scenarios at one price.

    Rates are censored to [-1, 100]. A scenario that repays the outlay at no rate counts as -1.

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
    lost
        Share of scenarios without receipts.
    never
        Share of scenarios whose receipts are worth less than the outlay at every rate.
    above
        Share of scenarios whose rate is above the range.
    several
        Share of scenarios with more than one root; the highest is used.
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
    """Risks and returns of paying a price.

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
        Distribution of the rate of return; None without an outlay.
    """

    price: float
    outlay: float
    cash_loss: Estimate
    below_required: Estimate
    irr: IrrDistribution | None


def value_in_expectation(
    sample: Sample, pv: np.ndarray, purchase_cost: float = 0.0, confidence: float = 0.95
) -> Estimate:
    """Return the price that earns the discount rate of `pv` in expectation.

    Parameters
    ----------
    sample
        Weighted scenarios.
    pv
        Present value of each scenario, or of each draw of it, at the target return. [package
        currency]
    purchase_cost
        Buyer's transaction costs. [share of price]
    confidence
        Confidence of the interval.
    """
    return _before_costs(sample.mean(pv, confidence), purchase_cost)


def _before_costs(value: Estimate, purchase_cost: float) -> Estimate:
    """Return the price that equals a value with transaction costs; negative prices bear none."""
    return value.scaled(1.0 / (1.0 + purchase_cost)) if value.value > 0.0 else value


def value_with_probability(
    sample: Sample,
    pv: np.ndarray,
    probability: float,
    purchase_cost: float = 0.0,
    confidence: float = 0.95,
) -> Estimate:
    """Return the price at which the target return is earned with at least a given probability.

    It is the quantile of the present value at ``1 - probability``.

    Parameters
    ----------
    sample, pv
        As for `value_in_expectation`.
    probability
        Probability that the return is earned, between 0 and 1.
    purchase_cost
        Buyer's transaction costs. [share of price]
    confidence
        Confidence of the interval.
    """
    return _before_costs(sample.quantile(pv, 1.0 - probability, confidence), purchase_cost)


def probability_of_shortfall(
    sample: Sample, value: np.ndarray, outlay: float, confidence: float = 0.95
) -> Estimate:
    """Return the probability that a value is below the outlay by more than rounding.

    Parameters
    ----------
    sample
        Weighted scenarios.
    value
        Undiscounted net cash or present value of each scenario, or of each draw of it. [package
        currency]
    outlay
        Price with its costs. [package currency]
    confidence
        Confidence of the interval.
    """
    return sample.probability(value < outlay - ROUNDING * abs(outlay), confidence)


def irr_distribution(
    sample: Sample, irr: Irr, target: float, levels: Iterable[float], confidence: float = 0.95
) -> IrrDistribution:
    """Return the distribution of the rates of return of all scenarios.

    Parameters
    ----------
    sample
        Weighted scenarios.
    irr
        Rates of the scenarios at one outlay, draws of a scenario side by side.
    target
        Rate to test. [per year]
    levels
        Levels of the quantiles.
    confidence
        Confidence of the intervals.
    """
    rate = sample.by_scenario(irr.censored())

    def share(hits: np.ndarray) -> float:
        return sample.probability(sample.by_scenario(hits)).value

    return IrrDistribution(
        mean=sample.mean(rate, confidence),
        quantiles={level: sample.quantile(rate, level, confidence) for level in levels},
        negative=sample.probability(rate < -ROUNDING, confidence),
        below_target=sample.probability(rate < target - ROUNDING, confidence),
        target=target,
        lost=share(irr.status == IrrStatus.LOST),
        never=share(irr.status == IrrStatus.NEVER),
        above=share(irr.status == IrrStatus.ABOVE),
        several=share(irr.several),
    )


@dataclass(frozen=True)
class Terms:
    """Terms of a price test.

    Attributes
    ----------
    target
        Rate of return for which the probability of falling short is reported. [per year]
    levels
        Levels of the quantiles of the rate of return.
    confidence
        Confidence of the intervals.
    """

    target: float
    levels: Iterable[float]
    confidence: float = 0.95


def price_test(
    sample: Sample,
    price: float,
    outlay: float,
    net_total: np.ndarray,
    pv: np.ndarray,
    rates: Irr | None,
    terms: Terms,
) -> PriceTest:
    """Return the risks and returns of paying a price, from known rates of return.

    Parameters
    ----------
    sample
        Weighted scenarios.
    price, outlay
        Price, and price with its costs. [package currency]
    net_total, pv
        Undiscounted net cash and present value of each scenario, or each draw of it. [package
        currency]
    rates
        Rates of return of the scenarios; None without an outlay.
    terms
        Target, levels and confidence.
    """
    found = None
    if rates is not None:
        found = irr_distribution(sample, rates, terms.target, terms.levels, terms.confidence)
    return PriceTest(
        price=price,
        outlay=outlay,
        cash_loss=probability_of_shortfall(sample, net_total, outlay, terms.confidence),
        below_required=probability_of_shortfall(sample, pv, outlay, terms.confidence),
        irr=found,
    )
