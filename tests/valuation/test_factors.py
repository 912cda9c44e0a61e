"""What systematic factors do to the price, and when it cannot be determined."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.stats.sample import Sample
from npl_sim.valuation.factor_attribution import factor_attribution

NAMES = ("cooperation", "congestion", "index:*/land")


def table(scenarios):
    rng = np.random.default_rng(3)
    drivers = rng.standard_normal((scenarios, 3))
    price = 100.0 + drivers @ [3.0, 0.0, 4.0] + 0.1 * rng.standard_normal(scenarios)
    return factor_attribution(Sample.plain(scenarios), price, drivers, NAMES, 0.25), price


def test_a_line_through_too_few_scenarios_tells_no_factor():
    """Four coefficients: from 12 scenarios on factors have shares, below that none has."""
    found, price = table(11)
    assert (
        found["share_of_variance"].iloc[:-1].isna().all() and found["tail"].iloc[:-1].isna().all()
    )
    assert found["factor"].iloc[-1] == "not estimated: 11 scenarios, expected at least 12"
    assert found["share_of_variance"].iloc[-1] == 1.0
    worst = Sample.plain(11).expected_shortfall(price, 0.25).value
    assert found["tail"].sum() == pytest.approx(worst - price.mean())


def test_enough_scenarios_tell_the_factors():
    found, _ = table(400)
    assert found["share_of_variance"].to_numpy() == pytest.approx([0.36, 0.0, 0.64, 0.0], abs=0.06)
