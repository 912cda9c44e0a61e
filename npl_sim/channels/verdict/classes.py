"""Classes of a securitization by vehicles and cash, compared with statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from npl_sim.capital.securitization_weights import Position, Rank, Securitization
from npl_sim.channels.result import Version
from npl_sim.channels.statistics import weighted_sum
from npl_sim.channels.terms.classes import StatedClass, StatedDeal
from npl_sim.channels.terms.vehicles import BANK, DeferredPrice, Excess
from npl_sim.channels.verdict.conflicts import Conflict
from npl_sim.channels.verdict.consolidation import VehicleShare, held_share
from npl_sim.core.language import gettext as _


class Deal(NamedTuple):
    """Securitization by cash and by statement."""

    measured: Securitization
    """From cash, with statements where they are more adverse."""
    stated: Securitization
    """From the seller's statements, with cash where nothing is stated."""


def deal_of(
    version: Version, vehicles: dict[str, VehicleShare]
) -> tuple[Deal | None, list[Conflict]]:
    """Return the securitization that a contract's cash shows, and conflicts with statements.

    A stated figure counts if it is more adverse than the cash: a larger share kept, a larger loss,
    a smaller discount.

    Parameters
    ----------
    version
        A measured contract.
    vehicles
        The bank's share of each vehicle.

    Returns
    -------
    tuple
        The deal, None if no class of the first vehicle is paid for; and the conflicts.
    """
    stated = version.contract.accounting.deal or StatedDeal()
    conflicts: list[Conflict] = []
    by_cash = list(_positions(version, vehicles))
    classes = [_adverse_class(position, stated, conflicts) for position in by_cash]
    names = {position.name for position in classes}
    known = _("no funded claim of the first vehicle: {names}").format(
        names=", ".join(sorted(names))
    )
    conflicts += [
        Conflict("deal.positions", repr(p.name), known)
        for p in stated.positions
        if p.name not in names
    ]
    face = version.retained.run.outcomes.face
    if not classes or face <= 0.0:
        return None, conflicts
    loss, refunds = _loss_on(version, sum(p.amount for p in classes)), _refunds(version)
    if refunds and "refundable" in stated.model_fields_set and not stated.refundable:
        evidence = _("the bank receives cash later beside the notes that it keeps")
        conflicts.append(Conflict("deal.refundable", "false", evidence))
    measured = Securitization(
        traditional=stated.traditional,
        outstanding=_adverse("deal.outstanding", stated.outstanding, face, min, conflicts),
        delinquent_share=stated.delinquent_share,
        refundable=stated.refundable or refunds,
        positions=tuple(classes),
        expected_loss=_adverse("deal.expected_loss", stated.expected_loss, loss, max, conflicts),
    )
    claimed = measured.model_copy(
        update={
            "outstanding": stated.outstanding or face,
            "refundable": stated.refundable,
            "positions": tuple(_stated_class(position, stated) for position in by_cash),
            "expected_loss": loss if stated.expected_loss is None else stated.expected_loss,
        }
    )
    return Deal(measured, claimed), conflicts


def _positions(version: Version, vehicles: dict[str, VehicleShare]) -> Iterator[Position]:
    """Yield the funded claims of the first vehicle; the last one bears the first loss."""
    first = version.contract.vehicles[0]
    need = version.retained.run.needs[first.name]
    paid = [claim for claim in first.funded if claim.share * need > 0.0]
    middle: list[Rank] = ["mezzanine"] * (len(paid) - 2)
    ranks: list[Rank] = ["senior", *middle, "first_loss"]
    for rank, claim in zip(ranks[len(ranks) - len(paid) :], paid, strict=True):
        amount, kept = claim.share * need, held_share(version, claim.holder, vehicles)
        yield Position(
            name=claim.name,
            rank=rank,
            amount=amount,
            held_share=kept,
            sold_price=(1.0 - kept) * amount,
        )


def _given(position: Position, stated: StatedDeal) -> StatedClass:
    given = (p for p in stated.positions if p.name == position.name)
    return next(given, StatedClass(name=position.name))


def _adverse_class(position: Position, stated: StatedDeal, conflicts: list[Conflict]) -> Position:
    """Return a class with the statements that are more adverse."""
    given, place = _given(position, stated), f"deal.positions.{position.name}"
    if given.rank not in (None, position.rank):
        evidence = _("{rank}, by the order of payment").format(rank=position.rank)
        conflicts.append(Conflict(f"{place}.rank", str(given.rank), evidence))
    if given.amount is not None and abs(given.amount - position.amount) > 0.005:
        evidence = _("{amount:,.2f} was paid for it").format(amount=position.amount)
        conflicts.append(Conflict(f"{place}.amount", f"{given.amount:,.2f}", evidence))
    kept = _adverse(f"{place}.held_share", given.held_share, position.held_share, max, conflicts)
    price = (1.0 - kept) * position.amount
    sold = _adverse(f"{place}.sold_price", given.sold_price, price, max, conflicts)
    return position.model_copy(update={"held_share": kept, "sold_price": sold})


def _stated_class(position: Position, stated: StatedDeal) -> Position:
    """Return a class with all statements on it."""
    given = _given(position, stated)
    changes = {key: getattr(given, key) for key in ("held_share", "sold_price")}
    return position.model_copy(update={k: x for k, x in changes.items() if x is not None})


def _adverse(
    place: str,
    given: float | None,
    by_cash: float,
    worse: Callable[[float, float], float],
    conflicts: list[Conflict],
) -> float:
    """Return the more adverse figure; record a conflict if the stated one is milder."""
    if given is None:
        return by_cash
    chosen = float(worse(given, by_cash))
    if abs(chosen - given) > 1e-9 * max(abs(by_cash), 1e-9):
        conflicts.append(Conflict(place, f"{given:,.6g}", f"{by_cash:,.6g}"))
    return chosen


def _loss_on(version: Version, notes: float) -> float:
    """Return the mean undiscounted loss: cost of the notes less cash of the package. [currency]"""
    run = version.retained.run
    brought = (run.share_held * run.outcomes.net).sum(axis=1)
    return float(weighted_sum(run.outcomes.probability, np.maximum(notes - brought, 0.0)))


def _refunds(version: Version) -> bool:
    """Return whether the bank gets part of the discount later, by deferred price or excess."""
    claims = version.retained.run.claims
    return any(
        isinstance(claim, DeferredPrice | Excess)
        and claim.holder == BANK
        and (vehicle.name, claim.name) in claims
        and float(claims[vehicle.name, claim.name].max()) > 0.0
        for vehicle in version.contract.vehicles
        for claim in vehicle.claims
    )
