"""A package over scenarios: flows, loan records and stages (docs/model.md, sections 1, 5, 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from npl_sim.core.layout import KIND_IS_INFLOW, MOMENTS, Kind, Stage
from npl_sim.market.spec import Market
from npl_sim.policy.policy import Policy

from .basics import plain
from .book import Ledger
from .philox import draw
from .tables import collection_tables
from .walk import walk
from .world import factor_paths, month_of_sale, world_of

__all__ = ["Package", "loan_record", "run_package", "stage_by_month"]


@dataclass
class Package:
    """What a run records."""

    flows: np.ndarray  # [scenario, month 0..M, kind, group], servicing included
    moments: np.ndarray  # [loan, MOMENTS], sums over scenarios
    exposure: np.ndarray  # [month 0..M, stage], mean over scenarios of the GBV that stands there


def run_package(
    loans: np.ndarray,
    items: np.ndarray,
    guarantors: np.ndarray,
    assets: np.ndarray,
    terms: np.ndarray,
    auctions: np.ndarray,
    fees: np.ndarray,
    quantile: Callable[[int, float], float],
    policies: Sequence[Policy],
    market: Market,
    stresses: Sequence[str],
    horizon: int,
    seed: int,
    scenarios: int | Sequence[int],
    key_of: Callable[[str], int],
    discount: Sequence[float],
    servicing_rate: float,
    groups: int,
) -> Package:
    """Simulate every loan of a package through every scenario and add up.

    `policies[i]` are the words behind row i of `terms`; they give the collection tables and the
    two cooperation loadings. `scenarios` is their number or a list of their indices. `discount[m]`
    is df[m].
    """
    chosen = range(scenarios) if isinstance(scenarios, int) else list(scenarios)
    rows = [plain(row) for row in loans]
    own_items = [[plain(i) for i in items[row.item_begin : row.item_end]] for row in rows]
    own_guarantors = [
        [plain(g) for g in guarantors[r.guarantor_begin : r.guarantor_end]] for r in rows
    ]
    all_terms, all_auctions, all_fees = (
        [plain(r) for r in table] for table in (terms, auctions, fees)
    )
    own_assets = [[plain(a) for a in assets[t.asset_begin : t.asset_end]] for t in all_terms]
    tables = [collection_tables(policies[row.policy].collection, row.age, horizon) for row in rows]
    result = Package(
        flows=np.zeros((len(chosen), horizon + 1, len(Kind), groups)),
        moments=np.zeros((len(rows), len(MOMENTS))),
        exposure=np.zeros((horizon + 1, len(Stage))),
    )
    for s, scenario in enumerate(chosen):
        paths = factor_paths(market, stresses, horizon, seed, scenario, key_of)
        worlds = [world_of(market, paths, *loadings(p)) for p in policies]
        sales = [
            month_of_sale(p, market, paths, w, horizon)
            for p, w in zip(policies, worlds, strict=True)
        ]
        for i, row in enumerate(rows):
            ledger = walk(
                row,
                own_items[i],
                own_guarantors[i],
                own_assets[row.policy],
                all_terms[row.policy],
                all_auctions,
                all_fees,
                quantile,
                tables[i],
                worlds[row.policy],
                partial(draw, seed, scenario),
                horizon,
                sales[row.policy],
            )
            flows = loan_flows(ledger, horizon, servicing_rate)
            result.flows[s, :, :, row.group] += flows
            result.moments[i] += loan_record(flows, discount)
            for m, stage in enumerate(stage_by_month(ledger, horizon)):
                result.exposure[m, stage] += (row.principal + row.interest_and_fees) / len(chosen)
    return result


def loadings(policy: Policy) -> tuple[float, float]:
    """Return the cooperation loadings of a policy's collection and of its sale."""
    sale = 0.0 if policy.sale is None else policy.sale.cooperation_loading
    return policy.collection.cooperation_loading, sale


def loan_flows(ledger: Ledger, horizon: int, servicing_rate: float) -> np.ndarray:
    """Return a loan's flows [month, kind]; of every receipt the servicer takes its rate (section
    5).
    """
    flows = np.zeros((horizon + 1, len(Kind)))
    for entry in ledger.entries:
        flows[entry.month, entry.kind] += entry.amount
        if KIND_IS_INFLOW[entry.kind]:
            flows[entry.month, Kind.SERVICING] -= servicing_rate * entry.amount
    return flows


def loan_record(flows: np.ndarray, discount: Sequence[float]) -> np.ndarray:
    """Return one scenario's record of a loan, in the order of MOMENTS (section 6)."""
    months = np.arange(len(flows))
    received = flows[:, KIND_IS_INFLOW].sum(axis=1)
    pv = float(flows.sum(axis=1) @ np.asarray(discount)[: len(flows)])
    costs = flows[:, ~KIND_IS_INFLOW].sum()
    return np.array(
        [pv, pv**2, received.sum(), costs, received @ months, float(received.sum() > 0.0)]
    )


def stage_by_month(ledger: Ledger, horizon: int) -> list[Stage]:
    """Return the stage in which the loan stands at the end of each month 0..M; sold is CLOSED."""
    stages, at = [], 0
    for m in range(horizon + 1):
        while at + 1 < len(ledger.history) and ledger.history[at + 1][0] <= m:
            at += 1
        stages.append(ledger.history[at][1])
    return stages
