"""The price of a package: from simulated cash flows to a price distribution.

Order of work:

1. The flows are summed by scenario (`scenario_sums`). The present value of a scenario's net cash
   at the required return is its price. Servicing is already among the costs.
2. The prices, with the weights of their scenarios (`flows.sample`), give mean, spread, quantiles
   and expected shortfall, each with its error. Every other estimate has the same weights.
3. The present value at the target return gives the price that earns it, in expectation and by
   probability. Where the study states a buyer, the buyer's terms give the bid.
4. Each price to be tested (by default the bid, or the value at the target return) gives its
   probabilities of loss and rates of return.
5. The receipts give the weighted average life and the recovery curve.
6. The value is broken down by kind, group and loan attribute. Each breakdown sums to the value.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import CapacityError
from npl_sim.core.language import gettext as _
from npl_sim.stats.discount import discount_factors
from npl_sim.stats.risk import Estimate
from npl_sim.stats.sample import Sample
from npl_sim.valuation.bid import Solved, quoted_bid
from npl_sim.valuation.break_even import (
    PriceTest,
    Terms,
    price_test,
    value_in_expectation,
    value_with_probability,
)
from npl_sim.valuation.breakdown import breakdowns, check_sum, ratio
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.price_notes import price_notes, rough_bid
from npl_sim.valuation.recovery import Life
from npl_sim.valuation.scenario_sums import ScenarioSums
from npl_sim.valuation.spec import Pricing


@dataclass(frozen=True, repr=False)
class PriceDistribution:
    """Price distribution of a package under a study.

    Attributes
    ----------
    flows, pricing
        Simulated cash, and the terms of the valuation.
    currency
        Name of the currency for reports; may be empty.
    pv
        Present value of each scenario at the required return, before the buyer's transaction
        costs. Shape (scenarios,), or (scenarios, draws) with replicates. [package currency]
    net_total
        Undiscounted net cash, shape of `pv`. [package currency]
    mean, sd, expected_shortfall
        Of `pv` under the weights of the scenarios; the shortfall at `pricing.shortfall_level`.
        [package currency]
    quantiles
        Of `pv` by level. [package currency]
    target_irr
        Target return of `value_at_target` and `values_by_probability`. [per year]
    value_at_target
        Price that earns it in expectation after transaction costs. [package currency]
    values_by_probability
        Price that earns it with at least a probability, by falling probability. These are
        quantiles of the present value at the target return, after transaction costs. [package
        currency]
    buyer_bid
        Bid of the study's buyer on its own terms. None without a buyer, or if the cash of all
        scenarios does not fit into memory. [package currency]
    buyer_terms
        Description of the target that the bid fulfills.
    buyer_solved
        Solution of `bid.solve_bid` behind the bid, so that a bid book need not solve it again.
    tests
        Risks and returns of each tested price.
    life
        Weighted average life of the cash.
    recovery
        Cumulative recovery by month (see `recovery_curve`). [share of GBV]
    breakdowns
        Value by kind, group, segment, region, stage and product (see `breakdowns`).
    notes
        Notes on the limits of this valuation.
    """

    flows: Cash = field(repr=False)
    pricing: Pricing = field(repr=False)
    currency: str
    pv: np.ndarray = field(repr=False)
    net_total: np.ndarray = field(repr=False)
    mean: Estimate
    sd: Estimate
    expected_shortfall: Estimate
    quantiles: dict[float, Estimate] = field(repr=False)
    target_irr: float
    value_at_target: Estimate
    values_by_probability: dict[float, Estimate] = field(repr=False)
    tests: tuple[PriceTest, ...] = field(repr=False)
    life: Life = field(repr=False)
    recovery: pd.DataFrame = field(repr=False)
    breakdowns: dict[str, pd.DataFrame] = field(repr=False)
    notes: tuple[str, ...]
    buyer_bid: Estimate | None = None
    buyer_terms: str = ""
    buyer_solved: Solved | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        """Return the headline: mean with its standard error."""
        share = (
            _(" ({price_of_gbv:.2%} of GBV)").format(price_of_gbv=self.price_of_gbv.value)
            if self.gbv > 0
            else ""
        )
        return _(
            "<PriceDistribution: mean {mean:,.2f} {currency}{share}, standard error "
            "{se:,.2f}; {scenarios:,} scenarios>"
        ).format(
            mean=self.mean.value,
            currency=self.currency,
            share=share,
            se=self.mean.se,
            scenarios=self.scenarios,
        )

    @property
    def sample(self) -> Sample:
        """Weighted scenarios on which every estimate rests."""
        return self.flows.sample

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return len(self.pv)

    @property
    def plain_scenarios(self) -> float:
        """Number of unweighted scenarios with the same error of the mean; NaN if unknown."""
        first = self.pv if self.pv.ndim == 1 else self.pv[:, 0]
        plain = Sample.plain(self.scenarios).error_of_mean(first)
        return self.scenarios * (plain / self.mean.se) ** 2 if self.mean.se > 0.0 else math.nan

    @property
    def gbv(self) -> float:
        """Gross book value in package currency."""
        return self.flows.gbv

    def of_gbv(self, amount: float) -> float:
        """Return an amount as a share of GBV; NaN if GBV is 0."""
        return float(ratio(amount, self.gbv))

    @property
    def price_of_gbv(self) -> Estimate:
        """Mean present value as a share of GBV."""
        return self.mean.scaled(self.of_gbv(1.0))


def _tests(
    prices: tuple[float, ...], flows: Cash, sums: ScenarioSums, target: float, pricing: Pricing
) -> tuple[PriceTest, ...]:
    pv = sums.present_values(pricing.required_return)
    outlays = [amount + pricing.purchase_cost * max(amount, 0.0) for amount in prices]
    rates = sums.rates_of_return(outlays)
    terms = Terms(target, pricing.quantiles, pricing.confidence)
    return tuple(
        price_test(flows.sample, amount, outlay, sums.net_total, pv, own, terms)
        for amount, outlay, own in zip(prices, outlays, rates, strict=True)
    )


def _bid(
    flows: Cash, buyer: Buyer | None, pricing: Pricing
) -> tuple[Estimate | None, str, Solved | None, tuple[str, ...]]:
    """Return the buyer's bid, its target, its solution, and a note if it cannot be computed."""
    if buyer is None:
        return None, "", None, ()
    try:
        return *quoted_bid(flows, buyer, pricing), rough_bid(flows.scenarios, buyer)
    except CapacityError as error:
        return (
            None,
            "",
            None,
            (_("The buyer's bid is not worked out: {error}").format(error=error),),
        )


def price(
    flows: Cash, pricing: Pricing, currency: str = "", buyer: Buyer | None = None
) -> PriceDistribution:
    """Return the price distribution of a package.

    Parameters
    ----------
    flows
        Simulated cash of the package, servicing among its costs.
    pricing
        Terms of the valuation; they may differ from those of the simulation. If the discounting
        differs, the breakdowns by loan attribute are left out and a note says so.
    currency
        Name of the currency, for reports.
    buyer
        Terms of the buyer; defaults to no bid.

    Raises
    ------
    ConservationError
        If the flows contradict their own sums by kind, group or loan.
    """
    confidence, levels, timing = pricing.confidence, pricing.quantiles, pricing.cash_timing
    discount = discount_factors(pricing.required_return, flows.months, timing)
    sums = ScenarioSums(flows, pricing)
    sample, pv = flows.sample, sums.present_values(pricing.required_return)
    mean = sample.mean(pv, confidence)
    gross = float(sample.average(np.abs(sums.pv_by_kind)).sum())
    check_sum("mean present value by group", sample.average(sums.pv_by_group), mean.value, gross)

    target = pricing.required_return if pricing.target_irr is None else pricing.target_irr
    at_target = sums.present_values(target)
    value_at_target = value_in_expectation(sample, at_target, pricing.purchase_cost, confidence)
    own_bid, terms, solved, unknown = _bid(flows, buyer, pricing)
    tested = pricing.prices or (value_at_target.value if own_bid is None else own_bid.value,)
    same_discount = flows.discount_rate == pricing.required_return and flows.cash_timing == timing
    return PriceDistribution(
        flows=flows,
        pricing=pricing,
        currency=currency,
        pv=pv,
        net_total=sums.net_total,
        mean=mean,
        sd=sample.standard_deviation(pv, confidence),
        expected_shortfall=sample.expected_shortfall(pv, pricing.shortfall_level, confidence),
        quantiles={level: sample.quantile(pv, level, confidence) for level in levels},
        target_irr=target,
        value_at_target=value_at_target,
        values_by_probability={
            round(1.0 - level, 12): value_with_probability(
                sample, at_target, 1.0 - level, pricing.purchase_cost, confidence
            )
            for level in levels
        },
        tests=_tests(tested, flows, sums, target, pricing),
        life=sums.life(levels, confidence),
        recovery=sums.recovery(flows.gbv, levels),
        breakdowns=breakdowns(
            flows, sums, discount, mean.value, same_discount and len(flows.loans) > 0
        ),
        notes=(*price_notes(flows, pricing, same_discount), *unknown),
        buyer_bid=own_bid,
        buyer_terms=terms,
        buyer_solved=solved,
    )
