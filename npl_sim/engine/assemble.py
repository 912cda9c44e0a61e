"""From what a run has collected to the package's cash flows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.engine.collect import Held, Streamed
from npl_sim.engine.placements import settle
from npl_sim.engine.walker import Sums, Walker
from npl_sim.flows.package import PackageFlows
from npl_sim.flows.streamed import NotHeld, StreamedFlows
from npl_sim.layout import KIND_IS_INFLOW, MOMENTS, Kind, Stage

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["charge_contracts", "held_flows", "streamed_flows"]

SCENARIOS_PER_CONTROL = 10
"""Scenarios for each control, at least: fewer, and fitting them costs what they bring."""

KINDS = tuple(k.name.lower() for k in Kind)
PV, RECEIVED, COSTS = (MOMENTS.index(n) for n in ("pv", "received", "costs"))


def charge_contracts(study: Study, walker: Walker, run: Held) -> None:
    """Enter what the contracts on placements' totals cost."""
    model, flows = walker.model, run.columns["flows"]
    kind = int(Kind.COMMISSION) if run.size.keep == "kinds" else 1
    for placement, settlement in settle(study, model, run.columns["desks"]):
        for column, desk in enumerate(placement.desks):
            fees = settlement.fees[:, column]
            flows[:, model.desks[desk][1], kind] -= fees
            _charge(walker, run.sums, desk, fees.sum(axis=0))


def _charge(walker: Walker, sums: Sums, desk: int, fees: np.ndarray) -> None:
    """Enter a desk's fees of all scenarios by month, and share them out among its loans."""
    loans = walker.model.package.loans
    policy, group = walker.model.desks[desk]
    sums.mean[group, int(Kind.COMMISSION)] -= fees
    # A loan's part follows what it pays on average; the spread of the fee stays with the package.
    own = (loans["stage"] == Stage.COLLECTION) & (loans["policy"] == policy) & (loans["group"] == group)
    weight = sums.moments[own, RECEIVED]
    share = weight / weight.sum() if weight.sum() > 0.0 else np.full(own.sum(), 1.0 / own.sum())
    sums.moments[own, PV] -= share * float(fees @ walker.discount)
    sums.moments[own, COSTS] -= share * float(fees.sum())


def _span_shares(walker: Walker, sums: Sums) -> np.ndarray:
    """Return the weight of each stretch of months: its share of expected discounted receipts."""
    receipts = sums.mean[:, KIND_IS_INFLOW].sum(axis=(0, 1)) * walker.discount
    weight = np.array([receipts[span].sum() for span in walker.spans])
    total = weight.sum()
    return weight / total if total > 0.0 else np.full(len(weight), 1.0 / len(weight))


def _parts(share: np.ndarray, scenarios: int, factors: int) -> list[np.ndarray]:
    """Return weights of the stretches of months in each control: parts of about equal receipts.

    As many parts as the number of scenarios bears.
    """
    most = (scenarios / SCENARIOS_PER_CONTROL - 1.0) / factors
    parts = min(max(1, int(most)), len(share))
    part_of = np.minimum((parts * (np.cumsum(share) - 0.5 * share)).astype(np.int64), parts - 1)
    weights = [np.where(part_of == part, share, 0.0) for part in np.unique(part_of)]
    return [weight / weight.sum() for weight in weights if weight.sum() > 0.0]


def _averages(deviations: np.ndarray, weights: list[np.ndarray]) -> np.ndarray:
    """Return each factor's average deviation for each set of weights, shape (scenarios, weights x factors)."""
    return np.concatenate([np.einsum("sfb,b->sf", deviations, weight) for weight in weights], axis=1)


def _loan_table(table: LoanTable, walker: Walker, sums: Sums, scenarios: int) -> pd.DataFrame:
    """Return the moments of each loan, in the order of the tape."""
    columns = ["loan_id", "borrower_id", "product", "segment", "region", "stage", "gbv"]
    loans = table.loans[columns].reset_index(drop=True)
    moments = np.empty_like(sums.moments)
    moments[walker.model.tape_row] = sums.moments
    pv, squared, received, costs, weighted, paying = (moments / scenarios).T
    sd = np.sqrt(np.maximum(squared - pv**2, 0.0) * scenarios / (scenarios - 1))
    with np.errstate(invalid="ignore"):
        months_to_cash = np.where(received > 0.0, weighted / received, np.nan)
    return loans.assign(
        pv_mean=pv,
        pv_sd=sd,
        pv_se=sd / np.sqrt(scenarios),
        received_mean=received,
        costs_mean=costs,
        months_to_cash=months_to_cash,
        p_any=paying,
    )


def _common(study: Study, table: LoanTable, walker: Walker, sums: Sums, scenarios: int) -> dict[str, Any]:
    """Return what does not depend on how scenarios are held."""
    model = walker.model
    gbv = float(model.group_gbv.sum())
    stage_gbv = np.cumsum(sums.stages, axis=1) / scenarios
    # Entries and exits cancel up to rounding; what is left of it is not a loan.
    stage_gbv[np.abs(stage_gbv) < 1e-9 * max(gbv, 1.0)] = 0.0
    return {
        "groups": model.groups,
        "group_gbv": model.group_gbv,
        "mean_by_kind": (sums.mean / scenarios).transpose(2, 1, 0),
        "loans": _loan_table(table, walker, sums, scenarios),
        "stage_gbv": stage_gbv,
        "discount_rate": study.pricing.required_return,
        "cash_timing": study.pricing.cash_timing,
        "seed": study.simulation.seed,
        "servicing_rate": walker.servicing,
        "driver_names": walker.market.names,
    }


def held_flows(
    study: Study, table: LoanTable, walker: Walker, run: Held, sharpen: bool = False
) -> PackageFlows:
    """Return the flows of a run that is held in memory; with controls by stretch of the horizon to `sharpen` them."""
    share, scenarios = _span_shares(walker, run.sums), run.size.scenarios
    deviations = run.columns["deviations"]
    more: dict[str, Any] = {}
    if sharpen:
        more["controls"] = _averages(deviations, _parts(share, scenarios, len(walker.market.names)))
    if walker.repeater is not None:
        more["repeated"] = run.columns["repeated"]
    if walker.market.rate is not None:
        more["rate_paths"] = run.columns["short_rate"]
    return PackageFlows(
        flows=run.columns["flows"].transpose(0, 3, 2, 1),
        kinds=KINDS if run.size.keep == "kinds" else ("received", "costs"),
        drivers=_averages(deviations, [share]),
        **more,
        **_common(study, table, walker, run.sums, scenarios),
    )


def streamed_flows(
    study: Study, table: LoanTable, walker: Walker, run: Streamed, sharpen: bool = False
) -> StreamedFlows:
    """Return the flows of a run whose scenarios lie on disk; with controls as `held_flows` has them."""
    scenarios, sums = run.size.scenarios, run.sums.copy()
    for desk in range(len(walker.model.desks)):
        _charge(walker, sums, desk, sums.fees[desk])
    # Receipts are not touched by contracts: the same weights as of a run in memory.
    share, factors = _span_shares(walker, sums), len(walker.market.names)
    weights = _parts(share, scenarios, factors) if sharpen else []
    drivers, controls = np.empty((scenarios, factors)), np.empty((scenarios, factors * len(weights)))
    for part, found in run.rows("deviations"):
        drivers[part] = _averages(found["deviations"], [share])
        if weights:
            controls[part] = _averages(found["deviations"], weights)
    held = NotHeld("cash by scenario, month and group")
    more: dict[str, Any] = {}
    if walker.market.rate is not None:
        more["rate_paths"] = NotHeld("short rate by scenario and month")
    return StreamedFlows(
        flows=held,  # type: ignore[arg-type]
        kinds=("received", "costs"),
        drivers=drivers,
        controls=controls,
        repeated=NotHeld("cash of further draws"),  # type: ignore[arg-type]
        draw_count=1 if walker.repeater is None else walker.repeater.most,
        source=run,
        count=scenarios,
        horizon=walker.model.horizon,
        scratch=run.store.folder,
        limit_bytes=study.simulation.memory_limit_gib * 2.0**30,
        **more,
        **_common(study, table, walker, sums, scenarios),
    )
