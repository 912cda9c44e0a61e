"""Simulation of a package: tiles of scenarios on threads, added in the order of their numbers."""

from __future__ import annotations

import dataclasses
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.engine.exits import exit_months
from npl_sim.engine.lower import Model, lower
from npl_sim.engine.pilot import Pilot, run_pilot
from npl_sim.engine.placements import settle
from npl_sim.engine.plan import Plan, make_plan
from npl_sim.flows.discount import discount_factors
from npl_sim.flows.package import PackageFlows
from npl_sim.kernels.package import Factors, Tile, new_scratch, simulate_tile
from npl_sim.layout import MOMENTS, TILE, Kind, Stage
from npl_sim.market.factors import FactorModel
from npl_sim.progress import Progress, Silent

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["plan", "record_paths", "simulate", "warm_up"]

KINDS = tuple(k.name.lower() for k in Kind)
PV, RECEIVED, COSTS = (MOMENTS.index(n) for n in ("pv", "received", "costs"))


def plan(study: Study, table: LoanTable) -> Plan:
    """Return what pricing `table` under `study` will take.

    Raises
    ------
    CapacityError
        If it exceeds the study's memory limit.
    """
    groups = table.loans[study.simulation.group_by].nunique()
    asking = sum(any(a.contract for a in p.collection.agencies) for p in study.policies)
    return make_plan(
        study.simulation,
        len(table.loans),
        len(table.collateral),
        groups,
        len(study.market.factor_names),
        asking * groups,
    )


class _Run:
    """The parts that the tiles of one run share, and their sums."""

    def __init__(
        self,
        study: Study,
        model: Model,
        size: Plan,
        discount: np.ndarray | None = None,
        record: bool = False,
    ) -> None:
        simulation, pricing = study.simulation, study.pricing
        months = model.horizon + 1
        groups = len(model.groups)
        self.model = model
        self.size = size
        self.seed = np.uint64(simulation.seed)
        self.market = FactorModel(study.market, study.stress, model.horizon, simulation.seed)
        if discount is None:
            discount = discount_factors(pricing.required_return, model.horizon, pricing.cash_timing)
        self.discount = discount
        self.servicing = float(pricing.servicing_rate)
        self.flows = np.empty((size.scenarios, groups, len(KINDS) if size.keep == "kinds" else 2, months))
        self.mean = np.zeros((groups, len(KINDS), months))
        self.moments = np.zeros((len(model.package.loans), len(MOMENTS)))
        self.stages = np.zeros((len(Stage), months))
        self.desks = np.zeros((size.scenarios, len(model.desks), 2, months))
        self.policies = study.policies
        self.record = np.zeros((size.scenarios if record else 0, len(model.package.loans), 4))

    def walk(self, number: int) -> Tile:
        """Simulate tile `number`."""
        first = number * TILE
        count = min(TILE, self.size.scenarios - first)
        paths = self.market.simulate(first, count)
        model = self.model
        factors = Factors(
            paths.index,
            paths.congestion,
            paths.cooperation,
            np.ascontiguousarray(self.market.cooperation_variance),
            model.loading,
            model.sale_loading,
            exit_months(
                self.policies, paths, self.market.cooperation_variance, self.market.names, model.horizon
            ),
        )
        tile = Tile(
            self.flows[first : first + count],
            np.zeros_like(self.mean),
            np.zeros_like(self.moments),
            np.zeros_like(self.stages),
            self.desks[first : first + count],
            self.record[first : first + count],
        )
        simulate_tile(
            model.package,
            model.cohorts,
            factors,
            self.discount,
            self.servicing,
            self.seed,
            np.uint64(first),
            tile,
            new_scratch(*self.mean.shape[:2], model.horizon, len(model.loading)),
        )
        return tile

    def add(self, tile: Tile) -> None:
        """Add a tile's sums; called in the order of the tiles."""
        self.mean += tile.mean
        self.moments += tile.moments
        self.stages += tile.stages


def record_paths(study: Study, table: LoanTable, discount: np.ndarray) -> np.ndarray:
    """Return what each loan is worth in each scenario, and how it stands at its sale.

    Parameters
    ----------
    study
        What is assumed; nothing in it may ask for a pilot run.
    table
        The loans.
    discount
        Discount factors, shape (months + 1,).

    Returns
    -------
    numpy.ndarray
        Shape (scenarios, loans, 4), the loans in the order of the lowered model: present value, stage
        at the sale (or the horizon), claim and secured part of a loan that is sold. [package currency]
    """
    size = plan(study, table)
    run = _Run(study, lower(study, table), size, discount, record=True)
    for number in range(size.tiles):
        run.walk(number)
    return run.record


def simulate(
    study: Study,
    table: LoanTable,
    progress: Progress | None = None,
    threads: int | None = None,
    pilot: Pilot | None = None,
    model: Model | None = None,
) -> PackageFlows:
    """Simulate the package and return its cash flows.

    Parameters
    ----------
    study
        What is assumed.
    table
        The loans.
    progress
        Told of each finished tile, in loan-paths.
    threads
        Overrides the study's number of threads; the result does not depend on it.
    pilot
        Estimates of a pilot run, where the study asks for one; none: it is run here.
    model
        The lowered study, where the caller has it; none: it is lowered here.

    Raises
    ------
    StudyError
        If a loan falls under no policy, or collateral under no index.
    CapacityError
        If the run exceeds the study's memory limit.
    """
    if threads is not None:
        simulation = study.simulation.model_copy(update={"threads": threads})
        study = study.model_copy(update={"simulation": simulation})
    size = plan(study, table)
    if model is None:
        model = lower(study, table, pilot or run_pilot(study, table, record_paths))
    run = _Run(study, model, size)
    progress = progress or Silent()
    progress.start(size.loan_paths, "simulating")
    try:
        with ThreadPoolExecutor(size.threads) as pool:
            waiting: deque[Future[Tile]] = deque()
            for number in range(size.tiles):
                waiting.append(pool.submit(run.walk, number))
                if len(waiting) >= 2 * size.threads or number == size.tiles - 1:
                    _collect(run, waiting, size, progress, drain=number == size.tiles - 1)
    finally:
        progress.finish()
    if run.model.desks:
        _charge_contracts(study, run)
    return _package_flows(study, table, run)


def warm_up(study: Study, table: LoanTable) -> None:
    """Compile what a run needs, or load it from the cache, on two scenarios of one loan."""
    one = dataclasses.replace(
        table,
        loans=table.loans.iloc[:1],
        collateral=table.collateral[table.collateral["loan_id"] == table.loans["loan_id"].iloc[0]],
        guarantors=table.guarantors[table.guarantors["loan_id"] == table.loans["loan_id"].iloc[0]],
    )
    simulation = study.simulation.model_copy(update={"scenarios": 2, "threads": 1})
    simulate(study.model_copy(update={"simulation": simulation}), one)


def _collect(run: _Run, waiting: deque[Future[Tile]], size: Plan, progress: Progress, drain: bool) -> None:
    while waiting:
        tile = waiting.popleft().result()
        run.add(tile)
        progress.advance(len(tile.flows) * size.loans)
        if not drain:
            return


def _charge_contracts(study: Study, run: _Run) -> None:
    """Enter what the contracts on placements' totals cost, and share its mean out among their loans."""
    model = run.model
    kind = int(Kind.COMMISSION)
    loans = model.package.loans
    collected = loans["stage"] == Stage.COLLECTION
    for placement, settlement in settle(study, model, run.desks):
        for column, desk in enumerate(placement.desks):
            policy, group = model.desks[desk]
            fees = settlement.fees[:, column]
            run.flows[:, group, kind if run.size.keep == "kinds" else 1] -= fees
            run.mean[group, kind] -= fees.sum(axis=0)
            # A loan's part follows what it pays on average; the spread of the fee stays with the package.
            own = collected & (loans["policy"] == policy) & (loans["group"] == group)
            weight = run.moments[own, RECEIVED]
            share = weight / weight.sum() if weight.sum() > 0.0 else np.full(own.sum(), 1.0 / own.sum())
            run.moments[own, PV] -= share * float(fees.sum(axis=0) @ run.discount)
            run.moments[own, COSTS] -= share * float(fees.sum())


def _package_flows(study: Study, table: LoanTable, run: _Run) -> PackageFlows:
    model, scenarios = run.model, run.size.scenarios
    frame = table.loans
    columns = ["loan_id", "borrower_id", "product", "segment", "region", "stage", "gbv"]
    loans = frame[columns].reset_index(drop=True)
    moments = np.empty_like(run.moments)
    moments[model.tape_row] = run.moments
    pv, squared, received, costs, weighted, paying = (moments / scenarios).T
    sd = np.sqrt(np.maximum(squared - pv**2, 0.0) * scenarios / (scenarios - 1))
    with np.errstate(invalid="ignore"):
        months_to_cash = np.where(received > 0.0, weighted / received, np.nan)
    loans = loans.assign(
        pv_mean=pv,
        pv_sd=sd,
        pv_se=sd / np.sqrt(scenarios),
        received_mean=received,
        costs_mean=costs,
        months_to_cash=months_to_cash,
        p_any=paying,
    )
    gbv = float(model.group_gbv.sum())
    stage_gbv = np.cumsum(run.stages, axis=1) / scenarios
    # Entries and exits cancel up to rounding; what is left of it is not a loan.
    stage_gbv[np.abs(stage_gbv) < 1e-9 * max(gbv, 1.0)] = 0.0
    return PackageFlows(
        flows=run.flows.transpose(0, 3, 2, 1),
        kinds=KINDS if run.size.keep == "kinds" else ("received", "costs"),
        groups=model.groups,
        group_gbv=model.group_gbv,
        mean_by_kind=(run.mean / scenarios).transpose(2, 1, 0),
        loans=pd.DataFrame(loans),
        stage_gbv=stage_gbv,
        discount_rate=study.pricing.required_return,
        cash_timing=study.pricing.cash_timing,
        seed=study.simulation.seed,
    )
