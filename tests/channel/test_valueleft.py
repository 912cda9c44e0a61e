"""What is thought to be left, by each way of judging it."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.remaining_value import planned, value_left
from tests.builders.contracts import certain, contract, sample


def test_perfect_knowledge_is_the_rest_discounted_to_the_month():
    package_cash = certain(10, 20, 30, rate=0.21)
    left = value_left(package_cash, planned(contract(), package_cash), "perfect")[0]
    step = 1.21 ** (-1 / 12)
    assert left.tolist() == pytest.approx([10 + 20 * step + 30 * step**2, 20 + 30 * step, 30, 0])


def test_by_plan_what_is_left_scales_with_what_came_so_far():
    """Two scenarios, 10 and 30 in month 0, 20 and 60 in month 1: expected left at month 1 is 40;
    ratios 10/20 and 30/20.
    """
    received = np.array([[10.0, 20.0], [30.0, 60.0]])
    package_cash = Outcomes(received, np.zeros((2, 2)), np.array([0.5, 0.5]), True, 100.0, 0.0)
    plan = planned(contract(), package_cash)
    assert plan.tolist() == [20, 60]
    left = value_left(package_cash, plan, "plan")
    assert (
        left[:, 0].tolist() == [60, 60]
        and left[:, 1].tolist() == [20, 60]
        and left[:, 2].tolist() == [0, 0]
    )


def test_an_estimate_is_the_least_squares_parabola():
    package_cash = sample(500, rate=0.1)
    plan = planned(contract(), package_cash)
    perfect, fitted = (value_left(package_cash, plan, k) for k in ("perfect", "estimate"))
    for m in (3, 12):
        before = package_cash.net[:, :m].sum(axis=1)
        line = np.polyval(np.polyfit(before, perfect[:, m], 2), before)
        assert np.allclose(fitted[:, m], line, rtol=1e-6)
    assert np.allclose(fitted[:, 0], perfect[:, 0].mean())
    # What came so far shows much of what is left where the level of the package is unknown.
    assert np.corrcoef(fitted[:, 12], perfect[:, 12])[0, 1] > 0.5


def test_plan_points_are_joined_by_lines_from_nothing():
    terms = contract(plan=[{"month": 2, "cumulative": 10.0}, {"month": 4, "cumulative": 40.0}])
    assert planned(terms, certain(0, 0, 0, 0, 0, 0)).tolist() == [0, 5, 10, 25, 40, 40]
