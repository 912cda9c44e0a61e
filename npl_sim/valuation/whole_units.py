"""Allocation of amounts in whole units, so that the parts sum to the whole exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np


def share_cents(amount: float, weights: np.ndarray) -> np.ndarray:
    """Allocate an amount in whole cents by weight, remaining cents to the largest remainders.

    Parameters
    ----------
    amount
        Amount, itself rounded to a cent. [package currency]
    weights
        Weights of either sign, shape (parts,). If they sum to 0, all parts are equal.

    Returns
    -------
    numpy.ndarray
        Parts whose cents sum to the amount's exactly. [cents]
    """
    cents = round(100.0 * amount)
    total = math.fsum(weights)
    share = weights / total if total != 0.0 else np.full(len(weights), 1.0 / len(weights))
    return _largest_remainder(share * cents, cents)


def rounded_parts(parts: Sequence[float], whole: float) -> np.ndarray:
    """Round parts to whole numbers that sum to the rounded whole, by the largest remainders.

    Parameters
    ----------
    parts
        Parts, in units of the last digit shown. Parts that are not finite become NaN.
    whole
        Their sum, in the same unit.

    Returns
    -------
    numpy.ndarray
        Whole numbers; each differs from its part by less than 1 where the parts sum to the whole.
    """
    amounts = np.asarray(parts, dtype=np.float64)
    known = np.isfinite(amounts)
    found = np.full(len(amounts), np.nan)
    # If the parts do not sum to the whole, round each by itself.
    if not math.isfinite(whole) or abs(math.fsum(amounts[known]) - whole) > 0.5 or not known.any():
        found[known] = np.rint(amounts[known])
        return found
    found[known] = _largest_remainder(amounts[known], round(whole))
    return found


def _largest_remainder(exact: np.ndarray, whole: int) -> np.ndarray:
    """Return whole numbers near `exact` that sum to `whole`."""
    parts = np.floor(exact).astype(np.int64)
    left = whole - int(parts.sum())
    # Floors lose less than one unit each, but rounding of large amounts can exceed the whole.
    # A part of 0 stays 0 as long as other parts can take the remainder.
    order = np.argsort(-(exact - parts), kind="stable")
    step = 1 if left > 0 else -1
    order = order if left > 0 else order[::-1]
    for i in range(abs(left)):
        parts[order[i % len(order)]] += step
    return parts
