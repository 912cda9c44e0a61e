"""Run time of a simulation, estimated from a sample of its loans before it starts.

One tile of scenarios is simulated on one thread for a few loans and for more loans. The
difference gives the time per loan, and the rest is the time per tile. The sample enters no result.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.errors import CapacityError, StudyError, counted
from npl_sim.core.layout import TILE
from npl_sim.engine.compile_model import compile_model
from npl_sim.engine.pilot_runs import free_policy, sample_loans
from npl_sim.engine.resource_estimate import ResourceEstimate
from npl_sim.engine.tile import Simulator
from npl_sim.market.control_variates import STRETCHES

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["LONG_SECONDS", "Pace", "check_time", "duration", "measure_pace", "time_text"]

LONG_PATHS = 20_000_000
"""Loan paths from which a run takes over ten seconds and its time is estimated."""

LONG_SECONDS = 3 * 3600.0
"""Run time from which a warning is given. [seconds]"""

FEW_LOANS, MANY_LOANS = 50, 1000
"""Loans of the two samples."""


@dataclass(frozen=True)
class Pace:
    """Time of one tile on one thread."""

    fixed: float
    """Time that does not depend on the number of loans. [seconds]"""
    per_loan: float
    """Further time for each loan. [seconds]"""

    def seconds(self, size: ResourceEstimate, cores: int | None = None) -> float:
        """Return the time of a run: tiles x time of a tile / threads. [seconds]

        Parameters
        ----------
        size
            Size of the run.
        cores
            Available cores; defaults to those of this process.
        """
        at_once = max(1, min(size.threads, _cores() if cores is None else cores))
        return size.tiles * (self.fixed + self.per_loan * size.loans) / at_once


def _cores() -> int:
    """Return the number of cores available to this process."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _tile_seconds(study: Study, table: LoanTable, keep: str, clock: Callable[[], float]) -> float:
    """Return the time of one tile after compilation. [seconds]"""
    stretches = STRETCHES if study.simulation.precision is not None else 1
    simulator = Simulator(study, compile_model(study, table), keep, None, None, stretches)
    simulator.simulate(0, 1)
    began = clock()
    simulator.simulate(0, TILE)
    return clock() - began


def measure_pace(
    study: Study, table: LoanTable, keep: str, clock: Callable[[], float] = time.perf_counter
) -> Pace:
    """Return the time of one tile, measured on samples of the loans.

    Sale prices and tests that need a pilot run are left out. Loans then stay longer, so the time
    is an upper estimate. Fees on the totals of placements are left out too.

    Parameters
    ----------
    study, table
        Assumptions and loans.
    keep
        Stored detail of each scenario (see `ResourceEstimate`).
    clock
        Returns the time. [seconds]

    Raises
    ------
    StudyError
        If a loan falls under no policy, or collateral under no index.
    """
    policies = tuple(
        free_policy(p).model_copy(update={"applies_to": p.applies_to}) for p in study.policies
    )
    study = study.model_copy(update={"policies": policies, "contracts": ()})
    every = np.ones(len(table.loans), dtype=bool)
    few, many = (sample_loans(table, every, most) for most in (FEW_LOANS, MANY_LOANS))
    slow = _tile_seconds(study, many, keep, clock)
    if len(many.loans) == len(few.loans):
        return Pace(0.0, slow / len(many.loans))
    fast = min(slow, _tile_seconds(study, few, keep, clock))
    per_loan = (slow - fast) / (len(many.loans) - len(few.loans))
    return Pace(slow - per_loan * len(many.loans), per_loan)


def duration(seconds: float) -> str:
    """Return a time as text with two digits: 40 s, 12 min, 3.4 h, 5.2 days."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            count = seconds / size
            return f"{count:,.0f} {unit}" if seconds >= 9.95 * size else f"{count:.1f} {unit}"
    return f"{max(1.0, seconds):.0f} s"


def time_text(study: Study, table: LoanTable, size: ResourceEstimate) -> tuple[str, float]:
    """Return the estimated time of a run as text and in seconds.

    The text is empty and the time 0 for short runs, for runs on remote workers, and for a study
    that cannot run. A run to a precision takes at least the time of its first scenarios.
    """
    if size.threads == 0 or size.loan_paths < LONG_PATHS:
        return "", 0.0
    try:
        seconds = measure_pace(study, table, size.detail).seconds(size)
    except StudyError:
        return "", 0.0  # the run itself reports the error
    least = "at least " if study.simulation.precision is not None else ""
    return f"{least}about {duration(seconds)} on {counted(size.threads, 'thread')}", seconds


def check_time(study: Study, table: LoanTable, size: ResourceEstimate) -> None:
    """Refuse a run that takes longer than `simulation.time_limit_hours`, if that is set.

    Raises
    ------
    CapacityError
        If the estimated time exceeds the limit.
    """
    limit = study.simulation.time_limit_hours
    if limit is None or size.threads == 0:
        return
    seconds = measure_pace(study, table, size.detail).seconds(size)
    if seconds > limit * 3600.0:
        raise CapacityError(
            f"simulation: {size.loans:,} loans x {size.scenarios:,} scenarios would take about "
            f"{duration(seconds)} on {counted(size.threads, 'thread')}; expected at most "
            f"simulation.time_limit_hours: {limit:g}. Raise the limit, take fewer scenarios or "
            "more threads"
        )
