"""Plausibility checks of a result, as issues.

The checks change no number. An error means that the number must not be used before its inputs are
checked. A warning states what is unusual, the bound, and the source of the bound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from npl_sim.analysis.published_issues import published_issues
from npl_sim.core.issues import RESULT, Issue
from npl_sim.core.language import gettext as _
from npl_sim.stats.discount import present_value
from npl_sim.tables.findings import Severity

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution


SALE_MULTIPLE = 2.0
"""Sale price over the hold value of the package beyond which it is reported. [multiple]"""

SLACK = 1e-9
"""Relative tolerance of comparisons."""


@dataclass(frozen=True)
class Headline:
    """Headline figures of a result."""

    name: str
    """Name of the mean, such as ``mean price``."""
    mean: float
    """Mean. [package currency]"""
    gbv: float
    """GBV of the package. [package currency]"""
    bid: float = math.nan
    """Bid of the buyer; NaN without one. [package currency]"""
    highest: float = math.nan
    """Highest quantile shown; NaN without one. [package currency]"""
    highest_level: float = math.nan
    """Level of that quantile."""


def _of(amount: float, gbv: float) -> str:
    """Return an amount in words, with its share of GBV."""
    return (
        _("{amount}, {amount2:,.1%} of GBV").format(
            amount=short_amount(amount), amount2=amount / gbv
        )
        if gbv > 0.0 and abs(amount / gbv) < 1e4
        else short_amount(amount)
    )


def short_amount(amount: float) -> str:
    """Return an amount as text, a very large one in powers of ten."""
    return f"{amount:,.2f}" if abs(amount) < 1e15 else f"{amount:.3g}"


def _issue(severity: Severity, message: str, gbv: float) -> Issue:
    """Return an issue of the result itself, which ranks before issues of its inputs."""
    return Issue(severity, "result", message, gbv, grade=RESULT)


def headline_issues(figures: Headline) -> Iterator[Issue]:
    """Yield impossible or implausible headline figures as issues."""
    mean, gbv, name = figures.mean, figures.gbv, figures.name
    advice = _("do not use it before the study's rates, units and the tape are checked")
    if not math.isfinite(mean):
        yield _issue(
            "error",
            _("the {name} is not a finite number; {advice}").format(name=name, advice=advice),
            gbv,
        )
    elif mean < 0.0:
        yield _issue(
            "error",
            _("the {name} is below zero ({mean}); {advice}").format(
                name=name, mean=_of(mean, gbv), advice=advice
            ),
            gbv,
        )
    elif mean > gbv * (1.0 + SLACK):
        yield _issue(
            "error",
            _("the {name} ({mean}) is above the gross book value of {gbv}; {advice}").format(
                name=name, mean=_of(mean, gbv), gbv=short_amount(gbv), advice=advice
            ),
            gbv,
        )
    if figures.bid < 0.0:
        yield _issue(
            "error",
            _("the bid is below zero ({bid}); {advice}").format(
                bid=_of(figures.bid, gbv), advice=advice
            ),
            gbv,
        )
    if figures.highest > gbv * (1.0 + SLACK) and not mean > gbv * (1.0 + SLACK):
        yield _issue(
            "warning",
            _(
                "the {highest_level:g}% quantile of the price ({highest}) is above the "
                "gross book value of {gbv}; expected at most what is owed"
            ).format(
                highest_level=100.0 * figures.highest_level,
                highest=_of(figures.highest, gbv),
                gbv=short_amount(gbv),
            ),
            gbv,
        )


def cash_issues(name: str, mean: float, gbv: float) -> tuple[Issue, ...]:
    """Return issues of an amount beside a price: the cash of a deal, one side of a comparison.

    Parameters
    ----------
    name
        Name of the amount.
    mean
        Mean over the scenarios. [package currency]
    gbv
        GBV of the package. [package currency]
    """
    return tuple(headline_issues(Headline(name, mean, gbv)))


def bid_issues(bid: float, gbv: float) -> tuple[Issue, ...]:
    """Return issues of the bid of a buyer. [package currency]"""
    return tuple(headline_issues(Headline("bid", 0.0, gbv, bid)))


def sale_issues(price: float, worth: float, gbv: float) -> tuple[Issue, ...]:
    """Return issues of a stated sale price.

    Parameters
    ----------
    price
        Price of the sale. [package currency]
    worth
        Expected present value of holding the package. [package currency]
    gbv
        GBV of the package. [package currency]
    """
    found = []
    if price > gbv * (1.0 + SLACK):
        text = _("the sale price ({price}) is above the gross book value of {gbv}").format(
            price=_of(price, gbv), gbv=short_amount(gbv)
        )
        found.append(
            _issue(
                "warning", _("{text}; expected a price below what is owed").format(text=text), gbv
            )
        )
    if price > SALE_MULTIPLE * max(worth, 0.0) and price > 0.0:
        times = (
            _(", {price:,.1f} times").format(price=price / worth) if worth > 0.0 else _(", above")
        )
        text = _(
            "the sale price is {price}{times} what the package is worth if kept ({worth})"
        ).format(price=short_amount(price), times=times, worth=short_amount(worth))
        found.append(
            _issue(
                "warning",
                _(
                    "{text}; expected at most {sale_multiple:g} times: check the price, and "
                    "who finances it"
                ).format(text=text, sale_multiple=SALE_MULTIPLE),
                gbv,
            )
        )
    return tuple(found)


def result_issues(study: Study, table: LoanTable, result: PriceDistribution) -> tuple[Issue, ...]:
    """Return issues of a priced package.

    Parameters
    ----------
    study, table
        The study and its loans.
    result
        Its price.
    """
    level = max(result.quantiles, default=math.nan)
    highest = result.quantiles[level].value if result.quantiles else math.nan
    bid = math.nan if result.buyer_bid is None else result.buyer_bid.value
    figures = Headline(_("mean price"), result.mean.value, result.gbv, bid, highest, level)
    return _judged(study, table, figures, result.flows.loans)


def flow_issues(study: Study, table: LoanTable, flows: Cash) -> tuple[Issue, ...]:
    """Return issues of simulated cash at its present value, before it is priced.

    Deals and channels use this cash by scenario, with one draw of each loan; an issue says so.

    Parameters
    ----------
    study, table
        The study and its loans.
    flows
        Simulated cash.
    """
    figures = Headline(_("mean present value"), float(flows.loans["pv_mean"].sum()), flows.gbv)
    return (*_judged(study, table, figures, flows.loans), *_one_draw(flows, figures.mean))


def _one_draw(flows: Cash, mean: float) -> Iterator[Issue]:
    """Yield the distance of cash of one draw from the mean of all draws, if there are several."""
    if flows.draws == 1:
        return
    first = present_value(flows.net, flows.discount_rate, flows.cash_timing)
    found = flows.sample.mean(first)
    yield Issue(
        "warning",
        "simulation.precision",
        _(
            "cash by scenario takes one of up to {draws} draws of each loan. Its mean "
            "present value is {found:,.2f} (standard error {se:,.2f}); that of all "
            "draws, the study's price, is {mean:,.2f}. If the two must agree, set more "
            "simulation.scenarios in place of a precision"
        ).format(draws=flows.draws, found=found.value, se=found.se, mean=mean),
        flows.gbv,
        grade=RESULT,
    )


def _judged(
    study: Study, table: LoanTable, figures: Headline, loans: pd.DataFrame
) -> tuple[Issue, ...]:
    found = list(headline_issues(figures))
    if any(issue.severity == "error" for issue in found):
        return tuple(found)  # segments of an implausible total add nothing
    return (*found, *published_issues(study, table, loans))
