"""Everything that a bid committee asks of one package, from one set of scenarios."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.analysis.comparables import Comparables, comparables
from npl_sim.analysis.contributions import Contributions, by_part, contributions
from npl_sim.analysis.data_flags import Flag, data_flags
from npl_sim.analysis.independence import SecondOpinion, second_opinion
from npl_sim.analysis.prudence import PrudentValue, prudent_value
from npl_sim.analysis.reverse import reverse_stress
from npl_sim.analysis.sensitivity import Grid, Level, base_of, heat_map, stress_table, tornado
from npl_sim.valuation.bid import Bid, buyer_bid
from npl_sim.valuation.concentration import concentration
from npl_sim.valuation.factor_attribution import factor_attribution
from npl_sim.valuation.negotiation import Agreement, agreement
from npl_sim.valuation.seller import DayOne, HoldValue, SellerCase, keeping

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

__all__ = ["BidBook", "bid_book"]


@dataclass(frozen=True)
class BidBook:
    """What a committee sees.

    Attributes
    ----------
    result
        Price distribution of the package.
    bid, keep, deal
        The buyer's bid, what keeping is worth to the seller, and where the two stand.
    day_one
        The seller's books if it sold at the bid.
    parts, by_segment
        Contributions by loan, and by segment.
    factors, concentration
        What moves the price; how much hangs on few names.
    tornado, stresses, reverse, grid
        Sensitivities (see `sensitivity` and `reverse`).
    flags, prudent
        Stale and missing inputs; the prudent value.
    second
        What a second method, which shares no code with the simulation, makes of the package; none: it was not run.
    published
        The package beside published prices and recoveries of such loans.
    principal
        Principal of the loans, the other base beside GBV on which prices are quoted. [package currency]
    stated_buyer
        Whether the study states a buyer: without one the bid is only the value at the required return.
    """

    result: PriceDistribution
    bid: Bid
    keep: HoldValue
    deal: Agreement
    day_one: DayOne
    parts: Contributions
    by_segment: pd.DataFrame
    factors: pd.DataFrame
    concentration: pd.DataFrame
    tornado: pd.DataFrame
    stresses: pd.DataFrame
    reverse: pd.DataFrame
    grid: Grid
    flags: tuple[Flag, ...]
    prudent: PrudentValue
    second: SecondOpinion | None
    published: Comparables
    principal: float
    stated_buyer: bool = True


def bid_book(
    study: Study,
    table: LoanTable,
    result: PriceDistribution,
    told: Callable[[str], None] = lambda step: None,
) -> BidBook:
    """Return everything that a committee asks of a priced package.

    Parameters
    ----------
    study, table
        What is assumed, and the loans.
    result
        The price. Further runs share its scenarios, at most 4,000 of them.
    told
        Told of each step before it is taken.

    Raises
    ------
    NplSimError
        If provisions are missing for some loans, or no price fulfils what the buyer demands.
    """
    flows, pricing = result.flows, study.pricing
    told("the bid and each loan's part in it")
    bid = buyer_bid(flows, study.buyer, pricing)
    parts = contributions(study, table, result, bid)
    told("what keeping is worth, and the gap")
    keep = keeping(flows, study.seller, pricing)
    deal = agreement(flows, study.seller, study.buyer, pricing)
    small, base = base_of(study, table, flows)
    told("stresses and sensitivities")
    whole = Level.of_run(result, bid.price.value, bid.price.value)
    stresses = stress_table(small, table, base, bid.price.value, whole)
    moved = tornado(small, table, base, whole)
    told("what would have to happen to lose a tenth")
    reverse = reverse_stress(study, table)
    told("stale and missing inputs")
    flags = data_flags(study, table, base)
    told("the second method")
    second = second_opinion(study, table, result)
    return BidBook(
        result=result,
        bid=bid,
        keep=keep,
        deal=deal,
        day_one=SellerCase(flows, study.seller, pricing).day_one(bid.price.value),
        parts=parts,
        by_segment=by_part(parts.loans, "segment"),
        factors=factor_attribution(
            result.sample,
            result.pv,
            flows.factor_averages,
            flows.factor_names,
            pricing.shortfall_level,
        ),
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
        principal=float(table.loans["principal"].sum()),
        stated_buyer=study.stated_buyer is not None,
    )
