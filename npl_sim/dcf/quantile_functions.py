"""Quantile functions, means and cumulative probabilities of the distributions in a study, written anew.

The words of `paths.distributions` are read as data; their own methods are not called.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

__all__ = ["expectation", "has_atoms", "midpoints", "probability_by", "quantiles"]

CELLS = 1000
"""Cells of equal probability into which a distribution is cut."""


def midpoints(cells: int = CELLS) -> np.ndarray:
    """Return the middles of cells of equal probability, shape (cells,)."""
    return (np.arange(cells) + 0.5) / cells


def _lognormal(words: Any, u: np.ndarray) -> np.ndarray:
    variance = math.log(1.0 + (words.sd / words.mean) ** 2)
    return np.asarray(
        np.exp(math.log(words.mean) - variance / 2.0 + math.sqrt(variance) * special.ndtri(u))
    )


def _gamma(words: Any, u: np.ndarray) -> np.ndarray:
    scale = words.sd**2 / words.mean
    return np.asarray(scale * special.gammaincinv(words.mean / scale, u))


def _weibull(words: Any, u: np.ndarray) -> np.ndarray:
    power = 1.0 / words.shape
    return np.asarray(words.mean / special.gamma(1.0 + power) * (-np.log(1.0 - u)) ** power)


def _beta(words: Any, u: np.ndarray) -> np.ndarray:
    count = words.mean * (1.0 - words.mean) / words.sd**2 - 1.0
    return np.asarray(special.betaincinv(count * words.mean, count * (1.0 - words.mean), u))


def _triangular(words: Any, u: np.ndarray) -> np.ndarray:
    low, mode, high = words.low, words.mode, words.high
    width = high - low
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - mode))
    return np.asarray(np.where(u * width < mode - low, rising, falling))


def _discrete(words: Any, u: np.ndarray) -> np.ndarray:
    pairs = sorted(zip(words.values, words.weights, strict=True))
    values = np.array([v for v, _ in pairs])
    upper = np.cumsum([w for _, w in pairs])
    at = np.searchsorted(upper / upper[-1], u, side="left")
    return np.asarray(values[np.minimum(at, len(values) - 1)])


def quantiles(words: Any, u: np.ndarray) -> np.ndarray:
    """Return the values that a distribution stays below with probabilities `u`.

    Parameters
    ----------
    words
        A distribution of `paths.distributions`.
    u
        Probabilities, each above 0 and below 1.
    """
    u = np.asarray(u, dtype=np.float64)
    kind = words.kind
    if kind == "fixed":
        return np.full(u.shape, float(words.value))
    if kind == "uniform":
        return np.asarray(words.low * (1.0 - u) + words.high * u)
    if kind == "exponential":
        return np.asarray(words.mean * -np.log(1.0 - u))
    if kind == "empirical":
        return np.interp(
            u * (len(words.quantiles) - 1), np.arange(len(words.quantiles)), words.quantiles
        )
    forms = {
        "lognormal": _lognormal,
        "gamma": _gamma,
        "weibull": _weibull,
        "beta": _beta,
        "triangular": _triangular,
        "discrete": _discrete,
    }
    return forms[kind](words, u)


def expectation(words: Any) -> float:
    """Return the mean of a distribution."""
    kind = words.kind
    if kind == "fixed":
        return float(words.value)
    if kind == "uniform":
        return float((words.low + words.high) / 2.0)
    if kind == "triangular":
        return float((words.low + words.mode + words.high) / 3.0)
    if kind == "discrete":
        return float(np.average(words.values, weights=words.weights))
    if kind == "empirical":
        return float(np.trapezoid(words.quantiles, dx=1.0 / (len(words.quantiles) - 1)))
    return float(words.mean)


def probability_by(words: Any, values: np.ndarray) -> np.ndarray:
    """Return the probability that a distribution does not exceed each value, by bisection of its quantiles."""
    low, high = np.zeros(len(values)), np.ones(len(values))
    for _ in range(50):
        middle = (low + high) / 2.0
        below = quantiles(words, middle) <= values
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return low


def has_atoms(words: Any) -> bool:
    """Say whether a distribution puts probability on single values."""
    return words.kind in ("fixed", "discrete") or (words.kind == "lognormal" and words.sd == 0.0)
