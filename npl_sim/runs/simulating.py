"""Reading, simulating and valuing a study for a command: what is said on the way, and how long it took."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from npl_sim.core.errors import CapacityError, escaped
from npl_sim.core.progress import Silent
from npl_sim.reports.account import account_text
from npl_sim.runs.console import PlainConsole
from npl_sim.tape.issues import LISTED_BY

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.core.progress import Progress
    from npl_sim.engine.backends.threads import Backend
    from npl_sim.runs.case import Case
    from npl_sim.runs.folder import Run
    from npl_sim.tape.table import LoanTable
    from npl_sim.valuation.price import PriceDistribution

__all__ = [
    "Clock",
    "print_undrawn",
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
    return PlainConsole(stderr=True, quiet=silent, soft_wrap=True)


def print_undrawn(run: Run) -> None:
    """Print what could not be drawn of a run, quiet or not: the result is whole, but not all that was asked for."""
    for line in run.undrawn:
        print(escaped(f"warning: {line}"), file=sys.stderr, flush=True)


def run_case(
    case: Case,
    progress: Progress,
    clock: Clock,
    say: Callable[[str], None],
    backend: Backend | None = None,
    work: Path | None = None,
) -> Cash:
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
    if backend is None:
        _say_time(case, say)
    with clock.phase("simulate"):
        return case.simulate(progress, backend=backend, work=work)


def _announce_compiling(say: Callable[[str], None]) -> bool:
    """Say that the kernel must be compiled, if it must; return whether it must."""
    from npl_sim.kernels._jit import announce_compiling, is_cached
    from npl_sim.kernels.package import simulate_tile

    if is_cached(simulate_tile):
        return False
    announce_compiling(say)
    return True


def _say_time(case: Case, say: Callable[[str], None]) -> None:
    """Say how long a long run takes; a very long one is a warning."""
    from npl_sim.engine.time_estimate import LONG_SECONDS, time_text

    words, seconds = time_text(case.study, case.table, case.plan())
    if words:
        say(f"{'warning: ' if seconds > LONG_SECONDS else ''}simulation takes {words}")


def _read(case: Case, talk: Console) -> LoanTable:
    """Read the tape of a study; where another reading of it must be valued, the kernel is needed for that already."""
    if "table" not in vars(case):
        from npl_sim.analysis.other_readings import judged

        read = case.read()
        if read.other_readings:
            _announce_compiling(lambda line: talk.print(line, markup=False))
        case.table = judged(case.study, read)
    return case.table


def valued(case: Case, flows: Cash, clock: Clock) -> PriceDistribution:
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
) -> Cash:
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
        talk.print(
            f"issues of study and tape follow the result; {LISTED_BY} lists every one",
            markup=False,
        )
    size = case.plan(backend is not None)
    if size.keep == "streamed" and not streams:
        raise CapacityError(
            f"simulation: {size.loans:,} loans x {size.scenarios:,} scenarios would be streamed to disk, and this command "
            "needs their cash in memory; expected simulation.detail: auto, totals or kinds, and fewer scenarios or a higher "
            "memory_limit_gib"
        )
    talk.print(size.describe(), markup=False)
    if work is not None:
        from npl_sim.engine.checkpoint.compatibility import unused_scenarios

        for line in unused_scenarios(work, size.keep):
            talk.print(f"warning: {line}", markup=False)

    from npl_sim.runs.console import progress_for

    progress = Silent() if talk.quiet else progress_for(talk)
    return run_case(
        case, progress, clock, lambda line: talk.print(line, markup=False), backend, work
    )
