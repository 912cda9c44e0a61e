"""Deals that are probably unintended are warned of or refused, with key, value and what was
expected; sound ones are not."""

from __future__ import annotations

import pytest

from tests.builders.deals import before_last, deal, deal_terms, deal_texts
from tests.deal.deal_warning_terms import (
    GOOD,
    MEZZ,
    PLAIN,
    RETURN,
    SENIOR,
    SHORTFALL,
    changed,
    order,
    step,
)

CCR = {"kind": "collection_ratio", "name": "ccr", "below": 0.9}


PLAN = {"kind": "mean"}


DOUBTFUL = {
    "coupon far too high": (
        changed(("tranches", 0, "coupon", "rate"), 0.4),
        "tranches.0.coupon.rate: got 0.4, that is 40% a year",
    ),
    "no notes": (
        deal_terms(tranches=[{**t, "balance": 0.0} for t in deal_terms()["tranches"]]),
        "tranches: balances sum to 0.00 CNY, so that nothing is issued",
    ),
    "a call for nothing": (
        deal_terms(
            business_plan=PLAN,
            clean_up_call={
                "tranches": ["senior"],
                "below": 0.1,
                "price": {"kind": "plan_left", "share": 0.0},
            },
        ),
        "clean_up_call.price.share: got 0, so that the package is given away",
    ),
    "steps from after closing": (
        changed(
            ("tranches", 0, "coupon"),
            {"kind": "stepped", "steps": [{"since": "2024-06-30", "rate": 0.05}]},
        ),
        "tranches.0.coupon.steps.0.since: got 2024-06-30, after closing on 2023-12-31",
    ),
    "a step after the end": (
        changed(
            ("tranches", 0, "coupon"),
            {
                "kind": "stepped",
                "steps": [
                    {"since": "2023-12-31", "rate": 0.05},
                    {"since": "2026-12-31", "rate": 0.06},
                ],
            },
        ),
        "tranches.0.coupon.steps.1.since: got 2026-12-31, not before legal_final 2026-12-31",
    ),
    "cap below the spread": (
        deal_terms(
            index={"kind": "flat", "rate": 0.02},
            tranches=[
                {**SENIOR, "coupon": {"kind": "floating", "spread": 0.02, "cap": 0.01}},
                MEZZ,
            ],
            steps=order(*GOOD)["steps"],
        ),
        "tranches.0.coupon.cap: got 0.01, not above the spread of 0.02",
    ),
    "spread far too high": (
        deal_terms(
            index={"kind": "flat", "rate": 0.02},
            tranches=[{**SENIOR, "coupon": {"kind": "floating", "spread": 0.4}}, MEZZ],
            steps=order(*GOOD)["steps"],
        ),
        "tranches.0.coupon.spread: got 0.4",
    ),
    "index far too high": (
        deal_terms(index={"kind": "flat", "rate": 0.35}),
        "index.rate: got 0.35, that is 35%",
    ),
    "price in percent": (
        changed(("tranches", 1, "price"), 99.0),
        "tranches.1.price: got 99, that is 9900% of par",
    ),
    "notes above the pool": (
        deal_terms(pool_balance=110.0),
        "balances sum to 120.00 CNY, more than the pool_balance of 110.00",
    ),
    "principal before interest": (
        order(step("principal", "senior"), *GOOD),
        "steps.0: repays principal of 'senior' before its interest, which steps.1 pays",
    ),
    "junior principal first": (
        order(*PLAIN, step("principal", "mezz"), step("principal", "senior")),
        "steps.1.to: pays principal of 'mezz' before principal of 'senior'",
    ),
    "junior first in one step": (
        order(*PLAIN, step("principal", "mezz", "senior")),
        "pays principal of 'mezz' before principal of 'senior'",
    ),
    "junior interest first": (
        order(step("interest", "mezz"), *GOOD),
        "steps.0.to: pays interest of 'mezz' before interest of 'senior'",
    ),
    "junior return first": (
        order(step("pay", "return"), *GOOD, claims=[RETURN]),
        "steps.0.of: pays 'return', the return of 'mezz', before principal of 'senior'",
    ),
    "trigger that nothing reads": (
        deal_terms(triggers=[SHORTFALL]),
        "triggers.0.name: got 'short', which no condition and no event_of_default reads",
    ),
    "order that is never used": (
        deal_terms(steps_after_default=deal_terms()["steps"]),
        "steps_after_default: is never used",
    ),
    "limit in percent": (
        deal_terms(
            triggers=[{**CCR, "below": 90.0}], business_plan=PLAN, event_of_default=["ccr"]
        ),
        "triggers.0.below: got 90, that is 9000% of plan",
    ),
    "schedule above the balance": (
        order(
            *PLAIN,
            step("principal", "senior", amount={"kind": "scheduled", "amounts": [60.0, 60.0]}),
            step("principal", "mezz"),
        ),
        "steps.1.amount.amounts: sum to 120.00, more than the balance of 'senior', 100.00",
    ),
    "schedule below the balance": (
        order(
            *PLAIN,
            step("principal", "senior", amount={"kind": "scheduled", "amounts": [60.0]}),
            step("principal", "mezz"),
        ),
        "sum to 60.00 of the balance of 'senior', 100.00, and no other step repays the rest",
    ),
    "target that stays": (
        order(
            *PLAIN,
            step(
                "principal",
                "senior",
                amount={"kind": "target_balance", "points": [{"payment": 1, "share": 0.2}]},
            ),
            step("principal", "mezz"),
        ),
        "leave 20% of 'senior' for good",
    ),
    "end of month moves the first payment": (
        deal_terms(
            schedule={
                "first_payment": "2024-12-15",
                "frequency_months": 12,
                "calendar": "none",
                "end_of_month": True,
            }
        ),
        "schedule.first_payment: got 2024-12-15, which end_of_month moves to 2024-12-31",
    ),
    "month end without end_of_month": (
        deal_terms(
            schedule={"first_payment": "2024-06-30", "frequency_months": 3, "calendar": "none"}
        ),
        "schedule.first_payment: got 2024-06-30, a month end, but later payments are on day 30",
    ),
    "one day at the end": (
        deal_terms(legal_final="2027-01-01"),
        "legal_final: got 2027-01-01, 1 day after the payment date of 2026-12-31",
    ),
    "one day at the beginning": (
        deal_terms(closing_date="2024-12-30"),
        "1 days after closing_date 2024-12-30",
    ),
    "long first period": (
        deal_terms(
            closing_date="2023-12-31",
            schedule={"first_payment": "2024-12-31", "frequency_months": 3, "calendar": "none"},
        ),
        "366 days after closing_date",
    ),
    "call at half": (
        deal_terms(
            clean_up_call={"tranches": ["senior"], "below": 0.5, "price": {"kind": "notes"}}
        ),
        "clean_up_call.below: got 0.5",
    ),
    "call on the last date": (
        deal_terms(
            clean_up_call={
                "tranches": ["senior"],
                "below": 0.1,
                "first_date": 3,
                "price": {"kind": "notes"},
            }
        ),
        "clean_up_call.first_date: got 3",
    ),
    "swap without a floater": (
        deal_terms(
            index={"kind": "flat", "rate": 0.02},
            hedges=[
                {
                    "kind": "swap",
                    "name": "irs",
                    "fixed": 0.03,
                    "notional": {"kind": "of_balance", "tranches": ["senior"]},
                }
            ],
            steps=before_last({"kind": "pay", "of": ["irs"]}),
        ),
        "hedges.0: a swap 'irs', but no tranche floats",
    ),
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


@pytest.mark.parametrize("name", DOUBTFUL)
def test_doubtful_deals_are_reported_with_key_and_value(name):
    the_terms, text = DOUBTFUL[name]
    found = deal_texts(deal(**the_terms))
    assert any(text in line for line in found), found
    assert all("expected" in line or "never" in line for line in found)
