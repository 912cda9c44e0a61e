"""Report of a priced package for the terminal: value, bid and life, then tables."""

from __future__ import annotations

import dataclasses
import math

from npl_sim.core.errors import counted
from npl_sim.reports.estimation import estimation_text
from npl_sim.reports.evidence import evidence_sentences, evidence_tables
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.reports.heading import NO_HEADING, NOT_PLAUSIBLE, Heading, worthless_lines
from npl_sim.reports.price.text_tables import price_tables
from npl_sim.reports.report import Report
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.price import PriceDistribution


def price_report(result: PriceDistribution, heading: Heading = NO_HEADING) -> Report:
    """Return the report of a priced package.

    Parameters
    ----------
    result
        A priced package.
    heading
        Issues and loans without value, which follow the headline.
    """
    largest = max(abs(result.mean.value), abs(result.expected_shortfall.value), result.gbv / 100.0)
    unit = money_unit(largest, result.currency)
    heading = dataclasses.replace(heading, currency=result.currency)
    behind = evidence_sentences(heading.evidence, unit)
    nothing = [] if heading.nothing is None else worthless_lines(heading.nothing, result.currency)
    if behind and nothing:
        behind.append("")
    return Report(
        headline(result, unit, heading.implausible),
        [*price_tables(result, unit), *evidence_tables(heading.evidence)],
        result.notes,
        heading,
        [*behind, *nothing],
    )


def headline(result: PriceDistribution, unit: Unit, implausible: bool = False) -> list[str]:
    """Return value, bid and life, a line or two each, with a warning on an implausible value."""
    pricing, count = result.pricing, len(result.flows.loans)
    return [
        f"Value  {_amount(result, result.mean.value, unit)} "
        f"at the required return of {percent(pricing.required_return)}",
        *([f"       {NOT_PLAUSIBLE}"] if implausible else []),
        _error_line(result.mean, unit),
        *_target(result, unit),
        *_bid(result, unit),
        *_life(result),
        *_precision(result, unit),
        f"From   {counted(count, 'loan')} of GBV {unit.show(result.gbv)} {unit.name}, "
        f"{result.scenarios:,} scenarios, {result.flows.months} months, seed {result.flows.seed}",
        f"       {estimation_text(result)}",
    ]


def _error_line(estimate: Estimate, unit: Unit) -> str:
    ends = [
        unit.show(end) if math.isfinite(end) else "unbounded"
        for end in (estimate.low, estimate.high)
    ]
    return (
        f"       standard error {unit.show(estimate.se)}; {percent(estimate.confidence, 0)} "
        f"interval {' to '.join(ends)}"
    )


def _target(result: PriceDistribution, unit: Unit) -> list[str]:
    """Return the value at `pricing.target_irr` and `purchase_cost`, where these change it."""
    costs = result.pricing.purchase_cost
    if result.target_irr == result.pricing.required_return and not costs:
        return []
    after = f" after transaction costs of {percent(costs)}" if costs else ""
    return [
        f"       {_amount(result, result.value_at_target.value, unit)} at a return of "
        f"{percent(result.target_irr)}{after}, "
        f"standard error {unit.show(result.value_at_target.se)}"
    ]


def _bid(result: PriceDistribution, unit: Unit) -> list[str]:
    """Return the bid of the buyer; empty where the study states no buyer."""
    bid = result.buyer_bid
    if bid is None:
        return []
    return [
        f"Bid    {_amount(result, bid.value, unit)} on the buyer's terms: {result.buyer_terms}",
        _error_line(bid, unit),
    ]


def _amount(result: PriceDistribution, amount: float, unit: Unit) -> str:
    share = f" ({percent(result.of_gbv(amount), 2)} of GBV)" if result.gbv > 0.0 else ""
    return f"{unit.show(amount)} {unit.name}{share}"


def _life(result: PriceDistribution) -> list[str]:
    life = result.life
    if not math.isfinite(life.expected.value):
        return ["Life   nothing is received"]
    line = (
        f"Life   {life.expected.value:.2f} years ({life.months.value:.1f} months), "
        "receipt-weighted"
    )
    if math.isfinite(life.net):
        line += f"; {life.net:.2f} years of net cash"
    levels = sorted(life.quantiles)
    if len(levels) > 1:
        low, high = life.quantiles[levels[0]].value, life.quantiles[levels[-1]].value
        share = 100 * (levels[-1] - levels[0])
        line += f"; {low:.1f} to {high:.1f} years in {share:.3g}% of scenarios"
    return [line]


def _precision(result: PriceDistribution, unit: Unit) -> list[str]:
    """Return the precision requested and obtained; empty where none was requested."""
    found = result.flows.precision
    if found is None:
        return []
    verdict = "" if found.is_met else ", NOT REACHED"
    drawn = ""
    if found.draws > 1:
        drawn = f", {found.replicated_loans:,} loans drawn up to {found.draws} times in each"
    work = f"{found.gain:.1f} times the work" if found.gain >= 1.0 else "less work"
    name = "Bid of the buyer" if found.of == "bid" else "Value"
    return [
        f"Known  {name}, {found.meaning}: {_amount(result, found.value, unit)}, "
        f"{percent(found.confidence, 0)} interval {unit.show(found.low)} to "
        f"{unit.show(found.high)}",
        f"       half width {_fine(found.half_width)} of it, asked "
        f"{_fine(found.wanted)}{verdict}; {found.scenarios:,} scenarios{drawn}",
        f"       plain sampling would take {found.plain_scenarios:,.0f} scenarios, {work}",
    ]


def _fine(share: float) -> str:
    return f"{100.0 * share:.2g}%" if math.isfinite(share) else "undefined"
