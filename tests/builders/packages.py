"""A small package with collateral, courts and collection, quick to simulate."""

from __future__ import annotations

from typing import Any

from tests.builders.studies import loan, study

POLICY = {
    "collection": {
        "months": 6,
        "settle_hazard": 0.03,
        "settlement_discount": {"ages": [0], "shares": [0.2]},
        "contact_methods": [
            {
                "method": "call",
                "contacts_per_month": 4,
                "cost_per_contact": 1,
                "settle_per_contact": 0.002,
            }
        ],
    },
    "litigation": {
        "after_months": 6,
        "lawyer_fixed_fee": 20,
        "lawsuit": {"duration": {"kind": "lognormal", "mean": 8, "sd": 4}, "win_probability": 0.9},
    },
    "enforcement": {"performance_probability": 0.2, "performance_delay": 2},
}
MARKET = {
    "indices": [{"kind": "residential", "drift": 0.0, "volatility": 0.2}],
    "cooperation": {"volatility": 0.3, "persistence": 0.9},
    "congestion": {"volatility": 0.2, "persistence": 0.9},
    "stresses": [
        {"name": "slump", "overlays": [{"factor": "index:*", "multiplier": 0.7}]},
        {"name": "queue", "overlays": [{"factor": "congestion", "multiplier": 1.5}]},
    ],
}


def package(
    folder: Any, loans: int = 12, scenarios: int = 400, seed: int = 5, **sections: Any
) -> Any:
    """Return a study of a dozen loans in two segments, every other one with a flat."""
    rows = [
        loan(
            i,
            **{
                "product": "ab"[i % 2],
                "segment": "ab"[i % 2],
                "principal": 1000 + 100 * i,
                **sections.pop(f"loan{i}", {}),
            },
        )
        for i in range(loans)
    ]
    items = [
        {
            "loan_id": f"L{i:06d}",
            "kind": "residential",
            "region": "east",
            "appraisal_value": 900 + 50 * i,
            "appraisal_date": "2026-03-31",
        }
        for i in range(0, loans, 2)
    ]
    items = sections.pop("items", items)
    terms: dict[str, Any] = {
        "market": MARKET,
        "collateral": {"default": {}},
        "simulation": {"scenarios": scenarios, "horizon_months": 60, "seed": seed, "threads": 1},
        "pricing": {"required_return": 0.1},
    }
    return study(folder, rows, sections.pop("policy", POLICY), items, **{**terms, **sections})
