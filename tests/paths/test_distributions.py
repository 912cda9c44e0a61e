"""Quantiles of the distributions against another library's, tails and limits included."""

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import stats

from npl_sim.policy.distributions import Distribution

READ = TypeAdapter(Distribution)
U = np.concatenate(
    [np.linspace(0.001, 0.999, 999), 10.0 ** -np.arange(4, 15), 1.0 - 10.0 ** -np.arange(4, 13)]
)

SIGMA = np.sqrt(np.log1p((3.0 / 5.0) ** 2))
PAIRS = [
    ({"kind": "uniform", "low": 2.0, "high": 5.0}, stats.uniform(2.0, 3.0)),
    ({"kind": "triangular", "low": 1.0, "mode": 2.0, "high": 6.0}, stats.triang(0.2, 1.0, 5.0)),
    ({"kind": "triangular", "low": 1.0, "mode": 1.0, "high": 6.0}, stats.triang(0.0, 1.0, 5.0)),
    ({"kind": "triangular", "low": 0.0, "mode": 4.0, "high": 4.0}, stats.triang(1.0, 0.0, 4.0)),
    (
        {"kind": "lognormal", "mean": 5.0, "sd": 3.0},
        stats.lognorm(SIGMA, scale=5.0 * np.exp(-0.5 * SIGMA**2)),
    ),
    ({"kind": "gamma", "mean": 6.0, "sd": 4.0}, stats.gamma(2.25, scale=6.0 / 2.25)),
    ({"kind": "gamma", "mean": 1.0, "sd": 2.0}, stats.gamma(0.25, scale=4.0)),
    ({"kind": "exponential", "mean": 7.0}, stats.expon(scale=7.0)),
    ({"kind": "weibull", "mean": 2.0, "shape": 0.5}, stats.weibull_min(0.5, scale=1.0)),
    ({"kind": "beta", "mean": 0.25, "sd": 0.25}, stats.beta(0.5, 1.5)),
    ({"kind": "beta", "mean": 0.6, "sd": 0.2}, stats.beta(3.0, 2.0)),
]


@pytest.mark.parametrize(
    ("terms", "law"), PAIRS, ids=lambda value: str(value) if isinstance(value, dict) else ""
)
def test_quantiles_and_mean_are_those_of_the_law(terms, law):
    mine = READ.validate_python(terms)
    # Next to 1 the argument itself has few digits left.
    assert np.allclose(mine.quantile(U), law.ppf(U), rtol=1e-9, atol=1e-14)
    assert mine.mean == pytest.approx(law.mean(), rel=1e-12)
    assert mine.support == pytest.approx(law.support())
