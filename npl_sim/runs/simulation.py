"""Read the tape of a study and simulate its package."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.errors import CapacityError
from npl_sim.core.progress import Listener, Silent
from npl_sim.reports.account import account_text
from npl_sim.runs.imports_ahead import importing
from npl_sim.tape.issues import LISTED_BY

if TYPE_CHECKING:
    import pandas as pd

    from npl_sim.cashflows.protocol import Cash
    from npl_sim.engine.backends.threads import Backend
    from npl_sim.runs.study_session import StudySession
    from npl_sim.tape.table import LoanTable


class Clock:
    """Seconds by phase of a run."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Record the time inside a ``with`` statement as that of a phase."""
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began

    def __str__(self) -> str:
        return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())


@dataclass(frozen=True)
class Simulation:
    """Simulated cash of a package, with the study that it comes from."""

    study: StudySession
    """Study and loan tape."""
    cash: Cash
    """Cash flows by scenario and month. [package currency]"""
    clock: Clock = field(default_factory=Clock)
    """Seconds by phase, to which later phases are added."""

    @property
    def loans(self) -> pd.DataFrame:
        """One row for each loan, with the moments of its discounted cash."""
        return self.cash.loans

    def with_pricing(self, terms: Mapping[str, Any]) -> Simulation:
        """Return the simulation with other terms of the section `pricing`, not simulated again."""
        return replace(self, study=self.study.with_pricing(terms), clock=Clock())


def simulate_cash(
    study: StudySession,
    listener: Listener,
    clock: Clock,
    backend: Backend | None = None,
    work: Path | None = None,
) -> Cash:
    """Simulate a package; compile the kernel first where it is not cached.

    Parameters
    ----------
    study
        Study and tape.
    listener
        Receives progress, and messages on compilation and on the time of a long run.
    clock
        Records the phases compile and simulate.
    backend
        Workers that simulate; defaults to the threads of this process.
    work
        Folder with finished scenarios, from which a stopped run resumes.
    """
    if announce_compiling(listener):
        from npl_sim.engine.simulate import warm_up

        with clock.phase("compile"):
            warm_up(study.study, study.table)
    if backend is None:
        _announce_time(study, listener)
    with clock.phase("simulate"):
        return study.simulate(listener, backend=backend, work=work)


def announce_compiling(listener: Listener) -> bool:
    """Return whether the kernel must be compiled, after a message on it."""
    from npl_sim.kernels import _jit
    from npl_sim.kernels.package import simulate_tile

    if _jit.is_cached(simulate_tile):
        return False
    _jit.announce_compiling(listener.message)
    return True


def _announce_time(study: StudySession, listener: Listener) -> None:
    """Send a message on the time of a long run; a warning where it is very long."""
    from npl_sim.engine.time_estimate import LONG_SECONDS, time_text

    text, seconds = time_text(study.study, study.table, study.plan())
    if text:
        prefix = "warning: " if seconds > LONG_SECONDS else ""
        listener.message(f"{prefix}simulation takes {text}")


def _read_tape(study: StudySession, listener: Listener) -> LoanTable:
    """Read the tape; its other readings are valued with the kernel, which may need compiling."""
    if "table" not in vars(study):
        from npl_sim.analysis.other_readings import judged

        table = study.read()
        if table.other_readings:
            announce_compiling(listener)
        study.table = judged(study.study, table)
    return study.table


def simulate(
    study: StudySession,
    listener: Listener | None = None,
    *,
    backend: Backend | None = None,
    work: Path | None = None,
    on_disk: bool = False,
    ahead: Sequence[str] = (),
) -> Simulation:
    """Read the tape of a study and simulate its package.

    Parameters
    ----------
    study
        Study and loan tape.
    listener
        Receives progress and messages; defaults to a silent one.
    backend, work
        As in `simulate_cash`.
    on_disk
        Whether the caller can use cash that is stored on disk during the run.
    ahead
        Modules that the caller needs afterwards, imported meanwhile.

    Raises
    ------
    CapacityError
        If the run exceeds the memory limit, or needs the disk while the caller needs all cash in
        memory.
    """
    listener, clock = listener or Silent(), Clock()
    with clock.phase("read"):
        table = _read_tape(study, listener)
    listener.message(account_text(table.reconciliation, study.study.currency))
    if study.warnings or study.notes() or table.findings:
        listener.message(
            f"issues of study and tape follow the result; {LISTED_BY} lists every one"
        )
    size = study.plan(backend is not None)
    if size.detail == "streamed" and not on_disk:
        raise CapacityError(
            f"simulation: {size.loans:,} loans x {size.scenarios:,} scenarios would be streamed "
            "to disk, but this command needs their cash in memory. Expected simulation.detail: "
            "auto, totals or kinds, and fewer scenarios or a higher memory_limit_gib"
        )
    listener.message(size.describe())
    if work is not None:
        from npl_sim.engine.checkpoint.compatibility import unused_scenarios

        for line in unused_scenarios(work, size.detail):
            listener.message(f"warning: {line}")
    with importing(ahead):
        cash = simulate_cash(study, listener, clock, backend, work)
    return Simulation(study, cash, clock)
