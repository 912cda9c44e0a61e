"""A package over scenarios: flows, loan records and stages (docs/model.md, sections 1, 5, 6)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from npl_sim.core.layout import KIND_IS_INFLOW, MOMENTS, Kind, Stage
from npl_sim.market.spec import Market
from npl_sim.policy.policy import Policy

from .basics import plain
from .conditions import conditions_of, factor_paths, month_of_sale
from .loan_path import loan_path
from .loan_state import Ledger, LoanInput
from .philox import draw
from .tables import collection_tables

__all__ = ["Package", "PackageInput", "loan_record", "run_package", "stage_by_month"]


@dataclass
class Package:
    """What a run records."""

    flows: np.ndarray  # [scenario, month 0..M, kind, group], servicing included
    moments: np.ndarray  # [loan, MOMENTS], sums over scenarios
    exposure: np.ndarray  # [month 0..M, stage], mean GBV over scenarios


@dataclass(frozen=True)
class PackageInput:
    """A package of loans with all that its simulation depends on."""

    loans: np.ndarray
    items: np.ndarray
    guarantors: np.ndarray
    assets: np.ndarray
    terms: np.ndarray
    auctions: np.ndarray
    fees: np.ndarray
    quantile: Callable[[int, float], float]
    policies: Sequence[Policy]
    """`policies[i]` belongs to row i of `terms`: collection tables and cooperation loadings."""
    market: Market
    stresses: Sequence[str]
    horizon: int
    """Months simulated."""
    seed: int
    scenarios: int | Sequence[int]
    """Number of scenarios, or a list of their indices."""
    key_of: Callable[[str], int]
    discount: Sequence[float]
    """`discount[m]` is df[m]."""
    servicing_rate: float
    groups: int


def loan_inputs(given: PackageInput) -> list[dict[str, Any]]:
    """Return what the path of each loan depends on in every scenario."""
    terms, auctions, fees = (
        [plain(row) for row in table] for table in (given.terms, given.auctions, given.fees)
    )
    found = []
    for row in map(plain, given.loans):
        policy = terms[row.policy]
        found.append(
            {
                "loan": row,
                "items": given.items[row.item_begin : row.item_end],
                "guarantors": given.guarantors[row.guarantor_begin : row.guarantor_end],
                "assets": given.assets[policy.asset_begin : policy.asset_end],
                "terms": policy,
                "auctions": auctions,
                "fees": fees,
                "quantile": given.quantile,
                "tables": collection_tables(
                    given.policies[row.policy].collection, row.age, given.horizon
                ),
                "horizon": given.horizon,
            }
        )
    for rows in found:
        for name in ("items", "guarantors", "assets"):
            rows[name] = [plain(row) for row in rows[name]]
    return found


def run_package(given: PackageInput) -> Package:
    """Simulate every loan of a package through every scenario and add up."""
    market, horizon, scenarios = given.market, given.horizon, given.scenarios
    chosen = range(scenarios) if isinstance(scenarios, int) else list(scenarios)
    loans = loan_inputs(given)
    result = Package(
        flows=np.zeros((len(chosen), horizon + 1, len(Kind), given.groups)),
        moments=np.zeros((len(loans), len(MOMENTS))),
        exposure=np.zeros((horizon + 1, len(Stage))),
    )
    for s, scenario in enumerate(chosen):
        paths = factor_paths(market, given.stresses, horizon, given.seed, scenario, given.key_of)
        by_policy = [conditions_of(market, paths, *loadings(p)) for p in given.policies]
        sales = [
            month_of_sale(p, market, paths, w, horizon)
            for p, w in zip(given.policies, by_policy, strict=True)
        ]
        for i, loan in enumerate(loans):
            row = loan["loan"]
            ledger = loan_path(
                LoanInput(
                    **loan,
                    conditions=by_policy[row.policy],
                    draw=partial(draw, given.seed, scenario),
                    sale_month=sales[row.policy],
                )
            )
            flows = loan_flows(ledger, horizon, given.servicing_rate)
            result.flows[s, :, :, row.group] += flows
            result.moments[i] += loan_record(flows, given.discount)
            for m, stage in enumerate(stage_by_month(ledger, horizon)):
                result.exposure[m, stage] += (row.principal + row.interest_and_fees) / len(chosen)
    return result


def loadings(policy: Policy) -> tuple[float, float, float]:
    """Return the cooperation loadings of collection, sale and insolvency."""
    sale = 0.0 if policy.sale is None else policy.sale.cooperation_loading
    insolvency = 0.0 if policy.insolvency is None else policy.insolvency.cooperation_loading
    return policy.collection.cooperation_loading, sale, insolvency


def loan_flows(ledger: Ledger, horizon: int, servicing_rate: float) -> np.ndarray:
    """Return a loan's flows [month, kind], servicing included (section 5)."""
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
    """Return the stage of the loan at the end of each month 0..M; sold is CLOSED."""
    stages, at = [], 0
    for m in range(horizon + 1):
        while at + 1 < len(ledger.history) and ledger.history[at + 1][0] <= m:
            at += 1
        stages.append(ledger.history[at][1])
    return stages
