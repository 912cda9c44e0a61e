"""Opening, target and walk-away price of a buyer, and what each price earns and risks.

- target: the bid, by the buyer's measure, after its discount for undisclosed information
- opening: the target return is earned with a higher probability (`Buyer.opening_level`), after the
  same discount; never above the target price
- limit, the walk-away price: the target return is earned on average, or with the probability
  `Buyer.limit_level`. Nothing is left for undisclosed information; never below the target price
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from npl_sim.cashflows.protocol import Cash
from npl_sim.stats.risk import Estimate, undefined
from npl_sim.valuation.bid import (
    Bid,
    discounted,
    price_by_measure,
)
from npl_sim.valuation.break_even import ROUNDING, IrrDistribution, irr_distribution
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.own_returns import multiple_of, put_in, rates_on
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.spec import Pricing

OPENING_LEVEL = 0.85
"""Probability of earning the target at the opening price where the study states none."""

LEVELS = (0.05, 0.25, 0.75, 0.95)
"""Quantiles of the own rate of return."""

OfferName = Literal["opening", "target", "limit"]


@dataclass(frozen=True)
class Returns:
    """What one price earns and risks.

    Attributes
    ----------
    price
        The price. [package currency]
    own
        Rate of return on the buyer's own money by scenario, after debt and tax, with the quantiles
        `LEVELS`; None without an outlay. [per year]
    unlevered
        Mean rate of return without debt, income tax and capital charge. [per year]
    multiple
        Months of inflow over months of outflow of the mean own cash.
    payback
        First month from which the mean own cash to date stays at 0 or above; NaN if it never does.
    loss
        Probability that the own cash of all months sums to less than 0.
    put_in
        Own money put in: the months of outflow of the mean own cash. [package currency]
    """

    price: float
    own: IrrDistribution | None
    unlevered: Estimate
    multiple: float
    payback: float
    loss: Estimate
    put_in: float

    @property
    def own_mean(self) -> Estimate:
        """Mean rate of return on own money. [per year]"""
        return undefined(self.loss.confidence) if self.own is None else self.own.mean

    @property
    def below_target(self) -> Estimate:
        """Probability of a rate of return below the target."""
        return undefined(self.loss.confidence) if self.own is None else self.own.below_target

    def own_quantile(self, level: float) -> float:
        """Return a quantile of the rate of return on own money. [per year]"""
        return math.nan if self.own is None else self.own.quantiles[level].value


@dataclass(frozen=True)
class Offer:
    """One of the three prices."""

    name: OfferName
    price: Estimate
    """The price, its error that of simulation. [package currency]"""
    level: float | None
    """Probability of earning the target before any information discount; None where another
    measure sets the price."""
    returns: Returns
    """What it earns and risks."""
    capped: bool = False
    """Whether its own rule gives a price on the other side of the target, so that the target
    replaces it."""


@dataclass(frozen=True)
class Offers:
    """Opening, target and walk-away price."""

    opening: Offer
    target: Offer
    limit: Offer

    def __iter__(self) -> Iterator[Offer]:
        """Yield the offers, lowest price first."""
        return iter((self.opening, self.target, self.limit))


def payback_month(mean: np.ndarray) -> float:
    """Return the first month from which cash to date stays at 0 or above.

    Parameters
    ----------
    mean
        Mean cash by month. [package currency]

    Returns
    -------
    float
        The month; NaN if the cash of all months sums to less than 0.
    """
    to_date = np.cumsum(mean)
    short = to_date < -ROUNDING * np.abs(mean).sum()
    if short[-1]:
        return math.nan
    return float(np.flatnonzero(short)[-1] + 1) if short.any() else 0.0


def returns_at(case: BuyerCase, price: float) -> Returns:
    """Return what a price earns and risks.

    Parameters
    ----------
    case
        The buyer's cash.
    price
        The price. [package currency]
    """
    sample, confidence = case.sample, case.confidence
    own = case.own(price)
    mean = case.mean(own)
    rates = rates_on(own, case.laid_out(price), case.timing)
    free = case.unlevered(price)
    outlay = price * float(case.paid[0]) + case.purchase_cost * max(price, 0.0)
    alone = rates_on(free, outlay + case.buyer.fixed_cost, case.timing)
    lost = own.sum(axis=0) < -ROUNDING * max(abs(price), 1.0)
    return Returns(
        price=price,
        own=None
        if rates is None
        else irr_distribution(sample, rates, case.target, LEVELS, confidence),
        unlevered=undefined(confidence)
        if alone is None
        else sample.mean(sample.by_scenario(alone.censored()), confidence),
        multiple=multiple_of(mean),
        payback=payback_month(mean),
        loss=sample.probability(sample.by_scenario(lost), confidence),
        put_in=put_in(mean),
    )


def offers(flows: Cash, buyer: Buyer, pricing: Pricing, bid: Bid) -> Offers:
    """Return opening, target and walk-away price of a buyer.

    Parameters
    ----------
    flows, buyer, pricing
        The package and the terms of the buyer.
    bid
        Its bid, which is the target price.
    """
    case = BuyerCase(flows, buyer, pricing)
    prices = bid.break_even.ravel()
    level = OPENING_LEVEL if buyer.opening_level is None else buyer.opening_level
    low = discounted(buyer, _with_probability(case, level, prices))
    if buyer.limit_level is None:
        average = buyer.model_copy(update={"measure": "expectation", "level": None})
        high = price_by_measure(case, average, prices)
    else:
        high = _with_probability(case, buyer.limit_level, prices)
    own = buyer.level if buyer.measure == "probability" else None
    target = Offer("target", bid.price, own, returns_at(case, bid.price.value))
    return Offers(
        _bounded("opening", low, level, target, case),
        target,
        _bounded("limit", high, buyer.limit_level, target, case),
    )


def _with_probability(case: BuyerCase, level: float, prices: np.ndarray) -> Estimate:
    """Return the price that earns the target with a probability. [package currency]"""
    chance = case.buyer.model_copy(update={"measure": "probability", "level": level})
    return price_by_measure(case, chance, prices)


def _bounded(
    name: OfferName, price: Estimate, level: float | None, target: Offer, case: BuyerCase
) -> Offer:
    """Return an offer; the target replaces one on its wrong side."""
    above = price.value > target.price.value
    if price.value != target.price.value and above == (name == "opening"):
        return Offer(name, target.price, level, target.returns, capped=True)
    return Offer(name, price, level, returns_at(case, price.value))


def price_steps(three: Offers, reach: float = 0.1, count: int = 9) -> list[float]:
    """Return prices around the three offers for a table: round ones and the offers themselves.

    Parameters
    ----------
    three
        The offers.
    reach
        Distance of the ends from the opening and the walk-away price. [share of price]
    count
        Wanted number of round prices.

    Returns
    -------
    list of float
        Rising prices without duplicates; a round one too near an offer is left out.
        [package currency]
    """
    own = sorted({offer.price.value for offer in three})
    low, high = own[0] - reach * abs(own[0]), own[-1] + reach * abs(own[-1])
    if not high > low:
        return own
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = min((s * power for s in (1.0, 2.0, 2.5, 5.0, 10.0)), key=lambda s: abs(s - raw))
    even = [i * step for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
    kept = [p for p in even if all(abs(p - o) > 0.3 * step for o in own)]
    return sorted({*own, *kept})


def price_grid(case: BuyerCase, prices: list[float], gbv: float) -> pd.DataFrame:
    """Return what each price earns and risks, one row a price.

    Parameters
    ----------
    case
        The buyer's cash.
    prices
        Prices. [package currency]
    gbv
        Gross book value. [package currency]

    Returns
    -------
    pandas.DataFrame
        Columns as in `returns_row`.
    """
    return pd.DataFrame([returns_row(returns_at(case, price), gbv) for price in prices])


def returns_row(returns: Returns, gbv: float) -> dict[str, float]:
    """Return the figures of a price as a row of a table.

    Returns
    -------
    dict
        - price, put_in [package currency]; of_gbv [share]; multiple; payback [months]
        - own_irr, own_irr_se, quantiles own_irr_5 to own_irr_95, unlevered_irr [per year]
        - loss, loss_high (upper end of its interval), below_target [probability]
    """
    quantiles = {f"own_irr_{round(100 * x)}": returns.own_quantile(x) for x in LEVELS}
    return {
        "price": returns.price,
        "of_gbv": returns.price / gbv if gbv > 0.0 else math.nan,
        "own_irr": returns.own_mean.value,
        "own_irr_se": returns.own_mean.se,
        **quantiles,
        "unlevered_irr": returns.unlevered.value,
        "multiple": returns.multiple,
        "payback": returns.payback,
        "loss": returns.loss.value,
        "loss_high": returns.loss.high,
        "below_target": returns.below_target.value,
        "put_in": returns.put_in,
    }
