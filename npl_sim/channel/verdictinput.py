"""From a measured contract to the facts that the derecognition tree, the capital rules and the notices ask for.

The tree, the capital rules and the notices read plain values; this file alone knows both sides.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from npl_sim.channel.capital import CapitalView, capital
from npl_sim.channel.capitalfacts import CapitalFacts
from npl_sim.channel.comingback import LIKELY, UNLIKELY, return_of_package
from npl_sim.channel.derecognition import Verdict, verdict
from npl_sim.channel.facts import Facts
from npl_sim.channel.features import scopes_of, signs_of
from npl_sim.channel.figuresigns import letter_adds, letter_moves
from npl_sim.channel.recourse import claims_kept, recourse
from npl_sim.channel.result import ChannelResult, Version
from npl_sim.channel.rules import RuleResult, judge_rules
from npl_sim.channel.statistics import STATISTICS, weighted_sum
from npl_sim.channel.undertakings import (
    IncomeSwap,
    SellerCall,
)
from npl_sim.errors import ChannelError

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
    """

    verdict: Verdict
    capital: CapitalView
    rules: tuple[RuleResult, ...] | None
    assumed: tuple[str, ...]


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
    values, assumed = fact_values(result, version)
    try:
        found = verdict(Facts.model_validate(values), accounting.thresholds)
        known = capital_values(result, version, values)
        known |= {"outcome": found.outcome, "kept_share": min(max(found.kept_share, 0.0), 1.0)}
        view = capital(CapitalFacts.model_validate(known), accounting.capital_rules)
    except ValidationError as error:
        told = "; ".join(fault["msg"].removeprefix("Value error, ") for fault in error.errors())
        raise ChannelError(f"contract {version.contract.name!r}: accounting: {told}") from None
    signs = signs_of(result, version, values, view.relief_claimed)
    ruled = (
        judge_rules(signs, accounting.signed, scopes_of(version.contract))
        if accounting.country == "china"
        else None
    )
    return Judged(found, view, ruled, (*assumed, *_near_a_threshold(version, found)))


def fact_values(result: ChannelResult, version: Version) -> tuple[dict[str, Any], list[str]]:
    """Return the facts of a version, and what they rest on beside the contract's words.

    Parameters
    ----------
    result, version
        As for `judge`.
    """
    contract, retained = version.contract, version.retained
    run, accounting = retained.run, contract.accounting
    p = run.outcomes.probability
    assumed = _not_said(version)
    fair = accounting.fair_value
    if fair is None:
        # What work-out costs is taken off: nobody buys loans without it.
        fair = max(float(weighted_sum(p, retained.before)), 0.0)
        assumed.append("fair value: the mean present value, after work-out, at the contract's discount rate")
    carrying = accounting.carrying_amount
    if carrying is None and result.carried is not None:
        carrying = result.carried.amount
        assumed.append(f"carrying amount: {result.carried.words}")
    elif carrying is None:
        carrying = fair
        assumed.append("carrying amount: the fair value")
    values: dict[str, Any] = {
        "seller_controls_vehicle": accounting.seller_controls_vehicle,
        "vehicle_transfers_rights": accounting.vehicle_transfers_rights,
        "readily_obtainable": accounting.readily_obtainable,
        "put_deters_sale": accounting.put_deters_sale,
        "transfers_contractual_rights": accounting.transfers_contractual_rights
        and accounting.form != "income_right",
        "pass_through": accounting.pass_through,
        "transferee_can_sell": accounting.transferee_can_sell,
        "carrying_amount": carrying,
        "fair_value": fair,
        "variability": {
            k: retained.share(n).value
            for k, n in STATISTICS.items()
            if math.isfinite(retained.share(n).value)
        },
    }
    values |= return_of_package(version)
    if "option_moneyness" in values:
        assumed.append(
            f"an option counts as deep in the money where it is exercised in {LIKELY:.0%} of scenarios or more, as deep out in {UNLIKELY:.0%} or fewer"
        )
    values["total_return_swap"] = any(
        isinstance(u, IncomeSwap) and u.pass_back >= 1.0 and u.final != "none" for u in contract.undertakings
    )
    lost = recourse(version)
    if lost.most > 0.0:
        values |= {"guarantee_cap": lost.most, "guarantee_fair_value": max(lost.cost, 0.0)}
        assumed.append(
            "guarantee: the most that guarantees, top-ups and claims kept can lose, at their expected cost; claims kept count as "
            "first loss, whatever their rank"
        )
    closing = {reason: float(weighted_sum(p, cash[:, 0])) for reason, cash in run.bank.items()}
    # A price below what the bank pays for its own claims is no proceeds at all.
    values["proceeds"] = max(
        closing.get("price", 0.0) + sum(x for r, x in closing.items() if r.startswith("funds ")), 0.0
    )
    values["new_assets"] = claims_kept(version)
    return values, assumed


def _not_said(version: Version) -> list[str]:
    """Return what the contract does not say of itself and the verdict takes for granted."""
    accounting = version.contract.accounting
    told = []
    if "seller_controls_vehicle" not in accounting.model_fields_set:
        told.append("accounting.seller_controls_vehicle is not given: the buyer is taken for an outsider")
    if "transferee_can_sell" not in accounting.model_fields_set:
        told.append("accounting.transferee_can_sell is not given: the buyer is taken to be free to sell")
    keeps = accounting.form == "income_right" or not accounting.transfers_contractual_rights
    if keeps and accounting.pass_through is None:
        told.append("accounting.pass_through is not given: its three tests count as not met")
    return told


def _near_a_threshold(version: Version, found: Verdict) -> list[str]:
    """Return a sentence where more scenarios could turn the verdict."""
    seen, thresholds = found.exposure, version.contract.accounting.thresholds
    if seen is None or seen.by_nature or seen.chosen is None:
        return []
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


def capital_values(result: ChannelResult, version: Version, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what the capital rules ask of a version, the tree's outcome left out.

    Parameters
    ----------
    result, version, facts
        As for `judge`, and the version's facts.
    """
    accounting = version.contract.accounting
    face = version.retained.run.outcomes.face
    provisions = accounting.specific_provisions
    if provisions is None:
        provisions = min(max(face - facts["carrying_amount"], 0.0), face)
    returns = facts.get("repurchase", "none") not in ("none", "fair_value") or facts["total_return_swap"]
    lost = recourse(version)
    added = letter_adds(result, version)
    return {
        "form": accounting.form,
        "country": accounting.country,
        "contractual_return": returns,
        "implicit_support": any(not isinstance(u, SellerCall) for u in added)
        or bool(letter_moves(result, version)),
        # The notes kept of a securitisation are in its deal, at weights of their own.
        "recourse_cap": lost.promised if accounting.form == "securitisation" else lost.most,
        "outstanding": face,
        "specific_provisions": provisions,
        "residential": accounting.residential,
        "approach": accounting.approach,
        "downturn_lgd": accounting.downturn_lgd,
        "downturn": accounting.downturn,
        "best_estimate_loss": accounting.best_estimate_loss,
        "deal": accounting.deal,
        "reported_rwa": accounting.reported_rwa,
        "bank": accounting.bank,
    }
