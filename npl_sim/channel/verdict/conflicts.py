"""Stated facts against cash: a fact that would make the verdict milder than the cash shows has no effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from npl_sim.channel.result import Version
from npl_sim.channel.verdict.consolidation import VehicleShare
from npl_sim.channel.verdict.residual_position import Position
from npl_sim.channel.verdict.return_of_risk import ComingBack

__all__ = ["Conflict", "conflicts_of"]


class Conflict(NamedTuple):
    """One stated fact that cash contradicts.

    Attributes
    ----------
    fact
        Key under `accounting`.
    stated
        What is stated.
    shown
        What cash, or the rest of the contract, shows.
    """

    fact: str
    stated: str
    shown: str


def conflicts_of(
    version: Version,
    back: ComingBack,
    position: Position,
    vehicle: VehicleShare,
    words: dict[str, object],
) -> Iterator[Conflict]:
    """Yield the stated facts that would make the verdict milder than the cash shows.

    Parameters
    ----------
    version
        A measured contract.
    back
        How the package comes back.
    position
        What is left with the bank.
    vehicle
        The bank's share of the first vehicle.
    words
        How the package comes back, in the words of the derecognition tree.
    """
    accounting, given = version.contract.accounting, version.contract.accounting.model_fields_set
    near = words.get("option_moneyness") == "near"
    income = accounting.form == "income_right"
    if (
        income
        and "transfers_contractual_rights" in given
        and accounting.transfers_contractual_rights
    ):
        yield Conflict(
            "transfers_contractual_rights",
            "true",
            "form income_right: the loans stay with the bank",
        )
    if accounting.seller_controls_vehicle is False and vehicle.controlled:
        shown = f"the bank directs {vehicle.name!r} and bears {100 * vehicle.share:.2f} % of its variable returns"
        yield Conflict("seller_controls_vehicle", "false", shown)
    if near and words["repurchase"] == "put_option" and not accounting.put_deters_sale:
        shown = f"the put brings {100 * back.share:.2f} % of the package back on average, so it is worth something to the buyer"
        yield Conflict("put_deters_sale", "false", shown)
    tests = accounting.pass_through
    if (
        tests is not None
        and tests.pays_only_if_collected
        and position.most_paid > 0.0
        and not _hands_over(version)
    ):
        shown = f"the bank pays up to {position.most_paid:,.2f} of its own in a month in which it collects less"
        yield Conflict("pass_through.pays_only_if_collected", "true", shown)
    if tests is not None and vehicle.controlled and not accounting.seller_controls_vehicle:
        shown = f"{vehicle.name!r} is the bank's own; of both together nothing is stated (state seller_controls_vehicle: true)"
        yield Conflict("pass_through", "of the sale to the vehicle", shown)
    if accounting.transferee_can_sell:
        yield from _cannot_sell(version, words, near)


def _hands_over(version: Version) -> bool:
    accounting = version.contract.accounting
    return (
        accounting.transfers_contractual_rights
        and accounting.form != "income_right"
        and accounting.true_sale_opinion is not False
    )


def _cannot_sell(version: Version, words: dict[str, object], near: bool) -> Iterator[Conflict]:
    accounting, fact = version.contract.accounting, "transferee_can_sell"
    if not _hands_over(version):
        yield Conflict(fact, "true", "the buyer has a right to cash and not the loans")
    elif (
        words.get("repurchase") in ("fixed_price", "sale_price_plus_return")
        and not accounting.readily_obtainable
    ):
        yield Conflict(fact, "true", "the buyer has to hand the package back in some scenarios")
    elif near and words["repurchase"] == "put_option":
        yield Conflict(
            fact, "true", "the buyer would lose a put that is exercised in some scenarios"
        )
    elif near and not accounting.readily_obtainable:
        yield Conflict(fact, "true", "the bank calls the package back in some scenarios")
