"""`explain` names the route of the loan, with the fee and the terms of that route."""

from __future__ import annotations

import pytest

from tests.builders.studies import loan, study

LAW = {
    "name": "test",
    "court_fee": {"source": "test", "brackets": [{"rate": 0.02}]},
    "arbitration_fee": {"source": "test", "brackets": [{"rate": 0.05}]},
    "payment_order_fee_factor": 0.25,
    "summary_fee_factor": 0.5,
}
TERMS = {
    "lawsuit": {
        "win_probability": 0.9,
        "duration": {"kind": "fixed", "value": 7},
        "summary_maximum_claim": 500,
    },
    "arbitration": {"win_probability": 0.8, "duration": {"kind": "fixed", "value": 5}},
    "payment_order": {"objection_probability": 0.35, "duration": {"kind": "fixed", "value": 2}},
}


def reported(tmp_path, route, clause, **columns):
    policy = {"litigation": {"route": route, **TERMS}, "enforcement": {}}
    rows = [loan(0, arbitration_clause=clause, **columns)]
    size = {"simulation": {"scenarios": 4, "horizon_months": 24}}
    return study(tmp_path, rows, policy, legal=LAW, **size).explain("L000000")


@pytest.mark.parametrize(
    ("route", "clause", "name", "fee", "course"),
    [
        # 1,000 owed: 2 % at court, a quarter of it for an order, 5 % for an arbitration.
        (
            "arbitration",
            "yes",
            "by arbitration",
            "arbitration fee on today's claim 50.00",
            "arbitration: 5.0 months",
        ),
        (
            "arbitration",
            "no",
            "by lawsuit",
            "court fee on today's claim 20.00;",
            "lawsuit: 7.0 months",
        ),
        (
            "arbitration",
            "",
            "by lawsuit",
            "court fee on today's claim 20.00;",
            "lawsuit: 7.0 months",
        ),
        (
            "payment_order",
            "no",
            "by payment order",
            "order on today's claim 5.00",
            "payment order: 2.0 months",
        ),
        (
            "lawsuit",
            "no",
            "by lawsuit",
            "court fee on today's claim 20.00;",
            "lawsuit: 7.0 months",
        ),
        (
            "lawsuit",
            "yes",
            "by lawsuit",
            "court fee on today's claim 20.00;",
            "lawsuit: 7.0 months",
        ),
    ],
)
def test_the_route_of_this_loan(tmp_path, route, clause, name, fee, course):
    text = reported(tmp_path, route, clause)
    (line,) = [line for line in text.splitlines() if line.startswith("Litigation:")]
    assert line.endswith(name)
    assert fee in text and course in text
    assert ("arbitration:" in text) == (route == "arbitration" and clause == "yes")
    assert ("the policy prefers arbitration, which the contract does not provide" in text) == (
        route == "arbitration" and clause != "yes"
    )
    assert ("a court may refuse the case" in text) == (route == "lawsuit" and clause == "yes")
    assert ("objects with 35.0 %, then a lawsuit follows" in text) == (route == "payment_order")
    assert ("lawsuit after an objection: 7.0 months" in text) == (route == "payment_order")


def test_a_small_claim_pays_the_fee_of_the_summary_procedure(tmp_path):
    assert "court fee on today's claim 4.00 (summary procedure)" in reported(
        tmp_path, "lawsuit", "no", principal=400
    )
    assert "court fee on today's claim 5.00 (summary procedure)" in reported(
        tmp_path / "edge", "lawsuit", "no", principal=500
    )


def test_a_suit_on_the_tape_stays_a_lawsuit(tmp_path):
    text = reported(tmp_path, "arbitration", "yes", stage="litigation", stage_date="2026-03-31")
    assert "already filed" in text and "lawsuit: 7.0 months" in text and "arbitration:" not in text


def test_a_plan_is_sued_only_where_it_fails(tmp_path):
    text = reported(tmp_path, "arbitration", "yes", stage="plan", stage_date="2026-03-31")
    assert "Litigation: where the plan fails, by arbitration" in text
