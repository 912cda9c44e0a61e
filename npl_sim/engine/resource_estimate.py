"""What a run will take: tiles, threads, memory; stated and checked before it starts."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from npl_sim.core.errors import CapacityError, counted
from npl_sim.core.layout import ITEM, LOAN, MOMENTS, TILE, Kind, Stage
from npl_sim.market.control_variates import STRETCHES, control_blocks

if TYPE_CHECKING:
    from npl_sim.study.simulation import Simulation

__all__ = ["BASE_BYTES", "Plan", "make_plan"]

BASE_BYTES = 350 * 2**20
"""Resident memory of the interpreter with its libraries and machine code."""

STREAM_BYTES = 300 * 2**20
"""Memory of the rows that wait to be written, or are read block by block, and of what is made of them."""

NOMINAL_THREADS = 8
"""Threads for which the detail of a run is chosen, whatever the machine has: its tables must not depend on that."""

KEPT_KINDS = {"kinds": len(Kind), "totals": 2, "streamed": 0}
"""Kinds of cash that are held in memory by scenario, in the order in which they are tried."""

GIB = 2.0**30


@dataclass(frozen=True)
class Plan:
    """Size of a run.

    Attributes
    ----------
    loans, scenarios, months, groups
        Its extent.
    threads
        Threads at work in this process; 0 where workers elsewhere walk the tiles.
    asked
        Threads that the study or the machine would have; more than `threads` where memory does not bear them.
    keep
        Detail of the kept flows: ``kinds``, ``totals`` or ``streamed``.
    result_bytes, peak_bytes
        Memory of the kept flows (where streamed: their size on disk), and of the whole process at its peak
        (an estimate from above).
    """

    loans: int
    scenarios: int
    months: int
    groups: int
    threads: int
    asked: int
    keep: str
    result_bytes: int
    peak_bytes: int

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
        detail = "every kind of cash flow" if self.keep == "kinds" else "receipts and costs only"
        kept = f"keeps {detail} by scenario"
        if self.keep == "streamed":
            kept = "streams receipts and costs of the package by scenario to disk"
        where = f"{counted(self.threads, 'thread')}" if self.threads else "the backend's workers"
        if self.threads < self.asked:
            where += f" (of {self.asked}: memory_limit_gib bears no more)"
        return (
            f"{self.loans:,} loans x {self.scenarios:,} scenarios x {self.months} months on {where}; "
            f"{kept} ({self.result_bytes / GIB:.2f} GiB); "
            f"peak memory about {self.peak_bytes / GIB:.2f} GiB"
        )


def _bytes(
    simulation: Simulation,
    loans: int,
    items: int,
    groups: int,
    factors: int,
    desks: int,
    threads: int,
    kinds: int,
    draws: int,
    sharpen: bool,
    rates: bool,
) -> tuple[int, int]:
    months = simulation.horizon_months + 1
    controls = sum(control_blocks(factors, min(STRETCHES, months - 1) if sharpen else 1))
    again = (draws - 1) * 2 * months * 8
    # The short rate is kept by scenario and month.
    rate = months * 8 * rates
    # Every sum is kept once as it is and once for each control.
    sums = (
        (loans * len(MOMENTS) + (groups * len(Kind) + len(Stage) + desks) * months)
        * (controls + 1)
        * 8
    )
    tile = (
        sums
        + loans * 8
        + TILE * (factors + rates) * months * 8 * 6
        + groups * len(Kind) * months * 8
    )
    tile += TILE * (again + rate)
    records = loans * (LOAN.itemsize * 3 + 600) + items * ITEM.itemsize * 3 + sums
    # Loans that are drawn again, all of them at most: their sums, and the present value of each path.
    if draws > 1:
        records += max(1, threads) * (2 * sums + loans * TILE * 5 * 8)
    # Drivers and controls, and the design of the weights.
    weights = simulation.scenarios * (factors + 2 * controls + 4) * 8
    if kinds == 0:
        row = (2 * months + 2 + groups + factors + controls) * 8 + again + rate
        tile += TILE * (row + (groups + desks * 2) * 2 * months * 8)
        # The valuation holds some numbers of each scenario, and a few of each draw.
        numbers = simulation.scenarios * (groups + 32 + 8 * draws) * 8
        return simulation.scenarios * row, (
            BASE_BYTES + STREAM_BYTES + 2 * threads * tile + records + numbers + weights
        )
    # With further draws, flows are kept twice: of the first draw, and as the mean over all of them.
    result = simulation.scenarios * groups * kinds * months * 8 * (2 if draws > 1 else 1)
    # Placements' totals, and what their contracts cost.
    placements = simulation.scenarios * desks * 3 * months * 8
    # Cash of further draws: once as it is kept, thrice while a buyer's own is computed from it.
    placements += simulation.scenarios * (again * 4 + rate) + weights
    # Up to two finished or running tiles wait for each thread; valuation reduces flows by scenario.
    return (
        result,
        BASE_BYTES
        + result
        + placements
        + 2 * threads * tile
        + records
        + simulation.scenarios * (months * 4 + 160) * 8,
    )


def make_plan(
    simulation: Simulation,
    loans: int,
    items: int,
    groups: int,
    factors: int,
    desks: int = 0,
    draws: int = 1,
    sharpen: bool = False,
    rates: bool = False,
    elsewhere: bool = False,
) -> Plan:
    """Return the plan of a run.

    The detail depends on the study and its tape alone: it is the first that `NOMINAL_THREADS` threads could walk, or
    the least. Only then do the machine's threads count: there are at most as many as the memory limit bears.

    Parameters
    ----------
    simulation
        Words of the study.
    loans, items, groups, factors, desks
        Numbers of loans, collateral items, groups of the flow axis, factors, and of pairs of policy and
        group whose totals a contract asks for.
    draws
        Draws of the package in each world.
    sharpen
        Whether scenarios are weighted by averages over stretches of the horizon too.
    rates
        Whether the short rate is simulated.
    elsewhere
        Whether workers elsewhere walk the tiles: one tile at a time is received here.

    Raises
    ------
    CapacityError
        If it would exceed the memory limit in the detail asked for, even on one thread.
    """
    tiles = -(-simulation.scenarios // TILE)
    asked = 0 if elsewhere else max(1, min(simulation.threads or os.cpu_count() or 1, tiles))
    limit = simulation.memory_limit_gib * GIB

    def size(keep: str, threads: int) -> tuple[int, int]:
        kinds = KEPT_KINDS[keep]
        return _bytes(
            simulation, loans, items, groups, factors, desks, threads, kinds, draws, sharpen, rates
        )

    options = tuple(KEPT_KINDS) if simulation.detail == "auto" else (simulation.detail,)
    nominal = min(NOMINAL_THREADS, tiles)
    keep = next((keep for keep in options if size(keep, nominal)[1] <= limit), options[-1])
    # One tile on its way weighs as one that is walked by a single thread.
    result, peak = size(keep, 1)
    if peak > limit:
        streamed = "" if keep == "streamed" else ", or detail: streamed"
        raise CapacityError(
            f"simulation: {loans:,} loans x {simulation.scenarios:,} scenarios x "
            f"{simulation.horizon_months} months x {groups} groups would take about {peak / GIB:.2f} GiB; "
            f"expected at most memory_limit_gib: {simulation.memory_limit_gib:g}. Raise the limit{', take' if streamed else ' or take'} "
            f"fewer scenarios{streamed}"
        )
    threads = min(asked, 1 + int((limit - peak) // (size(keep, 2)[1] - peak)))
    peak = size(keep, max(1, threads))[1]
    return Plan(
        loans,
        simulation.scenarios,
        simulation.horizon_months,
        groups,
        threads,
        asked,
        keep,
        result,
        peak,
    )
