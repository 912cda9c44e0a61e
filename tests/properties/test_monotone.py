"""A change that must not lower a price does not lower it, on the same draws.

Draws are addressed, so two runs differ by the changed assumption alone. The difference has no
sampling error, and the mean over few scenarios is enough.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from npl_sim.runs.case import load_study

STUDY = Path(__file__).parents[2] / "configs" / "studies" / "first_package.yaml"
SIZE = {"simulation.scenarios": 64}


def overlay(factor, **terms):
    return {
        "market.stresses": [{"name": "changed", "overlays": [{"factor": factor, **terms}]}],
        "stress": ["changed"],
        "prudence.margins": [],
    }


def mean(changes):
    case = load_study(STUDY, {**SIZE, **changes})
    return case.simulate().loans["pv_mean"].sum()


@pytest.fixture(scope="module")
def base():
    return mean({})


@pytest.mark.parametrize(
    "better",
    [
        overlay("index:*", multiply=1.1),
        overlay("index:*/residential", drift_shift=0.03),
        overlay("cooperation", multiply=1.3),
        overlay("congestion", multiply=0.7),
        {"legal.court_fee.brackets": []},
        {"legal.enforcement_fee.brackets": []},
        {"collateral.residential.forced_sale_discount": 0.3},
        {"collateral.residential.seizure": {"kind": "lognormal", "mean": 6, "sd": 3}},
        {"collateral.commercial.cost": 0.0},
        {"policies.1.litigation.lawsuit.win": 1.0},
        {"policies.1.litigation.lawyer_fixed": 0},
        {"policies.2.litigation.lawyer_contingent": 0.0},
        {"policies.2.enforcement.assets.1.find": 0.9},
        {"policies.2.enforcement.assets.1.dissipation": 0.0},
        {"policies.2.enforcement.assets.1.present": 0.8},
        {"policies.2.enforcement.assets.1.rivals": 0.0},
        {"policies.2.enforcement.assets.1.renewal": 1.0},
        {
            "policies.0.collection.promise": {"months": 0, "kept": 1.0},
            "policies.0.collection.settle_hazard": 0.02,
        },
        {"policies.2.restructuring.plans": 3},
        {"policies.1.litigation.preservation.premium": 0.0},
        {"legal.judgment_delay_rate": 0.2},
        {"policies.2.enforcement.guarantor_pays": 0.6},
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
        "policies.2.enforcement.assets.1.dissipation": 2.0,
        "policies.2.enforcement.assets.1.coverage": 0.3,
    }
    without = mean({**fast, "policies.2.litigation.preservation": None})
    assert mean({**fast, "policies.2.litigation.preservation.premium": 0.0}) > without


@pytest.mark.parametrize(
    "worse",
    [
        {"policies.0.collection.promise": {"months": 2, "kept": 0.5}},
        {"market.courts": {"cases_per_month": 5}},
        {
            "policies.2.enforcement.guarantor_in_default": 0.0,
            "policies.2.enforcement.guarantor_pays": 0.1,
        },
        {"policies.2.litigation.lawyer_enforcement": 5000},
        {"policies.2.litigation.preservation.form": "cash"},
        {"legal.cost_shifting": 0.0},
    ],
    ids=lambda c: ", ".join(c),
)
def test_a_worse_world_is_not_worth_more(worse, base):
    assert mean(worse) < base
