"""Bids and loss probabilities: what they promise, checked on the sample itself."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npl_sim.stats.discount import present_value
from npl_sim.stats.irr import irr
from npl_sim.stats.sample import Sample
from npl_sim.valuation.break_even import (
    Terms,
    price_test,
    probability_of_shortfall,
    value_in_expectation,
    value_with_probability,
)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.integers(-50, 50), min_size=2, max_size=60),
    st.floats(0.01, 0.99),
    st.floats(0.0, 0.3),
)
def test_a_value_with_probability_is_earned_that_often(pv, probability, cost):
    sample = np.array(pv, dtype=float)
    plain = Sample.plain(len(sample))
    bid = value_with_probability(plain, sample, probability, cost).value
    outlay = bid + cost * max(bid, 0.0)
    missed = probability_of_shortfall(plain, sample, outlay).value
    assert 1.0 - missed >= probability - 1e-9
    # The next dearer value would be earned too seldom, by more than one scenario's weight.
    dearer = sample[sample > outlay + 1e-9]
    if dearer.size:
        assert np.mean(sample >= dearer.min()) <= probability + 1e-9


def test_the_value_in_expectation_has_no_value_left_over():
    rng = np.random.default_rng(8)
    net = rng.random((500, 25))
    pv = present_value(net, 0.15)
    bid = value_in_expectation(Sample.plain(500), pv, 0.03)
    assert (pv - bid.value * 1.03).mean() == pytest.approx(0.0, abs=1e-12)
    assert bid.se == pytest.approx(pv.std(ddof=1) / np.sqrt(500) / 1.03)


def test_the_rate_misses_the_target_where_the_present_value_does():
    rng = np.random.default_rng(9)
    net = rng.random((400, 37)) * (rng.random((400, 1)) < 0.9)
    pv = present_value(net, 0.12)
    outlay = 13.0 * 1.02
    rates = irr(net, outlay)
    found = price_test(
        Sample.plain(400), 13.0, outlay, net.sum(axis=1), pv, rates, Terms(0.12, (0.5,))
    )
    assert found.irr is not None
    assert found.irr.below_target.value == found.below_required.value
    assert found.irr.negative.value == found.cash_loss.value
    assert found.irr.lost == np.mean(~net.any(axis=1))


def test_transaction_costs_do_not_better_a_value_below_nothing():
    pv = np.array([-30.0, -20.0, -10.0, 40.0])
    sample = Sample.plain(4)
    assert value_in_expectation(sample, pv, 0.1).value == pytest.approx(-5.0)
    assert value_with_probability(sample, pv, 0.75, 0.1).value == pytest.approx(-30.0)
    assert value_in_expectation(sample, -pv, 0.1).value == pytest.approx(5.0 / 1.1)
