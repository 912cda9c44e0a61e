"""Random deals and random flows for property tests."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from hypothesis import strategies as st

from npl_sim.deal.collections import DatedFlows
from npl_sim.deal.dates import add_months
from npl_sim.deal.spec import Deal

TRANCHES = ("senior", "mezz", "sub")
TRIGGER = {"kind": "trigger", "name": "ccr"}
CONDITIONS = (
    None,
    TRIGGER,
    {"kind": "not", "of": TRIGGER},
    {"kind": "outstanding", "tranches": ["senior"]},
    {
        "kind": "any",
        "of": [{"kind": "redeemed", "tranches": ["senior"]}, {"kind": "from_payment", "number": 3}],
    },
    {"kind": "all", "of": [TRIGGER, {"kind": "not", "of": {"kind": "accelerated"}}]},
)
CAPS = (
    [],
    [{"kind": "per_date", "amount": 3.0}],
    [{"kind": "per_year", "amount": 5.0}],
    [{"kind": "lifetime", "amount": 9.0}, {"kind": "of_collections", "share": 0.5}],
    [{"kind": "of_available", "share": 0.4}],
    [{"kind": "of_balance", "tranches": ["senior", "mezz"], "rate": 0.05}],
)
SOURCES = (["available"], ["available", "reserve"], ["reserve", "available"])
RATES = (
    {"kind": "fixed", "rate": 0.04},
    {"kind": "floating", "spread": 0.03, "index_floor": 0.0, "cap": 0.06},
    {
        "kind": "stepped",
        "steps": [{"since": "2020-01-01", "rate": 0.02}, {"since": "2025-01-01", "rate": 0.08}],
    },
)
TARGETS = (
    {"kind": "fixed", "amount": 8.0},
    {"kind": "share_of", "tranches": ["senior"], "share": 0.05, "floor": 1.0, "cap": 4.0},
    {"kind": "multiple", "times": 1.5, "tranches": ["senior"], "claims": ["trustee"]},
)
AMOUNTS = (
    {"kind": "all"},
    {"kind": "target_balance", "points": [{"payment": 1, "share": 0.8}, {"payment": 4, "share": 0.3}]},
    {"kind": "scheduled", "amounts": [5.0, 10.0, 0.0, 20.0]},
)
CLAIMS = [
    {
        "kind": "fee",
        "name": "trustee",
        "role": "trustee",
        "amounts": [
            {"kind": "per_year", "amount": 1.0},
            {"kind": "of_balance", "tranches": ["senior", "mezz"], "rate": 0.001},
        ],
    },
    {
        "kind": "fee",
        "name": "servicer fee",
        "role": "servicer",
        "payee": "servicer",
        "amounts": [
            {"kind": "of_collections", "share": 0.06, "base": "net"},
            {"kind": "per_date", "amount": 0.2},
        ],
        "accrues_when": {"kind": "not", "of": TRIGGER},
        "carry": False,
    },
    {"kind": "recovery_costs", "name": "costs", "rate": 0.03},
    {
        "kind": "guarantee_premium",
        "name": "premium",
        "tranches": ["senior"],
        "rates": [{"from_year": 0, "rate": 0.005}, {"from_year": 1, "rate": 0.01}],
    },
    {"kind": "fixed_return", "name": "return", "tranche": "sub", "rate": 0.1, "compounding": True},
]
PAYABLE = (*(c["name"] for c in CLAIMS), "swap")


@st.composite
def orders(draw: Any) -> list[dict[str, Any]]:
    """A shuffled order of payments in which everything has a payer, with some steps twice."""

    def common() -> dict[str, Any]:
        condition = draw(st.sampled_from(CONDITIONS))
        words = {"caps": draw(st.sampled_from(CAPS)), "sources": draw(st.sampled_from(SOURCES))}
        return words | ({} if condition is None else {"when": condition})

    steps = [{"kind": "pay", "of": [name]} | common() for name in PAYABLE]
    steps.append({"kind": "pay", "of": ["trustee", "costs"]} | common())
    steps += [{"kind": "interest", "to": [name]} | common() for name in TRANCHES[:2]]
    steps.append({"kind": "interest", "to": ["senior", "mezz"]} | common())
    for to in (["senior"], ["mezz", "sub"], ["senior", "mezz", "sub"]):
        words = {
            "kind": "principal",
            "to": to,
            "order": draw(st.sampled_from(["sequential", "pro_rata"])),
            "amount": draw(st.sampled_from(AMOUNTS)),
        }
        steps.append(words | common())
    steps.append({"kind": "reserve", "account": "reserve"} | common() | {"sources": ["available"]})
    steps.append({"kind": "excess_share", "share": 0.3} | common())
    return [
        *draw(st.permutations(steps)),
        {"kind": "residual", **draw(st.sampled_from(({"to": "sub"}, {"payee": "seller"})))},
    ]


@st.composite
def deals(draw: Any) -> Deal:
    """A deal of three tranches with everything in it."""
    call = {
        "tranches": ["senior"],
        "below": 0.3,
        "first_date": draw(st.integers(1, 4)),
        "price": draw(st.sampled_from(({"kind": "notes"}, {"kind": "plan_left", "share": 0.8}))),
    }
    lag = draw(st.sampled_from(({}, {"days": 20}, {"months": 1, "to_month_end": True})))
    words = {
        "name": "random",
        "cutoff_date": "2023-06-30",
        "closing_date": "2023-09-15",
        "legal_final": draw(st.sampled_from(("2025-11-20", "2026-03-26"))),
        "schedule": {
            "first_payment": "2023-12-26",
            "frequency_months": draw(st.sampled_from((3, 6))),
            "calendar": draw(st.sampled_from(("china_interbank", "target", "italy", "none"))),
            "accrual": draw(st.sampled_from(("adjusted", "unadjusted"))),
            "collection_lag": lag,
        },
        "day_count": draw(st.sampled_from(("act_360", "act_365", "act_act", "30e_360"))),
        "interim_collections": draw(st.sampled_from(("deal", "seller"))),
        "pool_balance": 400.0,
        "index": {
            "kind": "path",
            "points": [{"date": "2023-01-01", "rate": 0.01}, {"date": "2024-06-01", "rate": 0.04}],
        },
        "business_plan": draw(
            st.sampled_from(
                (
                    {"kind": "mean", "factor": 1.2},
                    {
                        "kind": "points",
                        "points": [
                            {"date": "2024-12-31", "cumulative": 90},
                            {"date": "2026-12-31", "cumulative": 160},
                        ],
                    },
                )
            )
        ),
        "tranches": [
            {"name": "senior", "balance": 80, "coupon": draw(st.sampled_from(RATES))},
            {
                "name": "mezz",
                "balance": 25,
                "coupon": draw(st.sampled_from(RATES)),
                "day_count": "act_360",
                "interest_on_unpaid": draw(st.booleans()),
            },
            {"name": "sub", "balance": 15},
        ],
        "accounts": [
            {
                "name": "reserve",
                "initial": draw(st.sampled_from((0.0, 4.0))),
                "target": draw(st.sampled_from(TARGETS)),
                "sweep": draw(st.booleans()),
                "reinvestment": draw(st.sampled_from(RATES)),
            }
        ],
        "collection_account": {"kind": "fixed", "rate": 0.01},
        "claims": CLAIMS,
        "hedges": [
            {
                "kind": "swap",
                "name": "swap",
                "fixed": 0.02,
                "notional": {"kind": "of_balance", "tranches": ["senior"], "share": 0.7},
            },
            {
                "kind": "rate_cap",
                "name": "cap",
                "strike": 0.03,
                "notional": {"kind": "schedule", "amounts": [50, 40, 30]},
            },
        ],
        "triggers": [
            {
                "kind": "collection_ratio",
                "name": "ccr",
                "below": 0.9,
                "consecutive": draw(st.integers(1, 2)),
                "cure_after": draw(st.sampled_from((None, 1, 2))),
            },
            {"kind": "interest_shortfall", "name": "unpaid", "tranches": ["senior"], "tolerance": 0.01},
        ],
        "event_of_default": draw(st.sampled_from(([], ["unpaid"]))),
        "steps": draw(orders()),
        "clean_up_call": draw(st.sampled_from((None, call))),
    }
    if draw(st.booleans()):
        words["steps_after_default"] = draw(orders())
    return Deal.model_validate(words)


@st.composite
def flows(draw: Any) -> DatedFlows:
    """Monthly cash of a few scenarios, from months with nothing to a flood, before the cut-off and after the end."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    scenarios, months = draw(st.integers(1, 6)), 36
    size = draw(st.sampled_from((0.0, 1.0, 4.0, 12.0)))
    received = size * rng.lognormal(0.0, 1.0, (scenarios, months)) * (rng.random((scenarios, months)) < 0.7)
    costs = received * 0.1 + (rng.random((scenarios, months)) < 0.3)
    return DatedFlows(tuple(add_months(date(2023, 5, 31), m, True) for m in range(months)), received, costs)
