"""Cash of groups of loans by scenario, simulated again block by block and not stored."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from npl_sim.core.layout import TILE, Kind
from npl_sim.engine.agency_placements import enter_fees, settle
from npl_sim.engine.run_estimate import estimate_resources, resized
from npl_sim.engine.simulate import compile_study
from npl_sim.engine.tile import Simulator

if TYPE_CHECKING:
    from npl_sim.core.progress import Progress
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["CellBlock", "cell_cash"]

BLOCK_BYTES = 64 * 2**20
"""Memory of the cash of one block of scenarios. [bytes]"""


class CellBlock(NamedTuple):
    """Cash of some scenarios by group of loans."""

    part: slice
    """Numbers of the scenarios."""
    cash: np.ndarray
    """Receipts positive and costs negative, shape (scenarios, groups, kinds, months + 1).
    [package currency]"""
    controls: np.ndarray
    """Control variates, shape (scenarios, control variates)."""
    control_blocks: tuple[int, ...]
    """Sizes of the blocks of control variates."""


def cell_cash(
    study: Study, table: LoanTable, cells: np.ndarray, progress: Progress | None = None
) -> Iterator[CellBlock]:
    """Yield the cash of groups of loans by blocks of scenarios, in their order.

    The paths are those of any other run of the study: random numbers are addressed by loan and
    scenario. Memory does not grow with the number of scenarios.

    Parameters
    ----------
    study, table
        Assumptions and loans. Each loan is drawn once in a scenario.
    cells
        Group of each loan in the order of the tape, numbered from 0 without gaps, shape (loans,).
    progress
        Receives the loan paths of each finished block.
    """
    scenarios, loans = study.simulation.scenarios, len(table.loans)
    study = resized(study, precision=None)
    count = int(cells.max(initial=-1)) + 1
    # Numbers with leading zeros keep their order as text.
    labels = np.char.zfill(cells.astype(np.int64).astype("U12"), 12)
    table = dataclasses.replace(table, loans=table.loans.assign(cell=labels))
    grouped = resized(study, group_by="cell")
    model = compile_study(grouped, table)
    simulator = Simulator(grouped, model, "kinds")
    size = BLOCK_BYTES // (count * len(Kind) * (model.horizon + 1) * 8)
    block = max(1, min(TILE, int(size)))
    blocks = () if simulator.controls is None else simulator.controls.blocks

    def simulated(first: int) -> CellBlock:
        number = min(block, scenarios - first)
        result = simulator.simulate(first, number)
        columns = result.columns
        if model.placements:
            design = np.column_stack([np.ones(number), columns["controls"]])
            for placement, settlement in settle(grouped, model, columns["desks"]):
                enter_fees(
                    model.placements,
                    placement,
                    settlement,
                    columns["flows"],
                    int(Kind.COMMISSION),
                    result.sums,
                    design,
                )
        part = slice(first, first + number)
        return CellBlock(part, columns["flows"], columns["controls"], blocks)

    firsts = range(0, scenarios, block)
    threads = estimate_resources(study, table).threads
    if progress is not None:
        progress.start(scenarios * loans, "simulating")
    with ThreadPoolExecutor(threads) as pool:
        # A few blocks at a time: results that nobody has read yet stay in memory.
        for begin in range(0, len(firsts), threads):
            for found in pool.map(simulated, firsts[begin : begin + threads]):
                yield found
                if progress is not None:
                    progress.advance((found.part.stop - found.part.start) * loans)
    if progress is not None:
        progress.finish()
