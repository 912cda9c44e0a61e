"""Results of a run, in memory or on disk: columns by scenario, and sums in scenario order."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping

import numpy as np

from npl_sim.core.caller import argument
from npl_sim.core.errors import CapacityError
from npl_sim.core.layout import TILE
from npl_sim.engine.checkpoint.store import BlockStore
from npl_sim.engine.resource_estimate import ResourceEstimate
from npl_sim.engine.sums import RunningSums
from npl_sim.engine.tile import Simulator, TileResult

GIB = 2.0**30
SPARE = 2**28
"""Bytes that a run leaves free on a disk."""


class InMemoryResults:
    """Columns of all scenarios in memory.

    Parameters
    ----------
    simulator, size
        The simulator, and the size of the run.
    store
        Checkpoint store of finished tiles, if there is one.
    """

    def __init__(
        self, simulator: Simulator, size: ResourceEstimate, store: BlockStore | None
    ) -> None:
        self.size = size
        self.store = store
        self.running = RunningSums()
        self.sums = simulator.zero_sums()
        # These columns are written whole; the kernel adds to the others.
        whole = ("flows", "averaged", "repeated", "short_rate")
        self.columns = {
            name: (np.empty if name in whole else np.zeros)((size.scenarios, *shape))
            for name, shape in simulator.shapes.items()
        }

    def place(self, first: int, count: int) -> Mapping[str, np.ndarray]:
        """Return the arrays for the columns of some scenarios."""
        return {name: array[first : first + count] for name, array in self.columns.items()}

    def resume(self, earlier: InMemoryResults | None) -> int:
        """Take over the whole tiles of an earlier run; return their number."""
        whole = self.size.scenarios // TILE
        if self.store is not None:
            self.running = self.store.sums(whole)
            tiles = self.running.tiles
            for part, rows in self.store.rows(tiles * TILE, tuple(self.columns)):
                for name, array in rows.items():
                    self.columns[name][part] = array
            return tiles
        if earlier is None or earlier.size.detail != self.size.detail:
            return 0
        tiles, odd = divmod(earlier.size.scenarios, TILE)
        if odd or tiles > whole:
            return 0
        for name, array in earlier.columns.items():
            self.columns[name][: tiles * TILE] = array
        self.running = earlier.running.copy()
        return tiles

    def take(self, tile: TileResult) -> None:
        """Take a tile or a batch of tiles; called in their order."""
        if not tile.placed:
            columns = self.place(tile.first, tile.scenarios)
            for name, array in columns.items():
                array[:] = tile.columns[name]
            tile = tile._replace(columns=dict(columns), placed=True)
        _add(self, tile)

    def finish(self) -> None:
        """End a run: all whole tiles are written."""
        _finish(self)


class OnDiskResults:
    """Columns of all scenarios on disk; only sums and the last partial tile stay in memory.

    Parameters
    ----------
    simulator, size
        The simulator, and the size of the run.
    store
        Store of the columns.
    """

    def __init__(self, simulator: Simulator, size: ResourceEstimate, store: BlockStore) -> None:
        self.size = size
        self.store = store
        self.running = RunningSums()
        self.sums = simulator.zero_sums()
        self._partial: TileResult | None = None

    def resume(self) -> int:
        """Take over the whole tiles of an earlier run; return their number."""
        self.running = self.store.sums(self.size.scenarios // TILE)
        return self.running.tiles

    def take(self, tile: TileResult) -> None:
        """Take a tile or a batch of tiles; called in their order."""
        if tile.scenarios < TILE:
            self._partial = tile
        _add(self, tile)

    def finish(self) -> None:
        """End a run: all whole tiles are written."""
        _finish(self)

    def rows(self, *names: str) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
        """Yield the rows of the named columns, block by block."""
        whole = self.size.scenarios // TILE * TILE
        yield from self.store.rows(whole, names)
        if self._partial is not None:
            columns = {name: self._partial.columns[name] for name in names}
            yield slice(whole, self.size.scenarios), columns


def _add(results: InMemoryResults | OnDiskResults, tile: TileResult) -> None:
    """Add a tile to the sums and to the store; write whole tiles before a partial one."""
    if results.store is not None and tile.scenarios < TILE:
        results.store.flush(results.running, kept=True)
    results.running.add(tile.sums, -(-tile.scenarios // TILE))
    if results.store is not None:
        results.store.append(tile, results.running)


def _finish(results: InMemoryResults | OnDiskResults) -> None:
    if results.store is not None and results.size.scenarios % TILE == 0:
        results.store.flush(results.running, kept=True)
    results.sums = results.running.total() or results.sums


def check_disk(store: BlockStore, size: ResourceEstimate) -> None:
    """Refuse a run whose missing rows do not fit on the disk.

    Raises
    ------
    CapacityError
        If they do not fit.
    """
    if size.detail != "streamed":
        return
    free = shutil.disk_usage(store.folder).free
    needed = max(0, size.result_bytes - store.bytes_of_rows()) + SPARE
    if needed > free:
        raise CapacityError(
            f"{store.folder}: has {free / GIB:.2f} GiB free; expected at least "
            f"{needed / GIB:.2f} GiB for {size.scenarios:,} scenarios. "
            f"Give a folder {argument('work')} on a larger disk, or take fewer scenarios"
        )
