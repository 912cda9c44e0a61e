"""Reading and simulating a study for a command: what is said on the way, and how long it took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from npl_sim.progress import Silent
from npl_sim.reports.account import account_text

if TYPE_CHECKING:
    from npl_sim.api import Case
    from npl_sim.flows.package import PackageFlows

__all__ = ["Clock", "default_folder", "simulated", "talk_console"]


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
    return Console(stderr=True, quiet=silent, highlight=False, soft_wrap=True)


def default_folder(name: str, stamp: datetime, words_hash: str) -> Path:
    """Return the folder of a run that was given none."""
    safe = "".join(c if c.isalnum() or c in "-_." else "_" for c in name)
    return Path("runs") / f"{safe}-{stamp:%Y%m%d-%H%M%S}-{words_hash[:8]}"


def simulated(case: Case, talk: Console, clock: Clock) -> PackageFlows:
    """Read the tape of a study and simulate it, saying what is found, assumed and done.

    Parameters
    ----------
    case
        The study.
    talk
        Where to say it; a quiet one also shows no progress.
    clock
        Takes the phases read, compile and simulate.
    """
    for line in case.warnings:
        talk.print(f"warning: {line}", markup=False)
    with clock.phase("read"):
        table = case.table
    talk.print(account_text(table.reconciliation, case.study.currency), markup=False)
    warnings = sum(f.count for f in table.findings if f.severity == "warning")
    if warnings:
        talk.print(f"{warnings:,} warnings on the tape; npl-sim validate prints them", markup=False)
    for line in case.notes():
        talk.print(f"warning: {line}", markup=False)
    talk.print(case.plan().describe(), markup=False)

    from npl_sim.engine.simulate import warm_up
    from npl_sim.kernels._jit import is_cached
    from npl_sim.kernels.package import simulate_tile
    from npl_sim.reports.console import progress_for

    if not is_cached(simulate_tile):
        talk.print("compiling the kernel, once for this version: about 20 seconds ...", markup=False)
        with clock.phase("compile"):
            warm_up(case.study, table)
    with clock.phase("simulate"):
        return case.simulate(Silent() if talk.quiet else progress_for(talk))
