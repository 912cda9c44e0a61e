"""Resources of a run: tiles, threads, memory and disk, estimated before it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from npl_sim.core.errors import CapacityError, counted
from npl_sim.core.layout import BATCH, ITEM, LOAN, MOMENTS, TILE, Kind, Stage
from npl_sim.market.control_variates import STRETCHES, control_blocks

if TYPE_CHECKING:
    from npl_sim.study.simulation import Simulation

BASE_BYTES = 350 * 2**20
"""Resident memory of the interpreter with its libraries and machine code."""

STREAM_BYTES = 300 * 2**20
"""Memory of the rows that wait to be written or are read block by block."""

NOMINAL_THREADS = 8
"""Threads for which the detail is chosen, so that results do not depend on the machine."""

KINDS_IN_MEMORY = {"kinds": len(Kind), "totals": 2, "streamed": 0}
"""Kinds of cash held in memory by scenario and detail, in the order in which they are tried."""

WORK_ROWS = 14
"""Rows of the kernel's working arrays by lane and month: tables, payments, what stops."""

GIB = 2.0**30


@dataclass(frozen=True)
class Extent:
    """Counts that decide the memory of a run."""

    loans: int
    items: int
    """Collateral items."""
    groups: int
    """Groups of the cash-flow axis."""
    factors: int
    """Systematic factors."""
    placements: int = 0
    """Pairs of policy and group whose totals an agency contract needs."""
    draws: int = 1
    """Replicates of the package in each scenario."""
    variance_reduction: bool = False
    """Whether averages over stretches of the horizon serve as control variates too."""
    short_rate: bool = False
    """Whether the short rate is simulated."""
    remote: bool = False
    """Whether remote workers simulate the tiles: one tile at a time is received here."""


@dataclass(frozen=True)
class ResourceEstimate:
    """Estimated size of a run."""

    loans: int
    scenarios: int
    months: int
    groups: int
    threads: int
    """Threads of this process; 0 where remote workers simulate the tiles."""
    requested: int
    """Threads that the study or the machine offers; more than `threads` if memory is short."""
    detail: str
    """Detail of the stored cash: ``kinds``, ``totals`` or ``streamed``."""
    result_bytes: int
    """Memory of the stored cash; size on disk for streamed runs."""
    peak_bytes: int
    """Upper estimate of the peak memory of the process."""

    @property
    def tiles(self) -> int:
        """Number of tiles of `TILE` scenarios."""
        return -(-self.scenarios // TILE)

    @property
    def loan_paths(self) -> int:
        """Loans times scenarios."""
        return self.loans * self.scenarios

    def describe(self) -> str:
        """Return a sentence for the user."""
        detail = "every kind of cash flow" if self.detail == "kinds" else "receipts and costs only"
        stored = f"keeps {detail} by scenario"
        if self.detail == "streamed":
            stored = "streams receipts and costs of the package by scenario to disk"
        workers = counted(self.threads, "thread") if self.threads else "the backend's workers"
        if self.threads < self.requested:
            workers += f" (of {self.requested}: memory_limit_gib allows no more)"
        return (
            f"{self.loans:,} loans x {self.scenarios:,} scenarios x {self.months} months "
            f"on {workers}; {stored} ({self.result_bytes / GIB:.2f} GiB); "
            f"peak memory about {self.peak_bytes / GIB:.2f} GiB"
        )


def _bytes(simulation: Simulation, extent: Extent, threads: int, kinds: int) -> tuple[int, int]:
    """Return the bytes of the result and of the peak, with `kinds` of cash held in memory."""
    months, scenarios = simulation.horizon_months + 1, simulation.scenarios
    loans, groups, draws = extent.loans, extent.groups, extent.draws
    stretches = min(STRETCHES, months - 1) if extent.variance_reduction else 1
    controls = sum(control_blocks(extent.factors, stretches))
    # Replicates and the short rate are stored by scenario and month.
    replicates, rate = (draws - 1) * 2 * months * 8, months * 8 * extent.short_rate
    # Each sum is stored once plain and once for each control variate.
    totals = (groups * len(Kind) + len(Stage) + extent.placements) * months
    sums = (loans * len(MOMENTS) + totals) * (controls + 1) * 8
    factors = TILE * (extent.factors + extent.short_rate) * months * 8 * 6
    # The kernel holds the cash of one group by lane, and the collection table at hand.
    work = TILE * (len(Kind) + WORK_ROWS) * months * 8
    tile = sums + loans * 8 + factors + work
    tile += TILE * (replicates + rate)
    records = loans * (LOAN.itemsize * 3 + 600) + extent.items * ITEM.itemsize * 3 + sums
    if scenarios > BATCH * TILE:
        # The sums of whole batches, of the batch at hand, and of both at the end.
        records += 2 * sums
    if draws > 1:
        # At most all loans have replicates: their sums and the present value of each path.
        records += max(1, threads) * (2 * sums + loans * TILE * 5 * 8)
    # Factors, control variates and the design of the weights.
    weights = scenarios * (extent.factors + 2 * controls + 4) * 8
    if kinds == 0:
        row = (2 * months + 2 + groups + extent.factors + controls) * 8 + replicates + rate
        tile += TILE * (row + (groups + extent.placements * 2) * 2 * months * 8)
        # The valuation holds some numbers of each scenario and a few of each replicate.
        numbers = scenarios * (groups + 32 + 8 * draws) * 8
        peak = BASE_BYTES + STREAM_BYTES + 2 * threads * tile + records + numbers + weights
        return scenarios * row, peak
    # With replicates, cash is stored twice: of the first draw and as the mean over all draws.
    result = scenarios * groups * kinds * months * 8 * (2 if draws > 1 else 1)
    placements = scenarios * extent.placements * 3 * months * 8
    # Cash of replicates: once as stored, three times while a buyer's own is computed from it.
    placements += scenarios * (replicates * 4 + rate) + weights
    # Up to two tiles wait for each thread; the valuation reduces cash by scenario.
    reduced = scenarios * (months * 4 + 160) * 8
    return result, BASE_BYTES + result + placements + 2 * threads * tile + records + reduced


def resource_estimate(simulation: Simulation, extent: Extent) -> ResourceEstimate:
    """Estimate the resources of a run and choose its detail and threads.

    The detail depends on the study and its tape alone. It is the first that fits
    `NOMINAL_THREADS` threads, or the least one. The memory limit then bounds the threads.

    Raises
    ------
    CapacityError
        If the run exceeds the memory limit on one thread in the requested detail.
    """
    tiles = -(-simulation.scenarios // TILE)
    offered = simulation.threads or os.cpu_count() or 1
    requested = 0 if extent.remote else max(1, min(offered, tiles))
    limit = simulation.memory_limit_gib * GIB

    def size(detail: str, threads: int) -> tuple[int, int]:
        return _bytes(simulation, extent, threads, KINDS_IN_MEMORY[detail])

    options = tuple(KINDS_IN_MEMORY) if simulation.detail == "auto" else (simulation.detail,)
    nominal = min(NOMINAL_THREADS, tiles)
    detail = next((detail for detail in options if size(detail, nominal)[1] <= limit), options[-1])
    # A tile in transit takes as much memory as one that a single thread simulates.
    result, peak = size(detail, 1)
    if peak > limit:
        advice = "Raise the limit or take fewer scenarios"
        if detail != "streamed":
            advice = "Raise the limit, take fewer scenarios, or set detail: streamed"
        raise CapacityError(
            f"simulation: {extent.loans:,} loans x {simulation.scenarios:,} scenarios x "
            f"{simulation.horizon_months} months x {extent.groups} groups would take about "
            f"{peak / GIB:.2f} GiB; expected at most memory_limit_gib: "
            f"{simulation.memory_limit_gib:g}. {advice}"
        )
    threads = min(requested, 1 + int((limit - peak) // (size(detail, 2)[1] - peak)))
    peak = size(detail, max(1, threads))[1]
    return ResourceEstimate(
        extent.loans,
        simulation.scenarios,
        simulation.horizon_months,
        extent.groups,
        threads,
        requested,
        detail,
        result,
        peak,
    )
