"""From what a run has collected to the package's cash flows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from npl_sim.cashflows.on_disk import NotHeld, OnDiskCash
from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.cashflows.weights import sample_of
from npl_sim.core.layout import MOMENTS, Kind, Stage
from npl_sim.engine.agency_placements import enter_fees, settle
from npl_sim.engine.collect import Held, Streamed
from npl_sim.engine.sums import PV, PV_SQUARED, Sums
from npl_sim.engine.tile import Walker
from npl_sim.stats.sample import Sample

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["charge_contracts", "held_flows", "streamed_flows"]

KINDS = tuple(k.name.lower() for k in Kind)
RECEIVED, COSTS, ANY = (MOMENTS.index(name) for name in ("received", "costs", "received_any"))


def charge_contracts(study: Study, walker: Walker, run: Held) -> None:
    """Enter what the contracts on placements' totals cost."""
    flows, controls = run.columns["flows"], run.columns["controls"]
    design = np.column_stack([np.ones(len(controls)), controls])
    kind = int(Kind.COMMISSION) if run.size.keep == "kinds" else 1
    for placement, settlement in settle(study, walker.model, run.columns["desks"]):
        enter_fees(walker.model.placements, placement, settlement, flows, kind, run.sums, design)


@dataclass(frozen=True)
class _Means:
    """Weighted means over the scenarios, loans in the order of the model. [package currency]"""

    cash: np.ndarray  # (groups, kinds, months + 1)
    moments: np.ndarray  # (loans, len(MOMENTS))
    sd: np.ndarray  # (loans,): spread of the present value of a loan in single draws
    se: np.ndarray  # (loans,): error of the mean of its present value
    stages: np.ndarray  # (stages, months + 1): GBV at the end of each month


def _means(walker: Walker, sums: Sums, sample: Sample) -> _Means:
    """Return the weighted means, placements' fees among the costs."""
    moments = sample.total(sums.moments)
    # The first of the sums counts scenarios: weights add up to 1 but for rounding, and what always happens is certain.
    moments[sums.moments[:, ANY, 0] == sample.scenarios, ANY] = 1.0
    found = _Means(
        sample.total(sums.mean),
        moments,
        _spread(sample, sums.moments),
        sample.total_error(sums.moments[:, PV], sums.squares),
        np.cumsum(sample.total(sums.stages), axis=1),
    )
    for desk, fees in enumerate(sample.total(sums.fees)):
        _charge(walker, found, desk, fees)
    return found


def _spread(sample: Sample, moments: np.ndarray) -> np.ndarray:
    """Return the weighted standard deviation of each loan's present value; NaN of a single scenario."""
    count = sample.scenarios
    if count < 2:
        return np.full(len(moments), np.nan)
    mean, squared = sample.total(moments[:, PV]), sample.total(moments[:, PV_SQUARED])
    variance = np.maximum(squared - mean**2, 0.0)
    # What is left of a constant is rounding.
    variance[variance <= 1e-12 * squared] = 0.0
    spread: np.ndarray = np.sqrt(variance * count / (count - 1))
    return spread


def _charge(walker: Walker, means: _Means, desk: int, fees: np.ndarray) -> None:
    """Enter a desk's mean fees by month, and share them out among its loans."""
    loans = walker.model.package.loans
    policy, group = walker.model.placements[desk]
    means.cash[group, int(Kind.COMMISSION)] -= fees
    # A loan's part follows what it pays on average; the spread of the fee stays with the package.
    own = (
        (loans["stage"] == Stage.COLLECTION)
        & (loans["policy"] == policy)
        & (loans["group"] == group)
    )
    weight = means.moments[own, RECEIVED]
    share = weight / weight.sum() if weight.sum() > 0.0 else np.full(own.sum(), 1.0 / own.sum())
    means.moments[own, PV] -= share * float(fees @ walker.discount)
    means.moments[own, COSTS] -= share * float(fees.sum())


def _loan_table(table: LoanTable, walker: Walker, means: _Means) -> pd.DataFrame:
    """Return the moments of each loan, in the order of the tape."""
    columns = ["loan_id", "borrower_id", "product", "segment", "region", "stage", "gbv"]
    loans = table.loans[columns].reset_index(drop=True)
    rows = np.argsort(walker.model.tape_row)
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
    study: Study,
    table: LoanTable,
    walker: Walker,
    sums: Sums,
    drivers: np.ndarray,
    controls: np.ndarray,
) -> dict[str, Any]:
    """Return what does not depend on how scenarios are held."""
    model = walker.model
    blocks = () if walker.controls is None else walker.controls.blocks
    means = _means(walker, sums, sample_of(controls, blocks))
    # Entries and exits cancel up to rounding; what is left of it is not a loan.
    means.stages[np.abs(means.stages) < 1e-9 * max(float(model.group_gbv.sum()), 1.0)] = 0.0
    again = walker.repeater
    draws = (
        np.empty(0, np.int64) if again is None else again.repeats.draws[np.argsort(model.tape_row)]
    )
    return {
        "loan_draws": draws,
        "groups": model.groups,
        "group_gbv": model.group_gbv,
        "mean_by_kind": means.cash.transpose(2, 1, 0),
        "loans": _loan_table(table, walker, means),
        "stage_gbv": means.stages,
        "discount_rate": study.pricing.required_return,
        "cash_timing": study.pricing.cash_timing,
        "seed": study.simulation.seed,
        "servicing_rate": walker.servicing,
        "driver_names": walker.market.names,
        "drivers": drivers,
        "controls": controls,
        "control_blocks": blocks,
    }


def held_flows(study: Study, table: LoanTable, walker: Walker, run: Held) -> PackageCash:
    """Return the flows of a run that is held in memory."""
    more: dict[str, Any] = {}
    if walker.repeater is not None:
        more["repeated"] = run.columns["repeated"]
        more["averaged"] = run.columns["averaged"].transpose(0, 3, 2, 1)
    if walker.market.rate is not None:
        more["rate_paths"] = run.columns["short_rate"]
    return PackageCash(
        flows=run.columns["flows"].transpose(0, 3, 2, 1),
        kinds=KINDS if run.size.keep == "kinds" else ("received", "costs"),
        **more,
        **_common(study, table, walker, run.sums, run.columns["drivers"], run.columns["controls"]),
    )


def streamed_flows(study: Study, table: LoanTable, walker: Walker, run: Streamed) -> OnDiskCash:
    """Return the flows of a run whose scenarios lie on disk."""
    rows = {
        name: np.empty((run.size.scenarios, *walker.shapes[name]))
        for name in ("drivers", "controls")
    }
    for part, found in run.rows(*rows):
        for name, array in found.items():
            rows[name][part] = array
    held = NotHeld("cash by scenario, month and group")
    more: dict[str, Any] = {}
    if walker.market.rate is not None:
        more["rate_paths"] = NotHeld("short rate by scenario and month")
    return OnDiskCash(
        flows=held,  # type: ignore[arg-type]
        kinds=("received", "costs"),
        repeated=NotHeld("cash of further draws"),  # type: ignore[arg-type]
        draw_count=1 if walker.repeater is None else walker.repeater.most,
        source=run,
        count=run.size.scenarios,
        horizon=walker.model.horizon,
        scratch=run.store.folder,
        limit_bytes=study.simulation.memory_limit_gib * 2.0**30,
        **more,
        **_common(study, table, walker, run.sums, **rows),
    )
