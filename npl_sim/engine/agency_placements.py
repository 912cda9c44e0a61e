"""Contracts on the totals of a placement, settled after the walk: what agencies are paid besides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.cashflows.agency_fees import Placement, Settlement, settle_placements
from npl_sim.engine.compile_model import Model
from npl_sim.engine.sums import Sums

if TYPE_CHECKING:
    from npl_sim.study.model import Study

__all__ = ["enter_fees", "placements_of", "settle"]


def placements_of(study: Study, model: Model, standing: np.ndarray) -> list[Placement]:
    """Return the placements that have a contract: accounts given to one agency for the same months.

    Parameters
    ----------
    study
        Its policies name the agencies.
    model
        The lowered study, whose desks are pairs of policy and group.
    standing
        Claims in collection by scenario, desk and month, shape (scenarios, desks, months + 1).
    """
    desks_of: dict[tuple[str, int, int], list[int]] = {}
    for row, (policy, _) in enumerate(model.desks):
        for agency in study.policies[policy].collection.agencies:
            if agency.contract and agency.from_month < model.horizon:
                until = agency.from_month + agency.months
                desks_of.setdefault((agency.contract, agency.from_month, until), []).append(row)
    placements = []
    for (contract, begin, until), rows in sorted(desks_of.items()):
        placed = np.zeros(standing.shape[:2])
        placed[:, rows] = standing[:, rows, begin + 1]
        placements.append(Placement(contract, (begin, until), tuple(rows), placed[:, rows]))
    return placements


def settle(study: Study, model: Model, desks: np.ndarray) -> list[tuple[Placement, Settlement]]:
    """Return each placement and its settlement.

    Parameters
    ----------
    study, model
        As lowered.
    desks
        Collected, and claims in collection, shape (scenarios, desks, 2, months + 1).
    """
    placements = placements_of(study, model, desks[:, :, 1])
    return list(
        zip(
            placements, settle_placements(study.contracts, placements, desks[:, :, 0]), strict=True
        )
    )


def enter_fees(
    desks: Sequence[tuple[int, int]],
    placement: Placement,
    settlement: Settlement,
    flows: np.ndarray,
    kind: int,
    sums: Sums,
    design: np.ndarray,
) -> None:
    """Enter what a placement's contract costs into the flows of some scenarios, and into their sums of fees.

    Parameters
    ----------
    desks
        Pairs of policy and group.
    placement, settlement
        Of these scenarios.
    flows
        Their cash, shape (scenarios, groups, kinds, months + 1).
    kind
        Row of the kinds that takes the fees.
    sums
        Sums over scenarios.
    design
        One and the control variates of each scenario, shape (scenarios, controls + 1).
    """
    for column, desk in enumerate(placement.cells):
        fees = settlement.fees[:, column]
        flows[:, desks[desk][1], kind] -= fees
        sums.fees[desk] += np.einsum("sm,sc->mc", fees, design)
