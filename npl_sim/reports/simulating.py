"""Reading, simulating and valuing a study for a command: what is said on the way, and how long it took."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from npl_sim.errors import CapacityError, NplSimError
from npl_sim.issues import LISTED_BY
from npl_sim.progress import Silent
from npl_sim.reports.account import account_text
from npl_sim.reports.console import EscapedConsole

if TYPE_CHECKING:
    from npl_sim.api import Case
    from npl_sim.engine.backends import Backend
    from npl_sim.flows.package import PackageFlows
    from npl_sim.progress import Progress
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

__all__ = [
    "Clock",
    "check_backend",
    "default_folder",
    "open_backend",
    "run_case",
    "simulated",
    "talk_console",
    "valued",
]


class Clock:
    """Seconds by phase."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the time inside as that of a phase."""
        began = time.perf_counter()
        yield
        self.seconds[name] = time.perf_counter() - began

    @property
    def told(self) -> str:
        """The seconds in words."""
        return ", ".join(f"{name} {seconds:.1f} s" for name, seconds in self.seconds.items())


def talk_console(silent: bool) -> Console:
    """Return where a command says what it does: the standard error."""
    return EscapedConsole(stderr=True, quiet=silent, highlight=False, soft_wrap=True)


def default_folder(name: str, stamp: datetime, words_hash: str) -> Path:
    """Return the folder of a run that was given none."""
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
    return Path("runs") / f"{safe}-{stamp:%Y%m%d-%H%M%S}-{words_hash[:8]}"


def check_backend(kind: str, address: str | None) -> None:
    """Refuse words for who walks the tiles that do not fit each other.

    Raises
    ------
    NplSimError
        If they do not.
    """
    if kind not in ("threads", "dask"):
        raise NplSimError(f"--backend: got {kind!r}; expected threads or dask")
    if kind == "threads" and address is not None:
        raise NplSimError("--dask: is the address of a scheduler; expected --backend dask with it")


@contextmanager
def open_backend(kind: str, address: str | None, workers: int | None) -> Iterator[Backend | None]:
    """Give who walks the tiles: none for this process's threads, or the workers of a Dask cluster.

    Parameters
    ----------
    kind
        ``threads`` or ``dask``.
    address
        Address of a scheduler; none: workers of this machine.
    workers
        Number of those; none or 0: one for each core.

    Raises
    ------
    NplSimError
        If the words do not fit, or the cluster cannot be reached.
    """
    check_backend(kind, address)
    if kind == "threads":
        yield None
        return
    from npl_sim.engine.dask_backend import Dask

    with Dask(address, workers or os.cpu_count() or 1) as cluster:
        yield cluster


def run_case(
    case: Case,
    progress: Progress,
    clock: Clock,
    say: Callable[[str], None],
    backend: Backend | None = None,
    work: Path | None = None,
) -> PackageFlows:
    """Simulate a package; the first run of a version compiles and says so.

    Parameters
    ----------
    case
        Study and tape.
    progress
        Told of the simulation's progress.
    clock
        Takes the phases compile and simulate.
    say
        Prints a line.
    backend
        Who walks the tiles; none: threads of this process.
    work
        Folder of finished scenarios, from which a run that was stopped goes on.
    """
    if _announce_compiling(say):
        from npl_sim.engine.simulate import warm_up

        with clock.phase("compile"):
            warm_up(case.study, case.table)
    with clock.phase("simulate"):
        return case.simulate(progress, backend=backend, work=work)


def _announce_compiling(say: Callable[[str], None]) -> bool:
    """Say that the kernel must be compiled, if it must; return whether it must."""
    from npl_sim.kernels._jit import is_cached
    from npl_sim.kernels.package import simulate_tile

    if is_cached(simulate_tile):
        return False
    say("compiling the kernel, once for this version: half a minute to a minute ...")
    return True


def _read(case: Case, talk: Console) -> LoanTable:
    """Read the tape of a study; where another reading of it must be valued, the kernel is needed for that already."""
    if "table" not in vars(case):
        from npl_sim.analysis.readings import judged

        read = case.read()
        if read.other_readings:
            _announce_compiling(lambda line: talk.print(line, markup=False))
        case.table = judged(case.study, read)
    return case.table


def valued(case: Case, flows: PackageFlows, clock: Clock) -> PriceDistribution:
    """Value simulated cash on the terms of its study; the clock takes the phase value."""
    with clock.phase("value"):
        from npl_sim.valuation.price import price

        return price(flows, case.study.pricing, case.study.currency, case.study.stated_buyer)


def simulated(
    case: Case,
    talk: Console,
    clock: Clock,
    backend: Backend | None = None,
    work: Path | None = None,
    streams: bool = False,
) -> PackageFlows:
    """Read the tape of a study and simulate it, saying what is found, assumed and done.

    Parameters
    ----------
    case
        The study.
    talk
        Where to say it; a quiet one also shows no progress.
    clock
        Takes the phases read, compile and simulate.
    backend, work
        As for `run_case`.
    streams
        Whether the caller can do with cash that is streamed to disk.

    Raises
    ------
    CapacityError
        If the run exceeds the memory limit, or would be streamed for a caller that needs all cash at once.
    """
    with clock.phase("read"):
        table = _read(case, talk)
    talk.print(account_text(table.reconciliation, case.study.currency), markup=False)
    if case.warnings or case.notes() or table.findings:
        talk.print(f"issues of study and tape follow the result; {LISTED_BY} lists every one", markup=False)
    size = case.plan(backend is not None)
    if size.keep == "streamed" and not streams:
        raise CapacityError(
            f"simulation: {size.loans:,} loans x {size.scenarios:,} scenarios would be streamed to disk, and this command "
            "needs their cash in memory; expected simulation.keep: auto, totals or kinds, and fewer scenarios or a higher "
            "memory_limit_gib"
        )
    talk.print(size.describe(), markup=False)
    if work is not None:
        from npl_sim.engine.leftover import leftover

        for line in leftover(work, size.keep):
            talk.print(f"warning: {line}", markup=False)

    from npl_sim.reports.console import progress_for

    progress = Silent() if talk.quiet else progress_for(talk)
    return run_case(case, progress, clock, lambda line: talk.print(line, markup=False), backend, work)
