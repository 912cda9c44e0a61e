"""From a measured contract to the facts that the derecognition tree and the capital rules ask for.

The tree, the capital rules and the notices live in `derecognition`, `capital` and `rules`, and read plain values; this file
alone knows both sides. Where an installation lacks them nothing is judged.
"""

from __future__ import annotations

import importlib
import math
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import numpy as np

from npl_sim.channel.layers import BANK, DeferredPrice
from npl_sim.channel.prices import AtMonth, FairValue, PlusCarry
from npl_sim.channel.result import ChannelResult, Version
from npl_sim.channel.statistics import weighted_sum
from npl_sim.channel.undertakings import BuyerPut, Guarantee, IncomeSwap, Repurchase, SellerCall, TopUp

__all__ = ["Judged", "capital_values", "fact_values", "features", "judge"]

LIKELY, UNLIKELY = 0.9, 0.1
"""Chances of exercise from which an option counts as deep in or out of the money."""

STATISTICS = {
    "mean_absolute_deviation": "mean absolute deviation",
    "standard_deviation": "standard deviation",
    "range": "range",
}
"""Statistics by the tree's name and by that of `retained`."""


@dataclass(frozen=True)
class Judged:
    """What accounting standards and capital rules make of a contract.

    Attributes
    ----------
    verdict, capital, breaches
        See `derecognition`, `capital` and `rules`.
    assumed
        What the facts rest on beside the contract's words.
    """

    verdict: Any
    capital: Any
    breaches: tuple[Any, ...]
    assumed: tuple[str, ...]


def judge(result: ChannelResult, version: Version) -> Judged | None:
    """Return the verdict on one version of a contract; none where this installation has no such part."""
    try:
        parts = {name: _part(name) for name in ("derecognition", "facts", "capital", "capitalfacts", "rules")}
    except ModuleNotFoundError:
        return None
    values, assumed = fact_values(version)
    verdict = parts["derecognition"].verdict(parts["facts"].Facts.model_validate(values))
    known = capital_values(result, version, values)
    facts = parts["capitalfacts"].CapitalFacts.model_validate(
        {**known, "outcome": verdict.outcome, "kept_share": min(max(verdict.kept_share, 0.0), 1.0)}
    )
    accounting = version.contract.accounting
    scopes = ["any"]
    scopes += ["income_right"] if accounting.form == "income_right" else []
    scopes += ["management_company"] if accounting.to_management_company else []
    broken = (
        parts["rules"].breaches(features(result, version), accounting.signed, scopes)
        if accounting.country == "china"
        else ()
    )
    return Judged(verdict, parts["capital"].capital(facts), tuple(broken), tuple(assumed))


def _part(name: str) -> ModuleType:
    return importlib.import_module(f"npl_sim.channel.{name}")


def fact_values(version: Version) -> tuple[dict[str, Any], list[str]]:
    """Return the facts of a version, and what they rest on beside the contract's words."""
    contract, retained = version.contract, version.retained
    run = retained.run
    p, outcomes = run.outcomes.probability, run.outcomes
    accounting = contract.accounting
    assumed = []
    worth = max(float(weighted_sum(p, outcomes.present_value(outcomes.net))), 0.0)
    fair = worth if accounting.fair_value is None else accounting.fair_value
    if accounting.fair_value is None:
        assumed.append("fair value: the mean present value at the contract's discount rate")
    carrying = fair if accounting.carrying_amount is None else accounting.carrying_amount
    if accounting.carrying_amount is None:
        assumed.append("carrying amount: the fair value")
    values: dict[str, Any] = {
        "seller_controls_vehicle": accounting.seller_controls_vehicle,
        "transfers_contractual_rights": accounting.transfers_contractual_rights
        and accounting.form == "outright_sale",
        "transferee_can_sell": accounting.transferee_can_sell,
        "carrying_amount": carrying,
        "fair_value": fair,
        "variability": {
            k: retained.share(n).value
            for k, n in STATISTICS.items()
            if math.isfinite(retained.share(n).value)
        },
    }
    if accounting.pass_through is not None:
        values["pass_through"] = accounting.pass_through.model_dump()
    returns = _return_of_package(version)
    values |= returns
    if "option_moneyness" in returns:
        assumed.append(
            f"an option counts as deep in the money where it is exercised in {LIKELY:.0%} of scenarios or more, as deep out in {UNLIKELY:.0%} or fewer"
        )
    values["total_return_swap"] = any(
        isinstance(u, IncomeSwap) and u.pass_back >= 1.0 and u.final != "none" for u in contract.undertakings
    )
    recourse, cost = _recourse(version)
    if recourse > 0.0:
        values |= {"guarantee_cap": recourse, "guarantee_fair_value": max(cost, 0.0)}
        assumed.append(
            "guarantee: the most that guarantees, top-ups and claims kept can lose, at their expected cost"
        )
    closing = {reason: float(weighted_sum(p, cash[:, 0])) for reason, cash in run.bank.items()}
    # A price below what the bank pays for its own claims is no proceeds at all.
    values["proceeds"] = max(
        closing.get("price", 0.0) + sum(x for r, x in closing.items() if r.startswith("funds ")), 0.0
    )
    values["new_assets"] = _claims_kept(version)
    return values, assumed


def _return_of_package(version: Version) -> dict[str, Any]:
    """Return which word of the tree describes how the package comes back; the strongest where there are several."""
    found: dict[str, Any] = {}
    run = version.retained.run
    for u in version.contract.undertakings:
        if isinstance(u, Repurchase):
            kind = "fixed_price"
            if isinstance(u.price, PlusCarry | FairValue):
                kind = "sale_price_plus_return" if isinstance(u.price, PlusCarry) else "fair_value"
            if kind == "fair_value" and found.get("repurchase") in ("fixed_price", "sale_price_plus_return"):
                continue
            found = {"repurchase": kind, "repurchase_unconditional": isinstance(u.at, AtMonth)}
        elif isinstance(u, SellerCall | BuyerPut) and found.get("repurchase") not in (
            "fixed_price",
            "sale_price_plus_return",
        ):
            chance = float(weighted_sum(run.outcomes.probability, run.exercised[u.name] >= 0))
            found = {
                "repurchase": f"{u.kind}_option",
                "option_moneyness": "deep_in"
                if chance >= LIKELY
                else "deep_out"
                if chance <= UNLIKELY
                else "near",
            }
    return found


def _recourse(version: Version) -> tuple[float, float]:
    """Return the most that guarantees, top-ups and claims kept can lose, and what they are expected to lose."""
    contract, run = version.contract, version.retained.run
    outcomes = run.outcomes
    most = cost = 0.0
    named = {"face": outcomes.face, "price": run.price}
    for u in contract.undertakings:
        if isinstance(u, Guarantee):
            reference = named[u.reference] if isinstance(u.reference, str) else u.reference
            limits = [u.share * max(reference - u.deductible, 0.0)]
            limits += [u.cap] if u.cap is not None else []
            limits += [u.cap_share * reference] if u.cap_share is not None else []
            most += min(limits)
        elif isinstance(u, TopUp):
            note = next(
                n.share * run.needs[layer.name]
                for layer in contract.layers
                for n in layer.notes
                if n.name == u.of
            )
            most += min(note, note if u.lifetime is None else u.lifetime)
        else:
            continue
        cost -= float(weighted_sum(outcomes.probability, outcomes.present_value(run.promised[u.name])))
    kept = sum(
        c.share * run.needs[layer.name] for layer in contract.layers for c in layer.funded if c.holder == BANK
    )
    deferred = sum(c.share * run.price for c in contract.layers[0].claims if isinstance(c, DeferredPrice))
    if kept + deferred > 0.0:
        most += kept + deferred
        cost += max(kept + deferred - _claims_kept(version), 0.0)
    return most, cost


def _claims_kept(version: Version) -> float:
    """Return the mean present value of what the bank gets under claims that it holds. [package currency]"""
    run = version.retained.run
    names = {c.name for layer in version.contract.layers for c in layer.claims if c.holder == BANK}
    cash = sum((run.bank[name] for name in names if name in run.bank), np.zeros_like(run.keep))
    outcomes = run.outcomes
    return max(float(weighted_sum(outcomes.probability, outcomes.present_value(cash))), 0.0)


def features(result: ChannelResult, version: Version) -> tuple[str, ...]:
    """Return what of the contract the notices speak of."""
    contract = version.contract
    accounting = contract.accounting
    hidden = version.label == "with the letter"
    shown = {u.name for u in result.versions[0].contract.undertakings} if hidden else set()
    found = []
    for u in contract.undertakings:
        if isinstance(u, Repurchase | SellerCall | BuyerPut):
            found.append("explicit_repurchase" if not hidden or u.name in shown else "implicit_repurchase")
        elif isinstance(u, IncomeSwap):
            found.append("income_swap")
        elif isinstance(u, Guarantee | TopUp):
            found.append("yield_guarantee")
    holders = {c.holder for layer in contract.layers for c in layer.claims}
    holders |= {layer.name for layer in contract.layers}
    if holders & set(accounting.own_wealth_products):
        found.append("own_wealth_product")
    if accounting.non_qualified_investors:
        found.append("non_qualified_investors")
    if accounting.bridge:
        found.append("bridge")
    return tuple(dict.fromkeys(found))


def capital_values(result: ChannelResult, version: Version, facts: dict[str, Any]) -> dict[str, Any]:
    """Return what the capital rules ask of a version, the tree's outcome left out."""
    contract = version.contract
    accounting = contract.accounting
    face = version.retained.run.outcomes.face
    provisions = accounting.specific_provisions
    if provisions is None:
        provisions = min(max(face - facts["carrying_amount"], 0.0), face)
    returns = facts.get("repurchase", "none") not in ("none", "fair_value") or facts["total_return_swap"]
    return {
        "form": accounting.form,
        "country": accounting.country,
        "contractual_return": returns,
        "implicit_support": version.label == "with the letter",
        "recourse_cap": facts.get("guarantee_cap", 0.0),
        "outstanding": face,
        "specific_provisions": provisions,
        "residential": accounting.residential,
    }
