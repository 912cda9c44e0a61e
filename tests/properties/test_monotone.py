"""A change that must not lower a price does not lower it, on the same draws.

Draws are addressed, so two runs differ by the changed assumption alone. The difference has no
sampling error, and the mean over few scenarios is enough.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest

from npl_sim.engine.simulate import simulate
from npl_sim.runs.study_session import load_study

STUDY = Path(__file__).parents[2] / "configs" / "studies" / "first_package.yaml"
SIZE = {"simulation.scenarios": 64}


def overlay(factor, **terms):
    return {
        "market.stresses": [{"name": "changed", "overlays": [{"factor": factor, **terms}]}],
        "stress": ["changed"],
        "prudence.margins": [],
    }


@functools.cache
def tape():
    """The tape, read once: no change concerns it."""
    return load_study(STUDY).table


def mean(changes):
    assert not [key for key in changes if key.startswith(("tape", "valuation_date"))]
    return simulate(load_study(STUDY, {**SIZE, **changes}).study, tape()).loans["pv_mean"].sum()


@pytest.fixture(scope="module")
def base():
    value = mean({})
    assert value == load_study(STUDY, SIZE).simulate().loans["pv_mean"].sum()
    return value


@pytest.mark.parametrize(
    "better",
    [
        overlay("index:*", multiplier=1.1),
        overlay("index:*/residential", drift_shift=0.03),
        overlay("cooperation", multiplier=1.3),
        overlay("congestion", multiplier=0.7),
        {"legal.court_fee.brackets": []},
        {"legal.enforcement_fee.brackets": []},
        {"collateral.residential.forced_sale_discount": 0.0},
        {"collateral.residential.seizure_duration": {"kind": "lognormal", "mean": 6, "sd": 3}},
        {"collateral.commercial.cost": 0.0},
        {"policies.1.litigation.lawsuit.win_probability": 1.0},
        {"policies.1.litigation.lawyer_fixed_fee": 0},
        {"policies.2.litigation.lawyer_contingency_share": 0.0},
        {"policies.2.enforcement.assets.1.discovery_probability": 0.9},
        {"policies.2.enforcement.assets.1.dissipation_rate": 0.0},
        {"policies.2.enforcement.assets.1.ownership_probability": 0.8},
        {"policies.2.enforcement.assets.1.competing_seizure_rate": 0.0},
        {"policies.2.enforcement.assets.1.renewal_probability": 1.0},
        {
            "policies.0.collection.promise": {"months": 0, "kept_probability": 1.0},
            "policies.0.collection.settle_hazard": 0.02,
        },
        {"policies.2.restructuring.maximum_plans": 3},
        {"policies.1.litigation.preservation.premium": 0.0},
        {"legal.judgment_delay_rate": 0.2},
        {"policies.2.enforcement.guarantor_payment_probability": 0.6},
        {"policies.0.collection.agencies.0.commission": 0.1},
        {"policies.1.collection.settlement_discount": {"ages": [0], "shares": [0.0]}},
        {"policies.1.cure.redefault_hazard": 0.0},
        {"policies.0.sale.bulk_discount": 0.0},
        {"pricing.servicing_rate": 0.0},
        {"pricing.required_return": 0.08},
    ],
    ids=lambda c: ", ".join(str(k) for k in c if k != "stress"),
)
def test_a_better_world_is_not_worth_less(better, base):
    assert mean(better) > base


def test_preservation_pays_where_assets_dissipate():
    """The value of a freeze is the difference of two runs under common random numbers."""
    fast = {
        "policies.2.enforcement.assets.1.dissipation_rate": 2.0,
        "policies.2.enforcement.assets.1.coverage": 0.3,
    }
    without = mean({**fast, "policies.2.litigation.preservation": None})
    assert mean({**fast, "policies.2.litigation.preservation.premium": 0.0}) > without


@pytest.mark.parametrize(
    "worse",
    [
        {"policies.0.collection.promise": {"months": 2, "kept_probability": 0.5}},
        {"market.courts": {"cases_per_month": 5}},
        {
            "policies.2.enforcement.guarantor_in_default_factor": 0.0,
            "policies.2.enforcement.guarantor_payment_probability": 0.1,
        },
        {"policies.2.litigation.lawyer_enforcement_fee": 5000},
        {"policies.2.litigation.preservation.form": "cash"},
        {"legal.cost_shifting": 0.0},
    ],
    ids=lambda c: ", ".join(c),
)
def test_a_worse_world_is_not_worth_more(worse, base):
    assert mean(worse) < base
