"""Batches of tiles for remote workers, which return the sums of a batch once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from npl_sim.core.errors import known
from npl_sim.core.layout import BATCH, TILE
from npl_sim.engine.backends.threads import Part
from npl_sim.engine.sums import RunningSums
from npl_sim.engine.tile import Simulator, TileResult

COLUMN_BYTES = 16 * 2**20
"""Columns that a batch may return, even if they are larger than its sums. [bytes]"""


def tasks_of(simulator: Simulator, parts: Sequence[Part], threads: int) -> list[Part]:
    """Return the tasks of a run: whole batches, and single tiles.

    Each thread gets the same number of batches. The other tiles stay single, so that no thread
    waits long for the last batch.

    Parameters
    ----------
    simulator
        Simulator of the tiles.
    parts
        First scenario and number of scenarios of each tile.
    threads
        Threads of all workers.
    """
    size = BATCH * TILE
    numbers = {first: n for n, (first, _) in enumerate(parts)}
    # Only the last tile of a run can be partial.
    begins = [
        n
        for first, n in numbers.items()
        if first % size == 0 and n + BATCH <= len(parts) and parts[n + BATCH - 1][1] == TILE
    ]
    count = len(begins) // threads * threads
    if count == 0 or not _is_small(simulator):
        return list(parts)
    tasks, batches, at = [], set(begins[:count]), 0
    while at < len(parts):
        tasks.append((parts[at][0], size) if at in batches else parts[at])
        at += BATCH if at in batches else 1
    return tasks


def _is_small(simulator: Simulator) -> bool:
    """Return whether the columns of a batch are small, or smaller than the sums of a tile."""
    row = sum(int(np.prod(shape)) for shape in simulator.shapes.values())
    sums = sum(array.nbytes for array in simulator.zero_sums())
    return BATCH * TILE * row * 8 <= max(COLUMN_BYTES, sums)


def simulate_part(simulator: Simulator, first: int, count: int) -> TileResult:
    """Simulate a tile, or a whole batch of tiles whose sums are added.

    Parameters
    ----------
    simulator
        Simulator of the tiles.
    first, count
        Number of the first scenario, and how many.
    """
    if count <= TILE:
        return simulator.simulate(first, count)
    running = RunningSums()
    columns: dict[str, np.ndarray] = {}
    for begin in range(0, count, TILE):
        tile = simulator.simulate(first + begin, TILE)
        running.add(tile.sums)
        for name, rows in tile.columns.items():
            if begin == 0:
                columns[name] = np.empty((count, *rows.shape[1:]))
            columns[name][begin : begin + TILE] = rows
    sums = known(running.total(), "sums")
    return TileResult(first, count, columns, sums, tile.record, False)
