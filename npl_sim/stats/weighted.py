"""Weighted distribution function of values and their replicates: quantiles and tails."""

from __future__ import annotations

import numpy as np
from scipy import special


def proportion_interval(share: float, size: float, confidence: float) -> tuple[float, float]:
    """Return the Clopper-Pearson interval for a share of `size` trials; size may be fractional."""
    miss, hits = (1.0 - confidence) / 2.0, share * size
    low = float(special.betaincinv(hits, size - hits + 1.0, miss)) if hits > 0.0 else 0.0
    high = float(special.betaincinv(hits + 1.0, size - hits, 1.0 - miss)) if hits < size else 1.0
    return low, high


class Distribution:
    """Distribution function of weighted values.

    Parameters
    ----------
    values
        Any shape.
    mass
        Weight of each value, not negative, with sum 1, shape of `values`.
    """

    def __init__(self, values: np.ndarray, mass: np.ndarray) -> None:
        flat = values.ravel()
        self._mass = mass
        self._order = np.argsort(flat, kind="stable")
        self._values = flat[self._order]
        self._below = np.cumsum(mass.ravel()[self._order])

    def quantile(self, level: float) -> float:
        """Return the smallest value at which the cumulative weight reaches `level`."""
        return float(self._values[self._place(level)])

    def _place(self, level: float) -> int:
        place = int(np.searchsorted(self._below, level - 1e-12))
        return min(place, len(self._values) - 1)

    def tail(self, level: float) -> np.ndarray:
        """Return weights that sum the values to the mean of their worst share `level`.

        Values tied at the edge of the tail share the remaining weight.
        """
        edge = self.quantile(level)
        flat = np.empty(len(self._values))
        flat[self._order] = self._values
        mass = self._mass.ravel()
        below, at = flat < edge, flat == edge
        found = np.where(below, mass, 0.0)
        found[at] = mass[at] * ((level - float(mass[below].sum())) / float(mass[at].sum()))
        return (found / level).reshape(self._mass.shape)
