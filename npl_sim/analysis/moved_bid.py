"""The bid, and the return at our bid, when an input moves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.analysis.changes import Change
from npl_sim.cashflows.protocol import Cash
from npl_sim.valuation.bid import discounted, solve_bid
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.own_returns import rates_on

if TYPE_CHECKING:
    from npl_sim.study.model import Study


def bid_on(study: Study, flows: Cash) -> float:
    """Return the buyer's bid on some cash. [package currency]"""
    return _bid_of(BuyerCase(flows, study.buyer, study.pricing))


def _bid_of(case: BuyerCase) -> float:
    return discounted(case.buyer, solve_bid(case)[0]).value


def moved_case(study: Study, flows: Cash, change: Change, x: float) -> BuyerCase:
    """Return the buyer's cash with a change at a setting.

    Parameters
    ----------
    study
        The study without the change.
    flows
        Cash: simulated with a change of the study, and without a change of the cash.
    change, x
        The change and its setting. A delay is of whole months and not negative; a change of the
        required return does not move the buyer's target.
    """
    buyer, pricing = study.buyer, study.pricing
    if change.form == "delay" and x >= 0.0:
        later = buyer.onboarding_months + round(x)
        buyer = buyer.model_copy(update={"onboarding_months": later})
    elif change.form == "servicing":
        own = pricing.servicing_rate if buyer.servicing_rate is None else buyer.servicing_rate
        buyer = buyer.model_copy(update={"servicing_rate": max(own + x, 0.0)})
    multiple = x if change.form == "costs" else 1.0
    return BuyerCase(flows, buyer, pricing, cost_multiple=multiple)


def own_rates(case: BuyerCase, price: float) -> np.ndarray | None:
    """Return rates of return on own money at a price by scenario; None without an outlay.

    Unit: per year.
    """
    found = rates_on(case.own(price), case.laid_out(price), case.timing)
    return None if found is None else case.by_scenario(found.censored())


class AtOurBid:
    """The buyer's bid and return with a change.

    Parameters
    ----------
    study, base
        What is priced, and its flows.
    bid, price
        Bid on these flows and on the whole run. [package currency]
    """

    def __init__(self, study: Study, base: Cash, bid: float, price: float) -> None:
        self.study, self.base, self.price = study, base, price
        self.shift = price - bid
        self.own = own_rates(BuyerCase(base, study.buyer, study.pricing), price)

    def end(self, change: Change, x: float, flows: Cash) -> dict[str, object]:
        """Return bid, change of the mean own rate of return at the price, and its error."""
        if change.form == "rate" or (change.kind == "cash" and x < change.neutral):
            return dict.fromkeys(("bid", "own_irr_change", "own_irr_se"), math.nan)
        case = moved_case(self.study, flows, change, x)
        rates, change_, se = own_rates(case, self.price), math.nan, math.nan
        if rates is not None and self.own is not None:
            found = case.sample.difference(rates, self.base.sample, self.own)
            change_, se = found.value, found.se
        return {"bid": _bid_of(case) + self.shift, "own_irr_change": change_, "own_irr_se": se}
