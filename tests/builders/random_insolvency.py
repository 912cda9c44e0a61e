"""Random insolvency terms and statuses, added to random studies."""

from __future__ import annotations

STATUSES = (
    "petition",
    "accepted",
    "claims_filed",
    "reorganization",
    "plan",
    "liquidation",
    "closed",
)

FEES = {"brackets": [{"up_to": 500, "rate": 0.12}, {"up_to": 2000, "rate": 0.08}, {"rate": 0.03}]}

LEGAL = {
    "administrator_fee": FEES,
    "administrator_collateral_factor": 0.4,
    "insolvency_court_fee": {"brackets": [{"fixed": 15, "rate": 0.01}], "cap": 60},
}


def one_of(rng, *values):
    return float(rng.choice(values))


def random_insolvency(rng, duration, beta):
    """Return a random section; `duration` and `beta` draw distributions."""
    return {
        "hazard": one_of(rng, 0.0, 0.3, 0.8),
        "size": {"from_claims": [0, 2000, 4000], "multipliers": [0.5, 1.0, 2.0]},
        "age": {"from_age": [0, 24], "multipliers": [1.0, 0.7]},
        "cooperation_loading": one_of(rng, 0.0, 1.2),
        "group_correlation": one_of(rng, 0.0, 0.4),
        "region_correlation": one_of(rng, 0.0, 0.2),
        "petition_acceptance_probability": 0.7,
        "petition_duration": duration(rng, 3),
        "reorganization_probability": one_of(rng, 0.0, 0.5, 1.0),
        "plan_duration": duration(rng, 6),
        "secured_vote_probability": 0.7,
        "ordinary_vote_probability": 0.6,
        "cram_down_probability": one_of(rng, 0.0, 0.6, 1.0),
        "plan": {
            "secured_share": one_of(rng, 0.6, 1.0),
            "ordinary_share": one_of(rng, 0.1, 0.4),
            "term": int(rng.integers(1, 30)),
            "grace_months": int(rng.integers(0, 4)),
            "failure_hazard": one_of(rng, 0.0, 0.03),
        },
        "duration": duration(rng, 20),
        "no_distribution_probability": one_of(rng, 0.0, 0.4),
        "no_distribution_duration": duration(rng, 10),
        "collateral_time_share": one_of(rng, 0.5, 1.0),
        "estate_sale_discount": one_of(rng, 0.0, 0.2),
        "no_bidder_discount": one_of(rng, 0.3, 0.7, 1.0),
        "collateral_cost": one_of(rng, 0.0, 0.05),
        "free_assets": beta(rng),
        "cost_share": 0.05,
        "other_claims": one_of(rng, 0.0, 1.5),
        "other_secured_share": 0.2,
        "employee_share": 0.1,
        "tax_share": 0.1,
    }


def random_statuses(rng, loans):
    """Give some loans a proceeding that is under way."""
    for loan in loans:
        if rng.random() < 0.35:
            loan["insolvency_status"] = str(rng.choice(STATUSES))
            loan["insolvency_date"] = "2026-02-10"
