"""Sums over scenarios, plain and times each control variate.

So weights that are linear in the control variates can be applied to the sums afterwards
(`stats.sample.Sample.total`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from npl_sim.core.layout import BATCH, MOMENTS, Kind, Stage

PV, PV_SQUARED = MOMENTS.index("pv"), MOMENTS.index("pv_squared")


class Sums(NamedTuple):
    """Sums over scenarios, to be added in scenario order; amounts in package currency.

    A scenario with replicates counts with the mean over its draws.
    """

    mean: np.ndarray
    """Cash, shape (groups, kinds, months + 1, controls + 1)."""
    moments: np.ndarray
    """Moments of each loan, shape (loans, len(MOMENTS), controls + 1)."""
    squares: np.ndarray
    """Squared means of a scenario's present values, shape (loans,)."""
    stages: np.ndarray
    """GBV that enters a stage less GBV that leaves, shape (stages, months + 1, controls + 1)."""
    fees: np.ndarray
    """Fees of agency contracts, shape (placements, months + 1, controls + 1)."""

    @classmethod
    def zero(cls, loans: int, groups: int, placements: int, months: int, controls: int) -> Sums:
        """Return sums over no scenarios."""
        columns = controls + 1
        return cls(
            np.zeros((groups, len(Kind), months + 1, columns)),
            np.zeros((loans, len(MOMENTS), columns)),
            np.zeros(loans),
            np.zeros((len(Stage), months + 1, columns)),
            np.zeros((placements, months + 1, columns)),
        )

    def add(self, later: Sums) -> None:
        """Add the sums of later scenarios."""
        for total, part in zip(self, later, strict=True):
            total += part

    def copy(self) -> Sums:
        """Return an independent copy."""
        return Sums(*(array.copy() for array in self))

    def like(self) -> Sums:
        """Return sums over no scenarios, of the same shapes."""
        return Sums(*(np.zeros_like(array) for array in self))


class RunningSums:
    """Sums over the first tiles of a run, to which later tiles are added in their order.

    The tiles of a batch (`BATCH`) are added one by one, and whole batches are added to one
    another. A worker can therefore return the sums of a batch, and the bits stay the same.

    Attributes
    ----------
    tiles : int
        Number of tiles in the sums.
    """

    def __init__(self, tiles: int = 0, whole: Sums | None = None, batch: Sums | None = None):
        self.tiles = tiles
        self._whole, self._batch = whole, batch

    def add(self, sums: Sums, tiles: int = 1) -> None:
        """Add the sums of the next tile, or of the next `BATCH` tiles, which make a batch.

        Raises
        ------
        ValueError
            If several tiles are no whole batch.
        """
        if tiles == 1:
            if self._batch is None:
                self._batch = sums.like()
            self._batch.add(sums)
        elif tiles == BATCH and self._batch is None:
            self._batch = sums
        else:
            raise ValueError(f"tiles: got {tiles} after {self.tiles}; expected 1 or a batch")
        self.tiles += tiles
        if self.tiles % BATCH == 0:
            self._whole, self._batch = _added(self._whole, self._batch), None

    def total(self) -> Sums | None:
        """Return the sums over all tiles; they may be changed by later ones. None for no tile."""
        if self._whole is None or self._batch is None:
            return self._whole if self._batch is None else self._batch
        return _added(self._whole.copy(), self._batch)

    def copy(self) -> RunningSums:
        """Return an independent copy."""
        parts = (None if part is None else part.copy() for part in (self._whole, self._batch))
        return RunningSums(self.tiles, *parts)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return the arrays by name, to store them."""
        parts = {"whole": self._whole, "batch": self._batch}
        return {
            f"{part}.{name}": array
            for part, sums in parts.items()
            if sums is not None
            for name, array in sums._asdict().items()
        }


def stored_names(tiles: int) -> set[str]:
    """Return the names of the arrays of `RunningSums` over some tiles."""
    parts = (["whole"] if tiles >= BATCH else []) + (["batch"] if tiles % BATCH else [])
    return {f"{part}.{name}" for part in parts for name in Sums._fields}


def from_arrays(tiles: int, arrays: Callable[[str], np.ndarray]) -> RunningSums:
    """Return stored sums over some tiles; `arrays` reads an array of a name."""
    names = stored_names(tiles)
    parts = (
        Sums(*(arrays(f"{part}.{name}") for name in Sums._fields))
        if f"{part}.mean" in names
        else None
        for part in ("whole", "batch")
    )
    return RunningSums(tiles, *parts)


def _added(total: Sums | None, later: Sums | None) -> Sums | None:
    """Add later sums to a total in place and return it; None stands for no scenarios."""
    if total is None or later is None:
        return later if total is None else total
    total.add(later)
    return total
