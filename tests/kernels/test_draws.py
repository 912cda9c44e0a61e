"""Normals and tabulated distributions against scipy."""

import numpy as np
import pytest
from pydantic import TypeAdapter
from scipy import special

from npl_sim.engine.quantiles import QuantileTables, probability_by
from npl_sim.kernels.draws import normal, quantile
from npl_sim.policy.distributions import Distribution

CASES = [
    7.5,
    {"kind": "uniform", "low": 2, "high": 5},
    {"kind": "triangular", "low": 1, "mode": 2, "high": 6},
    {"kind": "lognormal", "mean": 6, "sd": 3},
    {"kind": "gamma", "mean": 1, "sd": 0.8},
    {"kind": "exponential", "mean": 12},
    {"kind": "weibull", "mean": 10, "shape": 1.5},
    {"kind": "beta", "mean": 0.79, "sd": 0.29},
    {"kind": "discrete", "values": [0, 10, 3], "weights": [1, 2, 1]},
    {"kind": "empirical", "quantiles": [0, 1, 4, 9]},
]


def make(case):
    return TypeAdapter(Distribution).validate_python(case)


def test_normal_matches_the_library_to_rounding():
    tail = np.logspace(-10, -2, 200)
    u = np.concatenate([tail, np.linspace(0.01, 0.99, 999), 1 - tail])
    got = np.array([normal(x) for x in u])
    assert np.allclose(got, special.ndtri(u), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_table_keeps_mean_and_quantiles(case):
    """The mean over a fine grid of probabilities is that of the distribution, to 1e-4."""
    distribution = make(case)
    tables = QuantileTables()
    row = tables.row(distribution)
    table = tables.tables()
    u = (np.arange(400_000) + 0.5) / 400_000
    got = np.array([quantile(table, row, x) for x in u[::8]])
    mean = np.mean([quantile(table, row, x) for x in u])
    assert mean == pytest.approx(distribution.mean, rel=2e-4)
    if distribution.kind not in ("discrete",):
        inner = (u[::8] > 1e-3) & (u[::8] < 1 - 1e-3)
        exact = distribution.quantile(u[::8])[inner]
        assert np.allclose(got[inner], exact, rtol=1e-3, atol=3e-3 * distribution.mean)


def test_certainty_is_exact():
    tables = QuantileTables()
    row = tables.row(make(7.3))
    table = tables.tables()
    assert {quantile(table, row, u) for u in (1e-9, 0.003, 0.5, 0.997, 1 - 1e-9)} == {7.3}


def test_equal_distributions_share_a_row():
    tables = QuantileTables()
    assert tables.row(make(3)) == tables.row(make({"kind": "fixed", "value": 3.0}))
    assert tables.row(make(3)) != tables.row(make(4))


def test_moody_moments_give_the_published_beta():
    """Recovery mean 0.79, standard deviation 0.29: beta(0.7684, 0.2043) (Moody's 1996 moments)."""
    a, b = make({"kind": "beta", "mean": 0.79, "sd": 0.29}).shapes
    assert (a, b) == pytest.approx((0.7684, 0.2043), abs=5e-5)


def test_probability_by_inverts_the_quantile():
    values = np.array([0.0, 12.0, 30.0])
    got = probability_by(make({"kind": "exponential", "mean": 12}), values)
    assert got == pytest.approx(1 - np.exp(-values / 12), abs=1e-12)
    assert probability_by(
        make({"kind": "uniform", "low": 2, "high": 4}), np.array([9.0])
    ) == pytest.approx(1.0)
