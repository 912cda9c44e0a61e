"""Simulation of a package: tiles of scenarios on threads, added in the order of their numbers."""

from __future__ import annotations

import contextlib
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.core.errors import CapacityError, StudyError, known, quoted
from npl_sim.core.layout import TILE
from npl_sim.core.progress import Progress, Silent
from npl_sim.engine.assemble import charge_contracts, held_flows, streamed_flows
from npl_sim.engine.backends.threads import Backend, Threads
from npl_sim.engine.checkpoint.identity import identity_of
from npl_sim.engine.checkpoint.store import BlockStore
from npl_sim.engine.collect import Held, Streamed, check_disk
from npl_sim.engine.compile_model import Model, compile_model
from npl_sim.engine.pilot_runs import Pilot, run_pilot
from npl_sim.engine.replicates import Repeats
from npl_sim.engine.resource_estimate import Plan, make_plan
from npl_sim.engine.temporary_store import Scratch
from npl_sim.engine.tile import Walker
from npl_sim.engine.time_estimate import time_words
from npl_sim.kernels._jit import is_cached
from npl_sim.kernels.package import simulate_tile
from npl_sim.market.control_variates import STRETCHES

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Sampling", "compile_study", "plan", "record_paths", "simulate", "warm_up"]


MOST_THREADS = 1024
"""As many threads as a study may ask for."""

UNBOUNDED_GIB = 1e12
"""Limit of memory that no run reaches. [GiB]"""


def plan(
    study: Study, table: LoanTable, draws: int = 1, sharpen: bool = False, elsewhere: bool = False
) -> Plan:
    """Return what pricing `table` under `study` will take.

    Parameters
    ----------
    study, table
        What is assumed of which loans.
    draws
        Draws of the package in each world.
    sharpen
        Whether scenarios are weighted by averages of the factors over stretches of the horizon too.
    elsewhere
        Whether workers elsewhere walk the tiles.

    Raises
    ------
    CapacityError
        If it exceeds the study's memory limit; the message names the time that it would take, too.
    """
    try:
        return _plan(study, table, study.simulation.memory_limit_gib, draws, sharpen, elsewhere)
    except CapacityError as error:
        raise CapacityError(f"{error}{_time_refused(study, table, elsewhere)}") from None


def _time_refused(study: Study, table: LoanTable, elsewhere: bool) -> str:
    """Return a sentence on the time of a run that is refused; nothing where it is short or not known."""
    if elsewhere or not is_cached(simulate_tile):
        return ""
    size = _plan(study, table, UNBOUNDED_GIB, 1, study.simulation.precision is not None, False)
    words, _ = time_words(study, table, size)
    return f". Simulated, it would take {words}" if words else ""


def _plan(
    study: Study, table: LoanTable, limit_gib: float, draws: int, sharpen: bool, elsewhere: bool
) -> Plan:
    """Return the plan of a run within a limit of memory. [GiB]"""
    groups = table.loans[study.simulation.group_by].nunique()
    asking = sum(any(a.contract for a in p.collection.agencies) for p in study.policies)
    return make_plan(
        study.simulation.model_copy(update={"memory_limit_gib": limit_gib}),
        len(table.loans),
        len(table.collateral),
        groups,
        len(study.market.factor_names),
        asking * groups,
        draws,
        sharpen,
        study.market.short_rate is not None,
        elsewhere,
    )


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
    walker = Walker(study, compile_model(study, table), "nothing", discount)
    record = np.empty((size.scenarios, len(walker.model.package.loans), 4))
    for first, count in _parts(size, 0):
        record[first : first + count] = walker.walk(first, count, record=True).record
    return record


def compile_study(study: Study, table: LoanTable) -> Model:
    """Return the compiled study, after its pilot run where it asks for one."""
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
) -> PackageCash:
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
    backend
        Who walks the tiles; none: threads of this process. The result does not depend on it.
    work
        Folder in which finished scenarios are kept, and from which a run that was stopped goes on.

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
    """A simulation that can be carried on to more scenarios: the bits are those of one long run.

    Parameters
    ----------
    study, table, threads, pilot, model, backend, work
        As for `simulate`; the study's number of scenarios is not used.
    sharpen
        Whether scenarios are weighted by averages of the factors over stretches of the horizon too.
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
        backend: Backend | None = None,
        work: Path | None = None,
        sharpen: bool = False,
        repeats: Repeats | None = None,
    ) -> None:
        if threads is not None:
            if (
                isinstance(threads, bool)
                or not isinstance(threads, int)
                or not 0 <= threads <= MOST_THREADS
            ):
                raise StudyError(
                    [
                        f"threads: got {quoted(threads)}; expected a whole number, 0 (every core) to {MOST_THREADS}"
                    ]
                )
            study = _resized(study, threads=threads)
        self.study = study
        self.table = table
        self.threads = threads
        self.pilot = pilot
        self.model = model
        self.backend = backend
        self.work = work
        self.sharpen = sharpen
        self.repeats = repeats
        self._done: Held | None = None
        self._store: BlockStore | None = None
        self._walker: Walker | None = None

    def to(self, scenarios: int, progress: Progress | None = None) -> PackageCash:
        """Return the flows of the first `scenarios` scenarios, simulating those that are missing.

        Raises
        ------
        CapacityError
            If they exceed the study's memory limit or the disk; what was simulated before stays.
        """
        try:
            return self._to(_resized(self.study, scenarios=scenarios), progress)
        except BaseException:
            # Whoever holds the error must not hold the folder.
            if self._store is not None:
                self._store.close()
                self._store = None
            raise

    def _to(self, study: Study, progress: Progress | None) -> PackageCash:
        draws = 1 if self.repeats is None else self.repeats.most
        size = plan(study, self.table, draws, self.sharpen, self.backend is not None)
        if self.model is None:
            self.model = compile_model(
                study, self.table, self.pilot or run_pilot(study, self.table, record_paths)
            )
        if self._walker is None or self._walker.keep != size.keep:
            # The same walker in every round: workers elsewhere have it already.
            stretches = STRETCHES if self.sharpen else 1
            self._walker = Walker(study, self.model, size.keep, None, self.repeats, stretches)
        walker = self._walker
        store = self._store_for(size, walker)
        progress = progress or Silent()
        if size.keep == "streamed":
            store = known(store, "store")
            rows = Streamed(walker, size, store)
            self._walk(walker, size, rows, rows.resume(), progress)
            rows.finish()
            return streamed_flows(study, self.table, walker, rows)
        run = Held(walker, size, store)
        # Fees on totals were entered over whole scenarios: a run that has them starts anew.
        first = run.resume(None if self.model.placements else self._done)
        self._walk(walker, size, run, first, progress)
        run.finish()
        self._done = run
        if self.model.placements:
            charge_contracts(study, walker, run)
        return held_flows(study, self.table, walker, run)

    def _store_for(self, size: Plan, walker: Walker) -> BlockStore | None:
        """Return where finished scenarios are kept; none where nowhere."""
        if self._store is not None and self._store.keep != size.keep:
            # Rounds of a run that grew beyond memory: what is kept of a scenario is another thing now.
            self._store.close()
            self._store = None
        if self._store is None and (self.work is not None or size.keep == "streamed"):
            scratch = None if self.work is not None else Scratch()
            folder = self.work if scratch is None else scratch.folder
            folder = known(folder, "folder")
            identity = identity_of(walker, self.table, self.repeats)
            self._store = BlockStore(folder, identity, size.keep, self.study.name, scratch)
        if self._store is not None:
            try:
                check_disk(self._store, size)
            except CapacityError as error:
                told = _time_refused(
                    _resized(self.study, scenarios=size.scenarios), self.table, size.threads == 0
                )
                raise CapacityError(f"{error}{told}") from None
        return self._store

    def _walk(
        self, walker: Walker, size: Plan, run: Held | Streamed, first: int, progress: Progress
    ) -> None:
        """Walk the tiles from number `first` on."""
        backend = self.backend or Threads(size.threads)
        place = run.place if isinstance(run, Held) else None
        progress.start((size.scenarios - first * TILE) * size.loans, "simulating")
        try:
            with contextlib.closing(backend.walk(walker, _parts(size, first), place)) as done:
                for walked in done:
                    run.take(walked)
                    progress.advance(walked.scenarios * size.loans)
        finally:
            progress.finish()


def _parts(size: Plan, first: int) -> list[tuple[int, int]]:
    """Return first scenario and number of scenarios of each tile from number `first` on."""
    return [(n * TILE, min(TILE, size.scenarios - n * TILE)) for n in range(first, size.tiles)]


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
