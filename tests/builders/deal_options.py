"""Terms from which random deals are drawn."""

from __future__ import annotations

TRIGGER = {"kind": "trigger", "name": "ccr"}


CONDITIONS = (
    None,
    TRIGGER,
    {"kind": "not", "of": TRIGGER},
    {"kind": "outstanding", "tranches": ["senior"]},
    {
        "kind": "any",
        "of": [
            {"kind": "redeemed", "tranches": ["senior"]},
            {"kind": "from_payment", "number": 3},
        ],
    },
    {"kind": "all", "of": [TRIGGER, {"kind": "not", "of": {"kind": "accelerated"}}]},
    {"kind": "trigger", "name": "other"},
)


CAPS = (
    [],
    [{"kind": "per_date", "amount": 3.0}],
    [{"kind": "per_year", "amount": 5.0}],
    [{"kind": "lifetime", "amount": 9.0}, {"kind": "of_collections", "share": 0.5}],
    [{"kind": "of_available", "share": 0.4}],
    [{"kind": "of_balance", "tranches": ["senior", "mezz"], "rate": 0.05}],
)


SOURCES = (
    ["available"],
    ["available", "reserve"],
    ["reserve", "available"],
    ["available", "reserve", "second"],
)


RATES = (
    {"kind": "none"},
    {"kind": "fixed", "rate": 0.04},
    {"kind": "fixed", "rate": -0.01},
    {"kind": "floating", "spread": 0.03, "index_floor": 0.0, "cap": 0.06},
    {"kind": "floating", "spread": -0.02, "index_cap": 0.025, "floor": None},
    {
        "kind": "stepped",
        "steps": [{"since": "2020-01-01", "rate": 0.02}, {"since": "2024-06-26", "rate": 0.08}],
    },
)


COUPONS = tuple(r for r in RATES if r.get("rate", 0.0) >= 0.0)
"""Rates of notes, which may not be fixed below 0."""


INDICES = (
    {"kind": "flat", "rate": 0.02},
    {
        "kind": "path",
        "points": [{"date": "2023-10-01", "rate": 0.01}, {"date": "2024-06-01", "rate": 0.04}],
    },
    {  # fixings on closing and on payment dates, and none before
        "kind": "path",
        "points": [
            {"date": "2023-09-15", "rate": 0.035},
            {"date": "2023-12-26", "rate": 0.005},
            {"date": "2024-06-26", "rate": 0.05},
        ],
    },
    {"kind": "simulated", "spread": 0.005},
)


TARGETS = (
    {"kind": "fixed", "amount": 8.0},
    {"kind": "fixed", "amount": 8.0, "while_outstanding": ["senior", "mezz"]},
    {"kind": "share_of", "tranches": ["senior"], "share": 0.05, "floor": 1.0, "cap": 4.0},
    {"kind": "multiple", "times": 1.5, "tranches": ["senior"], "claims": ["trustee"]},
    {
        "kind": "multiple",
        "times": 2.0,
        "tranches": ["senior", "mezz"],
        "claims": ["trustee"],
        "floor": 0.5,
        "while_outstanding": ["mezz"],
    },
)


AMOUNTS = (
    {"kind": "all"},
    {
        "kind": "target_balance",
        "points": [{"payment": 1, "share": 0.8}, {"payment": 4, "share": 0.3}],
    },
    {"kind": "target_balance", "points": [{"payment": 2, "share": 0.5}]},
    {"kind": "scheduled", "amounts": [5.0, 10.0, 0.0, 20.0]},
)


NOTIONALS = (
    {"kind": "of_balance", "tranches": ["senior"], "share": 0.7},
    {"kind": "schedule", "amounts": [50, 40, 30]},
)


PLANS = (
    {"kind": "mean", "factor": 1.2},
    {
        "kind": "points",
        "points": [
            {"date": "2024-12-31", "cumulative": 90},
            {"date": "2026-12-31", "cumulative": 160},
        ],
    },
)


OTHER_TRIGGERS = (
    {"kind": "servicer_replacement", "below": 0.7137},
    {"kind": "profitability_ratio", "below": 0.9137},
    {"kind": "profitability_ratio", "below": 0.9137, "proxy_rate": 0.05},
    {"kind": "interest_shortfall", "tranches": ["senior", "mezz"]},
    {"kind": "cumulative_loss", "above": 0.0513},
    {"kind": "cumulative_loss", "measure": "resolved", "above": 0.0213},
    {"kind": "balance", "tranches": ["senior"], "at_most": 0.4},
    {"kind": "from_date", "date": "2024-12-26"},
)


PAYABLE = ("trustee", "servicer fee", "costs", "premium", "return", "swap")


ROLES = ("tax", "trustee", "paying_agent", "rating", "custodian", "other")
