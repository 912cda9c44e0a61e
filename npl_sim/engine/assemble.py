"""Package cash flows from the results of a run: weighted means by loan, kind, group and month."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.cashflows.on_disk import OnDiskCash
from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.cashflows.weights import sample_of
from npl_sim.core.layout import MOMENTS, Kind, Stage
from npl_sim.engine.agency_placements import enter_fees, settle
from npl_sim.engine.collect import InMemoryResults, OnDiskResults
from npl_sim.engine.sums import PV, PV_SQUARED, Sums
from npl_sim.engine.tile import Simulator
from npl_sim.stats.sample import Sample

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

KINDS = tuple(k.name.lower() for k in Kind)
RECEIVED, COSTS, ANY = (MOMENTS.index(name) for name in ("received", "costs", "received_any"))


def charge_placements(study: Study, simulator: Simulator, run: InMemoryResults) -> None:
    """Charge the fees of agency contracts on the totals of placements."""
    flows, controls = run.columns["flows"], run.columns["controls"]
    design = np.column_stack([np.ones(len(controls)), controls])
    kind = int(Kind.COMMISSION) if run.size.detail == "kinds" else 1
    for placement, settlement in settle(study, simulator.model, run.columns["desks"]):
        enter_fees(
            simulator.model.placements, placement, settlement, flows, kind, run.sums, design
        )


@dataclass(frozen=True)
class _Means:
    """Weighted means over scenarios, loans in the order of the model. [package currency]"""

    cash: np.ndarray
    """Shape (groups, kinds, months + 1)."""
    moments: np.ndarray
    """Shape (loans, len(MOMENTS))."""
    sd: np.ndarray
    """Standard deviation of each loan's present value in single draws, shape (loans,)."""
    se: np.ndarray
    """Standard error of the mean of each loan's present value, shape (loans,)."""
    stages: np.ndarray
    """GBV by stage at the end of each month, shape (stages, months + 1)."""


def _means(simulator: Simulator, sums: Sums, sample: Sample) -> _Means:
    """Return the weighted means, fees of placements among the costs."""
    moments = sample.total(sums.moments)
    # The weights add up to 1 but for rounding; an event in every scenario is certain.
    moments[sums.moments[:, ANY, 0] == sample.scenarios, ANY] = 1.0
    means = _Means(
        sample.total(sums.mean),
        moments,
        _spread(sample, sums.moments),
        sample.total_error(sums.moments[:, PV], sums.squares),
        np.cumsum(sample.total(sums.stages), axis=1),
    )
    for placement, fees in enumerate(sample.total(sums.fees)):
        _charge(simulator, means, placement, fees)
    return means


def _spread(sample: Sample, moments: np.ndarray) -> np.ndarray:
    """Return the weighted standard deviation of each loan's value; NaN for one scenario."""
    count = sample.scenarios
    if count < 2:
        return np.full(len(moments), np.nan)
    mean, squared = sample.total(moments[:, PV]), sample.total(moments[:, PV_SQUARED])
    variance = np.maximum(squared - mean**2, 0.0)
    # The variance of a constant is rounding error.
    variance[variance <= 1e-12 * squared] = 0.0
    spread: np.ndarray = np.sqrt(variance * count / (count - 1))
    return spread


def _charge(simulator: Simulator, means: _Means, placement: int, fees: np.ndarray) -> None:
    """Enter a placement's mean fees by month, and allocate them to its loans."""
    loans = simulator.model.package.loans
    policy, group = simulator.model.placements[placement]
    means.cash[group, int(Kind.COMMISSION)] -= fees
    # A loan's part follows its mean receipts; the spread of the fee stays with the package.
    placed = (loans["stage"] == Stage.COLLECTION) & (loans["policy"] == policy)
    placed &= loans["group"] == group
    weight = means.moments[placed, RECEIVED]
    equal = np.full(placed.sum(), 1.0 / placed.sum())
    share = weight / weight.sum() if weight.sum() > 0.0 else equal
    means.moments[placed, PV] -= share * float(fees @ simulator.discount)
    means.moments[placed, COSTS] -= share * float(fees.sum())


def _loan_table(table: LoanTable, simulator: Simulator, means: _Means) -> pd.DataFrame:
    """Return the moments of each loan, in the order of the tape."""
    columns = ["loan_id", "borrower_id", "product", "segment", "region", "stage", "gbv"]
    loans = table.loans[columns].reset_index(drop=True)
    rows = np.argsort(simulator.model.tape_row)
    pv, _, received, costs, weighted, paying = means.moments[rows].T
    with np.errstate(invalid="ignore"):
        months_to_cash = np.where(received > 0.0, weighted / received, np.nan)
    return loans.assign(
        pv_mean=pv,
        pv_sd=means.sd[rows],
        pv_se=means.se[rows],
        received_mean=received,
        costs_mean=costs,
        months_to_cash=months_to_cash,
        p_any=np.clip(paying, 0.0, 1.0),
    )


def _common(
    study: Study, table: LoanTable, simulator: Simulator, sums: Sums, rows: dict[str, np.ndarray]
) -> dict[str, Any]:
    """Return the fields that do not depend on where the scenarios are stored."""
    model = simulator.model
    blocks = () if simulator.controls is None else simulator.controls.blocks
    means = _means(simulator, sums, sample_of(rows["controls"], blocks))
    # Entries to a stage and exits cancel up to rounding; the rest of it is not a loan.
    means.stages[np.abs(means.stages) < 1e-9 * max(float(model.group_gbv.sum()), 1.0)] = 0.0
    draws = np.empty(0, np.int64)
    if simulator.replicator is not None:
        draws = simulator.replicator.replicates.draws[np.argsort(model.tape_row)]
    return {
        "loan_replicates": draws,
        "groups": model.groups,
        "group_gbv": model.group_gbv,
        "mean_by_kind": means.cash.transpose(2, 1, 0),
        "loans": _loan_table(table, simulator, means),
        "stage_gbv": means.stages,
        "discount_rate": study.pricing.required_return,
        "cash_timing": study.pricing.cash_timing,
        "seed": study.simulation.seed,
        "servicing_rate": simulator.servicing,
        "factor_names": simulator.market.names,
        "factor_averages": rows["drivers"],
        "control_variates": rows["controls"],
        "control_blocks": blocks,
    }


def cash_in_memory(
    study: Study, table: LoanTable, simulator: Simulator, run: InMemoryResults
) -> PackageCash:
    """Return the cash of a run in memory."""
    more: dict[str, Any] = {}
    if simulator.replicator is not None:
        more["replicates"] = run.columns["repeated"]
        more["replicate_mean"] = run.columns["averaged"].transpose(0, 3, 2, 1)
    if simulator.market.rate is not None:
        more["short_rate"] = run.columns["short_rate"]
    return PackageCash(
        amounts=run.columns["flows"].transpose(0, 3, 2, 1),
        kinds=KINDS if run.size.detail == "kinds" else ("received", "costs"),
        **more,
        **_common(study, table, simulator, run.sums, run.columns),
    )


def cash_on_disk(
    study: Study, table: LoanTable, simulator: Simulator, run: OnDiskResults
) -> OnDiskCash:
    """Return the cash of a run whose scenarios are on disk."""
    rows = {
        name: np.empty((run.size.scenarios, *simulator.shapes[name]))
        for name in ("drivers", "controls")
    }
    for part, block in run.rows(*rows):
        for name, array in block.items():
            rows[name][part] = array
    return OnDiskCash(
        kinds=("received", "costs"),
        has_short_rate=simulator.market.rate is not None,
        draw_count=1 if simulator.replicator is None else simulator.replicator.most,
        source=run,
        count=run.size.scenarios,
        horizon=simulator.model.horizon,
        folder=run.store.folder,
        limit_bytes=study.simulation.memory_limit_gib * 2.0**30,
        **_common(study, table, simulator, run.sums, rows),
    )
