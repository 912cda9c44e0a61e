"""The spline gives the values of the reference implementation in scipy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.interpolate import CubicSpline

from npl_sim.stats.spline import EvenSpline


@pytest.mark.parametrize("count", [4, 5, 17, 16385])
@pytest.mark.parametrize("seed", range(5))
def test_values_of_the_reference(count, seed):
    rng = np.random.default_rng(seed)
    knots = np.linspace(rng.uniform(-3.0, 0.0), rng.uniform(0.5, 20.0), count)
    values = np.cumsum(rng.normal(size=count))
    points = np.concatenate([rng.uniform(knots[0], knots[-1], 20_000), knots])
    points = np.concatenate(
        [points, np.nextafter(knots[1:], -np.inf), np.nextafter(knots[:-1], np.inf)]
    )
    found, expected = EvenSpline(knots, values)(points), CubicSpline(knots, values)(points)
    scale = np.abs(values).max()
    # A linear algebra library may fuse operations; where it does not, the bits are equal.
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=4e-15 * scale * 8)


def test_a_cubic_is_reproduced_and_shapes_are_kept():
    knots = np.linspace(0.0, 2.0, 9)
    spline = EvenSpline(knots, knots**3 - 2.0 * knots)
    points = np.random.default_rng(1).uniform(0.0, 2.0, size=(3, 5))
    np.testing.assert_allclose(spline(points), points**3 - 2.0 * points, atol=1e-13)


def test_a_value_at_each_knot():
    knots, values = np.linspace(0.0, 1.0, 50), np.arange(50.0) ** 2
    spline = EvenSpline(knots, values)
    assert (spline(knots[:-1]) == values[:-1]).all()
    assert spline(knots[-1:])[0] == pytest.approx(values[-1], rel=1e-14)
