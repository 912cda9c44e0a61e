"""How often to draw each loan in each world: the cheapest way to a wanted precision.

With ``m`` draws of cluster c of loans (those that share luck), the variance of a scenario's mean over its draws is
that of the world, of which the controls leave a rest, and the sum of ``s_c^2 (a / m^2 + (1 - a) / m)``, a being the
part of luck that depends on one random number at a time and is stratified. A scenario costs a fixed part and ``m``
times the cluster's loans. The least variance at a cost has ``m`` about in proportion to ``s_c`` over the root of the
cluster's loans (Neyman 1934), here rounded to powers of two; how often in all is searched for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from npl_sim.engine.replicates import MOST_DRAWS, Repeats

__all__ = ["SampleSize", "allocate", "cost_of"]

WORLD_COST = 0.6
"""Cost of a month of one systematic factor, in loan-paths (measured, docs/precision.md)."""

DRAW_COST = 0.4
"""Cost of a month of a draw of a tier of loans besides the loans, in loan-paths (measured)."""

STRATIFIED = 0.65
"""Part of single loans' luck that depends on one random number at a time (measured)."""

REPEAT_COST = 1.9
"""Cost of a path of a loan that is worth repeating, in loan-paths: such loans go to court (measured)."""

SMALLEST_GAIN = 1.15
"""Repeating has to promise this much, or every loan is drawn once."""


@dataclass(frozen=True)
class SampleSize:
    """What a precision takes.

    Attributes
    ----------
    variance
        Of what is estimated, over the scenarios. [package currency squared]
    scenarios
        Scenarios that a plain sample takes.
    least
        Scenarios that are run in any case.
    rest
        Share of the variance that neither controls nor repeated loans take away.
    """

    variance: float
    scenarios: float
    least: int
    rest: float


def cost_of(draws: np.ndarray, factors: int, months: int) -> float:
    """Return what a scenario costs. [loan-paths]

    Parameters
    ----------
    draws
        How often each loan is drawn, shape (loans,).
    factors, months
        Size of a world.
    """
    again = draws[draws > 1]
    walked = len(draws) + REPEAT_COST * float(again.sum())
    return (
        WORLD_COST * factors * months + walked + DRAW_COST * months * float(np.unique(again).sum())
    )


def allocate(
    sd: np.ndarray, cluster: np.ndarray, need: SampleSize, factors: int, months: int
) -> Repeats | None:
    """Return how often to draw each loan; none where once is best.

    Parameters
    ----------
    sd
        Standard deviation of each loan's present value, shape (loans,). [package currency]
    cluster
        Cluster of each loan, shape (loans,).
    need
        What is wanted.
    factors, months
        Size of a world.
    """
    size = np.bincount(cluster)
    # Loans of a cluster share luck: their deviations add up.
    spread = np.bincount(cluster, weights=sd)
    if need.variance <= 0.0 or spread.max() <= 0.0:
        return None
    luck = spread**2 / need.variance
    # More luck than there is variance comes of few trial scenarios.
    luck *= min(1.0, 1.0 / luck.sum())

    def cost(draws: np.ndarray) -> float:
        left = np.where(draws > 1, STRATIFIED / draws**2 + (1.0 - STRATIFIED) / draws, 1.0)
        share = need.rest + float((luck * left).sum())
        scenarios = max(float(need.least), need.scenarios * share)
        return scenarios * cost_of(draws[cluster], factors, months)

    once = cost(np.ones(len(size), dtype=np.int64))
    best = min(_proposals(spread / np.sqrt(size)), key=cost)
    if once < SMALLEST_GAIN * cost(best):
        return None
    return Repeats(best[cluster])


def _proposals(weight: np.ndarray) -> Iterator[np.ndarray]:
    """Yield numbers of draws by cluster in proportion to a weight, from few to many."""
    scaled = weight / weight.max()
    for most in 2.0 ** np.arange(0.0, 14.0, 0.5):
        draws = 2.0 ** np.round(np.log2(np.clip(most * scaled, 1.0, MOST_DRAWS)))
        yield draws.astype(np.int64)
