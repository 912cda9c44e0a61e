"""Features of a contract that rules on sham sales forbid: present, absent or not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from npl_sim.capital.sham_sale_rules import ABSENT, Feature, Scope, Sign, limits
from npl_sim.channels.result import ChannelResult, Version
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.channels.terms.undertakings import (
    BuyerPut,
    Guarantee,
    IncomeSwap,
    Repurchase,
    SellerCall,
    TopUp,
)
from npl_sim.channels.terms.vehicles import BANK, Vehicle
from npl_sim.channels.verdict.figure_signs import (
    repaid_investors,
    risk_retained,
    side_letter_adds,
    side_letter_moves,
)
from npl_sim.core.language import gettext as _


def scopes_of(contract: ChannelContract) -> dict[Scope, bool | None]:
    """Return the kinds of sale that a contract is; None if it does not state the kind."""
    accounting = contract.accounting
    given = "to_management_company" in accounting.model_fields_set
    return {
        "any": True,
        "outright_sale": accounting.form == "outright_sale",
        "income_right": accounting.form == "income_right",
        "management_company": accounting.to_management_company if given else None,
    }


def signs_of(
    result: ChannelResult, version: Version, deep_in: bool, relief_claimed: float
) -> dict[Feature, Sign]:
    """Return whether a version of a contract has each feature, and the evidence.

    Parameters
    ----------
    result, version
        A measured contract, and one of its versions.
    deep_in
        Whether an option of the version is deep in the money.
    relief_claimed
        Risk-weighted assets that the seller claims to save. [package currency]
    """
    accounting, contract = version.contract.accounting, version.contract

    def stated(key: str, present: bool) -> Sign:
        return _stated(key, present, key in accounting.model_fields_set)

    repaid = repaid_investors(version)
    signs: dict[Feature, Sign] = {
        **_repurchases(result, version, deep_in),
        "yield_guarantee": _yield_guarantee(contract, repaid),
        "risk_retained": risk_retained(version),
        "rigid_redemption": _rigid_redemption(contract, repaid),
        "nested_products": _nested(contract),
        "own_wealth_product": _own_product(contract),
        "bridge": stated("bridge", accounting.bridge),
        "non_qualified_investors": stated(
            "non_qualified_investors", accounting.non_qualified_investors
        ),
        "buyer_no_management_company": stated(
            "to_management_company", not accounting.to_management_company
        ),
        **_personal(contract, result.holdings),
        "capital_released_on_income_right": ABSENT,
        "mutual_holding": stated("known_features", False),
        "involvement_left_out_of_npl": stated("known_features", False),
    }
    if accounting.form == "income_right":
        # Relief is a breach only if the bank is known to take it.
        signs["capital_released_on_income_right"] = _stated(
            "reported_rwa", relief_claimed > 0.0, accounting.reported_rwa is not None
        )
    for feature in accounting.known_features:
        signs[feature] = Sign(
            True, _("accounting.known_features names {feature}").format(feature=feature)
        )
    return signs


def _stated(key: str, present: bool, given: bool) -> Sign:
    if not given:
        return Sign(None, _("accounting.{key} is not given").format(key=key))
    return Sign(True, _("accounting.{key} states it").format(key=key)) if present else ABSENT


def _repurchases(result: ChannelResult, version: Version, deep_in: bool) -> dict[Feature, Sign]:
    """Return signs of a repurchase; a call counts only if its exercise is nearly certain."""
    added = side_letter_adds(result, version)
    signs: dict[Feature, Sign] = dict.fromkeys(
        ("explicit_repurchase", "implicit_repurchase", "income_swap"), ABSENT
    )
    if moves := side_letter_moves(result, version):
        signs["implicit_repurchase"] = Sign(True, moves)
    for u in version.contract.undertakings:
        back = isinstance(u, Repurchase | BuyerPut) or (isinstance(u, SellerCall) and deep_in)
        if isinstance(u, IncomeSwap):
            signs["income_swap"] = Sign(
                True, _("undertaking {u!r} is an income swap").format(u=u.name)
            )
            back = u.final != "none"
        if back:
            feature: Feature = "implicit_repurchase" if u in added else "explicit_repurchase"
            source = _("the side letter adds or changes") if u in added else _("the contract has")
            signs[feature] = Sign(True, f"{source} {u.kind.replace('_', ' ')} {u.name!r}")
    return signs


def _yield_guarantee(contract: ChannelContract, repaid: Sequence[tuple[str, str]]) -> Sign:
    for u in contract.undertakings:
        if isinstance(u, Guarantee | TopUp):
            return Sign(
                True,
                _("the contract has {replace} {u!r}").format(
                    replace=u.kind.replace("_", " "), u=u.name
                ),
            )
    return Sign(True, repaid[0][1]) if repaid else ABSENT


def _rigid_redemption(contract: ChannelContract, repaid: Sequence[tuple[str, str]]) -> Sign:
    products = contract.accounting.asset_management_products
    known = {*contract.accounting.own_wealth_products, *(products or ())}
    if products is None and not known and "vehicles" in contract.model_fields_set:
        known = {vehicle.name for vehicle in contract.vehicles}
    not_given = _("accounting.asset_management_products is not given")
    note = (
        ""
        if products is not None
        else _("; {not_given}, so vehicles count as products").format(not_given=not_given)
    )
    hits = []
    for u in contract.undertakings:
        if isinstance(u, TopUp):
            vehicle = next(x for x in contract.vehicles if u.of in [n.name for n in x.notes])
            evidence = _("{u!r} tops up note {of!r} of {vehicle!r}").format(
                u=u.name, of=u.of, vehicle=vehicle.name
            )
            hits.append((_parties(vehicle), evidence))
    for name, evidence in repaid:
        vehicles = (x for x in contract.vehicles if name in {c.holder for c in x.claims})
        hits.append(({name}.union(*map(_parties, vehicles)), evidence))
    for parties, evidence in hits:
        if parties & known:
            return Sign(True, evidence + note)
    if hits and products is None:
        return Sign(None, f"{hits[0][1]}: {not_given}")
    return ABSENT


def _parties(vehicle: Vehicle) -> set[str]:
    return {vehicle.name, *(c.holder for c in vehicle.claims)}


def _nested(contract: ChannelContract) -> Sign:
    """Return whether too many products are nested, along the holders of claims."""
    accounting, most = contract.accounting, limits().nesting_at_most
    known = {*accounting.own_wealth_products, *(accounting.asset_management_products or ())}
    everyone = set().union(*map(_parties, contract.vehicles)) - {BANK}
    deepest = _depth(contract, known)
    if deepest > most:
        return Sign(
            True,
            _("{deepest} nested products; expected at most {most}").format(
                deepest=deepest, most=most
            ),
        )
    possible = everyone if accounting.asset_management_products is None else known
    if _depth(contract, possible) > most:
        return Sign(
            None,
            _(
                "accounting.asset_management_products is not given: which vehicles and "
                "holders are products is not known"
            ),
        )
    return ABSENT


def _depth(contract: ChannelContract, products: set[str]) -> int:
    """Return the largest number of products nested in each other."""
    depth: dict[str, int] = {}
    for vehicle in contract.vehicles:
        level = max(depth.get(vehicle.name, 0), int(vehicle.name in products))
        depth[vehicle.name] = level
        for claim in vehicle.claims:
            below = level + int(claim.holder in products)
            depth[claim.holder] = max(depth.get(claim.holder, 0), below)
    return max((n for name, n in depth.items() if name != BANK), default=0)


def _own_product(contract: ChannelContract) -> Sign:
    accounting = contract.accounting
    parties = set().union(*map(_parties, contract.vehicles))
    if hit := sorted(parties & set(accounting.own_wealth_products)):
        return Sign(True, _("{hit!r} is a wealth product of the seller").format(hit=hit[0]))
    key = "own_wealth_products"
    return _stated(key, False, key in accounting.model_fields_set)


def _personal(
    contract: ChannelContract, holdings: Mapping[str, float] | None
) -> dict[Feature, Sign]:
    """Return signs of personal loans, stated or on the tape; the more adverse one counts."""
    accounting = contract.accounting
    kinds = dict.fromkeys(accounting.package_holds or (), 0.0) | dict(holdings or {})
    missing = [name.removeprefix("unknown: ") for name in kinds if name.startswith("unknown: ")]
    default = ABSENT
    if accounting.package_holds is None and (holdings is None or missing):
        unknown = (
            _("which loans the package holds is not known")
            if holdings is None
            else _("the borrower type of product {missing!r} is not known").format(
                missing=missing[0]
            )
        )
        default = Sign(
            None, _("accounting.package_holds is not given: {unknown}").format(unknown=unknown)
        )
    secured, outside = default, default
    if "personal_secured" in kinds:
        amount = kinds["personal_secured"]
        of = _(", {amount:,.2f} of gross book value").format(amount=amount) if amount > 0.0 else ""
        secured = Sign(True, _("the package holds secured personal loans{of}").format(of=of))
    if "personal_unsecured" in kinds:
        outside = _outside_pilot(accounting.personal_pilot, accounting.signed)
    return {"personal_secured": secured, "personal_unsecured_outside_pilot": outside}


def _outside_pilot(stated: bool | None, signed: date | None) -> Sign:
    first, last = limits().pilot_from, limits().pilot_until
    loans = _("unsecured personal loans")
    if signed is not None and not first <= signed <= last:
        evidence = _("{loans} are sold on {signed}; the pilot runs from {first} to {last}").format(
            loans=loans, signed=signed, first=first, last=last
        )
        return Sign(True, evidence)
    if stated is None:
        return Sign(
            None,
            _("accounting.personal_pilot is not given: the package holds {loans}").format(
                loans=loans
            ),
        )
    return (
        ABSENT
        if stated
        else Sign(True, _("{loans} are sold outside the pilot").format(loans=loans))
    )
