"""Conflicts between stated facts and cash.

A stated fact has no effect if it would make the verdict milder than the cash shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from npl_sim.channels.result import Version
from npl_sim.channels.verdict.consolidation import VehicleShare
from npl_sim.channels.verdict.residual_position import ResidualPosition
from npl_sim.channels.verdict.return_of_risk import PackageReturn, ReturnTerm
from npl_sim.core.language import gettext as _


class Conflict(NamedTuple):
    """Stated fact that contradicts the cash."""

    fact: str
    """Key below `accounting`."""
    stated: str
    """What is stated."""
    evidence: str
    """What the cash, or the rest of the contract, shows."""


def conflicts_of(
    version: Version,
    back: PackageReturn,
    position: ResidualPosition,
    vehicle: VehicleShare,
    term: ReturnTerm,
) -> Iterator[Conflict]:
    """Yield the stated facts that would make the verdict milder than the cash shows.

    Parameters
    ----------
    version
        A measured contract.
    back, term
        Return of the package, measured and as a term of the derecognition tree.
    position
        The bank's residual position.
    vehicle
        The bank's share of the first vehicle.
    """
    accounting = version.contract.accounting
    tests, rights = accounting.pass_through, accounting.rights_pass
    stated_rights = "transfers_contractual_rights" in accounting.model_fields_set
    near_put = term.moneyness == "near" and term.repurchase == "put_option"
    claims_rights = stated_rights and accounting.transfers_contractual_rights
    if accounting.form == "income_right" and claims_rights:
        evidence = _("form income_right: the loans stay with the bank")
        yield Conflict("transfers_contractual_rights", "true", evidence)
    if accounting.seller_controls_vehicle is False and vehicle.controlled:
        yield Conflict(
            "seller_controls_vehicle",
            "false",
            _(
                "the bank directs {vehicle!r} and bears {share:.2f} % of its variable returns"
            ).format(vehicle=vehicle.name, share=100 * vehicle.share),
        )
    if near_put and not accounting.put_deters_sale:
        yield Conflict(
            "put_deters_sale",
            "false",
            _(
                "the put returns {share:.2f} % of the package on average, so it has value "
                "for the buyer"
            ).format(share=100 * back.share),
        )
    if tests and tests.pays_only_if_collected and position.most_paid > 0.0 and not rights:
        yield Conflict(
            "pass_through.pays_only_if_collected",
            "true",
            _(
                "the bank pays up to {most_paid:,.2f} of its own in a month in which it "
                "collects less"
            ).format(most_paid=position.most_paid),
        )
    if tests and vehicle.controlled and not accounting.seller_controls_vehicle:
        yield Conflict(
            "pass_through",
            _("of the sale to the vehicle"),
            _(
                "the bank controls {vehicle!r}, and nothing is stated for both together "
                "(state seller_controls_vehicle: true)"
            ).format(vehicle=vehicle.name),
        )
    if accounting.transferee_can_sell and (evidence := _cannot_sell(version, term)):
        yield Conflict("transferee_can_sell", "true", evidence)


def _cannot_sell(version: Version, term: ReturnTerm) -> str:
    """Return why the buyer cannot sell the package; empty if nothing shows it."""
    accounting, near = version.contract.accounting, term.moneyness == "near"
    if not accounting.rights_pass:
        return _("the buyer has a right to cash and not the loans")
    if term.fixed and not accounting.readily_obtainable:
        return _("the buyer has to return the package in some scenarios")
    if near and term.repurchase == "put_option":
        return _("the buyer would lose a put that is exercised in some scenarios")
    if near and not accounting.readily_obtainable:
        return _("the bank calls the package back in some scenarios")
    return ""
