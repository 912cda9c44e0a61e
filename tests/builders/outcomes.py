"""Variability of weighted outcomes, before and after a transfer (IFRS 9 3.2.7), in a few plain
lines.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike


def spreads(outcomes: ArrayLike, weights: ArrayLike) -> dict[str, float]:
    """Return every statistic of spread of weighted outcomes.

    Some firms use the mean of the outcomes' excess over their mean. It is half of the mean
    absolute deviation, so a ratio is the same.

    Parameters
    ----------
    outcomes
        Present value of each outcome. [package currency]
    weights
        Its probability.
    """
    x, p = np.asarray(outcomes, dtype=float), np.asarray(weights, dtype=float)
    away = x - float(p @ x)
    possible = x[p > 0.0]
    return {
        "mean_absolute_deviation": float(p @ np.abs(away)),
        "standard_deviation": math.sqrt(float(p @ away**2)),
        "range": float(possible.max() - possible.min()),
    }


def variability_ratios(
    before: ArrayLike, after: ArrayLike, weights: ArrayLike
) -> dict[str, float]:
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
    kept, left = spreads(before, weights), spreads(after, weights)
    return {name: left[name] / kept[name] for name in kept}
