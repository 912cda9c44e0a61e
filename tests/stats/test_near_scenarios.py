"""Weights of near scenarios against posteriors that are known in closed form."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.stats.near_scenarios import LEAST, near_scenarios


def plain(n):
    """Return equal weights."""
    return np.full(n, 1.0 / n)


@pytest.mark.parametrize("z", [-1.5, 0.0, 1.8])
def test_a_gaussian_pair_gives_the_conditional_mean(z):
    """E[Y | X = x] = m + rho s (x - mu) / sigma; four standard errors, fixed seed."""
    n, rho = 4_000, 0.8
    rng = np.random.default_rng(7)
    x = 100.0 + 20.0 * rng.standard_normal(n)
    y = 300.0 + 50.0 * (rho * (x - 100.0) / 20.0 + math.sqrt(1 - rho**2) * rng.standard_normal(n))
    near = near_scenarios(plain(n), x, 100.0 + 20.0 * z)
    expected = 300.0 + rho * 50.0 * z
    assert abs(near.mean(y) - expected) < 4.0 * near.error(y)
    # The prior is far away where the observation is unusual, so the weights do condition.
    if z:
        assert abs(near.mean(y) - 300.0) > 10.0 * near.error(y)
    assert near.mean(x) == pytest.approx(100.0 + 20.0 * z, abs=1e-6)
    spread = math.sqrt(near.mean((y - near.mean(y)) ** 2))
    assert spread == pytest.approx(50.0 * math.sqrt(1 - rho**2), rel=0.25)


def test_a_gamma_rate_gives_its_posterior_mean():
    """Rate Gamma(4, 1) and Poisson counts: E[rest | k] = t2 (4 + k) / (1 + t1)."""
    n, t1, t2 = 20_000, 5.0, 8.0
    rng = np.random.default_rng(11)
    rate = rng.gamma(4.0, 1.0, n)
    count, rest = rng.poisson(rate * t1), rng.poisson(rate * t2)
    near = near_scenarios(plain(n), count.astype(float), 12.0)
    expected = t2 * (4.0 + 12.0) / (1.0 + t1)
    assert abs(near.mean(rest.astype(float)) - expected) < 4.0 * near.error(rest.astype(float))
    assert abs(rest.mean() - expected) > 20.0 * near.error(rest.astype(float))


def test_weights_are_a_distribution_and_their_effective_number_is_that_of_kish():
    rng = np.random.default_rng(1)
    x = rng.standard_normal(1_000)
    near = near_scenarios(plain(1_000), x, 0.4)
    assert near.weights.min() >= 0.0 and near.weights.sum() == pytest.approx(1.0)
    assert near.effective == pytest.approx(1.0 / (near.weights**2).sum())
    assert near.count == (near.weights > 0.0).sum() and LEAST < near.effective < near.count
    assert (np.abs(x[near.weights > 0.0] - 0.4) < near.width).all()


def test_the_width_is_that_of_the_rule():
    x = np.arange(1_000) / 1_000.0
    near = near_scenarios(plain(1_000), x, 0.5)
    sd, middle = math.sqrt((1_000**2 - 1) / 12) / 1_000, 0.5 / 1.34
    assert near.width == pytest.approx(2.34 * min(sd, middle) * 1_000**-0.2, rel=1e-9)


@pytest.mark.parametrize("at", [-6.0, 4.5, 1e9])
def test_nothing_is_extrapolated(at):
    x = np.random.default_rng(3).standard_normal(2_000)
    near = near_scenarios(plain(2_000), x, at)
    assert not near.determined and near.reason and not near.weights.size
    assert near.effective == 0.0


def test_a_certain_amount_that_came_keeps_all_scenarios():
    near = near_scenarios(plain(50), np.full(50, 12.34), 12.34)
    assert near.determined and near.effective == pytest.approx(50.0)
    assert not near_scenarios(plain(50), np.full(50, 12.34), 12.0).determined
