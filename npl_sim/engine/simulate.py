"""Monte Carlo simulation of a package: tiles of scenarios, summed in scenario order."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import CapacityError, StudyError, known, quoted
from npl_sim.core.layout import TILE
from npl_sim.core.progress import Progress, Silent
from npl_sim.engine.assemble import cash_in_memory, cash_on_disk, charge_placements
from npl_sim.engine.backends.threads import Backend, Threads
from npl_sim.engine.checkpoint.identity import identity_of
from npl_sim.engine.checkpoint.store import BlockStore
from npl_sim.engine.collect import InMemoryResults, OnDiskResults, check_disk
from npl_sim.engine.compile_model import Model, compile_model
from npl_sim.engine.pilot_runs import Pilot, run_pilot
from npl_sim.engine.replicates import VarianceReduction
from npl_sim.engine.resource_estimate import ResourceEstimate
from npl_sim.engine.run_estimate import estimate_resources, resized, time_note
from npl_sim.engine.temporary_store import TemporaryStore
from npl_sim.engine.tile import Simulator
from npl_sim.market.control_variates import STRETCHES

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Sampling", "compile_study", "record_paths", "simulate", "warm_up"]

MOST_THREADS = 1024
"""Most threads that a study may request."""


def record_paths(study: Study, table: LoanTable, discount: np.ndarray) -> np.ndarray:
    """Return the value of each loan in each scenario, and its state at its sale.

    Parameters
    ----------
    study
        Assumptions; nothing in them may need a pilot run.
    table
        The loans.
    discount
        Discount factors, shape (months + 1,).

    Returns
    -------
    numpy.ndarray
        Shape (scenarios, loans, 4), loans in the order of the compiled model. The values are
        present value, stage at the sale (or the horizon), claim and secured part of a sold loan.
        [package currency]
    """
    size = estimate_resources(study, table)
    simulator = Simulator(study, compile_model(study, table), "nothing", discount)
    record = np.empty((size.scenarios, len(simulator.model.package.loans), 4))
    for first, count in _tiles(size, 0):
        record[first : first + count] = simulator.simulate(first, count, record=True).record
    return record


def compile_study(study: Study, table: LoanTable) -> Model:
    """Return the compiled study, after its pilot run where it needs one."""
    return compile_model(study, table, run_pilot(study, table, record_paths))


def simulate(
    study: Study,
    table: LoanTable,
    progress: Progress | None = None,
    threads: int | None = None,
    pilot: Pilot | None = None,
    model: Model | None = None,
    backend: Backend | None = None,
    work: Path | None = None,
) -> Cash:
    """Simulate the package and return its cash flows.

    Parameters
    ----------
    study
        Assumptions.
    table
        The loans.
    progress
        Receives the loan paths of each finished tile.
    threads
        Overrides the study's number of threads; the result does not depend on it.
    pilot
        Estimates of a pilot run; defaults to a pilot run here, where the study needs one.
    model
        The compiled study; defaults to compiling it here.
    backend
        Simulates the tiles; defaults to threads of this process. The result does not depend
        on it.
    work
        Checkpoint folder; run the simulation again to resume from it.

    Raises
    ------
    StudyError
        If a loan falls under no policy, or collateral under no index.
    CapacityError
        If the run exceeds the study's memory limit.
    WorkFolderError
        If the folder belongs to another run, or cannot be written.
    BackendError
        If the workers cannot be reached.
    """
    return Sampling(study, table, threads, pilot, model, backend, work).to(
        study.simulation.scenarios, progress
    )


class Sampling:
    """A simulation that can be extended to more scenarios with the same bits as one long run.

    Parameters
    ----------
    study, table, threads, pilot, model, backend, work
        As for `simulate`; the study's number of scenarios is not used.
    variance_reduction
        Replicates of loans and further control variates; defaults to none.
    """

    def __init__(
        self,
        study: Study,
        table: LoanTable,
        threads: int | None = None,
        pilot: Pilot | None = None,
        model: Model | None = None,
        backend: Backend | None = None,
        work: Path | None = None,
        variance_reduction: VarianceReduction | None = None,
    ) -> None:
        if threads is not None:
            whole = isinstance(threads, int) and not isinstance(threads, bool)
            if not whole or not 0 <= threads <= MOST_THREADS:
                raise StudyError(
                    [
                        f"threads: got {quoted(threads)}; expected a whole number, "
                        f"0 (every core) to {MOST_THREADS}"
                    ]
                )
            study = resized(study, threads=threads)
        self.study = study
        self.table = table
        self.threads = threads
        self.pilot = pilot
        self.model = model
        self.backend = backend
        self.work = work
        self.variance_reduction = variance_reduction or VarianceReduction(stretches=False)
        self._done: InMemoryResults | None = None
        self._store: BlockStore | None = None
        self._simulator: Simulator | None = None

    def to(self, scenarios: int, progress: Progress | None = None) -> Cash:
        """Return the cash of the first `scenarios` scenarios and simulate the missing ones.

        Raises
        ------
        CapacityError
            If they exceed the memory limit or the disk; earlier scenarios stay.
        """
        try:
            return self._to(resized(self.study, scenarios=scenarios), progress or Silent())
        except BaseException:
            # A caller that keeps the error must not keep the folder locked.
            if self._store is not None:
                self._store.close()
                self._store = None
            raise

    def _to(self, study: Study, progress: Progress) -> Cash:
        reduction, remote = self.variance_reduction, self.backend is not None
        size = estimate_resources(study, self.table, reduction.draws, reduction.stretches, remote)
        if self.model is None:
            pilot = self.pilot or run_pilot(study, self.table, record_paths)
            self.model = compile_model(study, self.table, pilot)
        if self._simulator is None or self._simulator.keep != size.detail:
            # Every round uses the same simulator: remote workers have received it already.
            stretches = STRETCHES if reduction.stretches else 1
            self._simulator = Simulator(
                study, self.model, size.detail, None, reduction.replicates, stretches
            )
        simulator = self._simulator
        store = self._store_for(size, simulator)
        if size.detail == "streamed":
            rows = OnDiskResults(simulator, size, known(store, "store"))
            self._run(simulator, size, rows, rows.resume(), progress)
            return cash_on_disk(study, self.table, simulator, rows)
        run = InMemoryResults(simulator, size, store)
        # Fees on totals are entered over whole scenarios: a run with such fees starts anew.
        first = run.resume(None if self.model.placements else self._done)
        self._run(simulator, size, run, first, progress)
        self._done = run
        if self.model.placements:
            charge_placements(study, simulator, run)
        return cash_in_memory(study, self.table, simulator, run)

    def _store_for(self, size: ResourceEstimate, simulator: Simulator) -> BlockStore | None:
        """Return the store of finished scenarios; none if they stay in memory only."""
        if self._store is not None and self._store.keep != size.detail:
            # The run has grown beyond memory, so its rows have another format now.
            self._store.close()
            self._store = None
        if self._store is None and (self.work is not None or size.detail == "streamed"):
            temporary = None if self.work is not None else TemporaryStore()
            folder = self.work if temporary is None else temporary.folder
            self._store = BlockStore(
                known(folder, "folder"),
                identity_of(simulator, self.table, self.variance_reduction.replicates),
                size.detail,
                self.study.name,
                temporary,
            )
        if self._store is not None:
            try:
                check_disk(self._store, size)
            except CapacityError as error:
                study = resized(self.study, scenarios=size.scenarios)
                note = time_note(study, self.table, size.threads == 0)
                raise CapacityError(f"{error}{note}") from None
        return self._store

    def _run(
        self,
        simulator: Simulator,
        size: ResourceEstimate,
        results: InMemoryResults | OnDiskResults,
        first: int,
        progress: Progress,
    ) -> None:
        """Simulate the tiles from number `first` to the end."""
        backend = self.backend or Threads(size.threads)
        place = results.place if isinstance(results, InMemoryResults) else None
        progress.start((size.scenarios - first * TILE) * size.loans, "simulating")
        try:
            tiles = backend.simulate(simulator, _tiles(size, first), place)
            with contextlib.closing(tiles):
                for tile in tiles:
                    results.take(tile)
                    progress.advance(tile.scenarios * size.loans)
        finally:
            progress.finish()
        results.finish()


def _tiles(size: ResourceEstimate, first: int) -> list[tuple[int, int]]:
    """Return first scenario and number of scenarios of each tile from number `first` on."""
    return [(n * TILE, min(TILE, size.scenarios - n * TILE)) for n in range(first, size.tiles)]


def warm_up(study: Study, table: LoanTable) -> None:
    """Compile the kernels or load them from the cache, on two scenarios of one loan."""
    loans = table.loans.iloc[:1]
    first = loans["loan_id"].iloc[0]
    one = dataclasses.replace(
        table,
        loans=loans,
        collateral=table.collateral[table.collateral["loan_id"] == first],
        guarantors=table.guarantors[table.guarantors["loan_id"] == first],
    )
    simulate(resized(study, scenarios=2, threads=1), one)
