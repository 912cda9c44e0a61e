"""Brent's method gives the bits of the reference implementation in scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.optimize import brentq

from npl_sim.stats.roots import brent_root


def curves(rng):
    a, b, c = rng.normal(size=3)
    root = rng.uniform(-5.0, 5.0)
    yield lambda x: a * (x - root) if a else x - root
    yield lambda x: math.tanh(abs(b) * 5.0 * (x - root)) + 1e-3 * (x - root)
    yield lambda x: (x - root) ** 3 + c * c * (x - root)
    yield lambda x: math.exp(0.3 * (x - root)) - 1.0
    yield lambda x: -1.0 if x < root else 1.0  # a step: bisections only
    yield lambda x: round(20.0 * (x - root)) / 20.0  # equal values at different points


@pytest.mark.parametrize("seed", range(100))
def test_bits_and_calls_of_the_reference(seed):
    rng = np.random.default_rng(seed)
    for curve in curves(rng):
        low, high = rng.uniform(-30.0, -5.0), rng.uniform(5.0, 30.0)
        options = {"xtol": 10.0 ** rng.integers(-13, -1), "rtol": 1e-14, "maxiter": 200}
        seen: list[float] = []
        expected: list[float] = []

        def noted(x, curve=curve, points=seen):
            points.append(x)
            return curve(x)

        def reference(x, curve=curve, points=expected):
            points.append(x)
            return curve(x)

        assert brent_root(noted, low, high, **options) == brentq(reference, low, high, **options)
        assert seen == expected


def test_default_precision_is_that_of_the_reference():
    assert brent_root(math.cos, 0.0, 3.0) == brentq(math.cos, 0.0, 3.0)


def test_root_at_an_end():
    assert brent_root(lambda x: x, 0.0, 1.0) == 0.0
    assert brent_root(lambda x: x - 1.0, 0.0, 1.0) == 1.0


def test_refuses_what_has_no_root():
    with pytest.raises(ValueError, match="different signs"):
        brent_root(lambda x: 1.0 + x * x, -1.0, 1.0)
    with pytest.raises(ValueError, match="NaN at -1.0"):
        brent_root(lambda x: math.nan, -1.0, 1.0)
    with pytest.raises(RuntimeError, match="3 steps"):
        brent_root(math.cos, 0.0, 3.0, maxiter=3)
