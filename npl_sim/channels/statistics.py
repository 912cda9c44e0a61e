"""Statistics of a weighted distribution: variability and tails. docs/channel.md section 7.

The standard deviation of a sample divides by n - 1. All other statistics, and those of a whole
distribution, weight every scenario by its probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

STATISTICS = {
    "mean_absolute_deviation": "mean absolute deviation",
    "standard_deviation": "standard deviation",
    "range": "range",
}
"""Statistics that may decide a verdict: name in a contract, and name in tables."""


def weighted_sum(weights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the weighted sum of values along their first axis."""
    # einsum and not a matrix product: the order of its additions does not depend on threads.
    return np.einsum("s,s...->...", weights, values)


def tail_weights(values: np.ndarray, probability: np.ndarray, level: float) -> np.ndarray:
    """Return weights on the worst share `level` of a distribution; they sum to 1.

    The last value counts in part. Equal values share the remaining weight, so the order of the
    scenarios does not matter.
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
    """Weighted distribution of a present value."""

    values: np.ndarray
    """Values, shape (scenarios,). [package currency]"""
    probability: np.ndarray
    """Probabilities, which sum to 1, shape (scenarios,)."""
    sample: bool
    """Whether the values are a sample (see the module)."""

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
        """Range of the possible scenarios."""
        return float(np.ptp(self.values[self.probability > 0.0]))

    def spread(self, statistic: str) -> float:
        """Return a statistic of `STATISTICS`; 0 if it is only rounding of the values."""
        value = {
            "mean_absolute_deviation": self.mad,
            "standard_deviation": self.sd,
            "range": self.range,
        }[statistic]
        return value if value > 1e-12 * max(float(np.abs(self.values).max()), 1e-300) else 0.0

    def quantile(self, level: float) -> float:
        """Return the smallest value that at least the share `level` does not exceed."""
        order = np.argsort(self.values, kind="stable")
        running = np.cumsum(self.probability[order])
        at = min(int(np.searchsorted(running, level - 1e-12)), len(order) - 1)
        return float(self.values[order][at])

    def shortfall(self, level: float) -> float:
        """Return the mean of the worst share `level`."""
        return float(weighted_sum(tail_weights(self.values, self.probability, level), self.values))
