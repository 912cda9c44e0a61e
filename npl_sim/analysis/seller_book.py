"""The seller's own book: everything that the owner of a package asks before a sale."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.accounting.minimum_provision import (
    BankCoverage,
    MinimumProvision,
    bank_coverage,
    minimum_provision,
    rule_of,
    without_package,
)
from npl_sim.accounting.stage_three import StageThree
from npl_sim.analysis.loans_of_seller import SellerLoans, seller_loans
from npl_sim.analysis.seller_figures import seller_effects
from npl_sim.analysis.seller_provision import seller_provision
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.bidders import StartPrice, chance_at, lowest_return, start_price
from npl_sim.valuation.later_sale import BidderCosts, LaterSale, bid_values, later_sales
from npl_sim.valuation.reservation_ladder import Step, reservation_ladder, symbols
from npl_sim.valuation.seller import DayOne, HoldValue, SellerCase, hold_value

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

RETURNS = tuple(0.01 * percent for percent in range(6, 31, 2))
"""Required returns at which expected bids are shown. [per year]"""

CHANCES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
"""Chances of a sale at which start prices are shown."""

HALF = 0.5
"""Chance that defines the expected bidder: the highest bid exceeds this one with it."""


@dataclass(frozen=True)
class SellerBook:
    """All results for the owner of a package.

    Attributes
    ----------
    result
        Price distribution of the package.
    hold
        Hold value and reservation price, as in a bid book.
    ladder, symbols
        Steps from the cash to the reservation price, and the quantities of their formulas.
    day_one_at_reservation, day_one_at_bid
        The books on the day of a sale at either price.
    loans
        Each loan: sell, keep or write off.
    sales
        A sale now and later sales at the expected bid.
    rate
        Required return of the expected bidder. [per year]
    rate_is_stated
        Whether `seller.bidders` gives it; else it is that of `pricing`, an assumption.
    bids
        Rows by required return: rate, bid, se, share of GBV, and bid less reservation price.
        [package currency]
    start, starts, at_reservation
        Start price at the stated chance and at others, and chance at the reservation price; None
        and empty without `seller.bidders`.
    provision
        Stage 3 provision.
    minimum, minimum_top_up
        Minimum provision; None where no rule applies. [package currency]
    gap
        Expected bid less reservation price, paired. [package currency]
    bank_before, bank_after
        Coverage of the bank under Chinese rules; None where its totals are not stated.
    effects
        Figures of the seller with origin and effect (`seller_effects`).
    terms_of
        Base that gives every term of the seller; empty if the study states some.
    """

    result: PriceDistribution
    hold: HoldValue
    ladder: tuple[Step, ...]
    symbols: dict[str, float]
    day_one_at_reservation: DayOne
    day_one_at_bid: DayOne
    loans: SellerLoans
    sales: tuple[LaterSale, ...]
    rate: float
    rate_is_stated: bool
    bids: pd.DataFrame
    start: StartPrice | None
    starts: tuple[StartPrice, ...]
    at_reservation: StartPrice | None
    provision: StageThree
    minimum: MinimumProvision | None
    minimum_top_up: float
    bank_before: BankCoverage | None
    bank_after: BankCoverage | None
    effects: pd.DataFrame
    gap: Estimate
    terms_of: str = ""

    @property
    def expected_bid(self) -> Estimate:
        """Expected bid for the package now. [package currency]"""
        return self.sales[0].bid


def seller_book(
    study: Study,
    table: LoanTable,
    result: PriceDistribution,
    report: Callable[[str], None] = lambda step: None,
) -> SellerBook:
    """Return the seller's book of a priced package.

    Parameters
    ----------
    study, table
        What is assumed, and the loans.
    result
        The price, whose scenarios are simulated again for the loans.
    report
        Called with the name of each step before it starts.

    Raises
    ------
    NplSimError
        If provisions are missing for some loans, or a sale leaves no proceeds.
    """
    flows, seller, pricing = result.flows, study.seller, study.pricing
    report("the hold value and the reservation price")
    case = SellerCase(flows, seller, pricing)
    hold = hold_value(flows, seller, pricing)
    rate, costs = expected_return(study), BidderCosts.of(seller.bidders, pricing)

    def bid_at(required: float) -> Estimate:
        return case.sample.mean(bid_values(case, flows, required, costs), case.confidence)

    sales = later_sales(case, flows, rate, costs, seller.later_sales)
    bid, bidders = sales[0].bid, seller.bidders
    report("each loan")
    loans = seller_loans(study, table, flows, case, rate, costs, bid.value)
    report("the provisions")
    rule = rule_of(seller.provision.minimum, study.jurisdiction)
    minimum = minimum_provision(rule, table.loans, table.collateral, study.valuation_date)
    booked = loans.loans["provisions"].to_numpy()
    bank = seller.provision.bank if rule == "china_five_class" else None
    after = None if bank is None else without_package(bank, case.gbv, case.provisions)
    return SellerBook(
        result=result,
        hold=hold,
        ladder=reservation_ladder(case),
        symbols=symbols(case),
        day_one_at_reservation=case.day_one(hold.reservation.value),
        day_one_at_bid=case.day_one(bid.value),
        loans=loans,
        sales=sales,
        rate=rate,
        rate_is_stated=bidders is not None,
        bids=_bids(bid_at, rate, hold.reservation.value, case.gbv),
        start=None if bidders is None else start_price(bidders, bid_at, bidders.chance_of_sale),
        starts=()
        if bidders is None
        else tuple(start_price(bidders, bid_at, chance) for chance in CHANCES),
        at_reservation=None
        if bidders is None
        else chance_at(bidders, bid_at, hold.reservation.value),
        provision=seller_provision(study, table, flows, rate, costs),
        minimum=minimum,
        minimum_top_up=0.0 if minimum is None else minimum.top_up(booked),
        bank_before=None if bank is None else bank_coverage(bank),
        bank_after=None if after is None else bank_coverage(after),
        effects=seller_effects(study, flows),
        gap=case.sample.mean(bid_values(case, flows, rate, costs) - hold.prices, case.confidence),
    )


def expected_return(study: Study) -> float:
    """Return the required return of the bidder that the seller expects. [per year]

    With stated bidders, it is the median of the lowest return among them. Otherwise it is the
    target of `pricing`, which is an assumption on the market.
    """
    bidders, pricing = study.seller.bidders, study.pricing
    if bidders is not None:
        return lowest_return(bidders, HALF)
    return pricing.required_return if pricing.target_irr is None else pricing.target_irr


def _bids(
    bid_at: Callable[[float], Estimate], rate: float, reservation: float, gbv: float
) -> pd.DataFrame:
    """Return the expected bids by required return, that of the expected bidder among them."""
    rows = []
    for required in sorted({*(round(r, 4) for r in RETURNS), rate}):
        bid = bid_at(required)
        share = bid.value / gbv if gbv > 0.0 else float("nan")
        rows.append((required, bid.value, bid.se, share, bid.value - reservation))
    return pd.DataFrame(rows, columns=["rate", "bid", "se", "of_gbv", "above_reservation"])
