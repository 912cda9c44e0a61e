"""Bid book: all analyses of one package for a bid committee, on one set of scenarios."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.analysis.adverse import (
    Ground,
    collateral_and_delay,
    downside_cases,
    ground,
    ground_on,
)
from npl_sim.analysis.beside import Beside
from npl_sim.analysis.comparables import Comparables, comparables
from npl_sim.analysis.contributions import Contributions, by_part, contributions
from npl_sim.analysis.covered import simulates
from npl_sim.analysis.data_flags import Flag, data_flags
from npl_sim.analysis.independence import SecondOpinion, second_opinion
from npl_sim.analysis.package.facts import free_collateral
from npl_sim.analysis.prudence import PrudentValue, prudent_value
from npl_sim.analysis.reverse import reverse_stress
from npl_sim.analysis.sensitivity import (
    Grid,
    Level,
    base_of,
    heat_map,
    level_of,
    stress_table,
    tornado,
)
from npl_sim.valuation.bid import Bid, Solved, buyer_bid, solve_bid
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.concentration import concentration
from npl_sim.valuation.factor_attribution import factor_attribution
from npl_sim.valuation.negotiation import Agreement, agreement
from npl_sim.valuation.offers import Offers, Returns, offers, price_grid, price_steps
from npl_sim.valuation.period_cash import PeriodCash, period_cash
from npl_sim.valuation.seller import DayOne, HoldValue, SellerCase, hold_value

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution


@dataclass(frozen=True)
class BidBook:
    """All results for a bid committee."""

    result: PriceDistribution
    """Price distribution of the package."""
    bid: Bid
    keep: HoldValue
    deal: Agreement
    """Bid of the buyer, hold value of the seller, and the gap between the two."""
    day_one: DayOne
    """Day-one result of the seller at the bid."""
    parts: Contributions
    by_segment: pd.DataFrame
    """Contributions by loan and by segment."""
    factors: pd.DataFrame
    concentration: pd.DataFrame
    """Attribution of the spread to factors; concentration by name."""
    tornado: pd.DataFrame
    stresses: pd.DataFrame
    reverse: pd.DataFrame
    grid: Grid
    """Sensitivities (see `sensitivity` and `reverse`)."""
    flags: tuple[Flag, ...]
    prudent: PrudentValue
    """Stale and missing inputs; the prudent value."""
    second: SecondOpinion | None
    """Value by a second method that shares no code with the simulation; None if it was not run."""
    published: Comparables
    """Comparison with published prices and recoveries."""
    free_collateral: float
    """Appraised value of the items above prior liens, each item counted once. [package currency]
    """
    offers: Offers
    """Opening, target and walk-away price, and what each earns and risks."""
    prices: pd.DataFrame
    """What further prices earn and risk (`offers.price_grid`)."""
    cash: PeriodCash
    """Cash by quarter and year."""
    two_way: pd.DataFrame
    downside: pd.DataFrame
    """Bid and return at our bid by collateral prices and delay, and in named cases (`adverse`)."""
    principal: float
    """Principal of the loans, a second base for quoted prices beside GBV. [package currency]"""
    stated_buyer: bool = True
    """Whether the study states a buyer; otherwise the bid is the value at the required return."""


def bid_book(
    study: Study,
    table: LoanTable,
    result: PriceDistribution,
    report: Callable[[str], None] = lambda step: None,
) -> BidBook:
    """Return the bid book of a priced package.

    Parameters
    ----------
    study, table
        What is assumed, and the loans.
    result
        The price. Further runs share its scenarios, at most 4,000 of them.
    report
        Called with the name of each step before it starts.

    Raises
    ------
    NplSimError
        If provisions are missing for some loans, or no price meets the target of the buyer.
    """
    flows, pricing = result.flows, study.pricing
    report("the bid and the share of each loan")
    solved = _solved(study, result)
    bid = buyer_bid(flows, study.buyer, pricing, solved)
    # Plain Python code; simulations leave the interpreter to others. It may simulate: not then.
    spare = (study.simulation.threads or os.cpu_count() or 1) > 1 and not simulates(table)
    opinion = Beside(lambda: second_opinion(study, table, result), spare)
    parts = contributions(study, table, result, bid)
    report("the hold value, and the gap")
    keep = hold_value(flows, study.seller, pricing)
    deal = agreement(flows, study.seller, study.buyer, pricing, solved)
    small, base = base_of(study, table, flows)
    report("stresses and sensitivities")
    whole = Level.of_run(result, bid.price.value, bid.price.value)
    own = level_of(small, base, bid.price.value, bid.price.value if base is flows else None)
    stresses = stress_table(small, table, base, bid.price.value, whole, own)
    moved = tornado(small, table, base, whole, own)
    report("prices and downside cases")
    known = solved if base is flows else None
    priced = _priced(
        study, table, flows, bid, ground_of=lambda at: ground_on(small, base, at, known)
    )
    report("the reverse stress")
    reverse = reverse_stress(study, table)
    report("stale and missing inputs")
    flags = data_flags(study, table, base)
    report("the second method")
    second = opinion.result()
    return BidBook(
        result=result,
        bid=bid,
        keep=keep,
        deal=deal,
        day_one=SellerCase(flows, study.seller, pricing).day_one(bid.price.value),
        parts=parts,
        by_segment=by_part(parts.loans, "segment"),
        factors=_factors(result, pricing.shortfall_level),
        concentration=concentration(parts.loans.assign(value=parts.loans["mean"])),
        tornado=moved,
        stresses=stresses,
        reverse=reverse,
        grid=heat_map(flows),
        flags=flags,
        prudent=prudent_value(
            study, result, flags, stresses, None if second is None else second.value
        ),
        second=second,
        published=comparables(study, table, result),
        free_collateral=free_value(table),
        **priced,
        principal=float(table.loans["principal"].sum()),
        stated_buyer=study.stated_buyer is not None,
    )


def _factors(result: PriceDistribution, level: float) -> pd.DataFrame:
    flows = result.flows
    return factor_attribution(
        result.sample, result.pv, flows.factor_averages, flows.factor_names, level
    )


def _priced(
    study: Study,
    table: LoanTable,
    flows: Cash,
    bid: Bid,
    ground_of: Callable[[Returns], Ground],
) -> dict[str, Any]:
    """Return what prices earn and risk, and what adverse cases do to them.

    Parameters
    ----------
    study, table, flows, bid
        What is priced, its cash on all scenarios, and the bid.
    ground_of
        Makes the ground of the sensitivities from what the bid earns.
    """
    three = offers(flows, study.buyer, study.pricing, bid)
    case = BuyerCase(flows, study.buyer, study.pricing)
    few = ground(study, table, three.target.returns)
    return {
        "offers": three,
        "prices": price_grid(
            case, sorted({*price_steps(three), *study.pricing.prices}), flows.gbv
        ),
        "cash": period_cash(case, bid.price.value),
        "two_way": collateral_and_delay(ground_of(three.target.returns), few, table),
        "downside": downside_cases(few, table),
    }


def free_value(table: LoanTable) -> float:
    """Return the value of all items that is left for the creditor. [package currency]

    The tape splits an item that secures several loans among them, so it counts once.
    """
    return float(free_collateral(table.collateral).sum())


def _solved(study: Study, result: PriceDistribution) -> Solved:
    """Return the solution of the bid: that of the price, if it is for the same terms."""
    if result.buyer_solved is not None and result.pricing == study.pricing:
        return result.buyer_solved
    return solve_bid(BuyerCase(result.flows, study.buyer, study.pricing))
