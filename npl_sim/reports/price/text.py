"""Report of a priced package for the terminal: value, bid and life, then tables."""

from __future__ import annotations

import dataclasses
import math

from npl_sim.core.errors import counted
from npl_sim.core.language import gettext as _
from npl_sim.reports.estimation import estimation_text
from npl_sim.reports.evidence import evidence_sentences, evidence_tables
from npl_sim.reports.experts import entry_tables
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
        [
            *price_tables(result, unit),
            *entry_tables(heading.experts, unit),
            *evidence_tables(heading.evidence),
        ],
        result.notes,
        heading,
        [*behind, *nothing],
    )


def headline(result: PriceDistribution, unit: Unit, implausible: bool = False) -> list[str]:
    """Return value, bid and life, a line or two each, with a warning on an implausible value."""
    pricing, count = result.pricing, len(result.flows.loans)
    return [
        _("Value  {mean} at the required return of {required_return}").format(
            mean=_amount(result, result.mean.value, unit),
            required_return=percent(pricing.required_return),
        ),
        *([f"       {_(NOT_PLAUSIBLE)}"] if implausible else []),
        _error_line(result.mean, unit),
        *_target(result, unit),
        *_bid(result, unit),
        *_life(result),
        *_precision(result, unit),
        _(
            "From   {count} of GBV {gbv} {unit}, {scenarios:,} scenarios, {months} "
            "months, seed {seed}"
        ).format(
            count=counted(count, "loan"),
            gbv=unit.show(result.gbv),
            unit=unit.name,
            scenarios=result.scenarios,
            months=result.flows.months,
            seed=result.flows.seed,
        ),
        f"       {estimation_text(result)}",
    ]


def _error_line(estimate: Estimate, unit: Unit) -> str:
    ends = [
        unit.show(end) if math.isfinite(end) else _("unbounded")
        for end in (estimate.low, estimate.high)
    ]
    return _("       standard error {se}; {confidence} interval {ends}").format(
        se=unit.show(estimate.se),
        confidence=percent(estimate.confidence, 0),
        ends=_(" to ").join(ends),
    )


def _target(result: PriceDistribution, unit: Unit) -> list[str]:
    """Return the value at `pricing.target_irr` and `purchase_cost`, where these change it."""
    costs = result.pricing.purchase_cost
    if result.target_irr == result.pricing.required_return and not costs:
        return []
    after = _(" after transaction costs of {costs}").format(costs=percent(costs)) if costs else ""
    return [
        _(
            "       {value_at_target} at a return of {target_irr}{after}, standard error {se}"
        ).format(
            value_at_target=_amount(result, result.value_at_target.value, unit),
            target_irr=percent(result.target_irr),
            after=after,
            se=unit.show(result.value_at_target.se),
        )
    ]


def _bid(result: PriceDistribution, unit: Unit) -> list[str]:
    """Return the bid of the buyer; empty where the study states no buyer."""
    bid = result.buyer_bid
    if bid is None:
        return []
    return [
        _("Bid    {bid} on the buyer's terms: {buyer_terms}").format(
            bid=_amount(result, bid.value, unit), buyer_terms=result.buyer_terms
        ),
        _error_line(bid, unit),
    ]


def _amount(result: PriceDistribution, amount: float, unit: Unit) -> str:
    share = (
        _(" ({amount} of GBV)").format(amount=percent(result.of_gbv(amount), 2))
        if result.gbv > 0.0
        else ""
    )
    return f"{unit.show(amount)} {unit.name}{share}"


def _life(result: PriceDistribution) -> list[str]:
    life = result.life
    if not math.isfinite(life.expected.value):
        return [_("Life   nothing is received")]
    line = _("Life   {expected:.2f} years ({months:.1f} months), receipt-weighted").format(
        expected=life.expected.value, months=life.months.value
    )
    if math.isfinite(life.net):
        line += _("; {net:.2f} years of net cash").format(net=life.net)
    levels = sorted(life.quantiles)
    if len(levels) > 1:
        low, high = life.quantiles[levels[0]].value, life.quantiles[levels[-1]].value
        share = 100 * (levels[-1] - levels[0])
        line += _("; {low:.1f} to {high:.1f} years in {share:.3g}% of scenarios").format(
            low=low, high=high, share=share
        )
    return [line]


def _precision(result: PriceDistribution, unit: Unit) -> list[str]:
    """Return the precision requested and obtained; empty where none was requested."""
    found = result.flows.precision
    if found is None:
        return []
    verdict = "" if found.is_met else _(", NOT REACHED")
    drawn = ""
    if found.draws > 1:
        drawn = _(", {replicated_loans:,} loans drawn up to {draws} times in each").format(
            replicated_loans=found.replicated_loans, draws=found.draws
        )
    work = (
        _("{gain:.1f} times the work").format(gain=found.gain)
        if found.gain >= 1.0
        else _("less work")
    )
    name = _("Bid of the buyer") if found.of == "bid" else _("Value")
    return [
        _("Known  {name}, {meaning}: {found}, {confidence} interval {low} to {high}").format(
            name=name,
            meaning=found.meaning,
            found=_amount(result, found.value, unit),
            confidence=percent(found.confidence, 0),
            low=unit.show(found.low),
            high=unit.show(found.high),
        ),
        _(
            "       half width {half_width} of it, asked {wanted}{verdict}; "
            "{scenarios:,} scenarios{drawn}"
        ).format(
            half_width=_fine(found.half_width),
            wanted=_fine(found.wanted),
            verdict=verdict,
            scenarios=found.scenarios,
            drawn=drawn,
        ),
        _("       plain sampling would take {plain_scenarios:,.0f} scenarios, {work}").format(
            plain_scenarios=found.plain_scenarios, work=work
        ),
    ]


def _fine(share: float) -> str:
    return f"{100.0 * share:.2g}%" if math.isfinite(share) else "undefined"
