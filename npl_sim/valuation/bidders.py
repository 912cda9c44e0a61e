r"""Expected bids by required return, and the start price of a sale at a chosen chance.

All bidders expect the same cash. Their required returns are independent draws with distribution
function F. A bid b(y) falls in the return y. With n bidders, the package sells at the start price
s if b(y) >= s for the lowest return y. The chance is therefore

.. math:: P(s) = 1 - (1 - F(b^{-1}(s)))^n

and the start price at the chance p is :math:`b(F^{-1}(1 - (1 - p)^{1/n}))`. If all returns move
together, n bidders are as one.

References
----------
Krishna (2010), Auction Theory, 2nd ed., section 2.2: distribution of the highest of n values.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from npl_sim.stats.risk import Estimate
from npl_sim.valuation.selling_terms import Bidders

BidAt = Callable[[float], Estimate]
"""Expected bid at a required return. [package currency]"""

MEDIAN = 0.5


@dataclass(frozen=True)
class StartPrice:
    """Start price of a sale.

    Attributes
    ----------
    chance, rate
        Chance of a sale, and required return at which a bidder just pays the price.
    price
        Start price. [package currency]
    chance_together
        Chance of a sale if the returns of all bidders move together.
    """

    chance: float
    rate: float
    price: Estimate
    chance_together: float


def share_below(bidders: Bidders, rate: float) -> float:
    """Return the probability that a bidder requires at most a return (triangular)."""
    low, mode, high = bidders.low, bidders.mode, bidders.high
    if rate < low or rate >= high:
        return float(rate >= high)
    if rate < mode:
        return (rate - low) ** 2 / ((high - low) * (mode - low))
    return 1.0 - (high - rate) ** 2 / ((high - low) * (high - mode))


def return_at(bidders: Bidders, share: float) -> float:
    """Return the required return that a share of bidders does not exceed (triangular)."""
    low, mode, high = bidders.low, bidders.mode, bidders.high
    if high == low:
        return low
    if share <= (mode - low) / (high - low):
        return low + math.sqrt(share * (high - low) * (mode - low))
    return high - math.sqrt((1.0 - share) * (high - low) * (high - mode))


def lowest_return(bidders: Bidders, chance: float) -> float:
    """Return the return that the most eager bidder does not exceed with a chance. [per year]"""
    return return_at(bidders, 1.0 - (1.0 - chance) ** (1.0 / bidders.number))


def start_price(bidders: Bidders, bid_at: BidAt, chance: float) -> StartPrice:
    """Return the start price at which the package sells with a chance.

    Parameters
    ----------
    bidders
        Distribution of required returns.
    bid_at
        Expected bid at a required return.
    chance
        Chance of a sale, between 0 and 1.
    """
    rate = lowest_return(bidders, chance)
    return StartPrice(chance, rate, bid_at(rate), share_below(bidders, rate))


def chance_at(bidders: Bidders, bid_at: BidAt, price: float) -> StartPrice:
    """Return the chance of a sale at a start price.

    Parameters
    ----------
    bidders, bid_at
        As for `start_price`.
    price
        Start price. [package currency]
    """
    rate = _rate_of(bidders, bid_at, price)
    share = share_below(bidders, rate)
    if math.isinf(rate):
        share = 0.0 if rate < 0.0 else 1.0
    chance = 1.0 - (1.0 - share) ** bidders.number
    return StartPrice(chance, rate, Estimate(price, 0.0, price, price, 0.95), share)


def _rate_of(bidders: Bidders, bid_at: BidAt, price: float) -> float:
    """Return the return at which the bid is a price; -inf below all bidders, inf above all."""
    if bid_at(bidders.low).value < price:
        return -math.inf
    if bid_at(bidders.high).value >= price:
        return math.inf
    low, high = bidders.low, bidders.high
    for _ in range(60):
        middle = 0.5 * (low + high)
        if bid_at(middle).value >= price:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
