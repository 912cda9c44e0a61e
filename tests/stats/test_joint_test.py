"""False-alarm rate and p-values of the joint test."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.stats.joint_test import joint_test


def plain(n):
    """Return equal weights."""
    return np.full(n, 1.0 / n)


def test_one_amount_has_the_p_value_of_its_rank():
    """1, 2, ..., 99: one scenario is as high as 99, five as high as 95; twice, for two sides."""
    plan = np.arange(1.0, 100.0)[:, None]
    found = joint_test(plain(99), plan, np.array([99.0]))
    assert found.p_value[0] == pytest.approx(2.0 * 2.0 / 100.0) and found.alarms[0]
    inside = joint_test(plain(99), plan, np.array([95.0]))
    assert inside.p_value[0] == pytest.approx(2.0 * 6.0 / 100.0) and not inside.alarms[0]
    assert found.deviation[0] == pytest.approx(49.0 / 45.0)


@pytest.mark.parametrize("correlation", [0.0, 0.9])
def test_new_scenarios_alarm_in_five_of_a_hundred_cases(correlation):
    """Skewed and dependent amounts; 3.5 standard errors of both samples, fixed seed."""
    n, trials, amounts = 1_000, 800, 25
    rng = np.random.default_rng(19)

    def draw(count):
        common = rng.standard_normal((count, 1))
        own = rng.standard_normal((count, amounts))
        z = math.sqrt(correlation) * common + math.sqrt(1.0 - correlation) * own
        cash = np.exp(z)
        cash[:, ::3] *= own[:, ::3] > -0.5  # amounts that are often 0
        return cash

    plan = draw(n)
    alarms = sum(joint_test(plain(n), plan, row).alarms.any() for row in draw(trials))
    error = math.sqrt(0.05 * 0.95 * (1.0 / trials + 1.0 / n))
    assert abs(alarms / trials - 0.05) < 3.5 * error


def test_a_shift_of_one_amount_alarms_alone():
    rng = np.random.default_rng(23)
    plan = rng.gamma(9.0, 1.0, (1_000, 30))
    actual = np.full(30, 9.0)
    actual[7] = 1.0
    found = joint_test(plain(1_000), plan, actual)
    assert list(np.flatnonzero(found.alarms)) == [7] and found.deviation[7] < -1.0
    assert found.overall == found.p_value[7]


def test_weights_count():
    plan = np.array([[0.0], [1.0], [2.0], [10.0]])
    light = joint_test(np.array([0.33, 0.33, 0.33, 0.01]), plan, np.array([10.0]))
    heavy = joint_test(np.array([0.2, 0.2, 0.2, 0.4]), plan, np.array([10.0]))
    assert light.p_value[0] == pytest.approx(2 * (1 + 4 * 0.01) / 5)
    assert heavy.p_value[0] > light.p_value[0]


def test_a_certain_amount_alarms_where_it_differs():
    plan = np.full((100, 1), 5.0)
    assert not joint_test(plain(100), plan, np.array([5.0])).alarms[0]
    assert joint_test(plain(100), plan, np.array([5.01])).alarms[0]
    assert joint_test(plain(100), plan, np.array([4.99])).alarms[0]
    assert joint_test(plain(100), np.empty((100, 0)), np.empty(0)).overall == 1.0
