"""Optimal allocation of replicates to loans for a required precision.

Cluster c holds loans that share idiosyncratic risk. With ``m`` draws, the variance of a
scenario's mean over its draws has two parts. One is the variance across scenarios, of which the
control variates leave a rest. The other is the sum of ``s_c^2 (a / m^2 + (1 - a) / m)``. Here
``a`` is the share of idiosyncratic variance that depends on one random number at a time and is
stratified. A scenario costs a fixed part and ``m`` times the cluster's loans. So the optimal ``m``
is about proportional to ``s_c`` over the root of the cluster's loans (Neyman 1934). It is rounded
to powers of two, and the total number of draws is found by search.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from npl_sim.engine.replicates import MOST_DRAWS, Replicates

WORLD_COST = 0.6
"""Cost of a month of one systematic factor, in loan paths (measured, docs/precision.md)."""

DRAW_COST = 0.4
"""Cost of a month of a draw of a tier of loans besides the loans, in loan paths (measured)."""

STRATIFIED = 0.65
"""Share of idiosyncratic variance that depends on one random number at a time (measured)."""

REPEAT_COST = 1.9
"""Cost of a path of a replicated loan, in loan paths: such loans go to court (measured)."""

SMALLEST_GAIN = 1.15
"""Least expected gain from replicates; below it every loan has one draw."""


@dataclass(frozen=True)
class SampleSize:
    """Sample size for a required precision."""

    variance: float
    """Variance of the estimated quantity over scenarios. [package currency squared]"""
    scenarios: float
    """Scenarios that a plain sample needs."""
    least: int
    """Least number of scenarios of a run."""
    rest: float
    """Share of the variance that neither control variates nor replicates remove."""


def cost_of(draws: np.ndarray, factors: int, months: int) -> float:
    """Return the cost of a scenario. [loan paths]

    Parameters
    ----------
    draws
        Draws of each loan, shape (loans,).
    factors, months
        Number of systematic factors and of months.
    """
    again = draws[draws > 1]
    paths = len(draws) + REPEAT_COST * float(again.sum())
    tiers = DRAW_COST * months * float(np.unique(again).sum())
    return WORLD_COST * factors * months + paths + tiers


def allocate(
    sd: np.ndarray, cluster: np.ndarray, need: SampleSize, factors: int, months: int
) -> Replicates | None:
    """Return the draws of each loan; none where one draw each is best.

    Parameters
    ----------
    sd
        Standard deviation of each loan's present value, shape (loans,). [package currency]
    cluster
        Cluster of each loan, shape (loans,).
    need
        Required sample size.
    factors, months
        Number of systematic factors and of months.
    """
    size = np.bincount(cluster)
    # Loans of a cluster share idiosyncratic risk: their standard deviations add up.
    spread = np.bincount(cluster, weights=sd)
    if need.variance <= 0.0 or spread.max() <= 0.0:
        return None
    idiosyncratic = spread**2 / need.variance
    # A sum above the total variance is sampling error of few trial scenarios.
    idiosyncratic *= min(1.0, 1.0 / idiosyncratic.sum())

    def cost(draws: np.ndarray) -> float:
        left = np.where(draws > 1, STRATIFIED / draws**2 + (1.0 - STRATIFIED) / draws, 1.0)
        share = need.rest + float((idiosyncratic * left).sum())
        scenarios = max(float(need.least), need.scenarios * share)
        return scenarios * cost_of(draws[cluster], factors, months)

    once = cost(np.ones(len(size), dtype=np.int64))
    best = min(_proposals(spread / np.sqrt(size)), key=cost)
    return None if once < SMALLEST_GAIN * cost(best) else Replicates(best[cluster])


def _proposals(weight: np.ndarray) -> Iterator[np.ndarray]:
    """Yield draws by cluster in proportion to a weight, from few to many."""
    scaled = weight / weight.max()
    for most in 2.0 ** np.arange(0.0, 14.0, 0.5):
        draws = 2.0 ** np.round(np.log2(np.clip(most * scaled, 1.0, MOST_DRAWS)))
        yield draws.astype(np.int64)
