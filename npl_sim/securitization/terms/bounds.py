"""Floors and caps that a term of a deal may leave open."""

from __future__ import annotations

import numpy as np


def bounded(values: np.ndarray | float, floor: float | None, cap: float | None) -> np.ndarray:
    """Return values within an optional floor and cap.

    NumPy before 2.1 refuses to clip without any bound.
    """
    low, high = -np.inf if floor is None else floor, np.inf if cap is None else cap
    return np.asarray(np.clip(values, low, high))
