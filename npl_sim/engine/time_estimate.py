"""Time that a simulation takes, estimated before it starts from a sample of its loans.

One tile of scenarios is simulated for a few loans and for some more, on one thread. The difference is
the time per loan, the rest is the time per tile. Nothing of the sample enters a result.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.errors import CapacityError, StudyError
from npl_sim.core.layout import TILE
from npl_sim.engine.compile_model import compile_model
from npl_sim.engine.pilot_runs import free_policy, sample_loans
from npl_sim.engine.resource_estimate import Plan
from npl_sim.engine.tile import Walker
from npl_sim.market.control_variates import STRETCHES

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = [
    "LONG_PATHS",
    "LONG_SECONDS",
    "Pace",
    "check_time",
    "duration",
    "is_long",
    "measure_pace",
    "time_words",
]

LONG_PATHS = 20_000_000
"""Loan-paths from which a run takes more than some ten seconds, and its time is estimated."""

LONG_SECONDS = 3 * 3600.0
"""Time from which a warning stands before a run. [seconds]"""

FEW_LOANS, MANY_LOANS = 50, 1000
"""Loans of the two samples."""


@dataclass(frozen=True)
class Pace:
    """Time of one tile on one thread.

    Attributes
    ----------
    fixed
        Time whatever the number of loans. [seconds]
    per_loan
        Further time for each loan. [seconds]
    """

    fixed: float
    per_loan: float

    def seconds(self, size: Plan, cores: int | None = None) -> float:
        """Return the time of a run on the threads of its plan: tiles x time of a tile / threads. [seconds]

        Parameters
        ----------
        size
            The run.
        cores
            Cores that may be used; none: those of this process.
        """
        at_once = max(1, min(size.threads, _cores() if cores is None else cores))
        return size.tiles * (self.fixed + self.per_loan * size.loans) / at_once


def _cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def is_long(size: Plan) -> bool:
    """Return whether the time of a run is worth an estimate: it is long, and this process simulates it."""
    return size.threads > 0 and size.loan_paths >= LONG_PATHS


def _tile_seconds(study: Study, table: LoanTable, keep: str, clock: Callable[[], float]) -> float:
    """Return the time of one tile, once everything is compiled. [seconds]"""
    stretches = STRETCHES if study.simulation.precision is not None else 1
    walker = Walker(study, compile_model(study, table), keep, None, None, stretches)
    walker.walk(0, 1)
    began = clock()
    walker.walk(0, TILE)
    return clock() - began


def measure_pace(
    study: Study, table: LoanTable, keep: str, clock: Callable[[], float] = time.perf_counter
) -> Pace:
    """Return the time of one tile, measured on samples of the loans.

    Prices of sales and tests that rest on a pilot run are left out, so that none is needed: loans then stay longer, and
    the time is an estimate from above. Fees on the totals of placements are left out too.

    Parameters
    ----------
    study, table
        What is assumed of which loans.
    keep
        What is kept of each scenario (see `engine.plan.Plan`).
    clock
        Gives the time. [seconds]

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
    """Return a time in words, to two digits: 40 s, 12 min, 3.4 h, 5.2 days."""
    for unit, size in (("days", 86400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 1.5 * size:
            return (
                f"{seconds / size:,.0f} {unit}"
                if seconds >= 9.95 * size
                else f"{seconds / size:.1f} {unit}"
            )
    return f"{max(1.0, seconds):.0f} s"


def time_words(study: Study, table: LoanTable, size: Plan) -> tuple[str, float]:
    """Return the estimated time of a run in words and in seconds; no words and 0 where it is short or not known.

    A run to a precision takes at least the time of its first scenarios.
    """
    if not is_long(size):
        return "", 0.0
    try:
        found = measure_pace(study, table, size.keep).seconds(size)
    except StudyError:
        return "", 0.0  # the run itself says why
    least = "at least " if study.simulation.precision is not None else ""
    threads = f"{size.threads} thread{'' if size.threads == 1 else 's'}"
    return f"{least}about {duration(found)} on {threads}", found


def check_time(study: Study, table: LoanTable, size: Plan) -> None:
    """Refuse a run that takes longer than `simulation.time_limit_hours`, where the study states that.

    Raises
    ------
    CapacityError
        If the estimate exceeds the limit.
    """
    limit = study.simulation.time_limit_hours
    if limit is None or size.threads == 0:
        return
    seconds = measure_pace(study, table, size.keep).seconds(size)
    if seconds > limit * 3600.0:
        raise CapacityError(
            f"simulation: {size.loans:,} loans x {size.scenarios:,} scenarios would take about {duration(seconds)} on "
            f"{size.threads} threads; expected at most simulation.time_limit_hours: {limit:g}. Raise the limit, take fewer "
            "scenarios or more threads"
        )
