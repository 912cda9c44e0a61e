"""The control variates of a run: fixed weights of months and indices, by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.market.control_variates import FADE, Controls, control_blocks, month_weights
from npl_sim.market.factors import FactorModel
from npl_sim.market.spec import Market

MARKET = {
    "indices": [
        {"region": "east", "volatility": 0.2},
        {"volatility": 0.1},
        {"kind": "land", "volatility": 0.0},
    ],
    "cooperation": {"volatility": 0.3},
    "congestion": {"volatility": 0.1},
    "correlations": [{"between": ["cooperation", "congestion"], "rho": -0.3}],
    "stresses": [
        {
            "name": "wild",
            "overlays": [{"factor": "index:east/*", "volatility_multiply": 2.5, "multiply": 0.5}],
        }
    ],
}


def test_later_months_count_less():
    (weight,) = month_weights(3, 1)
    one = [0.0, 1.0, math.exp(-1.0 / FADE), math.exp(-2.0 / FADE)]
    assert weight == pytest.approx(np.array(one) / sum(one))


@pytest.mark.parametrize(
    ("horizon", "stretches"), [(1, 3), (2, 3), (3, 3), (30, 3), (120, 4), (600, 3)]
)
def test_stretches_are_of_equal_weight_and_each_has_a_month(horizon, stretches):
    rows = month_weights(horizon, stretches)
    assert len(rows) == min(stretches, horizon) and rows.sum(axis=1) == pytest.approx(1.0)
    assert (rows >= 0.0).all() and not rows[:, 0].any()
    # Stretches do not overlap, and the last is what they leave.
    inside = rows[1:] > 0.0
    assert (inside.sum(axis=0) <= 1).all() and inside.any(axis=0).sum() < horizon
    share = (rows[0] * inside).sum(axis=1)
    assert np.abs(share - 1.0 / len(rows)).max(initial=0.0) <= rows[0].max()


def test_the_controls_by_hand():
    """Two indices of volatility 0.2 and 0.1 and one that does not move, over two months."""
    rng = np.random.default_rng(1)
    deviation = rng.standard_normal((4, 5, 3))
    controls = Controls(np.array([0.3, 0.1, 0.2, 0.1, 0.0]), 2, 2)
    drivers, found = controls.of(deviation)
    late = math.exp(-1.0 / FADE)
    whole = (deviation[:, :, 1] + late * deviation[:, :, 2]) / (1.0 + late)
    assert drivers == pytest.approx(whole)
    assert controls.blocks == (3, 3, 2) == control_blocks(5, 2) and controls.count == 8
    for block, average in ((found[:, :3], whole), (found[:, 3:6], deviation[:, :, 1])):
        assert block[:, :2] == pytest.approx(average[:, :2])
        assert block[:, 2] == pytest.approx(average[:, 2] / 0.2 + average[:, 3] / 0.1)
    assert found[:, 6:] == pytest.approx(whole[:, 3:])


def test_one_average_of_each_kind_of_factor_without_a_target_precision():
    assert control_blocks(10, 1) == (3,) and control_blocks(2, 1) == (2,)
    assert control_blocks(2, 3) == (2, 4, 0) and control_blocks(3, 3) == (3, 6, 0)
    drivers, found = Controls(np.array([0.3, 0.1]), 12, 1).of(np.ones((5, 2, 13)))
    assert drivers == pytest.approx(1.0) and found == pytest.approx(np.ones((5, 2)))


@pytest.mark.parametrize("stretches", [1, 3])
def test_controls_expect_zero_and_no_stress_moves_them(stretches):
    """20,000 scenarios: means within 4.5 standard errors for at most 11 controls, odds 8e-5."""
    market = Market.model_validate(MARKET)
    found = []
    for stress in ([], ["wild"]):
        model = FactorModel(market, stress, 24, 3)
        controls = Controls(model.innovation, 24, stretches)
        found.append(controls.of(model.simulate(0, 20_000).deviation)[1])
    own, stressed = found
    error = own.std(axis=0) / math.sqrt(len(own))
    assert (np.abs(own.mean(axis=0)) <= 4.5 * error).all()
    assert stressed[:, :3] == pytest.approx(own[:, :3], abs=1e-12)
