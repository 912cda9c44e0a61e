"""Studies in which only one stage is random."""

from __future__ import annotations

from tests.builders.studies import loan, study

LOGNORMAL = {"kind": "lognormal", "mean": 6, "sd": 4}
BETA = {"kind": "beta", "mean": 0.3, "sd": 0.2}
FEES = {
    "court_fee": {"brackets": [{"up_to": 500, "rate": 0.05}, {"rate": 0.03}]},
    "arbitration_fee": {"brackets": [{"rate": 0.04}]},
    "enforcement_fee": {"brackets": [{"up_to": 300, "rate": 0.03}, {"rate": 0.02}]},
    "preservation_fee": {"brackets": [{"rate": 0.01}]},
    "payment_order_factor": 0.4,
    "mediation_factor": 0.5,
    "judgment_delay_rate": 0.06,
}
MARKET = {
    "cooperation": {"volatility": 0.3, "persistence": 0.9},
    "congestion": {"volatility": 0.2, "persistence": 0.9},
    "indices": [{"volatility": 0.12, "drift": -0.03}],
}
SUIT = {
    "after_months": 2,
    "lawyer_fixed": 20,
    "lawyer_contingent": 0.05,
    "award": {"kind": "beta", "mean": 0.9, "sd": 0.1},
    "lawsuit": {
        "duration": LOGNORMAL,
        "win": 0.8,
        "mediation": 0.2,
        "mediation_discount": 0.1,
        "appeal": 0.3,
        "appeal_duration": LOGNORMAL,
        "reversal": 0.2,
        "default_judgment": 0.2,
        "default_win": 0.9,
    },
}
ENFORCED = {
    "perform": 0.3,
    "perform_delay": {"kind": "lognormal", "mean": 2, "sd": 1},
    "performance_window": 0.5,
    "apply_delay": 1,
    "search": LOGNORMAL,
}
HOME = {
    "appraisal_error": 0.15,
    "drift_volatility": 0.08,
    "seizure": LOGNORMAL,
    "rounds": [{"reserve": 0.7, "months": 2}, {"reserve": 0.56, "months": 2}],
    "forced_sale_discount": 0.35,
    "bid_volatility": 0.25,
    "cost": 0.02,
    "tax": 0.03,
    "accept_in_kind": 0.3,
    "resale": LOGNORMAL,
    "resale_discount": 0.2,
    "holding_cost": 0.03,
}
CONTACTS = {
    "channel": "call",
    "contacts_per_month": 5,
    "cost_per_contact": 0.1,
    "settle_per_contact": 0.002,
    "cure_per_contact": 0.001,
    "pay_per_contact": 0.001,
    "half_life": 24,
}
AGENCY = {"name": "A", "from_month": 3, "months": 9, "commission": 0.3, "channels": [CONTACTS]}
ASSETS = [
    {
        "name": "deposits",
        "present": 0.6,
        "find": 0.4,
        "find_preserved": 0.7,
        "coverage": BETA,
        "dissipation": 0.5,
        "freeze_months": 6,
        "renewal": 0.8,
        "rivals": 0.3,
        "rank_share": 0.3,
        "search": LOGNORMAL,
    },
]

STUDIES = {
    "collection": {
        "collection": {
            "months": 36,
            "channels": [CONTACTS],
            "agencies": [AGENCY],
            "payer_share": 0.4,
            "frailty": {"kind": "gamma", "mean": 1, "sd": 0.9},
            "promise": {"months": 2, "kept": 0.6},
            "settlement_discount": {"ages": [0, 60], "shares": [0.1, 0.5]},
        },
        "cure": {"term": 18, "rate": 0.05, "redefault_hazard": 0.03},
    },
    "restructuring": {
        "collection": {"months": 6},
        "restructuring": {
            "offer_month": 3,
            "accept": 0.7,
            "haircut": 0.2,
            "rate": 0.06,
            "term": 24,
            "grace": 4,
            "balloon": 0.2,
            "redefault_hazard": 0.03,
            "plans": 2,
        },
        "sale": {"month": 30, "unsecured_price": 0.1, "half_life": 24, "bulk_discount": 0.1},
    },
    "suit": {"litigation": SUIT, "enforcement": {**ENFORCED, "perform": 1.0}},
    "payment order": {
        "litigation": {
            **SUIT,
            "route": "payment_order",
            "payment_order": {
                "duration": {"kind": "lognormal", "mean": 2, "sd": 1},
                "objection": 0.4,
            },
        },
        "enforcement": {**ENFORCED, "perform": 1.0},
    },
    "assets": {
        "litigation": {**SUIT, "preservation": {"delay": 0.5, "security": 0.3, "premium": 0.01}},
        "enforcement": {
            **ENFORCED,
            "assets": ASSETS,
            "garnish": 0.4,
            "garnish_share": 0.03,
            "garnish_months": 24,
            "revival": 0.3,
            "revival_delay": LOGNORMAL,
            "revival_share": BETA,
        },
    },
    "sale": {
        "litigation": SUIT,
        "enforcement": ENFORCED,
        "sale": {
            "month": 20,
            "unsecured_price": 0.1,
            "secured_price": 0.5,
            "half_life": 30,
            "bulk_discount": 0.1,
        },
    },
    "auction": {
        "litigation": SUIT,
        "enforcement": {
            **ENFORCED,
            "perform": 0.0,
            "guarantor_pays": 0.5,
            "guarantor_share": BETA,
            "guarantor_delay": LOGNORMAL,
        },
    },
    "good payers": {
        "collection": {
            "curve": {"months": [6, 24], "cumulative": [0.5, 0.85]},
            "payer_share": 0.9,
            "settle_hazard": 0.01,
        }
    },
    "income before the auction": {
        "litigation": SUIT,
        "enforcement": {
            **ENFORCED,
            "perform": 0.0,
            "garnish": 0.8,
            "garnish_share": 0.02,
            "garnish_months": 60,
        },
    },
    "guarantors before the auction": {
        "litigation": SUIT,
        "enforcement": {
            **ENFORCED,
            "perform": 0.0,
            "guarantor_pays": 0.8,
            "guarantor_share": BETA,
            "guarantor_delay": {"kind": "lognormal", "mean": 2, "sd": 1},
            "assets": ASSETS,
        },
    },
}
SLOW = ("income before the auction", "guarantors before the auction")
# Error of the second method in each study, as a share of the value; see docs/independence.md.
MODEL_ERROR = {
    "collection": 0.005,
    "restructuring": 0.005,
    "suit": 0.005,
    "payment order": 0.005,
    "assets": 0.01,
    "sale": 0.01,
    "auction": 0.015,
    "good payers": 0.005,
    "income before the auction": 0.04,
    "guarantors before the auction": 0.015,
}


def stage_study(tmp_path, name, scenarios=4000):
    loans = [
        loan(i, principal=600 + 40 * i, accrued_interest=50, contract_rate=0.12, age_months=3 + i)
        for i in range(12)
    ]
    items, backers = (), ()
    if name in ("auction", "sale", *SLOW):
        items = [
            {
                "loan_id": f"L{i:06d}",
                "collateral_id": f"C{i}-{k}",
                "kind": "house",
                "appraisal_value": 500 + 130 * i,
                "prior_liens": 100 * (i % 3),
                "appraisal_date": "2026-06-30",
            }
            for i in range(12)
            for k in range(1 + (i == 5))
        ]
        backers = [
            {"loan_id": f"L{i:06d}", "guarantor_id": f"G{i}", "cap": 200} for i in range(0, 12, 3)
        ]
    home = (
        {**HOME, "seizure": {"kind": "lognormal", "mean": 20, "sd": 6}} if name in SLOW else HOME
    )
    return study(
        tmp_path,
        loans,
        STUDIES[name],
        items,
        backers,
        legal=FEES,
        market=MARKET,
        collateral={"house": home},
        simulation={"scenarios": scenarios, "horizon_months": 60, "seed": 5},
        pricing={"required_return": 0.1, "servicing_rate": 0.02},
    )
