"""What comes of the tiles of a run: columns in memory or on disk, and sums in the order of the numbers."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping

import numpy as np

from npl_sim.core.errors import CapacityError
from npl_sim.core.layout import TILE
from npl_sim.engine.checkpoint.store import BlockStore
from npl_sim.engine.resource_estimate import Plan
from npl_sim.engine.tile import Walked, Walker

__all__ = ["Held", "Streamed", "check_disk"]

GIB = 2.0**30
SPARE = 2**28
"""Bytes of a disk that a run leaves free."""


class Held:
    """Columns of all scenarios in memory.

    Parameters
    ----------
    walker, size
        What walks, and how far.
    store
        Where finished tiles are kept as well, if anywhere.
    """

    def __init__(self, walker: Walker, size: Plan, store: BlockStore | None) -> None:
        self.size = size
        self.store = store
        self.sums = walker.no_sums()
        # These are written whole; the kernel adds to the rest.
        whole = ("flows", "averaged", "repeated", "short_rate")
        self.columns = {
            name: (np.empty if name in whole else np.zeros)((size.scenarios, *shape))
            for name, shape in walker.shapes.items()
        }

    def place(self, first: int, count: int) -> Mapping[str, np.ndarray]:
        """Return the arrays that some scenarios' columns lie in."""
        return {name: array[first : first + count] for name, array in self.columns.items()}

    def resume(self, earlier: Held | None) -> int:
        """Take over the whole tiles that were done before; return their number."""
        whole = self.size.scenarios // TILE
        if self.store is not None:
            tiles, sums = self.store.sums(whole)
            if sums is not None:
                for part, found in self.store.rows(tiles * TILE, tuple(self.columns)):
                    for name, array in found.items():
                        self.columns[name][part] = array
                self.sums = sums
            return tiles
        if earlier is None or earlier.size.keep != self.size.keep:
            return 0
        tiles, odd = divmod(earlier.size.scenarios, TILE)
        if odd or tiles > whole:
            return 0
        for name, array in earlier.columns.items():
            self.columns[name][: tiles * TILE] = array
        self.sums = earlier.sums.copy()
        return tiles

    def take(self, walked: Walked) -> None:
        """Take a tile; called in the order of the tiles."""
        if not walked.placed:
            columns = self.place(walked.first, walked.scenarios)
            for name, array in columns.items():
                array[:] = walked.columns[name]
            walked = walked._replace(columns=dict(columns), placed=True)
        if self.store is not None and walked.scenarios < TILE:
            self.store.flush(self.sums, walked.first // TILE, kept=True)
        self.sums.add(walked.sums)
        if self.store is not None:
            self.store.append(walked, self.sums)

    def finish(self) -> None:
        """End a run: all whole tiles are written."""
        if self.store is not None and self.size.scenarios % TILE == 0:
            self.store.flush(self.sums, self.size.tiles, kept=True)


class Streamed:
    """Columns of all scenarios on disk; in memory stand only sums and the odd tile at the end.

    Parameters
    ----------
    walker, size
        What walks, and how far.
    store
        Where the columns go.
    """

    def __init__(self, walker: Walker, size: Plan, store: BlockStore) -> None:
        self.size = size
        self.store = store
        self.sums = walker.no_sums()
        self._odd: Walked | None = None

    def resume(self) -> int:
        """Take over the whole tiles that were done before; return their number."""
        tiles, sums = self.store.sums(self.size.scenarios // TILE)
        if sums is not None:
            self.sums = sums
        return tiles

    def take(self, walked: Walked) -> None:
        """Take a tile; called in the order of the tiles."""
        if walked.scenarios < TILE:
            self.store.flush(self.sums, walked.first // TILE, kept=True)
            self._odd = walked
        self.sums.add(walked.sums)
        self.store.append(walked, self.sums)

    def finish(self) -> None:
        """End a run: all whole tiles are written."""
        if self.size.scenarios % TILE == 0:
            self.store.flush(self.sums, self.size.tiles, kept=True)

    def rows(self, *names: str) -> Iterator[tuple[slice, dict[str, np.ndarray]]]:
        """Yield the scenarios' rows of the named columns, block by block."""
        whole = self.size.scenarios // TILE * TILE
        yield from self.store.rows(whole, names)
        if self._odd is not None:
            yield (
                slice(whole, self.size.scenarios),
                {name: self._odd.columns[name] for name in names},
            )


def check_disk(store: BlockStore, size: Plan) -> None:
    """Refuse a run whose rows, less those that are there, and recovery curve do not fit on the disk.

    Raises
    ------
    CapacityError
        If they do not.
    """
    if size.keep != "streamed":
        return
    free = shutil.disk_usage(store.folder).free
    # Beside the rows stands for a while the file from which the recovery curve is sorted: better refused now than then.
    curve = 8 * size.scenarios * (size.months + 1)
    needed = max(0, size.result_bytes - store.bytes_of_rows()) + curve + SPARE
    if needed > free:
        raise CapacityError(
            f"{store.folder}: has {free / GIB:.2f} GiB free; expected at least {needed / GIB:.2f} GiB for "
            f"{size.scenarios:,} scenarios. Give --work FOLDER on a larger disk, or take fewer scenarios"
        )
