"""One vector of weights: exact expectations, closed forms, coverage, and what cannot be
estimated.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from npl_sim.stats import risk
from npl_sim.stats.sample import Sample

SLOPES = np.array([1.0, 2.0, 3.0, 0.5])
SD = math.sqrt(float(SLOPES @ SLOPES) + 1.0)


def draw(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    controls = rng.standard_normal((n, 4))
    return controls, controls @ SLOPES + rng.standard_normal(n)


def test_weights_are_a_distribution_with_the_known_expectations():
    controls, _ = draw(400, 1)
    sample = Sample.balanced(controls)
    assert not sample.is_plain
    assert sample.weights.min() >= 0.0
    assert sample.weights.sum() == pytest.approx(1.0, abs=1e-14)
    assert np.abs(sample.average(controls)).max() < 1e-14


def test_what_always_or_never_happens_is_certain_to_the_last_digit():
    """Weights of 997 scenarios need not add up to 1 in floating point."""
    for seed in range(20):
        sample = Sample.balanced(draw(997, seed)[0])
        always, never = (sample.probability(np.full(997, x)) for x in (1.0, 0.0))
        assert (always.value, always.high, never.value, never.low) == (1.0, 1.0, 0.0, 0.0)
        assert always.low < 1.0 and math.isnan(always.se)


def test_a_scaled_or_constant_control_changes_nothing():
    controls, values = draw(300, 2)
    other = np.column_stack([controls * [1e-6, 3.0, 1e5, -1.0], np.full(300, 7.0)])
    a, b = Sample.balanced(controls).mean(values), Sample.balanced(other).mean(values)
    assert b.value == pytest.approx(a.value, rel=1e-9)
    assert b.se == pytest.approx(a.se, rel=1e-9)


def test_negative_weights_are_never_used():
    # One scenario so far out that its linear weight would be negative.
    controls = np.zeros((60, 1))
    controls[:, 0] = np.where(np.arange(60) < 59, 1.0 + 0.01 * np.arange(60), 90.0)
    sample = Sample.balanced(controls)
    assert sample.is_plain
    assert sample.weights == pytest.approx(np.full(60, 1.0 / 60.0))


def test_fewer_controls_are_tried_before_none():
    controls, _ = draw(80, 3)
    bad = np.where(np.arange(80) < 79, 1.0, 500.0) + 0.01 * np.arange(80)
    both = np.column_stack([controls[:, :1], bad])
    sample = Sample.balanced(both, fewer=[np.array([True, False])])
    assert not sample.is_plain
    assert abs(float(sample.average(both[:, 0]))) < 1e-14


def test_too_few_scenarios_for_the_controls_are_weighted_equally():
    controls, _ = draw(49, 4)
    assert Sample.balanced(controls).is_plain
    assert not Sample.balanced(draw(50, 4)[0]).is_plain


@pytest.mark.parametrize("level", [0.01, 0.033, 0.05, 0.5])
def test_equal_weights_give_the_plain_estimates(level: float):
    values = draw(500, 5)[1]
    sample = Sample.plain(500)
    for found, expected in (
        (sample.mean(values), risk.mean(values)),
        (sample.quantile(values, level), risk.quantile(values, level)),
        (sample.expected_shortfall(values, level), risk.expected_shortfall(values, level)),
        (sample.standard_deviation(values), risk.standard_deviation(values)),
    ):
        assert found.value == pytest.approx(expected.value, rel=1e-12)
        assert found.se == pytest.approx(expected.se, rel=1e-12)


def test_sums_with_the_controls_give_the_same_mean_and_error():
    controls, values = draw(200, 6)
    raw = np.column_stack([controls * [2.0, 0.1, 5.0, 1.0], np.zeros(200)])
    sample = Sample.balanced(raw)
    sums = np.array([values.sum(), *(values @ raw)])
    whole = sample.mean(values)
    assert float(sample.total(sums)) == pytest.approx(whole.value, rel=1e-10)
    assert float(sample.total_error(sums, (values**2).sum())) == pytest.approx(whole.se, rel=1e-9)


def test_the_error_is_that_of_the_regression_by_hand():
    # Two points on each side of the control: slope 2, residuals -1, 1, -1, 1 by construction.
    x = np.repeat([-1.0, 1.0], 10)
    residual = np.tile([-1.0, 1.0], 10)
    found = Sample.balanced(x[:, None]).mean(3.0 + 2.0 * x + residual)
    assert found.value == pytest.approx(3.0)
    # Residual variance 20/18, weights all 1/20 since the control's mean is zero already.
    assert found.se == pytest.approx(math.sqrt(20.0 / 18.0 / 20.0))


def test_replicates_are_averaged_inside_a_scenario_before_the_error():
    controls, values = draw(100, 7)
    twice = np.column_stack([values - 1.0, values + 1.0])
    sample = Sample.balanced(controls)
    assert sample.mean(twice) == sample.mean(values)
    assert (
        sample.quantile(np.column_stack([values, values]), 0.1).value
        == sample.quantile(values, 0.1).value
    )


def test_parts_add_up_to_the_whole():
    controls, values = draw(250, 8)
    sample, part = Sample.balanced(controls), 0.3 * values + controls[:, 0] ** 2
    total = sample.mean(part).value + sample.mean(values - part).value
    assert total == pytest.approx(sample.mean(values).value, abs=1e-12)


def test_an_error_that_cannot_be_estimated_is_nan_and_never_zero():
    two = Sample.plain(2)
    values = np.array([1.0, 3.0])
    assert math.isnan(two.expected_shortfall(values, 0.05).se)
    assert math.isnan(two.quantile(values, 0.05).se)
    for hits, value in ((np.zeros(100), 0.0), (np.ones(100), 1.0)):
        found = Sample.plain(100).probability(hits)
        assert found.value == value
        assert math.isnan(found.se)
    never = Sample.plain(100).probability(np.zeros(100))
    assert never.low == 0.0
    assert never.high == pytest.approx(1.0 - 0.025 ** (1 / 100))
    assert math.isnan(Sample.plain(1).mean(np.array([2.0])).se)


def test_shortfall_weights_share_ties_at_the_edge():
    values = np.array([1.0, 2.0, 2.0, 2.0, 5.0])
    weights = Sample.plain(5).shortfall_weights(values, 0.4)
    assert weights == pytest.approx([0.5, 1 / 6, 1 / 6, 1 / 6, 0.0])


@pytest.mark.parametrize("replicates", [1, 3])
def test_intervals_cover_and_errors_are_those_of_the_estimates(replicates: int):
    runs, n = 400, 300
    truth = {
        "mean": 0.0,
        "quantile": norm.ppf(0.1) * SD,
        "probability": 1.0 - norm.cdf(1.0 / SD),
        "sd": SD,
    }
    hit = dict.fromkeys(truth, 0)
    for seed in range(runs):
        rng = np.random.default_rng(1000 + seed)
        controls = rng.standard_normal((n, 4))
        values = (controls @ SLOPES)[:, None] + rng.standard_normal((n, replicates))
        sample = Sample.balanced(controls)
        found = {
            "mean": sample.mean(values),
            "quantile": sample.quantile(values, 0.1),
            "probability": sample.probability(values > 1.0),
            "sd": sample.standard_deviation(values),
        }
        for name, estimate in found.items():
            hit[name] += estimate.low <= truth[name] <= estimate.high
    # Three standard errors of the share covered; the interval of the sd is of large samples and
    # may miss more.
    slack = 3.0 * math.sqrt(0.95 * 0.05 / runs)
    for name, covered in hit.items():
        assert covered / runs > 0.95 - slack - (0.02 if name == "sd" else 0.0), name
        assert covered / runs < 0.95 + slack + 0.02, name
