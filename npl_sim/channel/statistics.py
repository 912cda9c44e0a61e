"""Statistics of a weighted distribution: variability and tails. docs/channel.md section 7.

Of a sample the standard deviation divides by n - 1, of a whole distribution by its probabilities; all
others weigh every scenario by its probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["STATISTICS", "Weighted", "tail_weights", "weighted_sum"]

STATISTICS = {
    "mean_absolute_deviation": "mean absolute deviation",
    "standard_deviation": "standard deviation",
    "range": "range",
}
"""Statistics that may decide a verdict, by the name in a contract and by that in tables."""


def weighted_sum(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the weighted sum of values along their first axis."""
    # einsum and not a matrix product: the order of its additions does not depend on threads.
    result: np.ndarray = np.einsum("s,s...->...", weights, values)
    return result


def tail_weights(values: np.ndarray, probability: np.ndarray, level: float) -> np.ndarray:
    """Return weights that sum to 1 on the worst share `level` of a distribution; the last value counts in part.

    Equal values share the weight that is left, so that the order of the scenarios does not matter.
    """
    order = np.argsort(values, kind="stable")
    running = np.cumsum(probability[order])
    taken = np.clip(level - (running - probability[order]), 0.0, probability[order])
    weights = np.empty_like(probability)
    weights[order] = taken
    edge = values[order][np.searchsorted(running, level - 1e-12).clip(max=len(values) - 1)]
    same = values == edge
    share = float(weights[same].sum()) / max(float(probability[same].sum()), 1e-300)
    weights[same] = probability[same] * share
    total = float(weights.sum())
    return weights / total


@dataclass(frozen=True)
class Weighted:
    """A distribution of a present value.

    Attributes
    ----------
    values, probability
        Shape (scenarios,); probabilities sum to 1. [package currency]
    sample
        Whether it is a sample (see the module).
    """

    values: np.ndarray
    probability: np.ndarray
    sample: bool

    @property
    def mean(self) -> float:
        """Mean."""
        return float(weighted_sum(self.probability, self.values))

    @property
    def sd(self) -> float:
        """Standard deviation."""
        if np.ptp(self.values[self.probability > 0.0]) == 0.0:
            return 0.0
        n = len(self.values)
        variance = float(weighted_sum(self.probability, (self.values - self.mean) ** 2))
        return float(np.sqrt(variance * (n / (n - 1.0) if self.sample and n > 1 else 1.0)))

    @property
    def above_mean(self) -> float:
        """Sum of p (x - mean)+: half of the mean absolute deviation."""
        return float(weighted_sum(self.probability, np.maximum(self.values - self.mean, 0.0)))

    @property
    def mad(self) -> float:
        """Mean absolute deviation from the mean."""
        return float(weighted_sum(self.probability, np.abs(self.values - self.mean)))

    @property
    def range(self) -> float:
        """Range of the scenarios that can happen."""
        return float(np.ptp(self.values[self.probability > 0.0]))

    def quantile(self, level: float) -> float:
        """Return the least value that the share `level` of the distribution does not exceed."""
        order = np.argsort(self.values, kind="stable")
        running = np.cumsum(self.probability[order])
        at = min(int(np.searchsorted(running, level - 1e-12)), len(order) - 1)
        return float(self.values[order][at])

    def shortfall(self, level: float) -> float:
        """Return the mean of the worst share `level`."""
        return float(weighted_sum(tail_weights(self.values, self.probability, level), self.values))
