"""From a measured contract to the facts that the derecognition tree, the capital rules and the notices ask for.

The tree, the capital rules and the notices read plain values; this file alone knows both sides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from npl_sim.accounting.derecognition import Verdict, verdict
from npl_sim.accounting.facts import Facts
from npl_sim.capital.facts import CapitalFacts
from npl_sim.capital.relief import CapitalView, capital
from npl_sim.capital.sham_sale_rules import RuleResult, judge_rules
from npl_sim.channel.result import ChannelResult, Version
from npl_sim.channel.statistics import STATISTICS, weighted_sum
from npl_sim.channel.terms.undertakings import IncomeSwap
from npl_sim.channel.verdict.cash_facts import CashFacts, cash_facts
from npl_sim.channel.verdict.features import scopes_of, signs_of
from npl_sim.channel.verdict.figure_signs import letter_supports
from npl_sim.core.errors import ChannelError

__all__ = ["Judged", "capital_values", "fact_values", "judge"]


@dataclass(frozen=True)
class Judged:
    """What accounting standards and capital rules make of a contract.

    Attributes
    ----------
    verdict
        The walk through the tree, and the balance sheet after it.
    capital
        Capital claimed and earned.
    rules
        What each rule on sham sales says; none: the contract's country has no rules here.
    assumed
        What the facts rest on beside the contract's words.
    cash
        What the cash shows, and what is stated against it.
    """

    verdict: Verdict
    capital: CapitalView
    rules: tuple[RuleResult, ...] | None
    assumed: tuple[str, ...]
    cash: CashFacts


def judge(result: ChannelResult, version: Version) -> Judged:
    """Return the verdict on one version of a contract.

    Parameters
    ----------
    result, version
        A measured contract, and the version of it that is asked about.

    Raises
    ------
    ChannelError
        If the facts contradict one another.
    NplSimError
        If the statistic that decides is not defined, as that of a package without variability.
    """
    accounting = version.contract.accounting
    cash = cash_facts(version)
    values, assumed = fact_values(result, version, cash)
    try:
        found = verdict(Facts.model_validate(values), accounting.thresholds)
        known = capital_values(result, version, values, cash)
        known |= {
            "outcome": found.outcome,
            "kept_share": min(max(found.kept_share, 0.0), 1.0),
            "gain_earned": found.measurement.gain,
        }
        view = capital(CapitalFacts.model_validate(known), accounting.capital_rules)
    except ValidationError as error:
        faults = "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
        raise ChannelError(f"contract {version.contract.name!r}: accounting: {faults}") from None
    signs = signs_of(result, version, values, view.relief_claimed)
    ruled = (
        judge_rules(signs, accounting.signed, scopes_of(version.contract))
        if accounting.country == "china"
        else None
    )
    return Judged(found, view, ruled, (*assumed, *_near_a_threshold(version, found, cash)), cash)


def fact_values(
    result: ChannelResult, version: Version, cash: CashFacts | None = None
) -> tuple[dict[str, Any], list[str]]:
    """Return the facts of a version, and what they rest on beside the contract's words.

    Parameters
    ----------
    result, version
        As for `judge`.
    cash
        What its cash shows; none: it is asked here.
    """
    contract, retained = version.contract, version.retained
    cash = cash or cash_facts(version)
    accounting, held = contract.accounting, cash.position
    assumed = [*_not_said(version, cash), *cash.assumed]
    fair, carrying = _amounts(result, version, assumed)
    face, provisions = retained.run.outcomes.face, accounting.specific_provisions
    if provisions is not None and carrying + provisions < face * (1.0 - 1e-9):
        assumed.append(
            f"capital and NPL ratio: {carrying + provisions:,.2f} of the face of {face:,.2f} is on the books (carrying amount and specific "
            "provisions); the rest counts as written off, or never recognized"
        )
    values: dict[str, Any] = {
        "seller_controls_vehicle": bool(accounting.seller_controls_vehicle)
        or cash.vehicle.controlled,
        "may_control_vehicle": accounting.seller_controls_vehicle is None
        and cash.vehicle.most
        and not cash.vehicle.controlled,
        "variable_returns_share": cash.vehicle.share,
        "vehicle_transfers_rights": accounting.vehicle_transfers_rights,
        "readily_obtainable": accounting.readily_obtainable,
        "transfers_contractual_rights": accounting.transfers_contractual_rights
        and accounting.form != "income_right"
        and accounting.true_sale_opinion is not False,
        "pass_through": cash.pass_through,
        "transferee_can_sell": accounting.transferee_can_sell,
        "carrying_amount": carrying,
        "fair_value": fair,
        "variability": {k: x for k, x in cash.variability.items() if math.isfinite(x)},
        "proceeds": held.proceeds,
        "new_assets": held.kept,
        "likely_losses_covered": held.covers_likely_losses,
        "valued_at": f"mean present value at {100 * retained.run.outcomes.discount_rate:g} %, not fair value",
        "total_return_swap": any(
            isinstance(u, IncomeSwap) and u.pass_back >= 1.0 and u.final != "none"
            for u in contract.undertakings
        ),
        **cash.returns,
    }
    if held.extent > 0.0:
        values |= {"guarantee_cap": held.extent, "guarantee_fair_value": held.given}
    return values, assumed


def _amounts(result: ChannelResult, version: Version, assumed: list[str]) -> tuple[float, float]:
    """Return fair value and carrying amount, and add where they come from to what is assumed. [package currency]"""
    accounting, retained = version.contract.accounting, version.retained
    fair = accounting.fair_value
    if fair is None:
        # What work-out costs is taken off: nobody buys loans without it.
        fair = max(float(weighted_sum(retained.run.outcomes.probability, retained.before)), 0.0)
        assumed.append(
            "fair value: the mean present value, after work-out, at the contract's discount rate"
        )
    carrying = accounting.carrying_amount
    if carrying is None and result.carried is not None:
        carrying = result.carried.amount
        assumed.append(f"carrying amount: {result.carried.words}")
    elif carrying is None and accounting.specific_provisions is not None:
        carrying = retained.run.outcomes.face - accounting.specific_provisions
        assumed.append("carrying amount: the face less the specific provisions that are stated")
    elif carrying is None:
        carrying = fair
        assumed.append("carrying amount: the fair value")
    elif result.carried is not None and abs(carrying - result.carried.amount) > 0.005:
        assumed.append(
            f"carrying amount: stated {carrying:,.2f}; the books say {result.carried.amount:,.2f} ({result.carried.words})"
        )
    return fair, carrying


def _not_said(version: Version, cash: CashFacts) -> list[str]:
    """Return what the contract does not say of itself, and what the verdict makes of it."""
    accounting, kept = version.contract.accounting, cash.position.extent > 0.0
    lines = []
    if accounting.seller_controls_vehicle is None:
        lines.append(
            "accounting.seller_controls_vehicle is not given: a vehicle counts as the seller's where the seller bears at least "
            f"{100 * accounting.thresholds.variable_returns_at_least:g} % of its variable returns"
        )
    if accounting.transferee_can_sell is None and kept:
        lines.append(
            "accounting.transferee_can_sell is not given: it is not known whether the buyer can sell"
        )
    if accounting.true_sale_opinion is None:
        lines.append(
            "accounting.true_sale_opinion is not given: the rights pass as the contract says"
        )
    keeps = accounting.form == "income_right" or not accounting.transfers_contractual_rights
    if keeps and accounting.pass_through is None:
        lines.append("accounting.pass_through is not given: its three tests count as not met")
    return lines


def _near_a_threshold(version: Version, found: Verdict, cash: CashFacts) -> list[str]:
    """Return a sentence where more scenarios could turn the verdict."""
    seen, thresholds = found.exposure, version.contract.accounting.thresholds
    if seen is None or seen.by_nature or seen.chosen is None:
        return []
    if cash.returns.get("repurchase") == "fair_value":
        return []  # the share that decides leaves out what comes back, and has no error here
    share = version.retained.share(STATISTICS[seen.chosen.statistic])
    if not math.isfinite(share.se):
        return [
            f"the statistic that decides ({STATISTICS[seen.chosen.statistic]}) has no error that a sample could tell"
        ]
    return [
        f"the interval of the statistic that decides, {100 * share.low:.2f} % to {100 * share.high:.2f} % at "
        f"{100 * share.confidence:g} % confidence, holds the threshold of {100 * edge:g} %: more scenarios could turn the verdict"
        for edge in (thresholds.transferred_at_most, thresholds.retained_at_least)
        if share.low < edge < share.high
    ]


def capital_values(
    result: ChannelResult, version: Version, facts: dict[str, Any], cash: CashFacts | None = None
) -> dict[str, Any]:
    """Return what the capital rules ask of a version, the tree's outcome left out.

    Parameters
    ----------
    result, version, facts
        As for `judge`, and the version's facts.
    cash
        As for `fact_values`.
    """
    accounting, cash = version.contract.accounting, cash or cash_facts(version)
    face = version.retained.run.outcomes.face
    provisions = accounting.specific_provisions
    if provisions is None:
        provisions = min(max(face - facts["carrying_amount"], 0.0), face)
    # What is neither carried nor provided for was written off, or never was on the books: it bears no capital.
    outstanding = min(face, facts["carrying_amount"] + provisions)
    held = cash.position
    secured = accounting.form == "securitisation"
    sold = held.proceeds + held.kept - held.given
    return {
        "form": accounting.form,
        "country": accounting.country,
        "contractual_return": cash.brings_risk_back,
        "forward_purchase": cash.returns.get("repurchase") == "fair_value",
        "implicit_support": letter_supports(result, version),
        # The notes kept of a securitisation are in its deal, at weights of their own.
        "recourse_cap": held.most_paid if secured else held.extent,
        "outstanding": outstanding,
        "specific_provisions": provisions,
        "residential": accounting.residential,
        "approach": accounting.approach,
        "downturn_lgd": accounting.downturn_lgd,
        "downturn": accounting.downturn,
        "best_estimate_loss": accounting.best_estimate_loss,
        "deal": cash.deal.shown if cash.deal else None,
        "stated_deal": cash.deal.stated if cash.deal else None,
        "expected_loss_kept": cash.expected_loss_kept if secured else None,
        "unexpected_loss_kept": cash.unexpected_loss_kept if secured else None,
        "reported_rwa": accounting.reported_rwa,
        "gain_claimed": sold - facts["carrying_amount"],
        "bank": accounting.bank,
    }
