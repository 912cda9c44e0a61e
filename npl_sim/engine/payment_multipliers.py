"""Bounded multipliers of partial payments, with mean one over scenarios.

docs/model.md section 3.

Cooperation multiplies the payments of a month by a lognormal of mean one. If borrowers pay most
of their claims, the product exceeds the whole claim in good scenarios. A bound alone would lower
the mean. So each month's multiplier is bounded, and raised until its mean is one again.
"""

from __future__ import annotations

import numpy as np
from scipy import special

MOST_LIFT = 650.0
"""Largest log of a lift: beyond it the multiplier equals its bound in every scenario."""

BISECTIONS = 64
NOTHING = 2.0**-54
"""A shortfall below this does not change the bits of the mean."""


def bounded_mean(log_lift: np.ndarray, bound: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Return E[min(k Y, bound)] for a lognormal Y of mean one.

    Parameters
    ----------
    log_lift
        Logarithm of k.
    bound
        Upper bound, above 0.
    sd
        Standard deviation of ln Y, above 0.

    Returns
    -------
    numpy.ndarray
        The mean.

    Notes
    -----
    ``k Phi(d - sd) + bound Phi(-d)`` with ``d = (ln(bound / k) + sd**2 / 2) / sd``.

    This is a claim of `bound` less a put (Black and Scholes, Journal of Political Economy 81,
    1973).
    """
    d = (np.log(bound) - log_lift) / sd + 0.5 * sd
    below = np.exp(log_lift + special.log_ndtr(d - sd))
    return np.asarray(below + bound * special.ndtr(-d))


def _shortfall(bound: np.ndarray, sd: np.ndarray) -> np.ndarray:
    """Return E[max(Y - bound, 0)], the reduction of the mean by the bound."""
    d = np.log(bound) / sd + 0.5 * sd
    return np.asarray(special.ndtr(sd - d) - bound * special.ndtr(-d))


def _lifts(bound: np.ndarray, sd: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Return k with E[min(k Y, bound)] = target < bound, by bisection of ln k."""
    low = np.log(target)
    high = low + MOST_LIFT
    for _ in range(BISECTIONS):
        middle = 0.5 * (low + high)
        short = bounded_mean(middle, bound, sd) < target
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    return np.asarray(np.exp(high))


def bounds_and_lifts(
    pay: np.ndarray, loading: np.ndarray, variance: np.ndarray, shift: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return the bounds of the payment multipliers and the lifts that restore their means.

    The payments of a month are ``pay min(lift up, bound)``, where ``up`` is a lognormal of mean
    ``s = exp(loading shift)``. The bound is one over the sum of `pay`, so no scenario pays more
    than the whole claim. The mean is ``pay s`` for s <= 1: exactly the curve without stress.
    A stress that favors payments keeps the lift of s = 1, so the bound cuts part of it.

    Parameters
    ----------
    pay
        Payments by month of collection as shares of the claim, shape (tables, months + 1).
    loading
        Loading on cooperation, shape (tables,).
    variance, shift
        Variance of the log of cooperation, and the stress on it, shape (months + 1,).

    Returns
    -------
    tuple of numpy.ndarray
        Bounds, shape (tables,), infinite without payments; lifts, shape (tables, months + 1).
    """
    total = pay.sum(axis=1)
    bound = np.divide(1.0, total, out=np.full(len(total), np.inf), where=total > 0.0)
    lift = np.ones(pay.shape)
    sd = np.abs(loading)[:, None] * np.sqrt(variance)
    stress = np.minimum(np.exp(loading[:, None] * shift), 1.0)
    row, month = np.nonzero((pay > 0.0) & (sd > 0.0))
    ceiling, spread, goal = np.maximum(bound[row], 1.0), sd[row, month], stress[row, month]
    bites = np.flatnonzero(_shortfall(ceiling / goal, spread) > NOTHING)
    if len(bites):
        row, month, ceiling, spread, goal = (x[bites] for x in (row, month, ceiling, spread, goal))
        cases = np.stack([ceiling, spread, goal], axis=1)
        unique, inverse = np.unique(cases, axis=0, return_inverse=True)
        lifts = _lifts(unique[:, 0], unique[:, 1], unique[:, 2]) / unique[:, 2]
        lift[row, month] = lifts[inverse.reshape(-1)]
    return bound, lift
