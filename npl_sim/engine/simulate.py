"""Simulation of a package: tiles of scenarios on threads, added in the order of their numbers."""

from __future__ import annotations

import dataclasses
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.engine.lower import Model, lower
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

__all__ = ["plan", "simulate", "warm_up"]

KINDS = tuple(k.name.lower() for k in Kind)


def plan(study: Study, table: LoanTable) -> Plan:
    """Return what pricing `table` under `study` will take.

    Raises
    ------
    CapacityError
        If it exceeds the study's memory limit.
    """
    groups = table.loans[study.simulation.group_by].nunique()
    return make_plan(
        study.simulation, len(table.loans), len(table.collateral), groups, len(study.market.factor_names)
    )


class _Run:
    """The parts that the tiles of one run share, and their sums."""

    def __init__(self, study: Study, model: Model, size: Plan) -> None:
        simulation, pricing = study.simulation, study.pricing
        months = model.horizon + 1
        groups = len(model.groups)
        self.model = model
        self.size = size
        self.seed = np.uint64(simulation.seed)
        self.market = FactorModel(study.market, study.stress, model.horizon, simulation.seed)
        self.discount = discount_factors(pricing.required_return, model.horizon, pricing.cash_timing)
        self.servicing = float(pricing.servicing_rate)
        self.flows = np.empty((size.scenarios, groups, len(KINDS) if size.keep == "kinds" else 2, months))
        self.mean = np.zeros((groups, len(KINDS), months))
        self.moments = np.zeros((len(model.package.loans), len(MOMENTS)))
        self.stages = np.zeros((len(Stage), months))

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
        )
        tile = Tile(
            self.flows[first : first + count],
            np.zeros_like(self.mean),
            np.zeros_like(self.moments),
            np.zeros_like(self.stages),
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


def simulate(
    study: Study, table: LoanTable, progress: Progress | None = None, threads: int | None = None
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
    run = _Run(study, lower(study, table), size)
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
    return _package_flows(study, table, run)


def warm_up(study: Study, table: LoanTable) -> None:
    """Compile what a run needs, or load it from the cache, on two scenarios of one loan."""
    one = dataclasses.replace(
        table,
        loans=table.loans.iloc[:1],
        collateral=table.collateral[table.collateral["loan_id"] == table.loans["loan_id"].iloc[0]],
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
