"""Weights whose sums are the measures, cents that sum, names that concentrate, factors that
move.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npl_sim.stats import risk
from npl_sim.stats.sample import Sample
from npl_sim.valuation.concentration import concentration, effective_number
from npl_sim.valuation.factor_attribution import factor_attribution
from npl_sim.valuation.whole_units import rounded_parts, share_cents

RNG = np.random.default_rng(3)
SAMPLE = RNG.gamma(2.0, 3.0, 501)


@pytest.mark.parametrize("level", [0.01, 0.05, 0.3])
@pytest.mark.parametrize(
    "sample", [SAMPLE, np.round(SAMPLE), np.ones(40)], ids=["smooth", "tied", "constant"]
)
def test_shortfall_weights_give_the_shortfall(sample, level):
    weights = Sample.plain(len(sample)).shortfall_weights(sample, level)
    assert weights.sum() == pytest.approx(1.0) and weights.min() >= 0.0
    assert weights @ sample == pytest.approx(risk.expected_shortfall(sample, level).value)


def test_sd_weights_give_the_standard_deviation():
    assert Sample.plain(501).sd_weights(SAMPLE) @ SAMPLE == pytest.approx(SAMPLE.std(ddof=1))
    assert Sample.plain(5).sd_weights(np.ones(5)).tolist() == [0.0] * 5


@pytest.mark.parametrize("draws", [1, 3])
def test_weights_of_a_balanced_sample_give_its_own_measures(draws):
    """Euler weights sum to the measure that the same sample reports, and to that of scaled
    replicates.
    """
    controls = np.random.default_rng(11).standard_normal((200, 3))
    values = controls.sum(axis=1)[:, None] + np.random.default_rng(12).gamma(
        2.0, 1.0, (200, draws)
    )
    values = values[:, 0] if draws == 1 else values
    sample = Sample.balanced(controls)
    assert not sample.is_plain
    for weights, whole in (
        (sample.weights_of(values), sample.mean(values)),
        (sample.sd_weights(values), sample.standard_deviation(values)),
        (sample.shortfall_weights(values, 0.07), sample.expected_shortfall(values, 0.07)),
    ):
        assert weights.shape == values.shape
        assert (weights * values).sum() == pytest.approx(whole.value, rel=1e-12)


@given(
    parts=st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40),
    scale=st.sampled_from([1.0, 1e-3, 1e3]),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_displayed_parts_sum_to_the_displayed_whole(parts, scale):
    amounts = np.array(parts) * scale
    whole = float(np.sum(amounts))
    shown = rounded_parts(amounts, whole)
    assert shown.sum() == round(whole)
    assert np.abs(shown - amounts).max() < 1.0 + 1e-6
    assert not shown[amounts == 0.0].any()


def test_displayed_parts_by_hand():
    """Three thirds of 100: 34, 33, 33; an unknown part stays unknown; what is no sum is rounded by
    itself.
    """
    assert rounded_parts([100 / 3] * 3, 100.0).tolist() == [34, 33, 33]
    assert rounded_parts([0.6, 0.6], 1.2).tolist() == [1, 0]
    found = rounded_parts([1.5, np.nan, 0.5], 2.0)
    assert found[[0, 2]].sum() == 2 and np.isnan(found[1])
    assert rounded_parts([1.4, 1.4], 40.0).tolist() == [1, 1]


@given(
    amount=st.floats(-1e12, 1e12),
    weights=st.lists(st.floats(-1e6, 1e9), min_size=1, max_size=60),
)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_cents_sum_exactly(amount, weights):
    parts = share_cents(amount, np.array(weights))
    assert parts.dtype == np.int64 and int(parts.sum()) == round(100.0 * amount)


def test_cents_by_hand():
    """One unit in three equal parts: 34, 33, 33; a part of weight 0 has none; a negative weight a
    negative part.
    """
    assert share_cents(1.0, np.array([1.0, 1.0, 1.0])).tolist() == [34, 33, 33]
    assert share_cents(0.5, np.array([1.0, 0.0])).tolist() == [50, 0]
    assert share_cents(1.0, np.array([3.0, -1.0])).tolist() == [150, -50]


def test_effective_number_of_equal_and_of_one():
    assert effective_number(np.full(8, 3.0)) == pytest.approx(8.0)
    assert effective_number(np.array([1.0, 0.0, -5.0])) == 1.0
    assert np.isnan(effective_number(np.zeros(3)))


def test_concentration_by_hand():
    """Borrower B holds 3 of 4 units in two loans: effective number 16 / (9 + 1)."""
    loans = pd.DataFrame(
        {
            "loan_id": ["1", "2", "3"],
            "borrower_id": ["B", "B", "C"],
            "segment": "s",
            "product": "p",
            "region": "r",
            "gbv": [1.0, 2.0, 1.0],
            "value": [0.0, 1.0, 1.0],
        }
    )
    rows = concentration(loans, top=1).set_index("by")
    assert rows.loc["borrower", "effective_number_gbv"] == pytest.approx(1.6)
    assert rows.loc["borrower", "top_gbv"] == 0.75
    assert rows.loc["loan", "effective_number_value"] == pytest.approx(2.0)
    assert rows.loc["loan", "largest"] == "2" and rows.loc["segment", "names"] == 1


def test_independent_factors_share_the_variance_by_their_squares():
    """Price 3 a + 1 b + noise 1, all standard normal: 9, 1 and 1 of 11 up to sampling (5 errors of
    some 1/sqrt(n)).
    """
    n = 40_000
    rng = np.random.default_rng(5)
    drivers = rng.standard_normal((n, 2))
    sample = 3.0 * drivers[:, 0] + drivers[:, 1] + rng.standard_normal(n)
    found = factor_attribution(
        Sample.plain(n), sample, drivers, ("cooperation", "congestion"), 0.05
    ).set_index("factor")
    shares = found["share_of_variance"].to_numpy()
    assert shares == pytest.approx([9 / 11, 1 / 11, 1 / 11], abs=5 * 0.82 / np.sqrt(n))
    assert shares.sum() == pytest.approx(1.0)
    gap = risk.expected_shortfall(sample, 0.05).value - sample.mean()
    assert found["tail"].sum() == pytest.approx(gap)
    # In the tail of a normal sum each part is worth its share of the variance.
    assert found["tail"].to_numpy() / gap == pytest.approx([9 / 11, 1 / 11, 1 / 11], abs=0.03)


def test_twins_share_alike():
    """The same factor twice: Shapley gives each half."""
    a = RNG.standard_normal(500)
    found = factor_attribution(
        Sample.plain(500), 2.0 * a, np.column_stack([a, a]), ("cooperation", "congestion"), 0.1
    )
    assert found["share_of_variance"].to_numpy() == pytest.approx([0.5, 0.5, 0.0], abs=1e-9)


def test_no_factors_leave_all_to_single_loans():
    found = factor_attribution(Sample.plain(501), SAMPLE, np.empty((len(SAMPLE), 0)), (), 0.05)
    assert found["share_of_variance"].tolist() == [1.0]
