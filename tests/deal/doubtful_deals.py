"""Deals with probably unintended terms of notes, orders, dates and calls."""

from __future__ import annotations

from tests.builders.deals import before_last, deal_terms
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


DOUBTFUL_NOTES = {
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
}
"""Name of the mistake: terms, and a part of the warning."""
