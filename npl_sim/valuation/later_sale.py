r"""A sale now against a sale later, on the same scenarios.

Until month T the seller keeps the package. It then sells to a bidder who requires the return y and
expects the cash of the study. Symbols: t tax rate, c costs of a sale, B tax basis, H hold value, p
the bidder's transaction costs. :math:`v_m` is the seller's discount factor, and :math:`w_m` the
share of expected receipts in month m. :math:`k_m` is the cost of capital.

.. math:: K(T) = (1 - t) \sum_{m \le T} (cash_m + overhead_m) v_m + t B \sum_{m \le T} w_m v_m
    - \sum_{m \le T} k_m v_m

.. math:: basis(T) = B (1 - \sum_{m \le T} w_m)

.. math:: reservation(T) = ((H - K(T)) / v_T - t \, basis(T)) / ((1 - t) (1 - c))

.. math:: bid(T) = \sum_{m > T} net_m (1 + y)^{-(m - T)/12} / (1 + p)

.. math:: value(T) = K(T) + v_T ((1 - t) (1 - c) bid(T) + t \, basis(T))

K(T) is what the seller keeps until T. A sale at the reservation price is worth H at every T. The
difference of value(T) and value(0) is paired: both are means over the same scenarios.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.cashflows.protocol import Cash
from npl_sim.stats.discount import discount_factor, discount_factors
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.seller import SellerCase
from npl_sim.valuation.selling_terms import Bidders
from npl_sim.valuation.spec import Pricing


@dataclass(frozen=True)
class BidderCosts:
    """Costs of a bidder as shares: servicing of receipts, transaction costs of the price."""

    servicing: float
    purchase: float

    @classmethod
    def of(cls, bidders: Bidders | None, pricing: Pricing) -> BidderCosts:
        """Return the costs that the seller expects; `pricing` supplies those not stated."""
        servicing = None if bidders is None else bidders.servicing_rate
        purchase = None if bidders is None else bidders.purchase_cost
        return cls(
            pricing.servicing_rate if servicing is None else servicing,
            pricing.purchase_cost if purchase is None else purchase,
        )


@dataclass(frozen=True)
class LaterSale:
    """A sale in a month, for the seller.

    Attributes
    ----------
    month
        Month of the sale; 0 is now.
    kept
        Present value of what the seller keeps until then, after tax and capital.
        [package currency]
    reservation, bid
        Reservation price and expected bid at that time. [package currency]
    value
        Present value of keeping until then and selling at the bid. [package currency]
    gain
        Value less that of a sale now, paired. [package currency]
    price_now
        Price of a sale now that is as good. [package currency]
    """

    month: int
    kept: Estimate
    reservation: Estimate
    bid: Estimate
    value: Estimate
    gain: Estimate
    price_now: Estimate


def bid_values(
    case: SellerCase, flows: Cash, rate: float, costs: BidderCosts, month: int = 0
) -> np.ndarray:
    """Return what the cash after a month is worth to a bidder then, by scenario and draw.

    Parameters
    ----------
    case
        Valuation of the package by its owner.
    flows
        Its cash.
    rate
        Return that the bidder requires. [per year]
    costs
        Costs of the bidder.
    month
        Month of the sale; a sale now includes the cash of month 0.

    Returns
    -------
    numpy.ndarray
        Shape (scenarios,) or (scenarios, draws). [package currency]
    """
    receipts, _ = flows.receipts_and_costs(draws="every")
    net = case.before_cost - costs.servicing * receipts
    factors = discount_factors(rate, flows.months - month, case.timing)
    if month > 0:
        net, factors = net[:, month + 1 :], factors[1:]
    values = case.sample.by_scenario(np.einsum("sm,m->s", net, factors))
    # A seller who pays the bidder bears no transaction costs of the price.
    return values / (1.0 + costs.purchase) if case.sample.mean(values).value > 0.0 else values


def later_sales(
    case: SellerCase, flows: Cash, rate: float, costs: BidderCosts, months: tuple[int, ...]
) -> tuple[LaterSale, ...]:
    """Return a sale now and sales in later months; those beyond the horizon are left out.

    Parameters
    ----------
    case, flows, rate, costs
        As for `bid_values`.
    months
        Months of later sales.
    """
    found: list[LaterSale] = []
    now = np.zeros(0)
    hold = case.hold_values()
    for month in (0, *(m for m in months if 0 < m < flows.months)):
        sale, now = _sale(case, hold, bid_values(case, flows, rate, costs, month), month, now)
        found.append(sale)
    return tuple(found)


def _sale(
    case: SellerCase, hold: np.ndarray, bids: np.ndarray, month: int, now: np.ndarray
) -> tuple[LaterSale, np.ndarray]:
    """Return a sale in a month, and the values of a sale now by scenario."""
    t, c = case.seller.tax_rate, case.seller.sale_cost
    mean = case.sample.mean
    later = discount_factor(case.seller.discount_rate, month / 12.0)
    kept, basis = kept_until(case, month)
    values = kept + later * ((1.0 - t) * (1.0 - c) * bids + t * basis)
    now = values if month == 0 else now
    reservation = ((hold - kept) / later - t * basis) / ((1.0 - t) * (1.0 - c))
    sale = LaterSale(
        month=month,
        kept=mean(kept, case.confidence),
        reservation=mean(reservation, case.confidence),
        bid=mean(bids, case.confidence),
        value=mean(values, case.confidence),
        gain=mean(values - now, case.confidence),
        price_now=mean(case.price_of(values), case.confidence),
    )
    return sale, now


def kept_until(case: SellerCase, month: int) -> tuple[np.ndarray, float]:
    """Return what keeping until a month is worth by scenario, and the tax basis left then.

    Parameters
    ----------
    case
        Valuation of the package by its owner.
    month
        Last month that the seller keeps; 0 for a sale now.

    Returns
    -------
    tuple
        Present values, shape (scenarios,) or (scenarios, draws), and the tax basis.
        [package currency]
    """
    cash = case.before_cost + case.own_cost
    if month == 0:
        return case.sample.by_scenario(np.zeros(len(cash))), case.basis
    t, until = case.seller.tax_rate, slice(0, month + 1)
    discount = case.discount[until]
    shares = case.recovered[until]
    received = case.sample.by_scenario(np.einsum("sm,m->s", cash[:, until], discount))
    fixed = float(case.overhead[until] @ discount)
    shield = case.basis * float(shares @ discount)
    capital = float(case.capital_charge()[:month] @ case.discount[1 : month + 1])
    kept = (1.0 - t) * (received + fixed) + t * shield - capital
    return kept, case.basis * (1.0 - float(shares.sum()))
