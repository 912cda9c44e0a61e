"""Triangular distribution given by its 10 % point, mode and 90 % point."""

from __future__ import annotations

import math

TAIL = 0.1
"""Probability below the low point, and above the high point."""
STEPS = 200
"""Most bisections; each halves the interval."""


def _parts(p: float) -> tuple[float, float]:
    """Return the distances from low point to mode and from mode to high point, for width 1."""
    return p - math.sqrt(TAIL * p), (1.0 - p) - math.sqrt(TAIL * (1.0 - p))


def triangular_ends(low: float, mode: float, high: float) -> tuple[float, float]:
    """Return the lower and upper end of a triangular distribution from its points.

    Parameters
    ----------
    low, mode, high
        10 % point, mode and 90 % point, rising. Equal low and high mean a single value.

    Returns
    -------
    tuple
        Lower and upper end, in the unit of the points.

    Notes
    -----
    Let p be the probability below the mode and w the distance between the ends. Then
    ``mode - low = w (p - sqrt(0.1 p))`` and ``high - mode = w (1 - p - sqrt(0.1 (1 - p)))``.
    Their ratio rises with p from 0.1, where low is the mode, to 0.9, where high is the mode.
    """
    spread = high - low
    if spread <= 0.0:
        return mode, mode
    ratio = (mode - low) / spread
    below, above = TAIL, 1.0 - TAIL
    for _ in range(STEPS):
        p = 0.5 * (below + above)
        left, right = _parts(p)
        if left < ratio * (left + right):
            below = p
        else:
            above = p
    p = 0.5 * (below + above)
    left, right = _parts(p)
    width = spread / (left + right)
    return mode - p * width, mode + (1.0 - p) * width
