"""Random deals and random flows for property tests.

Every term of the deal language is drawn by some deal; `tests/naive_deal/test_words_drawn.py` fails
where one is not.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from hypothesis import strategies as st

from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.dates import add_months
from npl_sim.securitization.terms.deal import Deal
from tests.builders.deal_options import (
    AMOUNTS,
    CAPS,
    CONDITIONS,
    COUPONS,
    INDICES,
    NOTIONALS,
    OTHER_TRIGGERS,
    PAYABLE,
    PLANS,
    RATES,
    ROLES,
    SOURCES,
    TARGETS,
    TRIGGER,
)

Terms = dict[str, Any]

TRANCHES = ("senior", "mezz", "sub")


@st.composite
def claims(draw: Any) -> list[Terms]:
    """The same five claims, in different terms."""
    return [
        {
            "kind": "fee",
            "name": "trustee",
            "role": draw(st.sampled_from(ROLES)),
            "amounts": [
                {"kind": "per_year", "amount": 1.0},
                {"kind": "of_balance", "tranches": ["senior", "mezz"], "rate": 0.001},
            ],
            "carry": draw(st.booleans()),
        },
        {
            "kind": "fee",
            "name": "servicer fee",
            "role": "servicer",
            "payee": "servicer",
            "amounts": [
                {
                    "kind": "of_collections",
                    "share": 0.06,
                    "base": draw(st.sampled_from(("gross", "net"))),
                },
                {"kind": "per_date", "amount": 0.2},
            ],
            "accrues_when": {"kind": "not", "of": TRIGGER},
            "carry": draw(st.booleans()),
        },
        {"kind": "recovery_costs", "name": "costs", "rate": draw(st.sampled_from((0.0, 0.03)))},
        {
            "kind": "guarantee_premium",
            "name": "premium",
            "tranches": ["senior"],
            "rates": [{"from_year": 0, "rate": 0.005}, {"from_year": 1, "rate": 0.01}],
        },
        {
            "kind": "fixed_return",
            "name": "return",
            "tranche": "sub",
            "rate": 0.1,
            "compounding": draw(st.booleans()),
        },
    ]


@st.composite
def orders(draw: Any) -> list[Terms]:
    """A shuffled order of payments in which everything has a payer, with some steps twice."""

    def common() -> Terms:
        condition = draw(st.sampled_from(CONDITIONS))
        deal_terms = {
            "caps": draw(st.sampled_from(CAPS)),
            "sources": draw(st.sampled_from(SOURCES)),
        }
        return deal_terms | ({} if condition is None else {"when": condition})

    steps = [{"kind": "pay", "of": [name]} | common() for name in PAYABLE]
    steps.append({"kind": "pay", "of": ["trustee", "costs"]} | common())
    steps += [{"kind": "interest", "to": [name]} | common() for name in TRANCHES[:2]]
    steps.append({"kind": "interest", "to": ["senior", "mezz"]} | common())
    for to in (["senior"], ["mezz", "sub"], ["senior", "mezz", "sub"]):
        deal_terms = {
            "kind": "principal",
            "to": to,
            "order": draw(st.sampled_from(["sequential", "pro_rata"])),
            "amount": draw(st.sampled_from(AMOUNTS)),
        }
        steps.append(deal_terms | common())
    for name in ("reserve", "second"):
        sources = draw(st.sampled_from((["available"], ["available", "spare"])))
        steps.append({"kind": "reserve", "account": name} | common() | {"sources": sources})
    steps.append({"kind": "excess_share", "share": 0.3} | common())
    return [
        *draw(st.permutations(steps)),
        {"kind": "residual", **draw(st.sampled_from(({"to": "sub"}, {"payee": "seller"})))},
    ]


@st.composite
def schedules(draw: Any) -> Terms:
    """Payment dates."""
    return {
        "first_payment": draw(st.sampled_from(("2023-12-26", "2023-12-31"))),
        "frequency_months": draw(st.sampled_from((3, 6))),
        "end_of_month": draw(st.booleans()),
        "calendar": draw(
            st.sampled_from(("china_interbank", "target", "italy", "weekends", "none"))
        ),
        "business_day": draw(
            st.sampled_from(("following", "modified_following", "preceding", "unadjusted"))
        ),
        "accrual": draw(st.sampled_from(("adjusted", "unadjusted"))),
        "collection_lag": draw(
            st.sampled_from(({}, {"days": 20}, {"months": 1, "to_month_end": True}))
        ),
    }


@st.composite
def triggers(draw: Any) -> list[Terms]:
    """A trigger on collections, one on interest, and another of any kind."""

    def memory() -> Terms:
        return {
            "consecutive": draw(st.integers(1, 2)),
            "cure_after": draw(st.sampled_from((None, 1, 2))),
            "first_test": draw(st.integers(1, 3)),
        }

    return [
        {"kind": "collection_ratio", "name": "ccr", "below": 0.9137} | memory(),
        {
            "kind": "interest_shortfall",
            "name": "unpaid",
            "tranches": ["senior"],
            "tolerance": 0.01,
        },
        {"name": "other"} | draw(st.sampled_from(OTHER_TRIGGERS)) | memory(),
    ]


DAY_COUNTS = st.sampled_from(("act_360", "act_365", "act_act", "30_360", "30e_360"))


@st.composite
def tranches(draw: Any) -> list[Terms]:
    """Three tranches, of which the last has no coupon."""
    coupons = st.sampled_from(COUPONS)
    return [
        {
            "name": "senior",
            "balance": 80,
            "coupon": draw(coupons),
            "deferrable": draw(st.booleans()),
        },
        {
            "name": "mezz",
            "balance": 25,
            "coupon": draw(coupons),
            "day_count": draw(DAY_COUNTS),
            "interest_on_unpaid": draw(st.booleans()),
        },
        {"name": "sub", "balance": 15},
    ]


@st.composite
def accounts(draw: Any) -> list[Terms]:
    """Two accounts with a target, and one without."""
    targeted = [
        {
            "name": name,
            "initial": draw(st.sampled_from((0.0, 4.0))),
            "target": draw(st.sampled_from(TARGETS)),
            "sweep": draw(st.booleans()),
            "reinvestment": draw(st.sampled_from(RATES)),
        }
        for name in ("reserve", "second")
    ]
    return [*targeted, {"name": "spare", "initial": 3.0}]


@st.composite
def hedges(draw: Any) -> list[Terms]:
    """A swap and a cap on the rate."""
    notionals = st.sampled_from(NOTIONALS)
    return [
        {"kind": "swap", "name": "swap", "fixed": 0.02, "notional": draw(notionals)},
        {"kind": "rate_cap", "name": "cap", "strike": 0.03, "notional": draw(notionals)},
    ]


@st.composite
def deals(draw: Any) -> Deal:
    """A deal of three tranches with everything in it."""
    call = {
        "tranches": ["senior"],
        "below": draw(st.sampled_from((0.3, 1.0))),
        "first_date": draw(st.integers(1, 6)),
        "price": draw(st.sampled_from(({"kind": "notes"}, {"kind": "plan_left", "share": 0.8}))),
        "required_return": 0.06,
    }
    deal_terms = {
        "name": "random",
        "cutoff_date": "2023-06-30",
        "closing_date": "2023-09-15",
        "legal_final": draw(st.sampled_from(("2025-11-20", "2026-03-26"))),
        "schedule": draw(schedules()),
        "day_count": draw(DAY_COUNTS),
        "interim_collections": draw(st.sampled_from(("deal", "seller"))),
        "pool_balance": 400.0,
        "index": draw(st.sampled_from(INDICES)),
        "business_plan": draw(st.sampled_from(PLANS)),
        "tranches": draw(tranches()),
        "accounts": draw(accounts()),
        "collection_account": draw(st.sampled_from(RATES)),
        "claims": draw(claims()),
        "hedges": draw(hedges()),
        "triggers": draw(triggers()),
        "event_of_default": draw(st.sampled_from(([], ["unpaid"], ["unpaid", "other"]))),
        "steps": draw(orders()),
        "clean_up_call": draw(st.sampled_from((None, call))),
    }
    if draw(st.booleans()):
        deal_terms["steps_after_default"] = draw(orders())
    return Deal.model_validate(deal_terms)


@st.composite
def flows(draw: Any) -> DatedFlows:
    """Monthly cash of a few scenarios, from months with nothing to a flood, before the cut-off and
    after the end."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scenarios, months = draw(st.integers(1, 6)), 36
    size = draw(st.sampled_from((0.0, 1.0, 4.0, 12.0)))
    received = (
        size
        * rng.lognormal(0.0, 1.0, (scenarios, months))
        * (rng.random((scenarios, months)) < 0.7)
    )
    costs = received * 0.1 + (rng.random((scenarios, months)) < 0.3)
    if draw(st.booleans()):  # round amounts meet thresholds and balances exactly
        received, costs = np.round(received), np.round(costs)
    extras = {
        "closed_pv": received * rng.uniform(0.5, 1.0, received.shape),
        "closed_target": received * rng.uniform(0.5, 1.0, received.shape),
        "resolved": received * rng.uniform(0.5, 3.0, received.shape),
    }
    days = tuple(add_months(date(2023, 5, 31), m, True) for m in range(months))
    rates = 0.02 + rng.normal(0.0, 0.01, received.shape).cumsum(axis=1)
    return DatedFlows(days, received, costs, extras, short_rate=rates)
