"""Controls: exact where they explain all, harmless where they explain nothing."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.stats import risk
from npl_sim.valuation.control import SCENARIOS_PER_CONTROL, controlled_mean, fit
from npl_sim.valuation.control_tail import FEWEST_IN_TAIL, controlled_quantile, controlled_shortfall


def world(n=400, k=3, seed=1):
    rng = np.random.default_rng(seed)
    return rng, rng.standard_normal((n, k))


def test_a_linear_function_is_known_exactly():
    _, x = world()
    found = controlled_mean(7.0 + x @ [3.0, -1.0, 0.5], x)
    assert found.estimate.value == pytest.approx(7.0, abs=1e-12)
    assert found.estimate.se < 1e-12 and found.explained == pytest.approx(1.0)
    assert found.plain.value != pytest.approx(7.0, abs=1e-3)


def test_weights_sum_to_one_and_balance_the_controls():
    rng, x = world()
    sample = x @ [3.0, -1.0, 0.5] + rng.standard_normal(400)
    found = controlled_mean(sample, x)
    assert found.weights.sum() == pytest.approx(1.0)
    assert x.T @ found.weights == pytest.approx(np.zeros(3), abs=1e-12)
    assert found.estimate.value == pytest.approx(found.weights @ sample)


def test_it_is_least_squares():
    """Intercept, error and degrees of freedom are those of an ordinary regression (numpy's solver)."""
    rng, x = world(60)
    sample = 5.0 + x @ [3.0, -1.0, 0.5] + rng.standard_normal(60)
    design = np.column_stack([np.ones(60), x])
    slopes, rest, *_ = np.linalg.lstsq(design, sample)
    error = np.sqrt(rest[0] / 56 * np.linalg.inv(design.T @ design)[0, 0])
    found = controlled_mean(sample, x, 0.9).estimate
    assert (found.value, found.se) == pytest.approx((slopes[0], error))
    # Student's quantile at 95 % with 56 degrees of freedom.
    assert (found.high - found.value) / error == pytest.approx(1.672522, abs=1e-5)


def test_the_gain_is_that_of_theory():
    """Half of the variance is explained: the gain tends to 2; 20,000 scenarios, within 5 %."""
    rng, x = world(20_000, 1)
    found = controlled_mean(x[:, 0] + rng.standard_normal(20_000), x)
    assert found.gain == pytest.approx(2.0, rel=0.05)
    assert found.explained == pytest.approx(0.5, abs=0.02)


def test_useless_controls_change_nothing():
    rng, x = world(400, 30)
    sample = rng.standard_normal(400)
    found = controlled_mean(sample, x[:, :20])
    if found.estimate == found.plain:
        assert found.gain == 1.0 and found.explained == 0.0
    assert found.estimate.se <= found.plain.se
    still = controlled_mean(sample, np.zeros((400, 2)))
    assert still.estimate == still.plain == risk.mean(sample)


def test_few_scenarios_fall_back_to_the_plain_mean():
    _, x = world()
    sample = x @ [3.0, -1.0, 0.5]
    enough = SCENARIOS_PER_CONTROL * 4
    assert fit(enough - 1, x[: enough - 1]) is None
    assert controlled_mean(sample[: enough - 1], x[: enough - 1]).estimate == risk.mean(sample[: enough - 1])
    assert controlled_mean(sample[:enough], x[:enough]).estimate.se < 1e-12
    assert controlled_mean(np.full(100, 2.0), x[:100]).estimate.se == 0.0


def test_controls_that_say_the_same_are_no_trouble():
    rng, x = world(300, 2)
    sample = x[:, 0] + rng.standard_normal(300)
    once, twice = controlled_mean(sample, x), controlled_mean(sample, np.column_stack([x, x[:, 0] + x[:, 1]]))
    assert twice.estimate.value == pytest.approx(once.estimate.value)


def test_means_of_several_draws_are_set_against_a_single_one():
    rng, x = world(2000, 1)
    draws = x + rng.standard_normal((2000, 4))
    found = controlled_mean(draws.mean(axis=1), x, single=draws[:, 0])
    assert found.plain == risk.mean(draws[:, 0])
    # Variance 2 against 1/4 left.
    assert found.gain == pytest.approx(8.0, rel=0.15)


def test_single_draws_without_controls_have_the_plain_quantile():
    rng, _ = world()
    draws, none = rng.standard_normal((500, 1)), np.empty((0, 0))
    assert controlled_quantile(draws, none, 0.3) == risk.quantile(draws[:, 0], 0.3)
    assert controlled_shortfall(draws, none, 0.3) == risk.expected_shortfall(draws[:, 0], 0.3)
    few = np.repeat(draws, 3, axis=1)
    level = 0.99 * FEWEST_IN_TAIL / 500
    assert controlled_quantile(few, none, level) == risk.quantile(draws[:, 0], level)


def test_quantile_and_shortfall_of_a_normal_value():
    """Value = factor + luck, each N(0, 1): sd sqrt 2. Level 0.2: quantile -0.8416 sd, shortfall -1.3998 sd
    (density at the quantile over the level); 20,000 scenarios of 4 draws, 4.5 standard errors, odds 3e-5. The
    plain estimates are less sharp."""
    rng, x = world(20_000, 1, 5)
    draws = x + rng.standard_normal((20_000, 4))
    quantile, shortfall = controlled_quantile(draws, x, 0.2), controlled_shortfall(draws, x, 0.2)
    assert abs(quantile.value + 0.841621 * np.sqrt(2)) < 4.5 * quantile.se
    assert abs(shortfall.value + 1.399810 * np.sqrt(2)) < 4.5 * shortfall.se
    assert quantile.se < 0.75 * risk.quantile(draws[:, 0], 0.2).se
    assert shortfall.se < 0.85 * risk.expected_shortfall(draws[:, 0], 0.2).se
    assert quantile.low < quantile.value < quantile.high
    weighed = controlled_shortfall(draws, x, 0.2, 0.99)
    assert weighed.high - weighed.low > shortfall.high - shortfall.low


def test_a_value_without_luck_has_the_factor_s_quantile():
    """What all draws share is not made sharper by drawing it again."""
    _, x = world(1000, 1)
    once, again = x, np.repeat(x, 4, axis=1)
    none = np.empty((0, 0))
    assert controlled_quantile(again, none, 0.3).value == risk.quantile(x[:, 0], 0.3).value
    assert controlled_quantile(again, none, 0.3).se == pytest.approx(risk.quantile(x[:, 0], 0.3).se, rel=0.2)
    assert controlled_shortfall(again, none, 0.3).value == pytest.approx(
        risk.expected_shortfall(once[:, 0], 0.3).value
    )
