"""Deal and collections for the benchmark of the waterfall: 40 quarterly dates, 15 steps."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np

from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.dates import add_months
from npl_sim.securitization.terms.deal import Deal

__all__ = ["DATES", "STEPS", "collections", "quarterly_deal"]

DATES, STEPS = 40, 15


def _fee(name: str, role: str, *amounts: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"kind": "fee", "name": name, "role": role, "amounts": list(amounts), **more}


LATE = {"kind": "trigger", "name": "collections"}
NOTES = ["senior", "mezzanine"]
TRANCHES: list[dict[str, Any]] = [
    {
        "name": "senior",
        "balance": 220e6,
        "coupon": {"kind": "floating", "spread": 0.005, "index_cap": 0.03},
    },
    {
        "name": "mezzanine",
        "balance": 40e6,
        "coupon": {"kind": "floating", "spread": 0.08},
    },
    {"name": "junior", "balance": 10e6},
]

ACCOUNTS: list[dict[str, Any]] = [
    {
        "name": "reserve",
        "initial": 9e6,
        "target": {
            "kind": "share_of",
            "tranches": ["senior"],
            "share": 0.04,
            "floor": 1e6,
        },
    }
]

CLAIMS: list[dict[str, Any]] = [
    _fee("taxes", "tax", {"kind": "per_date", "amount": 20_000}),
    _fee("agents", "trustee", {"kind": "per_year", "amount": 180_000}),
    _fee("rating", "rating", {"kind": "of_balance", "tranches": NOTES, "rate": 0.0002}),
    _fee(
        "servicer",
        "servicer",
        {"kind": "of_collections", "share": 0.06, "base": "net"},
    ),
    _fee("performance", "servicer", {"kind": "of_collections", "share": 0.02}),
    {"kind": "recovery_costs", "name": "advances"},
    {
        "kind": "guarantee_premium",
        "name": "guarantee",
        "tranches": ["senior"],
        "rates": [{"from_year": 0, "rate": 0.005}, {"from_year": 3, "rate": 0.01}],
    },
    {
        "kind": "fixed_return",
        "name": "junior return",
        "tranche": "junior",
        "rate": 0.1,
    },
]

TRIGGERS: list[dict[str, Any]] = [
    {"kind": "collection_ratio", "name": "collections", "below": 0.9, "cure_after": 2},
    {"kind": "interest_shortfall", "name": "unpaid", "tranches": ["senior"]},
]

PAYMENT_STEPS: list[dict[str, Any]] = [
    {"kind": "pay", "of": ["taxes"]},
    {
        "kind": "pay",
        "of": ["agents"],
        "caps": [{"kind": "per_year", "amount": 250_000}],
    },
    {"kind": "pay", "of": ["rating"]},
    {"kind": "pay", "of": ["advances"]},
    {"kind": "pay", "of": ["servicer"]},
    {"kind": "pay", "of": ["guarantee"]},
    {"kind": "interest", "to": ["senior"], "sources": ["available", "reserve"]},
    {"kind": "reserve", "account": "reserve"},
    {
        "kind": "interest",
        "to": ["mezzanine"],
        "when": {"kind": "not", "of": LATE},
    },
    {"kind": "principal", "to": ["senior"]},
    {"kind": "interest", "to": ["mezzanine"], "name": "mezzanine interest put off"},
    {
        "kind": "pay",
        "of": ["performance"],
        "caps": [{"kind": "of_available", "share": 0.5}],
    },
    {"kind": "principal", "to": ["mezzanine", "junior"]},
    {"kind": "pay", "of": ["junior return"]},
    {"kind": "residual", "to": "junior"},
]


def quarterly_deal() -> Deal:
    """Return a European deal with three tranches and the usual fees, reserve and triggers."""
    return Deal.model_validate(
        {
            "name": "benchmark",
            "currency": "EUR",
            "cutoff_date": "2025-12-31",
            "closing_date": "2026-02-27",
            "legal_final": "2036-01-31",
            "schedule": {
                "first_payment": "2026-04-30",
                "frequency_months": 3,
                "end_of_month": True,
                "calendar": "target",
                "collection_lag": {"months": 1, "to_month_end": True},
            },
            "day_count": "act_360",
            "pool_balance": 1.0e9,
            "index": {"kind": "flat", "rate": 0.02},
            "business_plan": {"kind": "mean", "factor": 1.1},
            "tranches": TRANCHES,
            "accounts": ACCOUNTS,
            "claims": CLAIMS,
            "triggers": TRIGGERS,
            "steps": PAYMENT_STEPS,
        }
    )


def collections(scenarios: int, seed: int = 5) -> DatedFlows:
    """Return ten years of monthly cash, with a factor by scenario and noise by month."""
    rng = np.random.default_rng(seed)
    months = np.arange(1, 121)
    hump = months * np.exp(-months / 24.0)
    mean = 330e6 * hump / hump.sum()
    level = np.exp(0.25 * rng.standard_normal((scenarios, 1)) - 0.03)
    received = level * mean * rng.lognormal(-0.125, 0.5, (scenarios, len(months)))
    days = tuple(add_months(date(2025, 12, 31), int(m), True) for m in months)
    return DatedFlows(days, received, 0.08 * received)
