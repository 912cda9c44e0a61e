"""What rules on sham sales ask of a contract: found in its words, in its figures, or not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from npl_sim.capital.sham_sale_rules import ABSENT, Feature, Scope, Sign, limits
from npl_sim.channel.result import ChannelResult, Version
from npl_sim.channel.terms.contract import ChannelContract
from npl_sim.channel.terms.undertakings import (
    BuyerPut,
    Guarantee,
    IncomeSwap,
    Repurchase,
    SellerCall,
    TopUp,
)
from npl_sim.channel.terms.vehicles import Layer
from npl_sim.channel.verdict.figure_signs import (
    letter_adds,
    letter_moves,
    made_whole,
    risk_retained,
)

__all__ = ["scopes_of", "signs_of"]


def scopes_of(contract: ChannelContract) -> dict[Scope, bool | None]:
    """Return what kinds of sale a contract is; None where it does not say."""
    accounting = contract.accounting
    given = "to_management_company" in accounting.model_fields_set
    return {
        "any": True,
        "outright_sale": accounting.form == "outright_sale",
        "income_right": accounting.form == "income_right",
        "management_company": accounting.to_management_company if given else None,
    }


def signs_of(
    result: ChannelResult, version: Version, facts: Mapping[str, Any], relief_claimed: float
) -> dict[Feature, Sign]:
    """Return whether a version of a contract has each feature, and what shows it.

    Parameters
    ----------
    result, version
        A measured contract, and the version that is asked about.
    facts
        The version's facts for the verdict; read is ``option_moneyness``.
    relief_claimed
        Risk-weighted assets that the seller claims to be rid of. [package currency]
    """
    accounting = version.contract.accounting
    given = accounting.model_fields_set
    whole = made_whole(version)
    signs: dict[Feature, Sign] = {
        **_repurchases(result, version, facts.get("option_moneyness") == "deep_in"),
        "yield_guarantee": _yield_guarantee(version.contract, whole),
        "risk_retained": risk_retained(version),
        "rigid_redemption": _rigid_redemption(version.contract, whole),
        "nested_products": _nested(version.contract),
        "own_wealth_product": _own_product(version.contract),
        "bridge": _stated("bridge", accounting.bridge, "bridge" in given),
        "non_qualified_investors": _stated(
            "non_qualified_investors",
            accounting.non_qualified_investors,
            "non_qualified_investors" in given,
        ),
        "buyer_no_management_company": _stated(
            "to_management_company",
            not accounting.to_management_company,
            "to_management_company" in given,
        ),
        **_personal(version.contract, result.holdings),
        "capital_released_on_income_right": ABSENT,
    }
    if accounting.form == "income_right":
        # Relief is only a breach where the bank is known to take it; that it could claim it is not.
        signs["capital_released_on_income_right"] = _stated(
            "reported_rwa", relief_claimed > 0.0, accounting.reported_rwa is not None
        )
    beside: tuple[Feature, ...] = ("mutual_holding", "involvement_left_out_of_npl")
    for feature in beside:
        signs[feature] = _stated("known_features", False, "known_features" in given)
    for feature in accounting.known_features:
        signs[feature] = Sign(True, f"accounting.known_features names {feature}")
    return signs


def _stated(key: str, present: bool, given: bool) -> Sign:
    if not given:
        return Sign(None, f"accounting.{key} is not given")
    return Sign(True, f"accounting.{key} says so") if present else ABSENT


def _repurchases(result: ChannelResult, version: Version, sure: bool) -> dict[Feature, Sign]:
    """A seller's call is a right and no obligation: it counts only where it is all but sure to be used."""
    added = letter_adds(result, version)
    signs: dict[Feature, Sign] = {
        "explicit_repurchase": ABSENT,
        "implicit_repurchase": ABSENT,
        "income_swap": ABSENT,
    }
    moves = letter_moves(result, version)
    if moves:
        signs["implicit_repurchase"] = Sign(True, moves)
    for u in version.contract.undertakings:
        back = isinstance(u, Repurchase | BuyerPut) or (isinstance(u, SellerCall) and sure)
        if isinstance(u, IncomeSwap):
            signs["income_swap"] = Sign(True, f"undertaking {u.name!r} is an income swap")
            back = u.final != "none"
        if back:
            feature: Feature = "implicit_repurchase" if u in added else "explicit_repurchase"
            where = "the side letter adds or alters" if u in added else "the contract has"
            signs[feature] = Sign(True, f"{where} {u.kind.replace('_', ' ')} {u.name!r}")
    return signs


def _yield_guarantee(contract: ChannelContract, whole: Sequence[tuple[str, str]]) -> Sign:
    for u in contract.undertakings:
        if isinstance(u, Guarantee | TopUp):
            return Sign(True, f"the contract has {u.kind.replace('_', ' ')} {u.name!r}")
    return Sign(True, whole[0][1]) if whole else ABSENT


def _rigid_redemption(contract: ChannelContract, whole: Sequence[tuple[str, str]]) -> Sign:
    products = contract.accounting.asset_management_products
    own = set(contract.accounting.own_wealth_products)
    stated = products is not None or bool(own)
    known = own | set(products or ())
    if not stated and "vehicles" in contract.model_fields_set:
        known = {layer.name for layer in contract.vehicles}
    note = (
        ""
        if products is not None
        else "; accounting.asset_management_products is not given, so that vehicles count as products"
    )
    hits = []
    for u in contract.undertakings:
        if isinstance(u, TopUp):
            layer = next(x for x in contract.vehicles if u.of in [n.name for n in x.notes])
            hits.append((_parties(layer), f"{u.name!r} tops up note {u.of!r} of {layer.name!r}"))
    for name, why in whole:
        parties = {name}.union(
            *(_parties(x) for x in contract.vehicles if name in {c.holder for c in x.claims})
        )
        hits.append((parties, why))
    for parties, why in hits:
        if parties & known:
            return Sign(True, why + note)
    if hits and products is None:
        return Sign(None, f"{hits[0][1]}: accounting.asset_management_products is not given")
    return ABSENT


def _parties(layer: Layer) -> set[str]:
    return {layer.name, *(c.holder for c in layer.claims)}


def _nested(contract: ChannelContract) -> Sign:
    """Count products one above the other, along who holds whose claims."""
    accounting, most = contract.accounting, limits().nesting_at_most
    sure = {*accounting.own_wealth_products, *(accounting.asset_management_products or ())}
    everyone = {name for layer in contract.vehicles for name in _parties(layer)} - {"bank"}
    deepest = _depth(contract, sure)
    if deepest > most:
        return Sign(True, f"{deepest} products stand one above the other; expected at most {most}")
    possible = everyone if accounting.asset_management_products is None else sure
    if _depth(contract, possible) > most:
        return Sign(
            None,
            "accounting.asset_management_products is not given: which vehicles and holders are products is not known",
        )
    return ABSENT


def _depth(contract: ChannelContract, products: set[str]) -> int:
    """Return how many products stand one above the other at most."""
    depth: dict[str, int] = {}
    for layer in contract.vehicles:
        own = max(depth.get(layer.name, 0), 1 if layer.name in products else 0)
        depth[layer.name] = own
        for claim in layer.claims:
            adds = 1 if claim.holder in products else 0
            depth[claim.holder] = max(depth.get(claim.holder, 0), own + adds)
    return max((n for name, n in depth.items() if name != "bank"), default=0)


def _own_product(contract: ChannelContract) -> Sign:
    own = contract.accounting.own_wealth_products
    hit = sorted({name for layer in contract.vehicles for name in _parties(layer)} & set(own))
    if hit:
        return Sign(True, f"{hit[0]!r} is a wealth product of the seller")
    return _stated(
        "own_wealth_products", False, "own_wealth_products" in contract.accounting.model_fields_set
    )


def _personal(contract: ChannelContract, found: Mapping[str, float] | None) -> dict[Feature, Sign]:
    """What the contract says of its loans, and what the tape shows; of the two the more adverse."""
    accounting = contract.accounting
    kinds = dict.fromkeys(accounting.package_holds or (), 0.0) | dict(found or {})
    missing = [name.removeprefix("unknown: ") for name in kinds if name.startswith("unknown: ")]
    open_: Sign = ABSENT
    if accounting.package_holds is None and found is None:
        open_ = Sign(
            None,
            "accounting.package_holds is not given: what loans the package holds is not known",
        )
    elif accounting.package_holds is None and missing:
        open_ = Sign(
            None,
            f"accounting.package_holds is not given: who owes product {missing[0]!r} is not known",
        )
    secured = open_
    if "personal_secured" in kinds:
        amount = kinds["personal_secured"]
        of = f", {amount:,.2f} of gross book value" if amount > 0.0 else ""
        secured = Sign(True, f"the package holds secured personal loans{of}")
    outside = open_
    if "personal_unsecured" in kinds:
        outside = _outside_pilot(accounting.personal_pilot, accounting.signed)
    return {"personal_secured": secured, "personal_unsecured_outside_pilot": outside}


def _outside_pilot(stated: bool | None, signed: date | None) -> Sign:
    first, last = limits().pilot_from, limits().pilot_until
    if signed is not None and not first <= signed <= last:
        return Sign(
            True,
            f"unsecured personal loans are sold on {signed}; the pilot runs from {first} to {last}",
        )
    if stated is None:
        return Sign(
            None,
            "accounting.personal_pilot is not given: the package holds unsecured personal loans",
        )
    return ABSENT if stated else Sign(True, "unsecured personal loans are sold outside the pilot")
