"""Closed forms, through public configuration alone.

Statistical checks allow five standard errors: each fails by chance about once in 1.7 million
seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from tests.builders.studies import loan, study


def certain(rate: float = 0.0, scenarios: int = 2, months: int = 60) -> dict:
    return {
        "simulation": {"scenarios": scenarios, "horizon_months": months, "seed": 11},
        "pricing": {"required_return": rate},
    }


def test_no_randomness_is_a_discounted_sum_by_hand(tmp_path):
    """Sued at once, judged after 6 months, performed 2 later; fee 300, lawyer 100 and 10 %."""
    policy = {
        "litigation": {
            "lawyer_fixed_fee": 100,
            "lawyer_contingency_share": 0.1,
            "lawsuit": {"duration": 6},
        },
        "enforcement": {"performance_probability": 1, "performance_delay": 2},
    }
    legal = {"court_fee": {"brackets": [{"rate": 0.3}]}}
    flows = study(tmp_path, [loan()], policy, legal=legal, **certain(0.1)).simulate()
    # The loser owes the court fee on top of the claim.
    by_hand = -400 + 1300 * 0.9 / 1.1 ** (8 / 12)
    assert flows.loans["pv_mean"][0] == pytest.approx(by_hand, rel=1e-12)
    assert flows.loans["pv_sd"][0] == pytest.approx(0.0, abs=1e-4)
    net = flows.net[0]
    assert net[0] == pytest.approx(-400) and net[8] == pytest.approx(1170)


def test_certain_restructuring_is_an_annuity(tmp_path):
    policy = {
        "restructuring": {
            "offer_month": 1,
            "acceptance_probability": 1,
            "haircut": 0.2,
            "rate": 0.12,
            "term": 24,
            "grace_months": 3,
            "balloon": 0.25,
        }
    }
    flows = study(tmp_path, [loan()], policy, **certain()).simulate()
    level = 600 * 0.01 / (1 - 1.01**-24) + 200 * 0.01
    expected = np.zeros(61)
    expected[5:29] = level
    expected[28] += 200
    assert np.allclose(flows.net[0], expected, rtol=1e-12)


def test_exponential_time_to_a_single_payment(tmp_path):
    """Monthly hazard h, discount factor v: E = v (1 - q) / (1 - q v), q = exp(-h), cut at the
    horizon."""
    h, rate, months = 0.03, 0.12, 240
    policy = {"collection": {"settle_hazard": h}}
    size = certain(rate, scenarios=20_000, months=months)
    flows = study(tmp_path, [loan(i) for i in range(10)], policy, **size).simulate()
    v, q = 1.12 ** (-1 / 12), math.exp(-h)
    exact = 1000 * v * (1 - q) / (1 - q * v) * (1 - (q * v) ** months)
    error = math.sqrt((flows.loans["pv_se"] ** 2).sum()) / 10
    assert abs(flows.loans["pv_mean"].mean() - exact) < 5 * error
    assert error < 0.001 * exact


@pytest.mark.parametrize("payers", [1.0, 0.6, 0.3])
def test_a_recovery_curve_is_reproduced(tmp_path, payers):
    """C(6, 12, 36) = 10, 15, 30 %: exactly where everybody pays, in expectation otherwise."""
    curve = {"months": [6, 12, 36], "cumulative": [0.1, 0.15, 0.3]}
    policy = {"collection": {"curve": curve, "payer_share": payers}}
    size = certain(scenarios=4000, months=48)
    flows = study(tmp_path, [loan(i) for i in range(20)], policy, **size).simulate()
    got = flows.receipts.cumsum(axis=1)
    for month, share in ((3, 0.05), (6, 0.1), (12, 0.15), (24, 0.225), (36, 0.3), (48, 0.3)):
        error = 20_000 * share / payers * math.sqrt(payers * (1 - payers) / 80_000)
        assert abs(got[:, month].mean() - 20_000 * share) <= 5 * error + 1e-6


def test_a_curve_is_reproduced_under_a_volatile_cooperation_factor(tmp_path):
    curve = {"months": [36], "cumulative": [0.2]}
    size = certain(scenarios=20_000, months=36)
    market = {"cooperation": {"volatility": 0.3, "persistence": 0.9}}
    flows = study(
        tmp_path, [loan()], {"collection": {"curve": curve}}, market=market, **size
    ).simulate()
    total = flows.receipts.sum(axis=1)
    assert total.std() > 5
    assert abs(total.mean() - 200) < 5 * total.std() / math.sqrt(20_000)


def test_a_claim_won_with_probability_p_after_a_delay(tmp_path):
    policy = {
        "litigation": {"lawsuit": {"duration": 18, "win_probability": 0.7}},
        "enforcement": {"performance_probability": 1},
    }
    size = certain(0.08, scenarios=20_000)
    flows = study(tmp_path, [loan(i) for i in range(5)], policy, **size).simulate()
    exact = 0.7 * 1000 / 1.08**1.5
    error = math.sqrt((flows.loans["pv_se"] ** 2).sum()) / 5
    assert abs(flows.loans["pv_mean"].mean() - exact) < 5 * error
    assert set(np.nonzero(flows.net.any(axis=0))[0]) == {18}


def secured(tmp_path, market, terms, loans=1, claim=900.0, months=24, scenarios=100_000):
    """Loans with nothing but collateral of 1,000, sold in a given month at its value."""
    policy = {
        "litigation": {"after_months": months, "lawsuit": {"duration": 0}},
        "enforcement": {"search_duration": 0},
    }
    tape = [loan(i, principal=claim) for i in range(loans)]
    items = [
        {
            "loan_id": f"L{i:06d}",
            "kind": "house",
            "appraisal_value": 1000,
            "appraisal_date": "2026-06-30",
        }
        for i in range(loans)
    ]
    return study(
        tmp_path,
        tape,
        policy,
        items,
        market=market,
        collateral={"house": terms},
        **certain(scenarios=scenarios, months=months + 1),
    )


def capped_lognormal(
    value: float, claim: float, drift: float, sigma: float, years: float
) -> float:
    """E[min(V, K)] for lognormal V with E V = value exp(drift years), a Black-Scholes formula."""
    s = sigma * math.sqrt(years)
    d1 = (math.log(value / claim) + (drift + sigma**2 / 2) * years) / s
    return value * math.exp(drift * years) * norm.cdf(-d1) + claim * norm.cdf(d1 - s)


@pytest.mark.parametrize(
    ("index", "terms", "total"),
    [
        ({"volatility": 0.3}, {}, 0.3),
        ({}, {"drift_volatility": 0.3}, 0.3),
        ({}, {"appraisal_error": 0.3 * math.sqrt(2)}, 0.3),
        (
            {"volatility": 0.2},
            {"drift_volatility": 0.15, "appraisal_error": 0.1},
            math.sqrt(0.0675),
        ),
    ],
)
def test_capped_lognormal_recovery(tmp_path, index, terms, total):
    """Systematic, drifting and constant value risk each reach the same formula with their total
    variance."""
    market = {"indices": [{"drift": 0.03, **index}]}
    flows = secured(tmp_path, market, terms).simulate()
    exact = capped_lognormal(1000, 900, 0.03, total, 2)
    assert abs(flows.loans["received_mean"][0] - exact) < 5 * flows.loans["pv_se"][0]


@pytest.mark.parametrize(
    "policy",
    [{"sale": {"month": 24, "secured_price": 1.0}}, {"enforcement": {}}],
    ids=["sold with the loan", "in enforcement on the tape"],
)
def test_capped_lognormal_recovery_in_another_form(tmp_path, policy):
    """The same market for a sale of the loan, and for an auction that ends in month 24."""
    stage = "enforcement" if "enforcement" in policy else "collection"
    items = [
        {
            "loan_id": "L000000",
            "kind": "house",
            "appraisal_value": 1000,
            "appraisal_date": "2026-06-30",
        }
    ]
    flows = study(
        tmp_path,
        [loan(principal=900, stage=stage)],
        policy,
        items,
        market={
            "indices": [{"region": "east", "kind": "house", "drift": 0.03, "volatility": 0.3}]
        },
        collateral={"house": {"seizure_duration": 20, "rounds": [{"reserve": 0, "months": 4}]}},
        **certain(scenarios=100_000, months=36),
    ).simulate()
    exact = capped_lognormal(1000, 900, 0.03, 0.3, 2)
    assert abs(flows.loans["received_mean"][0] - exact) < 5 * flows.loans["pv_se"][0]
    assert set(np.nonzero(flows.net.any(axis=0))[0]) == {24}


def test_black_scholes_example(tmp_path):
    """Call(40, 40, 6 %, 40 %, 3 months) = 3.47: the discounted mean of min(V, K) is 40 - 3.47."""
    market = {"indices": [{"drift": 0.06, "volatility": 0.4}]}
    policy = {
        "litigation": {"after_months": 3, "lawsuit": {"duration": 0}},
        "enforcement": {"search_duration": 0},
    }
    items = [
        {
            "loan_id": "L000000",
            "kind": "share",
            "appraisal_value": 40,
            "appraisal_date": "2026-06-30",
        }
    ]
    size = certain(math.expm1(0.06), scenarios=200_000, months=4)
    flows = study(tmp_path, [loan(principal=40)], policy, items, market=market, **size).simulate()
    assert abs(flows.loans["pv_mean"][0] - (40 - 3.47)) < 5 * flows.loans["pv_se"][0] + 0.005


def test_large_pool_quantile(tmp_path):
    """N equal loans, share rho of the variance systematic: the quantile of the infinitely granular
    pool.

    The sampling error of a quantile is sqrt(a (1 - a) / n) over the density. The pool of 2,000
    loans adds a bias of order 1/N. Five standard errors and 0.2 % are allowed."""
    rho, sigma, months, claim, n = 0.3, 0.4, 24, 900.0, 4000
    market = {"indices": [{"volatility": sigma * math.sqrt(rho)}]}
    terms = {"drift_volatility": sigma * math.sqrt(1 - rho)}
    flows = secured(tmp_path, market, terms, loans=2000, months=months, scenarios=n).simulate()
    means = flows.receipts.sum(axis=1) / 2000
    years = months / 12
    s = math.sqrt((1 - rho) * years) * sigma

    def limit(alpha):
        y = norm.ppf(alpha)
        m = 1000 * math.exp(-(sigma**2) / 2 * years + sigma * math.sqrt(rho * years) * y)
        d2 = math.log(m / claim) / s
        return m * math.exp(s * s / 2) * norm.cdf(-d2 - s) + claim * norm.cdf(d2)

    for alpha in (0.05, 0.25, 0.5, 0.75, 0.95):
        slope = (limit(alpha + 1e-4) - limit(alpha - 1e-4)) / 2e-4
        error = slope * math.sqrt(alpha * (1 - alpha) / n)
        assert abs(np.quantile(means, alpha) - limit(alpha)) < 5 * error + 0.002 * limit(alpha)


def test_liens_and_caps_come_first(tmp_path):
    policy = {"litigation": {"lawsuit": {"duration": 1}}, "enforcement": {"search_duration": 1}}
    base = {"loan_id": "L000000", "kind": "house", "appraisal_date": "2026-06-30"}
    items = [
        {**base, "collateral_id": "A", "appraisal_value": 500, "prior_liens": 350},
        {**base, "collateral_id": "B", "appraisal_value": 400, "secured_cap": 120},
    ]
    flows = study(tmp_path, [loan()], policy, items, **certain()).simulate()
    assert flows.loans["received_mean"][0] == pytest.approx(150 + 120)


def test_sale_takes_what_is_left_at_its_date(tmp_path):
    policy = {
        "collection": {"curve": {"months": [10], "cumulative": [0.4]}},
        "sale": {"month": 5, "unsecured_price": 0.1, "half_life": 11, "bulk_discount": 0.5},
    }
    flows = study(tmp_path, [loan()], policy, **certain()).simulate()
    net = flows.net[0]
    assert np.allclose(net[1:5], 40)
    assert net[5] == pytest.approx(40 + 800 * 0.1 * 0.5 * 0.5)
    assert not net[6:].any()


def test_horizon_residual(tmp_path):
    flows = study(tmp_path, [loan()], {"residual_share": 0.25}, **certain(months=12)).simulate()
    assert flows.net[0, 12] == pytest.approx(250) and flows.net[0, :12].sum() == 0


def test_interest_runs_from_the_cut_off_date(tmp_path):
    """300,000 at 12 % a year, cut off 365 days before the valuation date and paid a month after
    it."""
    case = study(
        tmp_path,
        [loan(0, principal=300_000, contract_rate=0.12)],
        {"collection": {"settle_hazard": 100.0}},
        tape={"cut_off_date": "2025-06-30"},
        simulation={"scenarios": 2, "horizon_months": 6},
        pricing={"required_return": 0.0},
    )
    months = 365 / (365.25 / 12)
    assert case.simulate().loans["received_mean"].sum() == pytest.approx(
        300_000 * (1 + 0.01 * (months + 1))
    )
