"""Fitted tails against distributions whose quantiles are known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.fitted_tail import Tail, fit, fitted_size

KNOWN = {
    "pareto": lambda u: u**-0.25 - 1.0,
    "exponential": lambda u: -np.log(u),
    "uniform": lambda u: 1.0 - u,
}
"""Value that is exceeded with a probability."""


@pytest.mark.parametrize("name", KNOWN)
def test_quantiles_of_known_distributions(name):
    """Above a threshold, each of the three is a generalized Pareto distribution.

    The mean of 40 estimates lies within three of its standard errors of the truth. The odds of
    failing by chance are 1 in 300, and the seed is fixed.
    """
    rng, found = np.random.default_rng(3), []
    at_least = KNOWN[name]
    for _ in range(40):
        sample = at_least(rng.random(20_000))
        threshold = at_least(0.1)
        above = sample[sample > threshold] - threshold
        found.append(threshold + fit(above, len(above) / len(sample)).quantile(0.005))
    error = np.std(found, ddof=1) / np.sqrt(len(found))
    assert np.mean(found) == pytest.approx(at_least(0.005), abs=3.0 * error)


def test_the_mean_above_is_the_integral_of_the_tail():
    tail = Tail(-0.2, 3.0, 0.1)
    levels = (np.arange(200_000) + 0.5) / 200_000 * 0.1
    excess = np.array([tail.quantile(level) for level in levels])
    for at in (0.0, 2.0, 6.0):
        mean = 0.1 * np.maximum(excess - at, 0.0).mean()
        assert tail.mean_above(np.array([at]))[0] == pytest.approx(mean, rel=1e-4)


def test_the_size_is_the_largest_that_the_limit_allows():
    """Of exponential losses, the mean falls by a factor e for each 10 below the threshold."""
    rng = np.random.default_rng(4)
    losses = np.where(rng.random(200_000) < 0.1, rng.exponential(10.0, 200_000), 0.0)
    sizes = np.linspace(20.0, 100.0, 401)
    size, shape = fitted_size(losses, sizes, np.full(401, 0.1 * 10.0 * np.exp(-3.0)))
    assert shape == pytest.approx(0.0, abs=0.03)
    assert size == pytest.approx(100.0 - 30.0, abs=1.5)
