"""The channel sees the run's own scenario weights: keeping is worth the price, with the price's
error.
"""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.channels.outcomes import outcomes_of_flows
from npl_sim.stats.jackknife import jackknife
from tests.builders.packages import package


@pytest.fixture(scope="module")
def priced(tmp_path_factory):
    return package(tmp_path_factory.mktemp("weights"), scenarios=500).price()


def test_holding_at_the_studys_rate_is_the_price(priced):
    outcomes = outcomes_of_flows(priced.flows, priced.pricing.required_return)
    assert not priced.sample.is_plain
    value = outcomes.present_value(outcomes.net)
    assert float(outcomes.mean(value)) == pytest.approx(priced.mean.value, rel=1e-12)
    plain = float(value.mean())
    assert abs(plain - priced.mean.value) > 0.01 * priced.mean.se


def test_the_jackknife_error_is_that_of_the_weighted_mean(priced):
    """50 groups give the error to some 10 %: three of these, and below the plain error."""
    outcomes = outcomes_of_flows(priced.flows, priced.pricing.required_return)
    value = outcomes.present_value(outcomes.net)

    def mean(rows: np.ndarray) -> dict[str, float]:
        return {"mean": float(outcomes.among(rows) @ value[rows])}

    found = jackknife(mean, outcomes.scenarios, 0.95)["mean"]
    assert found.value == pytest.approx(priced.mean.value, rel=1e-12)
    assert found.se == pytest.approx(priced.mean.se, rel=0.3)
    plain = value.std(ddof=1) / np.sqrt(len(value))
    assert found.se < plain


def test_probabilities_among_scenarios_are_a_distribution(priced):
    outcomes = outcomes_of_flows(priced.flows, 0.1)
    rows = np.flatnonzero(np.arange(outcomes.scenarios) % 50)
    share = outcomes.among(rows)
    assert share.sum() == pytest.approx(1.0) and share.min() >= 0.0
    # Balanced again: the market factors average zero over the rest, too.
    assert np.abs(share @ priced.flows.factor_averages[rows]).max() < 1e-10
    assert outcomes.among(np.arange(outcomes.scenarios)) == pytest.approx(priced.sample.weights)
