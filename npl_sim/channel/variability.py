"""Variability of weighted outcomes, before and after a transfer (IFRS 9 3.2.7)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from npl_sim.channel.thresholds import MEAN_ABSOLUTE_DEVIATION, RANGE, STANDARD_DEVIATION
from npl_sim.errors import NplSimError

__all__ = ["spreads", "variability_ratios"]


def spreads(outcomes: ArrayLike, weights: ArrayLike) -> dict[str, float]:
    """Return every statistic of spread of weighted outcomes.

    Half the mean absolute deviation is the mean of the outcomes' excess over their mean, which some firms use;
    the half falls out of a ratio.

    Parameters
    ----------
    outcomes
        Present value of each outcome. [package currency]
    weights
        Its probability.
    """
    x, p = np.asarray(outcomes, dtype=float), np.asarray(weights, dtype=float)
    if x.ndim != 1 or x.shape != p.shape or not len(x):
        raise NplSimError(
            f"outcomes: shape {x.shape} with weights of shape {p.shape}; expected one weight each"
        )
    if not (np.isfinite(x).all() and (p >= 0.0).all() and abs(p.sum() - 1.0) < 1e-9):
        raise NplSimError(
            f"weights: sum to {p.sum():g}; expected finite outcomes and probabilities that sum to 1"
        )
    away = x - float(p @ x)
    possible = x[p > 0.0]
    return {
        MEAN_ABSOLUTE_DEVIATION: float(p @ np.abs(away)),
        STANDARD_DEVIATION: math.sqrt(float(p @ away**2)),
        RANGE: float(possible.max() - possible.min()),
    }


def variability_ratios(before: ArrayLike, after: ArrayLike, weights: ArrayLike) -> dict[str, float]:
    """Return the seller's variability after the transfer over that before, by statistic.

    Parameters
    ----------
    before
        What the seller would have had in each outcome. [package currency]
    after
        What it still bears in each outcome after the transfer. [package currency]
    weights
        Probability of each outcome.
    """
    held, left = spreads(before, weights), spreads(after, weights)
    if min(held.values()) <= 0.0:
        raise NplSimError("outcomes before the transfer do not vary; expected at least two that differ")
    return {name: left[name] / held[name] for name in held}
