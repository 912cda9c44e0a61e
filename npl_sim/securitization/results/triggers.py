"""Results by trigger: probability and duration."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate


@dataclass(frozen=True)
class TriggerResult:
    """How often and how long a trigger is active."""

    name: str
    """Name; ``accelerated`` for acceleration."""
    ever: Estimate
    """Probability that it is ever active."""
    years: Estimate
    """Mean time from the date on which it is found active to the next date, summed over the life.
    [years]"""


def trigger_results(run: DealRun, confidence: float = 0.95) -> dict[str, TriggerResult]:
    """Return how often and how long each trigger, and acceleration, is active, by name."""
    years = run.terms.dates.years
    spans = np.append(np.diff(years), 0.0)  # nothing follows the last date
    results = {}
    going_on = np.arange(1, len(years) + 1) < run.last_date[:, None]
    for name, active in {**run.active, "accelerated": run.accelerated}.items():
        results[name] = TriggerResult(
            name,
            risk.probability(np.asarray(active.any(axis=1)), confidence),
            risk.mean((active & going_on) @ spans, confidence),
        )
    return results
