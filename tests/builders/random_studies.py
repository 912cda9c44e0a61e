"""Random studies with every stage, for the reference implementation and the peers."""

from __future__ import annotations

from tests.builders.random_insolvency import LEGAL as INSOLVENCY_LAW
from tests.builders.random_insolvency import random_insolvency, random_statuses
from tests.builders.random_law import LEGAL
from tests.builders.random_tapes import PRODUCTS, tape
from tests.builders.studies import study

HORIZON, SCENARIOS = 72, 6


def some(rng, mean, sd=0.6):
    """A random duration: certain, lognormal or exponential."""
    kind = rng.choice(["fixed", "lognormal", "exponential"])
    if kind == "fixed":
        return {"kind": "fixed", "value": float(mean)}
    return {
        "kind": str(kind),
        "mean": float(mean),
        **({"sd": float(sd * mean)} if kind == "lognormal" else {}),
    }


def share(rng):
    return float(rng.choice([0.0, 0.3, 0.7, 1.0]))


def beta(rng):
    return {"kind": "beta", "mean": float(rng.uniform(0.2, 0.8)), "sd": 0.2}


def channels(rng):
    return [
        {
            "method": str(rng.choice(["call", "letter", "visit"])),
            "contacts_per_month": float(rng.integers(1, 6)),
            "cost_per_contact": 2.0,
            "settle_per_contact": 0.004,
            "cure_per_contact": 0.002,
            "pay_per_contact": 0.003,
            "reach_per_contact": float(rng.choice([0.0, 0.01])),
            "contact_exponent": float(rng.choice([1.0, 0.7])),
            **({"half_life": 20.0} if rng.random() < 0.5 else {}),
        }
        for _ in range(rng.integers(0, 3))
    ]


def collection_of(rng):
    collection = {
        "months": int(rng.integers(0, 40)),
        "contact_methods": channels(rng),
        "settle_hazard": float(rng.choice([0.0, 0.01])),
        "payment_rate": float(rng.choice([0.0, 0.02, 0.3])),
        "payer_share": float(rng.choice([0.1, 0.4, 1.0])),
        "frailty": {"kind": "gamma", "mean": 1, "sd": 0.8},
        "settlement_discount": {"ages": [0, 48], "shares": [0.1, 0.5]},
        "cooperation_loading": float(rng.uniform(-1, 2)),
    }
    if rng.random() < 0.6:
        collection["agencies"] = [
            {
                "name": "A",
                "from_month": 3,
                "months": 8,
                "contact_methods": channels(rng),
                "commission": 0.3
                if rng.random() < 0.5
                else {"from_age": [6, 24, 40], "shares": [0.2, 0.3, 0.45]},
                "monthly_fee": 1.0,
            }
        ]
    if rng.random() < 0.6:
        collection["promise"] = {
            "months": int(rng.integers(0, 4)),
            "kept_probability": float(rng.choice([0.4, 0.8])),
        }
        collection["settle_hazard"] = 0.03
    return collection


def litigation_of(rng):
    litigation = {
        "after_months": int(rng.integers(0, 30)),
        "minimum_claim": float(rng.choice([0, 1500])),
        "file_before_expiry": bool(rng.random() < 0.5),
        "route": str(rng.choice(["lawsuit", "payment_order", "arbitration"])),
        "payment_order": {"duration": some(rng, 2), "objection_probability": 0.5},
        "arbitration": {"duration": some(rng, 5), "win_probability": 0.8},
        "lawsuit": {
            "duration": some(rng, 7),
            "win_probability": 0.7,
            "mediation_probability": 0.3,
            "mediation_duration": some(rng, 3),
            "mediation_discount": 0.1,
            "appeal_probability": 0.5,
            "appeal_duration": some(rng, 4),
            "reversal_probability": 0.4,
            "summary_maximum_claim": 1200,
            "default_judgment_probability": float(rng.choice([0.0, 0.4])),
            "default_judgment_duration": some(rng, 4),
            "default_judgment_win_probability": 0.9,
        },
        "award_share": beta(rng),
        "lawyer_fixed_fee": 20.0,
        "lawyer_appeal_fee": 15.0,
        "lawyer_enforcement_fee": 10.0,
        "lawyer_contingency_share": float(rng.choice([0.0, 0.1])),
        "defense_raised": 0.6,
    }
    if rng.random() < 0.6:
        litigation["preservation"] = {
            "security": 0.2,
            "form": str(rng.choice(["cash", "letter"])),
            "premium": 0.01,
            "delay": float(rng.choice([0.0, 2.0])),
        }
    return litigation


def enforcement_of(rng):
    return {
        "performance_probability": 0.2,
        "performance_delay": some(rng, 2),
        "performance_window": 1.0,
        "application_delay": float(rng.choice([0.0, 3.0, 26.0])),
        "search_duration": some(rng, 5),
        "assets": [asset(rng, f"asset {i}") for i in range(rng.integers(0, 4))],
        "guarantor_in_default_factor": 0.4,
        "garnishment_probability": share(rng),
        "garnishment_share": float(rng.choice([0.0, 0.02])),
        "garnishment_months": 30,
        "guarantor_payment_probability": 0.5,
        "guarantor_share": beta(rng),
        "guarantor_delay": some(rng, 6),
        "resumption_probability": 0.5,
        "resumption_delay": some(rng, 10),
        "resumption_share": beta(rng),
        "other_court": {
            "sale_duration": some(rng, 14),
            "transfer_probability": float(rng.choice([0.0, 0.6])),
            "transfer_duration": some(rng, 3),
        },
    }


def policy(rng, product):
    collection = collection_of(rng)
    kinds = ({}, {"debtor_type": "company"}, {"debtor_type": "natural_person"})
    settings = {
        **kinds[rng.integers(0, 3)],
        "applies_to": {"products": [product]},
        "collection": collection,
        "residual_share": share(rng),
    }
    settings["cure"] = {"term": 12, "rate": 0.05, "redefault_hazard": 0.03}
    if rng.random() < 0.7:
        settings["restructuring"] = {
            "offer_month": int(rng.integers(0, 8)),
            "acceptance_probability": 0.5,
            "haircut": 0.2,
            "rate": float(rng.choice([0.0, 0.06])),
            "term": 18,
            "grace_months": 2,
            "balloon": 0.3,
            "redefault_hazard": 0.04,
            "haircut_revoked": bool(rng.random() < 0.5),
            "offered_share": float(rng.choice([0.6, 1.0])),
            "maximum_plans": int(rng.integers(1, 4)),
            "minimum_claim": 800,
            "capacity_share": 0.8,
        }
    settings["litigation"] = litigation_of(rng)
    settings["enforcement"] = enforcement_of(rng)
    if rng.random() < 0.4:
        settings["sale"] = {
            "month": int(rng.integers(10, HORIZON)),
            "unsecured_price": 0.1,
            "secured_price": 0.6,
            "half_life": 30.0,
            "bulk_discount": 0.1,
            "cooperation_loading": 0.7,
        }
        if rng.random() < 0.7:
            settings["sale"]["until"] = settings["sale"]["month"] + int(rng.integers(0, 40))
            settings["sale"]["wait_for"] = {
                "factor": str(rng.choice(["cooperation", "congestion", "index:east/*"])),
                "at_least": 1.1,
            }
    return settings


def asset(rng, name):
    return {
        "name": name,
        "ownership_probability": float(rng.choice([0.5, 1.0])),
        "coverage": beta(rng),
        "discovery_probability": share(rng),
        "freeze_probability": share(rng),
        "freeze_months": 6.0,
        "renewal_probability": float(rng.choice([0.0, 0.7, 1.0])),
        "dissipation_rate": float(rng.choice([0.0, 0.3])),
        "competing_seizure_rate": float(rng.choice([0.0, 0.5])),
        "waitlisted_share": 0.4,
        "realization_duration": some(rng, 5),
    }


def auction_round(rng, r):
    return {
        "reserve": (1.1, 0.9, 0.8, 0.75)[r],
        "months": (2, 1.5, 2, 1)[r],
        "bidders": [None, 0.5, 3.0][rng.integers(0, 3)],
        "window": float(rng.choice([0.0, 0.0, 2.0])),
        "acceptance_probability": [None, 0.0, 0.4][rng.integers(0, 3)],
    }


def collateral_terms(rng):
    return {
        "past_growth": 0.03,
        "aging_volatility": 0.1,
        "appraisal_error": float(rng.choice([0.0, 0.2])),
        "drift_volatility": float(rng.choice([0.0, 0.15])),
        "seizure_duration": some(rng, 4),
        "rounds": [auction_round(rng, r) for r in range(rng.integers(1, 5))],
        "court_appraisal_error": float(rng.choice([0.0, 0.2])),
        "no_bidder_probability": float(rng.choice([0.0, 0.4])),
        "forced_sale_discount": 0.2,
        "bid_volatility": float(rng.choice([0.0, 0.3])),
        "bid_correlation": float(rng.choice([0.0, 0.5, 1.0])),
        "withdrawal_probability": float(rng.choice([0.0, 0.3])),
        "winner_default_probability": float(rng.choice([0.0, 0.3])),
        "deposit": float(rng.choice([0.0, 0.1])),
        "reauctions": int(rng.integers(0, 4)),
        "reappraisal_months": float(rng.choice([0.0, 2.5])),
        "surplus_required": bool(rng.random() < 0.5),
        "cost": 0.02,
        "tax": 0.03,
        "acceptance_against_debt_probability": share(rng),
        "surplus_payment_probability": float(rng.choice([0.0, 0.5, 1.0])),
        "resale_duration": some(rng, 10),
        "resale_discount": 0.1,
        "holding_cost": 0.04,
    }


def random_study(rng, folder, insolvency=None):
    """Write a random study and its tape, and load it.

    A generator `insolvency` adds insolvencies, and changes nothing else.
    """
    loans, items, guarantors = tape(rng)
    policies, legal = [policy(rng, p) for p in PRODUCTS], LEGAL
    if insolvency is not None:
        random_statuses(insolvency, loans)
        legal = {**LEGAL, **INSOLVENCY_LAW}
        for settings in policies:
            settings["insolvency"] = random_insolvency(insolvency, some, beta)
    return study(
        folder,
        loans,
        policies,
        items,
        guarantors,
        legal=legal,
        collateral={"default": collateral_terms(rng), "house": collateral_terms(rng)},
        market={
            "indices": [
                {"region": "east", "drift": 0.02, "volatility": 0.2},
                {"volatility": 0.1, "mean_reversion": 0.3},
            ],
            "cooperation": {"volatility": 0.4},
            "congestion": {"volatility": 0.3},
            "index_correlation": 0.4,
            "group_correlation": 0.4,
            "region_correlation": float(rng.choice([0.0, 0.3])),
            "courts": {"cases_per_month": 2},
            "correlations": [{"factors": ["cooperation", "congestion"], "correlation": -0.3}],
        },
        simulation={
            "scenarios": SCENARIOS,
            "horizon_months": HORIZON,
            "seed": int(rng.integers(0, 2**63)),
        },
        pricing={"required_return": 0.1, "servicing_rate": 0.02},
    )
