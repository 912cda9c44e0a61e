"""The second method against the simulation, one stage at a time.

Only one stage of each study is random. The allowance is five standard errors of the simulation and
a stated model error of the second method. It fails by chance about once in 1.7 million seeds.
"""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.dcf.value import expected_cash
from npl_sim.valuation.price import price
from tests.builders.stage_studies import (
    ENFORCED,
    FEES,
    HOME,
    MARKET,
    MODEL_ERROR,
    STUDIES,
    SUIT,
    stage_study,
)
from tests.builders.studies import loan, study


@pytest.mark.parametrize("name", STUDIES)
def test_agrees_with_the_simulation(tmp_path, name):
    case = stage_study(tmp_path, name)
    simulated = price(case.simulate(), case.study.pricing)
    second = expected_cash(case.study, case.table)
    allowed = 5 * simulated.mean.se + MODEL_ERROR[name] * abs(simulated.mean.value)
    assert simulated.mean.se < 0.02 * abs(simulated.mean.value)
    assert abs(second.value - simulated.mean.value) < allowed
    # Cash by month sums to the same value, and nothing is paid that is not a number.
    assert np.isfinite(second.by_month).all()
    v = 1.1 ** (-np.arange(61) / 12)
    assert v @ second.by_month.sum(axis=1) == pytest.approx(second.value, rel=1e-9)


STANDING = ["litigation", "judged", "enforcement", "plan", "dormant"]
CASES = {
    # name: policy, what else the study says, the second method's own error
    "limitation": (
        {
            "collection": {"reach_hazard": 0.1},
            "litigation": {
                **SUIT,
                "after_months": 12,
                "file_before_expiry": False,
                "defence_raised": 0.8,
            },
            "enforcement": {**ENFORCED, "perform": 1.0},
        },
        {"legal": {**FEES, "limitation": [{"months": 12, "source": "a test"}]}},
        0.005,
    ),
    "standing on the tape": (
        {
            "litigation": SUIT,
            "enforcement": {**STUDIES["assets"]["enforcement"], "guarantor_pays": 0.5},
            "restructuring": STUDIES["restructuring"]["restructuring"],
            "residual_share": 0.1,
        },
        {},
        0.025,
    ),
    "what is left is sold": (
        {"litigation": SUIT, "enforcement": ENFORCED, "sale": {"month": 20, "buyer_return": 0.15}},
        {},
        0.02,
    ),
    "a sale that waits": (
        {
            "litigation": SUIT,
            "enforcement": ENFORCED,
            "sale": {
                "month": 20,
                "until": 24,
                "unsecured_price": 0.1,
                "wait_for": {"factor": "cooperation", "at_least": 1.2},
            },
        },
        {},
        0.01,
    ),
    "courts that are full": (
        {"litigation": SUIT, "enforcement": {**ENFORCED, "perform": 1.0}},
        {"market": {**MARKET, "courts": {"cases_per_month": 2}}},
        0.005,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_agrees_where_few_studies_go(tmp_path, name):
    policy, sections, model_error = CASES[name]
    loans = [
        loan(i, principal=700 + 30 * i, contract_rate=0.1, age_months=8, stage="collection")
        for i in range(10)
    ]
    items = []
    if name == "standing on the tape":
        loans = [
            {**row, "stage": STANDING[i % 5], "stage_date": "2026-01-15"}
            for i, row in enumerate(loans)
        ]
        items = [
            {
                "loan_id": f"L{i:06d}",
                "kind": "house",
                "appraisal_value": 900,
                "appraisal_date": "2026-06-30",
            }
            for i in (0, 1, 2, 5, 6)
        ]
    settings = {"legal": FEES, "market": MARKET, "collateral": {"house": HOME}, **sections}
    size = {
        "simulation": {"scenarios": 3000, "horizon_months": 60, "seed": 9},
        "pricing": {"required_return": 0.1},
    }
    case = study(tmp_path, loans, policy, items, **settings, **size)
    simulated = price(case.simulate(), case.study.pricing)
    second = expected_cash(case.study, case.table)
    allowed = 5 * simulated.mean.se + model_error * abs(simulated.mean.value)
    assert abs(second.value - simulated.mean.value) < allowed


def test_full_courts_cost_what_waiting_costs(tmp_path):
    """Ten cases filed at once, two taken on a month: eight are left behind, so that all wait four
    months (a fluid)."""
    policy = {"litigation": {"lawsuit": {"duration": 6}}, "enforcement": {"perform": 1}}
    case = study(
        tmp_path,
        [loan(i) for i in range(10)],
        policy,
        market={"courts": {"cases_per_month": 2}},
        simulation={"scenarios": 2, "horizon_months": 24},
    )
    assert np.flatnonzero(expected_cash(case.study, case.table).by_month.sum(axis=1)).tolist() == [
        10
    ]
