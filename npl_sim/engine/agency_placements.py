"""Agency contracts on the totals of a placement, settled after the simulation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.cashflows.agency_fees import Placement, Settlement, settle_placements
from npl_sim.engine.compile_model import Model
from npl_sim.engine.sums import Sums

if TYPE_CHECKING:
    from npl_sim.study.model import Study


def placements_of(study: Study, model: Model, in_collection: np.ndarray) -> list[Placement]:
    """Return the placements with a contract: accounts of one agency in the same months.

    Parameters
    ----------
    study
        Its policies name the agencies.
    model
        The compiled study with its pairs of policy and group.
    in_collection
        Claims in collection, shape (scenarios, pairs, months + 1).
    """
    pairs_of: dict[tuple[str, int, int], list[int]] = {}
    for row, (policy, _) in enumerate(model.placements):
        for agency in study.policies[policy].collection.agencies:
            if agency.contract and agency.from_month < model.horizon:
                until = agency.from_month + agency.months
                pairs_of.setdefault((agency.contract, agency.from_month, until), []).append(row)
    return [
        Placement(contract, (begin, until), tuple(rows), in_collection[:, rows, begin + 1])
        for (contract, begin, until), rows in sorted(pairs_of.items())
    ]


def settle(study: Study, model: Model, totals: np.ndarray) -> list[tuple[Placement, Settlement]]:
    """Return each placement and its settlement.

    Parameters
    ----------
    study, model
        The study, as it is and compiled.
    totals
        Receipts and claims in collection, shape (scenarios, pairs, 2, months + 1).
    """
    placements = placements_of(study, model, totals[:, :, 1])
    settlements = settle_placements(study.contracts, placements, totals[:, :, 0])
    return list(zip(placements, settlements, strict=True))


def enter_fees(
    pairs: Sequence[tuple[int, int]],
    placement: Placement,
    settlement: Settlement,
    flows: np.ndarray,
    kind: int,
    sums: Sums,
    design: np.ndarray,
) -> None:
    """Enter the fees of a placement's contract into the cash and the sums of some scenarios.

    Parameters
    ----------
    pairs
        Pairs of policy and group.
    placement, settlement
        Placement of these scenarios and its settlement.
    flows
        Their cash, shape (scenarios, groups, kinds, months + 1).
    kind
        Row of the kinds that takes the fees.
    sums
        Sums over scenarios.
    design
        One and the control variates of each scenario, shape (scenarios, controls + 1).
    """
    for column, pair in enumerate(placement.cells):
        fees = settlement.fees[:, column]
        flows[:, pairs[pair][1], kind] -= fees
        sums.fees[pair] += np.einsum("sm,sc->mc", fees, design)
