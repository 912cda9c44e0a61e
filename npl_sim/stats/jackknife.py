"""Grouped jackknife: standard errors of ratios, quantiles and other statistics of a sample.

Scenario s is in group ``s mod groups``. The statistic is computed with each group left out in
turn. With values ``t_g`` and their mean ``t``, the standard error is
``sqrt((G - 1)/G * sum((t_g - t)^2))``. Unlike the delete-one jackknife, it also holds for
quantiles, since each group is large.

References
----------
Shao and Wu (1989), A general theory for jackknife variance estimation, Annals of Statistics 17.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from npl_sim.stats.risk import Estimate, symmetric

GROUPS = 50
"""Number of groups; with 50, the standard error is known to about 10 % of itself."""

LEAST = 4
"""Fewest groups for which an error is reported."""


def jackknife(
    statistics: Callable[[np.ndarray], Mapping[str, float]],
    scenarios: int,
    confidence: float,
    groups: int = GROUPS,
    exact: bool = False,
) -> dict[str, Estimate]:
    """Return estimates of several statistics of the same sample.

    Parameters
    ----------
    statistics
        Function from the rising numbers of the scenarios to use to the statistics by name.
    scenarios
        Number of scenarios.
    confidence
        Confidence of the intervals (Student's t with groups - 1 degrees of freedom).
    groups
        Number of groups, at most the number of scenarios.
    exact
        Whether the scenarios are the whole distribution; errors are then 0.
    """
    everyone = np.arange(scenarios)
    value = statistics(everyone)
    if exact:
        return {name: Estimate(x, 0.0, x, x, confidence) for name, x in value.items()}
    groups = min(groups, scenarios)
    if groups < LEAST:
        return {
            name: Estimate(x, math.nan, -math.inf, math.inf, confidence)
            for name, x in value.items()
        }
    group = everyone % groups
    without = [statistics(everyone[group != g]) for g in range(groups)]
    result = {}
    for name, x in value.items():
        if not math.isfinite(x):
            result[name] = Estimate(x, math.nan, math.nan, math.nan, confidence)
            continue
        parts = np.array([w[name] for w in without])
        spread = math.sqrt((groups - 1) / groups * float(((parts - parts.mean()) ** 2).sum()))
        result[name] = symmetric(x, spread, groups - 1, confidence)
    return result
