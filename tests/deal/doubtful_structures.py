"""Deals with probably unintended reserves, triggers, hedges and fees."""

from __future__ import annotations

from tests.builders.deals import before_last, deal_terms
from tests.deal.deal_warning_terms import (
    SHORTFALL,
    changed,
)

DOUBTFUL_STRUCTURES = {
    "target that nothing fills": (
        deal_terms(
            accounts=[
                {
                    "name": "r",
                    "initial": 1.0,
                    "target": {"kind": "fixed", "amount": 1.0},
                    "sweep": True,
                }
            ]
        ),
        "accounts.0.target: no reserve step fills 'r'",
    ),
    "accelerated in the normal order": (
        deal_terms(
            triggers=[SHORTFALL],
            event_of_default=["short"],
            steps_after_default=deal_terms()["steps"],
            steps=[
                {**deal_terms()["steps"][0], "when": {"kind": "accelerated"}},
                *deal_terms()["steps"],
            ],
        ),
        "steps.0.when: got accelerated, which is never true in steps",
    ),
    "condition after the end": (
        deal_terms(
            steps=[
                {**deal_terms()["steps"][0], "when": {"kind": "from_payment", "number": 9}},
                *deal_terms()["steps"],
            ]
        ),
        "steps.0.when: got from_payment 9; expected at most 3",
    ),
    "plan above the pool": (
        deal_terms(
            business_plan={
                "kind": "points",
                "points": [{"date": "2026-12-31", "cumulative": 501.0}],
            }
        ),
        "business_plan.points: expect 501.00, more than the pool_balance",
    ),
    "cap of nothing": (
        deal_terms(
            steps=[
                {**deal_terms()["steps"][0], "caps": [{"kind": "per_date", "amount": 0.0}]},
                *deal_terms()["steps"],
            ]
        ),
        "steps.0.caps.0.amount: got 0, so that the step never pays",
    ),
    "interest that waits for its principal": (
        changed(("steps", 0, "when"), {"kind": "redeemed", "tranches": ["senior"]}),
        "steps.0.when: pays interest of 'senior' only once its principal is repaid",
    ),
    "reserve of most of the notes": (
        deal_terms(
            accounts=[
                {
                    "name": "r",
                    "target": {"kind": "share_of", "tranches": ["senior"], "share": 0.6},
                    "sweep": True,
                }
            ],
            steps=before_last({"kind": "reserve", "account": "r"}),
        ),
        "accounts.0.target.share: got 0.6",
    ),
    "reserve of many times": (
        deal_terms(
            accounts=[
                {
                    "name": "r",
                    "target": {"kind": "multiple", "tranches": ["senior"], "times": 50},
                    "sweep": True,
                }
            ],
            steps=before_last({"kind": "reserve", "account": "r"}),
        ),
        "accounts.0.target.times: got 50 times",
    ),
    "fixed reserve of most of the notes": (
        deal_terms(
            accounts=[{"name": "r", "target": {"kind": "fixed", "amount": 61.0}, "sweep": True}],
            steps=before_last({"kind": "reserve", "account": "r"}),
        ),
        "accounts.0.target.amount: got 61.00, more than half of the notes (120.00)",
    ),
    "call of nothing": (
        deal_terms(
            clean_up_call={"tranches": ["senior"], "below": 0.0, "price": {"kind": "notes"}}
        ),
        "clean_up_call.below: got 0, so that it is never called",
    ),
    "a century": (
        deal_terms(legal_final="2126-12-31"),
        "legal_final: got 2126-12-31, 103 years after closing_date",
    ),
    "old cut-off": (
        deal_terms(cutoff_date="2020-12-31"),
        "cutoff_date: got 2020-12-31, 3.0 years before closing_date",
    ),
    "payments every two years": (
        deal_terms(
            schedule={"first_payment": "2024-12-31", "frequency_months": 24, "calendar": "none"}
        ),
        "schedule.frequency_months: got 24",
    ),
    "share of the cash first": (
        deal_terms(steps=[{"kind": "excess_share", "share": 0.3}, *deal_terms()["steps"]]),
        "steps.0.share: pays 30% of the cash at hand to 'servicer' before principal of 'senior'",
    ),
    "trigger after the end": (
        deal_terms(triggers=[{**SHORTFALL, "first_test": 9}], event_of_default=["short"]),
        "triggers.0.first_test: got 9; expected at most 3",
    ),
    "trigger on a date after the end": (
        deal_terms(
            triggers=[{"kind": "from_date", "name": "late", "date": "2030-01-01"}],
            event_of_default=["late"],
        ),
        "triggers.0.date: got 2030-01-01",
    ),
    "trigger that holds at once": (
        deal_terms(
            triggers=[{"kind": "balance", "name": "b", "tranches": ["senior"], "at_most": 1.0}],
            event_of_default=["b"],
        ),
        "triggers.0.at_most: got 1, which holds from the first date",
    ),
    "plan of many times the mean": (
        deal_terms(business_plan={"kind": "mean", "factor": 80.0}),
        "business_plan.factor: got 80",
    ),
    "swap above the notes": (
        deal_terms(
            index={"kind": "flat", "rate": 0.02},
            hedges=[
                {
                    "kind": "swap",
                    "name": "irs",
                    "fixed": 0.03,
                    "notional": {"kind": "schedule", "amounts": [500.0]},
                }
            ],
            steps=before_last({"kind": "pay", "of": ["irs"]}),
        ),
        "hedges.0.notional.amounts: go to 500.00, more than the notes (120.00)",
    ),
    "accelerated without a default": (
        deal_terms(
            steps=[
                {**deal_terms()["steps"][0], "when": {"kind": "accelerated"}},
                *deal_terms()["steps"],
            ]
        ),
        "steps.0.when: got accelerated, but event_of_default names no trigger",
    ),
    "fee of a tenth of the pool": (
        deal_terms(
            claims=[
                {"kind": "fee", "name": "f", "amounts": [{"kind": "per_date", "amount": 51.0}]}
            ],
            steps=before_last({"kind": "pay", "of": ["f"]}),
        ),
        "claims.0.amounts.0.amount: got 51.00",
    ),
}
"""Name of the mistake: terms, and a part of the warning."""
