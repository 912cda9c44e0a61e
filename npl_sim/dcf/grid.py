"""Distributions of times on a grid of half months, and the months of their cash.

A time is split between the two grid points around it so that its mean is exact. Sums of
independent times are convolutions. Cash at time t belongs to month ceil(t). If times have a
density, half of the cash at the end of a month belongs to the next month. If they are certain,
all of it stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft

STEPS = 2
"""Grid points a month."""


@dataclass(frozen=True)
class Times:
    """Probabilities of times."""

    mass: np.ndarray
    """Probability at each grid point, shape (rows, points); the rest comes later or never."""
    smooth: bool
    """Whether the times have a density."""

    def scaled(self, share: np.ndarray | float) -> Times:
        """Return the times with each row's probability multiplied."""
        return Times(self.mass * np.reshape(share, (-1, 1)), self.smooth)

    @property
    def total(self) -> np.ndarray:
        """Probability on the grid, shape (rows,)."""
        return np.asarray(self.mass.sum(axis=1))

    @property
    def mean(self) -> np.ndarray:
        """Mean time of the mass on the grid, 0 for no mass, shape (rows,). [months]"""
        total = self.total
        at = np.arange(self.mass.shape[1]) / STEPS
        return np.divide(self.mass @ at, total, out=np.zeros(len(total)), where=total > 0.0)


def points_of(months: int) -> int:
    """Return the number of grid points from the valuation date to the end of a month."""
    return months * STEPS + 1


def at_once(rows: int, points: int) -> Times:
    """Return the certain time 0 for each row."""
    mass = np.zeros((rows, points))
    mass[:, 0] = 1.0
    return Times(mass, False)


def spread(values: np.ndarray, weights: np.ndarray, points: int) -> np.ndarray:
    """Return the mass of weighted times on the grid with exact means, shape (rows, points).

    Parameters
    ----------
    values
        Times, shape (rows, n). [months]
    weights
        Their weights, shape (rows, n) or (n,).
    points
        Points of the grid; later times are dropped.
    """
    at = np.clip(np.asarray(values) * STEPS, 0.0, points + 1.0)
    whole = np.floor(at + 1e-9)
    part = np.maximum(at - whole, 0.0)
    row = np.arange(len(at))[:, None] * (points + 3)
    cell = (row + whole.astype(np.int64)).ravel()
    weights = np.broadcast_to(weights, at.shape)
    size = len(at) * (points + 3)
    mass = np.bincount(cell, ((1.0 - part) * weights).ravel(), size)
    mass += np.bincount(cell + 1, (part * weights).ravel(), size)
    return mass.reshape(len(at), points + 3)[:, :points]


def convolve(first: Times, second: Times) -> Times:
    """Return the sum of two independent times, row by row; `second` may have one row for all."""
    points = first.mass.shape[-1]
    size = fft.next_fast_len(2 * points)
    product = fft.rfft(first.mass, size) * fft.rfft(second.mass, size)
    mass = np.maximum(fft.irfft(product, size)[..., :points], 0.0)
    mass[mass < 1e-15] = 0.0
    return Times(mass, first.smooth or second.smooth)


def by_month(times: Times, amounts: np.ndarray | float = 1.0) -> np.ndarray:
    """Return the expected amount of each month, shape (..., rows, months + 1).

    Parameters
    ----------
    times
        Times of payment.
    amounts
        Amount at each grid point, shape (..., rows, points) or less.
    """
    paid = np.asarray(times.mass * amounts)
    months = (paid.shape[-1] - 1) // STEPS
    cash = np.zeros((*paid.shape[:-1], months + 1))
    inside = paid[..., 1:].reshape(*paid.shape[:-1], months, STEPS)
    cash[..., 1:] = inside.sum(axis=-1)
    if not times.smooth:
        cash[..., 0] = paid[..., 0]
        return cash
    late = 0.5 * inside[..., -1]
    cash[..., 1:] -= late
    cash[..., 2:] += late[..., :-1]
    if months >= 1:
        cash[..., 1] += paid[..., 0]
    return cash
