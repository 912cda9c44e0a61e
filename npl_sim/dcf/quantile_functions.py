"""Quantile functions, means and probabilities of a study's distributions, for the second method.

The specs of `policy.distributions` are read as data; their methods are not called.
"""

from __future__ import annotations

import math
from typing import Any, TypeAlias

import numpy as np
from scipy import special

Distribution: TypeAlias = Any
"""A spec of `policy.distributions`, read as data."""

CELLS = 1000
"""Cells of equal probability of a distribution."""


def midpoints(cells: int = CELLS) -> np.ndarray:
    """Return the midpoints of cells of equal probability, shape (cells,)."""
    return (np.arange(cells) + 0.5) / cells


def _lognormal(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    variance = math.log(1.0 + (distribution.sd / distribution.mean) ** 2)
    return np.asarray(
        np.exp(
            math.log(distribution.mean) - variance / 2.0 + math.sqrt(variance) * special.ndtri(u)
        )
    )


def _gamma(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    scale = distribution.sd**2 / distribution.mean
    return np.asarray(scale * special.gammaincinv(distribution.mean / scale, u))


def _weibull(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    power = 1.0 / distribution.shape
    return np.asarray(distribution.mean / special.gamma(1.0 + power) * (-np.log(1.0 - u)) ** power)


def _beta(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    count = distribution.mean * (1.0 - distribution.mean) / distribution.sd**2 - 1.0
    return np.asarray(
        special.betaincinv(count * distribution.mean, count * (1.0 - distribution.mean), u)
    )


def _triangular(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    low, mode, high = distribution.low, distribution.mode, distribution.high
    width = high - low
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - mode))
    return np.asarray(np.where(u * width < mode - low, rising, falling))


def _discrete(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    pairs = sorted(zip(distribution.values, distribution.weights, strict=True))
    values = np.array([v for v, _ in pairs])
    upper = np.cumsum([w for _, w in pairs])
    at = np.searchsorted(upper / upper[-1], u, side="left")
    return np.asarray(values[np.minimum(at, len(values) - 1)])


def quantiles(distribution: Distribution, u: np.ndarray) -> np.ndarray:
    """Return the quantiles of a distribution.

    Parameters
    ----------
    words
        The distribution.
    u
        Probabilities, each above 0 and below 1.
    """
    u = np.asarray(u, dtype=np.float64)
    kind = distribution.kind
    if kind == "fixed":
        return np.full(u.shape, float(distribution.value))
    if kind == "uniform":
        return np.asarray(distribution.low * (1.0 - u) + distribution.high * u)
    if kind == "exponential":
        return np.asarray(distribution.mean * -np.log(1.0 - u))
    if kind == "empirical":
        return np.interp(
            u * (len(distribution.quantiles) - 1),
            np.arange(len(distribution.quantiles)),
            distribution.quantiles,
        )
    forms = {
        "lognormal": _lognormal,
        "gamma": _gamma,
        "weibull": _weibull,
        "beta": _beta,
        "triangular": _triangular,
        "discrete": _discrete,
    }
    return forms[kind](distribution, u)


def expectation(distribution: Distribution) -> float:
    """Return the mean of a distribution."""
    kind = distribution.kind
    if kind == "fixed":
        return float(distribution.value)
    if kind == "uniform":
        return float((distribution.low + distribution.high) / 2.0)
    if kind == "triangular":
        return float((distribution.low + distribution.mode + distribution.high) / 3.0)
    if kind == "discrete":
        return float(np.average(distribution.values, weights=distribution.weights))
    if kind == "empirical":
        return float(
            np.trapezoid(distribution.quantiles, dx=1.0 / (len(distribution.quantiles) - 1))
        )
    return float(distribution.mean)


def probability_by(distribution: Distribution, values: np.ndarray) -> np.ndarray:
    """Return the cumulative probability of each value, by bisection of the quantiles."""
    low, high = np.zeros(len(values)), np.ones(len(values))
    for _ in range(50):
        middle = (low + high) / 2.0
        below = quantiles(distribution, middle) <= values
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low


def remaining(distribution: Distribution, elapsed: float) -> np.ndarray:
    """Return midpoint quantiles of what remains of a duration after an elapsed time. [months]"""
    u = midpoints()
    if elapsed > 0.0:
        passed = float(probability_by(distribution, np.array([elapsed]))[0])
        passed = min(passed, 1.0 - 1e-6)
        u = passed + u * (1.0 - passed)
    return np.maximum(quantiles(distribution, u) - elapsed, 0.0)


def has_atoms(distribution: Distribution) -> bool:
    """Return whether a distribution has probability on single values."""
    return distribution.kind in ("fixed", "discrete") or (
        distribution.kind == "lognormal" and distribution.sd == 0.0
    )
