"""Zone of agreement between seller and buyer: price steps, and changes that close the gap.

The price steps lead from the seller's reservation price to the buyer's bid. Each step changes one
assumption, so the steps sum to the gap exactly. The order follows the Bank of Italy on
Italian bad loans (Notes on Financial Stability and Supervision 3, 2016). The required return comes
first. The indirect costs follow, which the buyer deducts and the seller's book value does not.
Time and information are further steps.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from npl_sim.cashflows.protocol import Cash
from npl_sim.stats.discount import discount_factors
from npl_sim.stats.risk import Estimate
from npl_sim.stats.roots import brent_root
from npl_sim.valuation.bid import Solved, discounted, kept_share, solve_bid
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.parties import Buyer, Installment, Seller
from npl_sim.valuation.seller import SellerCase
from npl_sim.valuation.spec import Pricing

LATER = 24
"""Month to which part of the price is deferred to close a gap. Shorter horizons have no deferral.
[months]"""


@dataclass(frozen=True)
class ClosingChange:
    """One change that would close the gap by itself.

    Attributes
    ----------
    name, unit
        Name of the input, and its unit.
    now, needed
        Current value, and the value at which bid and reservation price are equal. `needed` is None
        if no value in the range closes the gap.
    side
        Party that would have to change its terms: buyer, seller or both.
    """

    name: str
    unit: str
    now: float
    needed: float | None
    side: str


@dataclass(frozen=True)
class Agreement:
    """Agreement analysis of a seller and a buyer.

    Attributes
    ----------
    reservation, bid
        Reservation price of the seller and bid of the buyer. [package currency]
    zone
        Bid less reservation price, estimated on the same scenarios. There is a zone of agreement
        if it is positive. [package currency]
    price_steps
        Steps from the reservation price to the bid. Columns: step, cause, amount, and value
        after the step. Causes are cost, time, return, information, tax and funding. [package
        currency]
    closing_changes
        Changes that would each close the gap; empty without a gap.
    """

    reservation: Estimate
    bid: Estimate
    zone: Estimate
    price_steps: pd.DataFrame
    closing_changes: tuple[ClosingChange, ...]


def _expected(flows: Cash, buyer: Buyer, pricing: Pricing) -> float:
    return solve_bid(BuyerCase(flows, buyer, pricing))[0].value


def _price_steps(flows: Cash, seller: Seller, buyer: Buyer, pricing: Pricing) -> pd.DataFrame:
    case = SellerCase(flows, seller, pricing)

    def at(rate: float, costs: bool) -> float:
        """Return the value of the cash before tax, funding and capital."""
        cash = case.before_cost + (case.own_cost if costs else 0.0)
        factors = discount_factors(rate, flows.months, pricing.cash_timing)
        fixed = float(case.overhead @ factors) if costs else 0.0
        return (
            case.sample.mean(case.sample.by_scenario(np.einsum("sm,m->s", cash, factors))).value
            + fixed
        )

    target = BuyerCase(flows, buyer, pricing).target
    # A buyer without costs, delay or tax, who pays all at closing and bids in expectation.
    plain = Buyer(
        target_irr=target,
        purchase_cost=0.0,
        servicing_rate=0.0,
        overhead_months=buyer.overhead_months,
    )
    later = plain.model_copy(
        update={"onboarding_months": buyer.onboarding_months, "payments": buyer.payments}
    )
    bears = {
        name: getattr(buyer, name) for name in ("overhead_rate", "turnover_tax", "fixed_cost")
    }
    for name in ("purchase_cost", "servicing_rate"):
        bears[name] = getattr(pricing if getattr(buyer, name) is None else buyer, name)
    costly = later.model_copy(update=bears)
    funded = costly.model_copy(
        update={"tax": buyer.tax, "debt": buyer.debt, "capital": buyer.capital}
    )
    measured = funded.model_copy(update={"measure": buyer.measure, "level": buyer.level})
    stops = [
        ("seller's reservation price", "", case.sample.mean(case.prices()).value),
        (
            "seller's tax, capital and costs of the sale",
            "tax and funding",
            at(seller.discount_rate, True),
        ),
        ("seller's own cost of work-out", "cost", at(seller.discount_rate, False)),
        ("return that the buyer requires", "return", at(target, False)),
        ("delay and deferred payment", "time", _expected(flows, later, pricing)),
        ("buyer's costs", "cost", _expected(flows, costly, pricing)),
        ("buyer's tax, debt and capital", "tax and funding", _expected(flows, funded, pricing)),
        ("certainty that the buyer demands", "return", _expected(flows, measured, pricing)),
    ]
    last = stops[-1][2] * kept_share(buyer, stops[-1][2])
    stops.append(("discount for undisclosed information", "information", last))
    frame = pd.DataFrame(stops, columns=["step", "cause", "value"])
    frame.insert(2, "amount", frame["value"].diff().fillna(frame["value"]))
    return frame


LEAST_RETURN = -0.05
"""Smallest return that a party may ask for (see `spec.Return`). [per year]"""


def _closing_changes(
    flows: Cash, seller: Seller, buyer: Buyer, pricing: Pricing, own: float
) -> tuple[ClosingChange, ...]:
    """Return the changes that would each close the gap; `own` is the buyer's bid."""

    def bid(**changes: object) -> float:
        before = _expected(flows, buyer.model_copy(update=changes), pricing)
        return before * kept_share(buyer, before)

    def ask(rate: float) -> float:
        case = SellerCase(flows, seller.model_copy(update={"discount_rate": rate}), pricing)
        return case.sample.mean(case.prices(), pricing.confidence).value

    target = BuyerCase(flows, buyer, pricing).target
    reservation = ask(seller.discount_rate)
    needed = _meet(
        lambda r: (own if r == target else bid(target_irr=r)) - reservation, LEAST_RETURN, target
    )
    changes = [ClosingChange("required return of the buyer", "per year", target, needed, "buyer")]
    now = seller.discount_rate
    needed = _meet(lambda r: own - ask(r), now, 1.0)
    changes.append(ClosingChange("discount rate of the seller", "per year", now, needed, "seller"))
    if not buyer.payments and flows.months >= LATER:
        most = 1.0 - (buyer.debt.loan_to_price if buyer.debt else 0.0)
        needed = _meet(lambda s: bid(payments=_split(s)) - reservation, 0.0, most)
        changes.append(
            ClosingChange(
                f"share of the price paid {LATER} months later",
                "share of price",
                0.0,
                needed,
                "both",
            )
        )
    if buyer.information_discount > 0.0:
        undisclosed = own / kept_share(buyer, own)
        needed = 1.0 - reservation / undisclosed if undisclosed > 0.0 else -1.0
        changes.append(
            ClosingChange(
                "discount for undisclosed information",
                "share of price",
                buyer.information_discount,
                needed if needed >= 0.0 else None,
                "both",
            )
        )
    if buyer.measure != "expectation":
        expected = bid(measure="expectation", level=None)
        changes.append(
            ClosingChange(
                "certainty that the buyer demands (bid in expectation)",
                "package currency",
                own,
                expected if expected >= reservation else None,
                "buyer",
            )
        )
    return tuple(changes)


def _split(later: float) -> tuple[Installment, ...]:
    return (Installment(month=0, share=1.0 - later), Installment(month=LATER, share=later))


def _meet(gap: Callable[[float], float], low: float, high: float) -> float | None:
    """Return the root of a gap between two values; None if the gap does not change its sign."""
    at_low, at_high = gap(low), gap(high)
    if at_low == 0.0:
        return low
    if not (np.isfinite(at_low) and np.isfinite(at_high)) or at_low * at_high > 0.0:
        return None
    return float(brent_root(gap, low, high, xtol=1e-7))


def agreement(
    flows: Cash, seller: Seller, buyer: Buyer, pricing: Pricing, solved: Solved | None = None
) -> Agreement:
    """Return the agreement analysis of a seller and a buyer on the same simulated package.

    Parameters
    ----------
    flows
        Simulated cash of the package.
    seller, buyer, pricing
        Their terms.
    solved
        Solution of `bid.solve_bid` for flows, buyer and pricing; defaults to solving here.
    """
    keep, case = SellerCase(flows, seller, pricing), BuyerCase(flows, buyer, pricing)
    reservation = flows.sample.mean(keep.prices(), pricing.confidence)
    before, break_even = solve_bid(case) if solved is None else solved
    share, bid = kept_share(buyer, before.value), discounted(buyer, before)
    zone = bid.value - reservation.value
    # In expectation, both are means over the same scenarios: common noise cancels in the
    # difference. Other measures are treated as independent, which overstates the error.
    if buyer.measure == "expectation":
        error = flows.sample.error_of_mean(case.by_scenario(break_even) * share - keep.prices())
    else:
        error = float(np.hypot(bid.se, reservation.se))
    reach = error * float(ndtri(0.5 + pricing.confidence / 2.0))
    return Agreement(
        reservation=reservation,
        bid=bid,
        zone=Estimate(zone, error, zone - reach, zone + reach, pricing.confidence),
        price_steps=_price_steps(flows, seller, buyer, pricing),
        closing_changes=_closing_changes(flows, seller, buyer, pricing, bid.value)
        if zone < 0.0
        else (),
    )
