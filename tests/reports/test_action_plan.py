"""The limitation calendar, by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis.action_plan import action_plan, action_plan_text
from npl_sim.runs.deadlines import deadlines_text
from tests.builders.studies import loan, study

LEGAL = {
    "name": "Somewhere",
    "limitation": [{"months": 36, "source": "test"}],
    "enforcement_window_months": 24,
    "court_fee": {"brackets": [{"fixed": 100, "rate": 0.01}]},
    "payment_order_fee_factor": 0.5,
}
POLICY = {
    "collection": {
        "settle_hazard": 0.02,
        "contact_methods": [
            {"method": "call", "contacts_per_month": 2, "cost_per_contact": 1.5},
            {
                "method": "letter",
                "contacts_per_month": 1,
                "cost_per_contact": 4,
                "reach_per_contact": 0.5,
            },
        ],
    },
    "litigation": {
        "after_months": 12,
        "minimum_claim": 500,
        "expiry_margin": 3,
        "lawyer_fixed_fee": 30,
    },
    "enforcement": {"performance_window": 0.5, "application_delay": 1},
}


@pytest.fixture
def case(tmp_path):
    loans = [
        loan(0, limitation_left_months=8),
        loan(1, limitation_left_months=30),
        loan(2, limitation_left_months=-2),
        loan(3, limitation_left_months=8, principal=400),
        loan(4, stage="judged", stage_date="2025-06-30"),
        loan(5, stage="plan", limitation_left_months=5),
        loan(6, stage="litigation", limitation_left_months=1),
    ]
    return study(
        tmp_path, loans, POLICY, legal=LEGAL, simulation={"scenarios": 64, "horizon_months": 40}
    )


def test_the_plan_by_hand(case):
    plan = action_plan(case.study, case.table).set_index("loan_id")
    assert list(plan.index) == ["L000002", "L000005", "L000000", "L000003", "L000004", "L000001"]
    assert plan["months_left"].to_dict() == pytest.approx(
        {
            "L000002": -2,
            "L000005": 5,
            "L000000": 8,
            "L000003": 8,
            "L000001": 30,
            # Judged 2025-06-30, 15 days to perform, two years: 2027-07-15, 15 of 30 days after
            # 2027-06-30.
            "L000004": 12.5,
        }
    )
    assert (
        plan["bucket"]["L000002"] == "has run out" and plan["bucket"]["L000005"] == "3 to 6 months"
    )
    assert plan["bucket"]["L000000"] == "6 to 12 months" and plan["bucket"]["L000001"] == "later"
    assert "sued in month 5, early" in plan["action"]["L000000"]
    assert plan["action"]["L000001"] == "sued in month 12 by plan"
    assert "never sues" in plan["action"]["L000003"] and "in a plan" in plan["action"]["L000005"]
    assert "applies within 1.5 months" in plan["action"]["L000004"]
    # 100 + 1 % of 1,000, and the lawyer's 30; half of the court's fee for an order.
    assert plan["lawsuit"]["L000000"] == pytest.approx(140)
    assert plan["payment_order"]["L000000"] == pytest.approx(85)
    assert plan["letter"]["L000000"] == pytest.approx(4)
    assert plan["lawsuit"]["L000004"] == 0.0
    assert plan["expiry"]["L000000"] == pd.Timestamp("2027-02-28")


def test_the_text_counts_and_adds_up(case):
    text = deadlines_text(case, top=2)
    assert "The 2 claims that run out next" in text and "L000005" in text and "L000001" not in text
    row = next(
        line for line in text.splitlines() if "6 to 12 months" in line and "limitation" in line
    )
    value = case.simulate().loans.set_index("loan_id")["pv_mean"][["L000000", "L000003"]].sum()
    assert row.split()[-4:] == ["2", "1,400.00", f"{value:,.2f}", "274.00"]


def test_without_a_law_no_clock_runs(tmp_path):
    case = study(tmp_path, [loan()], {})
    plan = action_plan(case.study, case.table)
    assert plan["action"].tolist() == ["no clock runs"] and np.isinf(plan["months_left"]).all()
    assert pd.isna(plan["expiry"]).all()
    assert "never" in action_plan_text(case.study, case.table)
