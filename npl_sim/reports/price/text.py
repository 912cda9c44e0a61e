"""Summary of a priced package for the terminal.

rich is imported when the summary is printed. Where the output is no terminal (a file, a pipe) there
are no colours and no lines, only aligned text.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npl_sim.core.errors import counted
from npl_sim.reports.estimation import estimation_words
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.reports.heading import (
    NO_HEADING,
    NOT_PLAUSIBLE,
    Heading,
    print_issues,
    worthless_lines,
)
from npl_sim.reports.price import text_tables
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.price import PriceDistribution

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["headline", "print_summary"]


def print_summary(
    result: PriceDistribution, console: Console, heading: Heading = NO_HEADING
) -> None:
    """Print what a package is worth, what may be wrong with that, and why it is so.

    Parameters
    ----------
    result
        A priced package.
    console
        Where to print.
    heading
        Issues and loans worth nothing, which follow the headline.
    """
    largest = max(abs(result.mean.value), abs(result.expected_shortfall.value), result.gbv / 100.0)
    unit = money_unit(largest, result.currency)
    console.print()
    for line in headline(result, unit, heading.implausible):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    print_issues(console, heading.issues, result.currency)
    if heading.nothing is not None and len(heading.nothing.loans):
        console.print()
        for line in worthless_lines(heading.nothing, result.currency):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    for title, table in text_tables.build(result, unit, plain=not console.is_terminal):
        console.print()
        console.print(title, style="bold", highlight=False, markup=False)
        console.print(table)
    console.print()
    for note in result.notes:
        console.print(f"Note: {note}", highlight=False, markup=False)


def headline(result: PriceDistribution, unit: Unit, implausible: bool = False) -> list[str]:
    """Return value, bid and life, a line or two each; a value that is not plausible says so in the second line."""
    pricing, count = result.pricing, len(result.flows.loans)
    return [
        f"Value  {_amount(result, result.mean.value, unit)} "
        f"at the required return of {percent(pricing.required_return)}",
        *([f"       {NOT_PLAUSIBLE}"] if implausible else []),
        f"       standard error {unit.show(result.mean.se)}; {percent(pricing.confidence, 0)} "
        f"interval {_interval(result.mean, unit)}",
        *_target(result, unit),
        *_bid(result, unit),
        *_life(result),
        *_precision(result, unit),
        f"From   {counted(count, 'loan')} of GBV {unit.show(result.gbv)} "
        f"{unit.name}, {result.scenarios:,} scenarios, {result.flows.months} months, "
        f"seed {result.flows.seed}",
        f"       {estimation_words(result)}",
    ]


def _target(result: PriceDistribution, unit: Unit) -> list[str]:
    """Return the value on the terms of `pricing.target_irr` and `purchase_cost`, where they differ from the first line's."""
    costs = result.pricing.purchase_cost
    if result.target_irr == result.pricing.required_return and not costs:
        return []
    after = f" after transaction costs of {percent(costs)}" if costs else ""
    return [
        f"       {_amount(result, result.value_at_target.value, unit)} at a return of {percent(result.target_irr)}{after}, "
        f"standard error {unit.show(result.value_at_target.se)}"
    ]


def _bid(result: PriceDistribution, unit: Unit) -> list[str]:
    """Return what the buyer bids; nothing where the study states no buyer."""
    bid = result.buyer_bid
    if bid is None:
        return []
    return [
        f"Bid    {_amount(result, bid.value, unit)} on the buyer's terms: {result.buyer_terms}",
        f"       standard error {unit.show(bid.se)}; {percent(bid.confidence, 0)} interval {_interval(bid, unit)}",
    ]


def _amount(result: PriceDistribution, amount: float, unit: Unit) -> str:
    share = f" ({percent(result.of_gbv(amount), 2)} of GBV)" if result.gbv > 0.0 else ""
    return f"{unit.show(amount)} {unit.name}{share}"


def _interval(estimate: Estimate, unit: Unit) -> str:
    ends = [
        unit.show(end) if math.isfinite(end) else "unbounded"
        for end in (estimate.low, estimate.high)
    ]
    return " to ".join(ends)


def _life(result: PriceDistribution) -> list[str]:
    life = result.life
    if not math.isfinite(life.expected.value):
        return ["Life   nothing is received"]
    line = f"Life   {life.expected.value:.2f} years ({life.months.value:.1f} months), receipt-weighted"
    if math.isfinite(life.net):
        line += f"; {life.net:.2f} years of net cash"
    own = sorted(life.quantiles)
    if len(own) > 1:
        low, high = life.quantiles[own[0]].value, life.quantiles[own[-1]].value
        line += f"; {low:.1f} to {high:.1f} years in {100 * (own[-1] - own[0]):.3g}% of scenarios"
    return [line]


def _precision(result: PriceDistribution, unit: Unit) -> list[str]:
    """Return how well the price or the bid was asked for and came to be known; nothing where none was asked."""
    reached = result.flows.precision
    if reached is None:
        return []
    verdict = "" if reached.is_met else ", NOT REACHED"
    drawn = ""
    if reached.draws > 1:
        drawn = f", {reached.repeated_loans:,} loans drawn up to {reached.draws} times in each"
    work = f"{reached.gain:.1f} times the work" if reached.gain >= 1.0 else "less work"
    name = "Bid of the buyer" if reached.of == "bid" else "Value"
    return [
        f"Known  {name}, {reached.meaning}: {_amount(result, reached.value, unit)}, "
        f"{percent(reached.confidence, 0)} interval {unit.show(reached.low)} to {unit.show(reached.high)}",
        f"       half width {_fine(reached.half_width)} of it, asked {_fine(reached.wanted)}{verdict}; "
        f"{reached.scenarios:,} scenarios{drawn}",
        f"       plain sampling would take {reached.plain_scenarios:,.0f} scenarios, {work}",
    ]


def _fine(share: float) -> str:
    return f"{100.0 * share:.2g}%" if math.isfinite(share) else "undefined"
