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
from npl_sim.engine.repeats import Repeater, Repeats, receipts_and_costs
from npl_sim.flows.discount import discount_factors
from npl_sim.flows.package import PackageFlows
from npl_sim.kernels.package import Factors, Tile, new_scratch, simulate_tile
from npl_sim.layout import KIND_IS_INFLOW, MOMENTS, TILE, Kind, Stage
from npl_sim.market.factors import FactorModel
from npl_sim.progress import Progress, Silent

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Sampling", "loan_values", "plan", "record_paths", "simulate", "warm_up"]

KINDS = tuple(k.name.lower() for k in Kind)
SPAN_ENDS = (6, 12, 18, 24, 36, 48, 60, 84, 120, 180, 240)
"""Months that end the stretches over which deviations of the factors are averaged."""

SCENARIOS_PER_CONTROL = 10
"""Scenarios for each control, at least: fewer, and fitting them costs what they bring."""

RECORD_CELLS = 2_000_000
"""Loan-paths whose values are held at a time where single loans are valued (64 MB)."""

PV, RECEIVED, COSTS = (MOMENTS.index(n) for n in ("pv", "received", "costs"))


def plan(study: Study, table: LoanTable, draws: int = 1) -> Plan:
    """Return what pricing `table` under `study` will take, with `draws` of the package in each world.

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
        draws,
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
        hold: bool = True,
        repeats: Repeats | None = None,
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
        # Where scenarios are not held, each tile has arrays of its own and leaves only its sums.
        held = size.scenarios if hold else 0
        self.hold = hold
        self.flows = np.empty((held, groups, len(KINDS) if hold and size.keep == "kinds" else 2, months))
        self.mean = np.zeros((groups, len(KINDS), months))
        self.moments = np.zeros((len(model.package.loans), len(MOMENTS)))
        self.stages = np.zeros((len(Stage), months))
        self.desks = np.zeros((held, len(model.desks), 2, months))
        self.policies = study.policies
        self.spans = _spans(model.horizon)
        self.deviations = np.zeros((held, len(self.market.names), len(self.spans)))
        # A record of no scenarios tells the kernel to keep none.
        self.recording = record
        self.record = np.zeros((held if record else 0, len(model.package.loans), 4))
        self.repeater: Repeater | None = None
        self.repeated = np.empty((held, 0, 2, months))
        if repeats is not None and repeats.most > 1:
            self.repeater = Repeater(model, repeats, self.discount, self.servicing, simulation.seed)
            self.repeated = np.empty((held, repeats.most - 1, 2, months))

    def walk(self, number: int) -> Tile:
        """Simulate tile `number`."""
        first = number * TILE
        return self.walk_from(first, min(TILE, self.size.scenarios - first))

    def walk_from(self, first: int, count: int) -> Tile:
        """Simulate `count` scenarios from `first` on."""
        paths = self.market.simulate(first, count)
        model = self.model
        for column, span in enumerate(self.spans if self.hold else ()):
            # Along the rows of one scenario: the sum does not depend on how many stand in the tile.
            self.deviations[first : first + count, :, column] = paths.deviation[:, :, span].mean(axis=2)
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
        kept = slice(first, first + count)
        tile = Tile(
            self.flows[kept] if self.hold else np.empty((count, *self.flows.shape[1:])),
            np.zeros_like(self.mean),
            np.zeros_like(self.moments),
            np.zeros_like(self.stages),
            self.desks[kept] if self.hold else np.zeros((count, *self.desks.shape[1:])),
            self.record[kept] if self.hold else np.zeros((count * self.recording, *self.record.shape[1:])),
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
        if self.repeater is not None:
            own = receipts_and_costs(tile.flows)
            self.repeated[kept] = self.repeater.package_draws(own, factors, first)
        return tile

    def take_over(self, earlier: _Run) -> int:
        """Copy what a shorter run of whole tiles has done; return how many tiles that are."""
        count, odd = divmod(earlier.size.scenarios, TILE)
        if odd or earlier.size.keep != self.size.keep or earlier.size.scenarios > self.size.scenarios:
            return 0
        done = slice(0, count * TILE)
        self.flows[done] = earlier.flows
        self.deviations[done] = earlier.deviations
        self.repeated[done] = earlier.repeated
        self.mean += earlier.mean
        self.moments += earlier.moments
        self.stages += earlier.stages
        return count

    def add(self, tile: Tile) -> None:
        """Add a tile's sums; called in the order of the tiles."""
        self.mean += tile.mean
        self.moments += tile.moments
        self.stages += tile.stages


def _spans(horizon: int) -> list[slice]:
    """Return the stretches of months over which deviations of the factors are averaged."""
    ends = [0, *(m for m in SPAN_ENDS if m < horizon), horizon]
    return [slice(a + 1, b + 1) for a, b in zip(ends, ends[1:], strict=False)]


def _receipts(run: _Run) -> np.ndarray:
    """Return the share of expected discounted receipts that falls into each span."""
    receipts = run.mean[:, KIND_IS_INFLOW].sum(axis=(0, 1)) * run.discount
    weight = np.array([receipts[span].sum() for span in run.spans])
    total = weight.sum()
    return weight / total if total > 0.0 else np.full(len(weight), 1.0 / len(weight))


def _controls(run: _Run) -> np.ndarray:
    """Return each factor's average deviation over stretches that bring about equal parts of the receipts.

    As many stretches as the number of scenarios bears.
    """
    share = _receipts(run)
    most = (run.size.scenarios / SCENARIOS_PER_CONTROL - 1.0) / len(run.market.names)
    parts = min(max(1, int(most)), len(share))
    stretch = np.minimum((parts * (np.cumsum(share) - 0.5 * share)).astype(np.int64), parts - 1)
    columns = []
    for part in np.unique(stretch):
        weight = np.where(stretch == part, share, 0.0)
        if weight.sum() > 0.0:
            columns.append(np.einsum("sfb,b->sf", run.deviations, weight / weight.sum()))
    return np.concatenate(columns, axis=1)


def _drivers(run: _Run) -> np.ndarray:
    """Return each factor's average deviation, months weighted by expected discounted receipts."""
    share = _receipts(run)
    drivers: np.ndarray = np.einsum("sfb,b->sf", run.deviations, share)
    return drivers


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


def loan_values(
    study: Study,
    table: LoanTable,
    weights: np.ndarray,
    discount: np.ndarray,
    model: Model | None = None,
    threads: int | None = None,
) -> np.ndarray:
    """Return weighted sums over the scenarios of each loan's present value.

    The scenarios are walked again, block by block, and forgotten: the bits are those of the run itself,
    and the memory does not grow with their number. Fees on the totals of placements are not in it.

    Parameters
    ----------
    study
        What is assumed.
    table
        The loans.
    weights
        Weights of the scenarios, shape (measures, scenarios); blocks without any weight are passed over.
    discount
        Discount factors, shape (months + 1,).
    model
        The lowered study, where the caller has it; none: it is lowered here.
    threads
        Overrides the study's number of threads.

    Returns
    -------
    numpy.ndarray
        Shape (measures, loans), loans in the order of the tape. [package currency]
    """
    sizes: dict[str, object] = {"scenarios": weights.shape[1], "keep": "totals"}
    study = _resized(study, **sizes if threads is None else sizes | {"threads": threads})
    if model is None:
        model = lower(study, table, run_pilot(study, table, record_paths))
    run = _Run(study, model, plan(study, table), discount, record=True, hold=False)
    loans = len(model.package.loans)
    block = max(1, min(TILE, RECORD_CELLS // max(1, loans)))
    firsts = [f for f in range(0, weights.shape[1], block) if weights[:, f : f + block].any()]

    def part(first: int) -> np.ndarray:
        own = weights[:, first : first + block]
        record = run.walk_from(first, own.shape[1]).record
        return np.einsum("ks,si->ki", own, record[:, :, 0])

    total = np.zeros((len(weights), loans))
    with ThreadPoolExecutor(run.size.threads) as pool:
        for values in pool.map(part, firsts):
            total += values
    result = np.empty_like(total)
    result[:, model.tape_row] = total
    return result


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
    return Sampling(study, table, threads, pilot, model).to(study.simulation.scenarios, progress)


class Sampling:
    """A simulation that can be carried on to more scenarios: the bits are those of one long run.

    Parameters
    ----------
    study, table, threads, pilot, model
        As for `simulate`; the study's number of scenarios is not used.
    sharpen
        Whether the flows bring controls by stretch of the horizon.
    repeats
        How often single loans are drawn in each world; none: once.
    """

    def __init__(
        self,
        study: Study,
        table: LoanTable,
        threads: int | None = None,
        pilot: Pilot | None = None,
        model: Model | None = None,
        sharpen: bool = False,
        repeats: Repeats | None = None,
    ) -> None:
        if threads is not None:
            study = _resized(study, threads=threads)
        self.study = study
        self.table = table
        self.threads = threads
        self.pilot = pilot
        self.model = model
        self.sharpen = sharpen
        self.repeats = repeats
        self._done: _Run | None = None

    def to(self, scenarios: int, progress: Progress | None = None) -> PackageFlows:
        """Return the flows of the first `scenarios` scenarios, simulating those that are missing.

        Raises
        ------
        CapacityError
            If they exceed the study's memory limit; what was simulated before stays.
        """
        study = _resized(self.study, scenarios=scenarios)
        draws = 1 if self.repeats is None else self.repeats.most
        size = plan(study, self.table, draws)
        if self.model is None:
            self.model = lower(study, self.table, self.pilot or run_pilot(study, self.table, record_paths))
        if self.model.desks and draws > 1:
            raise ValueError("repeats: fees on the totals of placements are not known by draw; expected none")
        run = _Run(study, self.model, size, repeats=self.repeats)
        # Fees on totals were entered over whole scenarios: a run that has them starts anew.
        first = run.take_over(self._done) if self._done is not None and not self.model.desks else 0
        progress = progress or Silent()
        progress.start((scenarios - first * TILE) * size.loans, "simulating")
        try:
            with ThreadPoolExecutor(size.threads) as pool:
                waiting: deque[Future[Tile]] = deque()
                for number in range(first, size.tiles):
                    waiting.append(pool.submit(run.walk, number))
                    if len(waiting) >= 2 * size.threads or number == size.tiles - 1:
                        _collect(run, waiting, size, progress, drain=number == size.tiles - 1)
        finally:
            progress.finish()
        self._done = run
        if self.model.desks:
            _charge_contracts(study, run)
        flows = _package_flows(study, self.table, run)
        if not self.sharpen:
            return flows
        return dataclasses.replace(flows, controls=_controls(run), repeated=run.repeated)


def _resized(study: Study, **sizes: object) -> Study:
    return study.model_copy(update={"simulation": study.simulation.model_copy(update=sizes)})


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
        drivers=_drivers(run),
        driver_names=run.market.names,
    )
