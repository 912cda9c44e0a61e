"""The classes of a securitisation, drawn from its layers and its cash, and compared with what is stated of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from npl_sim.capital.securitization_weights import Position, Rank, Securitisation
from npl_sim.channel.result import Version
from npl_sim.channel.statistics import weighted_sum
from npl_sim.channel.terms.classes import StatedClass, StatedDeal
from npl_sim.channel.terms.vehicles import BANK, DeferredPrice, Excess
from npl_sim.channel.verdict.conflicts import Conflict
from npl_sim.channel.verdict.consolidation import VehicleShare, held_share

__all__ = ["Deal", "deal_of"]


class Deal(NamedTuple):
    """A securitisation.

    Attributes
    ----------
    shown
        What cash shows, and what is stated where that is more adverse.
    stated
        What the seller states, and what cash shows where nothing is stated.
    """

    shown: Securitisation
    stated: Securitisation


def deal_of(
    version: Version, vehicles: dict[str, VehicleShare]
) -> tuple[Deal | None, list[Conflict]]:
    """Return the securitisation that a contract's cash shows, and what is stated against it.

    A stated figure counts where it is more adverse than the cash: a larger share kept, a larger loss, a smaller discount.

    Parameters
    ----------
    version
        A measured contract.
    vehicles
        The bank's share of each vehicle.

    Returns
    -------
    tuple
        The deal, none where no class of the first vehicle is paid for; and the conflicts.
    """
    stated = version.contract.accounting.deal or StatedDeal()
    conflicts: list[Conflict] = []
    shown = list(_positions(version, vehicles))
    classes = [_stated(position, stated, conflicts) for position in shown]
    known = {position.name for position in classes}
    conflicts += [
        Conflict(
            "deal.positions",
            repr(p.name),
            f"no funded claim of the first vehicle: {', '.join(sorted(known))}",
        )
        for p in stated.positions
        if p.name not in known
    ]
    face = version.retained.run.outcomes.face
    if not classes or face <= 0.0:
        return None, conflicts
    loss, refunds = _loss_on(version, sum(p.amount for p in classes)), _refunds(version)
    if refunds and "refundable" in stated.model_fields_set and not stated.refundable:
        conflicts.append(
            Conflict(
                "deal.refundable",
                "false",
                "the bank gets cash later beside the notes that it keeps",
            )
        )
    adverse = Securitisation(
        traditional=stated.traditional,
        outstanding=_adverse("deal.outstanding", stated.outstanding, face, min, conflicts),
        delinquent_share=stated.delinquent_share,
        refundable=stated.refundable or refunds,
        positions=tuple(classes),
        expected_loss=_adverse("deal.expected_loss", stated.expected_loss, loss, max, conflicts),
    )
    claimed = adverse.model_copy(
        update={
            "outstanding": stated.outstanding or face,
            "refundable": stated.refundable,
            "positions": tuple(_as_stated(position, stated) for position in shown),
            "expected_loss": loss if stated.expected_loss is None else stated.expected_loss,
        }
    )
    return Deal(adverse, claimed), conflicts


def _positions(version: Version, vehicles: dict[str, VehicleShare]) -> Iterator[Position]:
    """Yield the funded claims of the first vehicle: the last bears the first losses, the first is senior to another."""
    first = version.contract.vehicles[0]
    need = version.retained.run.needs[first.name]
    paid = [claim for claim in first.funded if claim.share * need > 0.0]
    for i, claim in enumerate(paid):
        rank: Rank = "mezzanine"
        if i == len(paid) - 1:
            rank = "first_loss"
        elif i == 0:
            rank = "senior"
        amount, held = claim.share * need, held_share(version, claim.holder, vehicles)
        yield Position(
            name=claim.name,
            rank=rank,
            amount=amount,
            held_share=held,
            sold_price=(1.0 - held) * amount,
        )


def _stated(position: Position, stated: StatedDeal, conflicts: list[Conflict]) -> Position:
    """Return a class with what is stated of it where that is more adverse."""
    given = next(
        (p for p in stated.positions if p.name == position.name), StatedClass(name=position.name)
    )
    place = f"deal.positions.{position.name}"
    if given.rank not in (None, position.rank):
        conflicts.append(
            Conflict(f"{place}.rank", str(given.rank), f"{position.rank}, by the order of payment")
        )
    if given.amount is not None and abs(given.amount - position.amount) > 0.005:
        conflicts.append(
            Conflict(
                f"{place}.amount",
                f"{given.amount:,.2f}",
                f"{position.amount:,.2f} was paid for it",
            )
        )
    held = _adverse(f"{place}.held_share", given.held_share, position.held_share, max, conflicts)
    price = (1.0 - held) * position.amount
    sold = _adverse(f"{place}.sold_price", given.sold_price, price, max, conflicts)
    return position.model_copy(update={"held_share": held, "sold_price": sold})


def _as_stated(position: Position, stated: StatedDeal) -> Position:
    """Return a class with all that is stated of it."""
    given = next(
        (p for p in stated.positions if p.name == position.name), StatedClass(name=position.name)
    )
    changes = {
        key: getattr(given, key)
        for key in ("held_share", "sold_price")
        if getattr(given, key) is not None
    }
    return position.model_copy(update=changes)


def _adverse(
    place: str,
    given: float | None,
    shown: float,
    worse: Callable[[float, float], float],
    conflicts: list[Conflict],
) -> float:
    """Return the more adverse of a stated figure and what cash shows; note where the stated one is milder."""
    if given is None:
        return shown
    chosen = float(worse(given, shown))
    if abs(chosen - given) > 1e-9 * max(abs(shown), 1e-9):
        conflicts.append(Conflict(place, f"{given:,.6g}", f"{shown:,.6g}"))
    return chosen


def _loss_on(version: Version, notes: float) -> float:
    """Return the mean loss on the notes: what they cost less what the package brings, undiscounted. [package currency]"""
    run = version.retained.run
    brought = (run.own * run.outcomes.net).sum(axis=1)
    return float(weighted_sum(run.outcomes.probability, np.maximum(notes - brought, 0.0)))


def _refunds(version: Version) -> bool:
    """Whether the bank gets a part of the discount later: by a deferred price, or by an excess that it holds."""
    run = version.retained.run
    return any(
        isinstance(claim, DeferredPrice | Excess)
        and claim.holder == BANK
        and (layer.name, claim.name) in run.claims
        and float(run.claims[layer.name, claim.name].max()) > 0.0
        for layer in version.contract.vehicles
        for claim in layer.claims
    )
