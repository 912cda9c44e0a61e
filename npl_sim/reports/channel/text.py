"""Report of a channel contract for the terminal: retained risk, parties, undertakings, calls."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from npl_sim.channels.result import DISCLOSED, ChannelResult, Version
from npl_sim.channels.statistics import weighted_sum
from npl_sim.core.errors import known
from npl_sim.core.issues import Issue
from npl_sim.core.language import gettext as _
from npl_sim.reports.channel.text_tables import report_tables, share_text
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.reports.heading import Heading
from npl_sim.reports.report import Report
from npl_sim.tape.issues import LISTED_BY

MOST_IN_CENTS = 1e8
"""Face of a table of outcomes up to which its amounts are shown to the cent."""

VERSION_NAMES = {"": "Stays", DISCLOSED: "Disclosed"}
"""First words of the line on a version; any other version has the side letter."""


def channel_report(
    result: ChannelResult, issues: Sequence[Issue] = (), listed_by: str = LISTED_BY
) -> Report:
    """Return the report of what a contract leaves with the bank.

    Parameters
    ----------
    result
        A measured contract.
    issues
        Issues, which follow the headline.
    listed_by
        Command that lists every issue.
    """
    unit = _unit(result)
    return Report(
        _headline(result, unit),
        list(report_tables(result, unit)),
        list(_notes(result)),
        Heading(tuple(issues), None, result.currency),
        listed_by=listed_by,
    )


class _Cents(Unit):
    """Amounts to the cent, as in published examples."""

    def show(self, amount: float) -> str:
        """Return an amount."""
        return f"{amount:,.2f}"

    def column(self, amounts: Iterable[float]) -> list[str]:
        """Return amounts."""
        return [f"{x:,.2f}" if math.isfinite(x) else "-" for x in amounts]


def _unit(result: ChannelResult) -> Unit:
    if result.outcomes.exact and result.outcomes.face < MOST_IN_CENTS:
        return _Cents(1.0, result.currency or "package currency")
    run = result.versions[0].retained.run
    largest = max(
        run.price,
        abs(float(weighted_sum(run.outcomes.probability, result.versions[0].retained.before))),
    )
    return money_unit(largest or run.outcomes.face, result.currency)


def _headline(result: ChannelResult, unit: Unit) -> list[str]:
    outcomes, version = result.outcomes, result.whole
    run = version.retained.run
    worth = float(weighted_sum(outcomes.probability, version.retained.before))
    of_face = (
        _(" ({price} of face)").format(price=percent(run.price / outcomes.face, 2))
        if outcomes.face > 0.0
        else ""
    )
    kind = _("weighted outcomes") if outcomes.exact else "scenarios"
    key = "sum of p (x - mean)+"
    lines = [
        _("Contract    {result}").format(result=result.name),
        _(
            "Sold        for {price} {unit}{of_face}; worth {worth} to the bank if "
            "kept, at {discount_rate}"
        ).format(
            price=unit.show(run.price),
            unit=unit.name,
            of_face=of_face,
            worth=unit.show(worth),
            discount_rate=percent(outcomes.discount_rate),
        ),
    ]
    for v in result.versions:
        share, spread, lost = (
            v.retained.share(key),
            v.retained.share("standard deviation"),
            v.retained.share("expected loss"),
        )
        lead = VERSION_NAMES.get(v.label, "Side letter")
        lines.append(
            _(
                "{lead:<11} {share} of variability by mean absolute deviation, {spread} by "
                "standard deviation, {lost} of expected loss"
            ).format(
                lead=lead,
                share=share_text(share),
                spread=share_text(spread),
                lost=share_text(lost),
            )
        )
    lines += [_loan(v, unit) for v in result.versions if v.funding is not None]
    lines.append(
        _("From        face {face} {unit}, {scenarios:,} {kind}, {months} months").format(
            face=unit.show(outcomes.face),
            unit=unit.name,
            scenarios=outcomes.scenarios,
            kind=kind,
            months=outcomes.months,
        )
        + ("" if outcomes.exact else _(", seed {seed}").format(seed=outcomes.seed))
    )
    return lines


def _loan(version: Version, unit: Unit) -> str:
    funding = version.funding
    funding = known(funding, "funding")
    label = f" ({version.label})" if version.label else ""
    rates = ", ".join(percent(rate) for rate in funding.quantiles.values())
    text = _("As a loan it raises {raised} at {expected} a year{label}").format(
        raised=unit.show(funding.raised), expected=share_text(funding.expected), label=label
    )
    return _("{text}; by scenario 5%, 50%, 95%: {rates}").format(text=text, rates=rates) + (
        _(" ({no_rate} of scenarios have no rate and count as the least or most)").format(
            no_rate=percent(funding.no_rate)
        )
        if funding.no_rate > 0.0
        else ""
    )


def _notes(result: ChannelResult) -> Iterator[str]:
    version = result.whole
    if version.retained.measures["range"][0].value == 0.0:
        yield _("the package has no variability: shares of it are not defined")
