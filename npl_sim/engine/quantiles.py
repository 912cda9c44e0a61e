"""Distributions tabulated for the kernel: one quantile table for each different distribution."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from npl_sim.core.layout import QUANTILE_CELLS

__all__ = ["QuantileTables"]

EDGE = 2.0**-33
LEVELS = 3


def _cells(distribution: Any, reach: float, upper: bool) -> np.ndarray:
    """Return the values at both ends of the cells within `reach` of one end, shape (cells, 2)."""
    if distribution.kind == "discrete":
        # A straight line across a jump would invent values between; the mean of the cell keeps
        # the distribution's mean exact.
        middle = (np.arange(64 * QUANTILE_CELLS) + 0.5) * reach / (64 * QUANTILE_CELLS)
        values = distribution.quantile(1.0 - middle if upper else middle)
        mean = values.reshape(QUANTILE_CELLS, 64).mean(axis=1)
        return np.stack([mean, mean], axis=1)
    edges = np.linspace(0.0, reach, QUANTILE_CELLS + 1).clip(EDGE, 1.0 - EDGE)
    points = np.asarray(distribution.quantile(1.0 - edges if upper else edges), dtype=np.float64)
    return np.stack([points[:-1], points[1:]], axis=1)


@functools.lru_cache(maxsize=256)
def _table(distribution: Any) -> np.ndarray:
    """Return the quantile table of a distribution, shape (7, QUANTILE_CELLS, 2).

    It is not to be changed. Tables of 28 KB are kept, since a command compiles one study several
    times.
    """
    table = np.empty((1 + 2 * LEVELS, QUANTILE_CELLS, 2))
    table[0] = _cells(distribution, 1.0, upper=False)
    for level in range(1, LEVELS + 1):
        for upper in (False, True):
            table[2 * level - 1 + upper] = _cells(distribution, 16.0**-level, upper)
    return table


class QuantileTables:
    """Collects distributions and hands out their rows."""

    def __init__(self) -> None:
        self._rows: dict[Any, int] = {}

    def row(self, distribution: Any) -> int:
        """Return the row of a distribution, the same for equal ones."""
        return self._rows.setdefault(distribution, len(self._rows))

    def tables(self) -> np.ndarray:
        """Return the tables for `kernels.draws.quantile`, shape (rows, 7, QUANTILE_CELLS, 2)."""
        tables = np.zeros((max(1, len(self._rows)), 1 + 2 * LEVELS, QUANTILE_CELLS, 2))
        for distribution, row in self._rows.items():
            tables[row] = _table(distribution)
        return tables


def probability_by(distribution: Any, values: np.ndarray) -> np.ndarray:
    """Return the probability that the distribution does not exceed each value."""
    low, high = np.zeros(len(values)), np.ones(len(values))
    for _ in range(60):
        middle = 0.5 * (low + high)
        below = np.asarray(distribution.quantile(middle)) <= values
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low
