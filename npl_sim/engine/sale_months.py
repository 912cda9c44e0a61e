"""Sale month by scenario and policy: a fixed date, or a market condition."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from npl_sim.market.factors import FactorPaths
from npl_sim.policy.policy import Policy


def _level(
    paths: FactorPaths, variance: np.ndarray, names: Sequence[str], factor: str
) -> np.ndarray:
    """Return the levels of a factor, shape (scenarios, months + 1)."""
    column = list(names).index(factor)
    if column == 0:
        return np.asarray(np.exp(paths.cooperation - 0.5 * variance))
    if column == 1:
        return paths.congestion
    return paths.index[:, column - 2]


def exit_months(
    policies: Sequence[Policy],
    paths: FactorPaths,
    variance: np.ndarray,
    names: Sequence[str],
    horizon: int,
) -> np.ndarray:
    """Return the month in which each policy sells its unresolved loans.

    Parameters
    ----------
    policies
        Policies of the study.
    paths
        Factors of some scenarios.
    variance
        Variance of the log of cooperation by month, shape (months + 1,).
    names
        Names of the factors, in the order of their columns.
    horizon
        Months simulated.

    Returns
    -------
    numpy.ndarray
        Shape (scenarios, policies), int64; -1 for no sale within the horizon.
    """
    months = np.full((len(paths.congestion), len(policies)), -1, dtype=np.int64)
    for i, policy in enumerate(policies):
        sale = policy.sale
        if sale is None:
            continue
        at = np.full(len(months), sale.month)
        if sale.wait_for is not None and sale.until is not None:
            last = min(sale.until, horizon)
            level = _level(paths, variance, names, sale.wait_for.factor)[:, sale.month : last + 1]
            met = level >= sale.wait_for.at_least
            if met.size:
                at = np.where(met.any(axis=1), sale.month + met.argmax(axis=1), sale.until)
        months[:, i] = np.where(at <= horizon, at, -1)
    return months
