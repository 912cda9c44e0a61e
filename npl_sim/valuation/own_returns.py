"""Delay, rate of return, multiple and own money of cash that starts with an outlay."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.stats.irr import Irr, IrrSolver


def delayed(cash: np.ndarray, months: int) -> np.ndarray:
    """Return cash delayed by some months, shape (months + 1, ...).

    Cash delayed beyond the horizon is moved to the last month, so the total is unchanged.
    """
    if months == 0:
        return cash
    later = np.zeros_like(cash)
    if months < len(cash):
        later[months:] = cash[: len(cash) - months]
    later[-1] += cash[max(len(cash) - months, 0) :].sum(axis=0)
    return later


def rates_on(own: np.ndarray, outlay: float, timing: str) -> Irr | None:
    """Return rates of return of cash whose month 0 includes an outlay; None without an outlay.

    Parameters
    ----------
    own
        Cash, shape (months + 1, scenarios). [package currency]
    outlay
        Part of month 0 on which the rate is earned, a positive amount. [package currency]
    timing
        ``month_end`` or ``mid_month``.
    """
    if not outlay > 0.0:
        return None
    cash = np.ascontiguousarray(own.T).copy()
    cash[:, 0] += outlay
    return IrrSolver(cash, timing).solve(outlay)


def put_in(mean: np.ndarray) -> float:
    """Return the money that mean cash by month puts in, a positive amount. [package currency]"""
    return float(-np.minimum(mean, 0.0).sum())


def multiple_of(mean: np.ndarray) -> float:
    """Return months of inflow over months of outflow of mean cash; NaN without an outflow."""
    outflow = put_in(mean)
    return float(np.maximum(mean, 0.0).sum()) / outflow if outflow > 0.0 else math.nan
