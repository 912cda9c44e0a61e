"""Closed forms of the stages in depth, through public configuration alone.

Where chance is left, the tolerance is four standard errors of the estimate under a fixed seed.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tests.builders.studies import loan, study

FREE = {"required_return": 0.0}


def run(folder, loans, policy, *rest, scenarios=2000, horizon=60, **sections):
    simulation = {"scenarios": scenarios, "horizon_months": horizon, "seed": 7}
    return study(
        folder,
        loans,
        policy,
        *rest,
        simulation=simulation,
        pricing=sections.pop("pricing", FREE),
        **sections,
    ).simulate()


def kind(flows, name):
    """Sum over months and groups by scenario."""
    return flows.amounts[:, :, list(flows.kinds).index(name)].sum(axis=(1, 2))


def near(values, expected, spread=4.0):
    error = values.std(ddof=1) / math.sqrt(len(values))
    assert abs(values.mean() - expected) < spread * error, (values.mean(), expected, error)


SURE_TITLE = {"litigation": {"lawsuit": {"duration": 6}}}


def test_promises_are_kept_or_broken(tmp_path):
    """Hazard h a month, each promise due two months later and kept with p: the first kept one by
    month 24."""
    h, p, last = 0.2, 0.4, 24
    policy = {
        "collection": {"months": last, "settle_hazard": h, "promise": {"months": 2, "kept": p}}
    }
    flows = run(tmp_path, [loan(i) for i in range(20)], policy)
    # Probability that nothing is settled when collection begins anew after month m.
    hit = 1 - math.exp(-h)
    settled = np.zeros(last + 3)
    for m in range(last, -1, -1):
        settled[m] = sum(
            (1 - hit) ** (k - m - 1) * hit * (p + (1 - p) * settled[k + 2])
            for k in range(m + 1, last - 1)
        )
    near(kind(flows, "settlement"), 20 * 1000 * settled[0])


def test_commission_by_age_band(tmp_path):
    policy = {
        "collection": {
            "months": 12,
            "curve": {"months": [12], "cumulative": [0.24]},
            "agencies": [
                {
                    "name": "A",
                    "from_month": 0,
                    "months": 12,
                    "commission": {"from_age": [0, 12], "shares": [0.2, 0.4]},
                }
            ],
        }
    }
    flows = run(tmp_path, [loan(age_months=6)], policy, scenarios=2)
    # Months 1-6 at ages 6.5-11.5, months 7-12 at ages 12.5-17.5; 2 % of 1,000 in each.
    assert kind(flows, "commission") == pytest.approx([-(6 * 20 * 0.2 + 6 * 20 * 0.4)] * 2)


def test_a_vintage_curve_is_reproduced_in_expectation(tmp_path):
    """Also where cooperation moves payments and the usual payers could not pay the whole curve."""
    curve = {"months": [6, 24], "cumulative": [0.05, 0.12]}
    policy = {"collection": {"curve": curve, "payer_share": 0.12, "cooperation_loading": 1.0}}
    flows = run(
        tmp_path,
        [loan(i) for i in range(200)],
        policy,
        scenarios=4000,
        horizon=24,
        market={"cooperation": {"volatility": 0.4}},
    )
    paid = flows.amounts[:, :, list(flows.kinds).index("voluntary")].sum(axis=2).cumsum(axis=1)
    for month, share in ((3, 0.025), (6, 0.05), (15, 0.085), (24, 0.12)):
        near(paid[:, month], share * 200 * 1000)


def test_judgment_in_absence(tmp_path):
    suit = {
        "win": 0.0,
        "default_judgment": 0.4,
        "default_duration": 3,
        "default_win": 0.5,
        "duration": 9,
    }
    policy = {"litigation": {"lawsuit": suit}, "enforcement": {"perform": 1.0}}
    flows = run(tmp_path, [loan(i) for i in range(50)], policy)
    near(kind(flows, "performance"), 50 * 1000 * 0.4 * 0.5)
    month = (
        flows.amounts[:, :, list(flows.kinds).index("performance")].sum(axis=(0, 2)).nonzero()[0]
    )
    assert month.tolist() == [3]


def test_an_asset_class(tmp_path):
    """Present with .6, found with .5, worth .4 of the claim less dissipation over 6 months until
    the application."""
    asset = {
        "name": "a",
        "present": 0.6,
        "find": 0.5,
        "coverage": 0.4,
        "dissipation": 0.5,
        "search": 2,
    }
    flows = run(
        tmp_path, [loan(i) for i in range(50)], {**SURE_TITLE, "enforcement": {"assets": [asset]}}
    )
    near(kind(flows, "deficiency"), 50 * 1000 * 0.6 * 0.5 * 0.4 * math.exp(-0.5 * 0.5))


def test_joint_debtors_may_each_own_something(tmp_path):
    asset = {"name": "a", "present": 0.3, "find": 1.0, "coverage": 0.4}
    loans = [loan(i, joint_debtors=3) for i in range(50)]
    flows = run(tmp_path, loans, {**SURE_TITLE, "enforcement": {"assets": [asset]}})
    near(kind(flows, "deficiency"), 50 * 400 * (1 - 0.7**3))


@pytest.mark.parametrize(
    ("renewal", "exposed", "seized"),
    [(1.0, 1.0, 1.0), (0.0, 1.0 + 7.0 - 5.0, 7.0)],
    ids=["holds", "ran out"],
)
def test_a_freeze_protects_value_and_rank(tmp_path, renewal, exposed, seized):
    """Suit in month 0, freeze in month 1 for 4 months, application in month 7."""
    asset = {
        "name": "a",
        "find": 1.0,
        "find_preserved": 1.0,
        "freeze_months": 4,
        "renewal": renewal,
        "coverage": 0.5,
        "dissipation": 0.6,
        "rivals": 1.2,
        "rank_share": 0.25,
    }
    policy = {
        "litigation": {"lawsuit": {"duration": 7}, "preservation": {"delay": 1}},
        "enforcement": {"assets": [asset]},
    }
    flows = run(tmp_path, [loan(i) for i in range(50)], policy)
    first = math.exp(-0.1 * seized)
    near(
        kind(flows, "deficiency"),
        50 * 500 * math.exp(-0.05 * exposed) * (first + (1 - first) * 0.25),
    )


def test_a_cash_deposit_comes_back(tmp_path):
    policy = {
        "litigation": {
            "lawsuit": {"duration": 8},
            "preservation": {"security": 0.3, "form": "cash"},
        },
        "enforcement": {},
    }
    flows = run(tmp_path, [loan()], policy, scenarios=2)
    months = flows.amounts[0, :, list(flows.kinds).index("preservation"), 0]
    assert months[0] == pytest.approx(-300) and months[8] == pytest.approx(300)
    assert np.count_nonzero(months) == 2


def test_a_letter_costs_its_premium(tmp_path):
    policy = {
        "litigation": {
            "lawsuit": {"duration": 8},
            "preservation": {"security": 0.3, "premium": 0.01},
        },
        "enforcement": {},
    }
    assert kind(run(tmp_path, [loan()], policy, scenarios=2), "preservation") == pytest.approx(
        [-3, -3]
    )


GUARANTEE = {"guarantor_pays": 0.4, "guarantor_share": 1.0}


def test_guarantors_are_called_one_by_one(tmp_path):
    """Caps of 300 and 500, each pays with .4."""
    backers = [
        {"guarantor_id": "G1", "loan_id": "L000000", "cap": 300},
        {"guarantor_id": "G2", "loan_id": "L000000", "cap": 500},
    ]
    flows = run(
        tmp_path, [loan()], {**SURE_TITLE, "enforcement": GUARANTEE}, (), backers, scenarios=4000
    )
    paid = kind(flows, "guarantor")
    assert sorted(set(paid.round(6))) == [0.0, 300.0, 500.0, 800.0]
    near(paid, 0.4 * 800)


def test_a_guarantor_of_two_loans_has_one_idiosyncratic_risk(tmp_path):
    backers = [{"guarantor_id": "G", "loan_id": f"L{i:06d}", "cap": 300} for i in range(2)]
    flows = run(
        tmp_path, [loan(0), loan(1)], {**SURE_TITLE, "enforcement": GUARANTEE}, (), backers
    )
    assert sorted(set(kind(flows, "guarantor").round(6))) == [0.0, 600.0]


def test_a_guarantor_who_is_in_default_himself_pays_less_often(tmp_path):
    backers = [{"guarantor_id": "B1", "loan_id": "L000000"}]
    loans = [loan(0), loan(1, borrower_id="B1")]
    policy = {**SURE_TITLE, "enforcement": {**GUARANTEE, "guarantor_in_default": 0.5}}
    flows = run(tmp_path, loans, policy, (), backers, scenarios=4000)
    near(kind(flows, "guarantor"), 0.4 * 0.5 * 1000)


def test_delay_interest(tmp_path):
    """1,000,000 paid 365 days after the performance period: 63,875 at 0.0175 % a day."""
    year = 365 / (365.25 / 12)
    policy = {
        "litigation": {"lawsuit": {"duration": 1}},
        "enforcement": {"perform": 1.0, "perform_delay": 0.5 + year, "performance_window": 0.5},
    }
    legal = {"judgment_delay_rate": 0.000175 * 365.25}
    flows = run(tmp_path, [loan(principal=1_000_000)], policy, scenarios=2, legal=legal)
    assert kind(flows, "performance") == pytest.approx([1_063_875] * 2)


def test_what_the_loser_refunds(tmp_path):
    fees = {"brackets": [{"rate": 0.1}]}
    policy = {
        "litigation": {"lawsuit": {"duration": 1}, "lawyer_fixed": 50},
        "enforcement": {"perform": 1.0},
    }
    legal = {"court_fee": fees, "cost_shifting": 0.8, "lawyer_shifting": 0.5}
    flows = run(tmp_path, [loan()], policy, scenarios=2, legal=legal)
    assert kind(flows, "performance") == pytest.approx([1000 + 0.8 * 100 + 0.5 * 50] * 2)


def test_a_fee_is_halved_once(tmp_path):
    """5,800 on 300,000, halved in summary procedure; a mediated end leaves it at 2,900."""
    suit = {"mediation": 1.0, "mediation_duration": 2, "summary_maximum": 500_000}
    policy = {"litigation": {"lawsuit": suit}, "enforcement": {}}
    flows = run(
        tmp_path,
        [loan(principal=300_000)],
        policy,
        scenarios=2,
        legal={
            "court_fee": {"brackets": [{"fixed": 5800}]},
            "summary_factor": 0.5,
            "mediation_factor": 0.5,
        },
    )
    assert kind(
        flows, "court fee" if "court fee" in flows.kinds else "court_fee"
    ) == pytest.approx([-2900] * 2)


def both_pay(flows):
    paid = flows.amounts[:, :, list(flows.kinds).index("voluntary")].sum(axis=1) > 0
    return paid.all(axis=1)


@pytest.mark.parametrize(
    "settings", [{"group_correlation": 0.5}, {"region_correlation": 0.5}], ids=["group", "region"]
)
def test_borrowers_share_idiosyncratic_risk(tmp_path, settings):
    """Two borrowers pay together as often as two normals of that correlation lie below the same
    quantile."""
    loans = [loan(i, group_id="g", segment=f"s{i}") for i in range(2)]
    policy = {"collection": {"payment_rate": 0.02, "payer_share": 0.3}}
    case = study(
        tmp_path,
        loans,
        policy,
        market=settings,
        pricing=FREE,
        simulation={"scenarios": 20_000, "horizon_months": 6, "group_by": "segment"},
    )
    c = stats.norm.ppf(0.3)
    together = stats.multivariate_normal(cov=[[1, 0.5], [0.5, 1]]).cdf([c, c])
    near(both_pay(case.simulate()).astype(float), together)


def test_a_package_queues_at_its_own_courts(tmp_path):
    """Thirty suits at once where ten a month are taken on: all wait two months behind the backlog
    of 20."""
    policy = {"litigation": {"lawsuit": {"duration": 4}}, "enforcement": {"perform": 1.0}}
    flows = run(
        tmp_path,
        [loan(i) for i in range(30)],
        policy,
        scenarios=2,
        market={"courts": {"cases_per_month": 10}},
    )
    month = (
        flows.amounts[:, :, list(flows.kinds).index("performance")].sum(axis=(0, 2)).nonzero()[0]
    )
    assert month.tolist() == [6]


def test_a_second_plan(tmp_path):
    """Each plan fails at once and each offer is accepted: three haircuts of 10 %, then the end."""
    offer = {
        "offer_month": 1,
        "accept": 1.0,
        "haircut": 0.1,
        "term": 10,
        "redefault_hazard": 100.0,
        "plans": 3,
        "haircut_revoked": False,
    }
    policy = {"restructuring": offer, "residual_share": 1.0, "collection": {"months": 2}}
    assert kind(run(tmp_path, [loan()], policy, scenarios=2), "residual") == pytest.approx(
        [1000 * 0.9**3] * 2
    )


@pytest.mark.parametrize(("capacity", "offered"), [(200, True), (100, False), ("", False)])
def test_a_plan_must_be_affordable(tmp_path, capacity, offered):
    """Ten installments of 100 may take at most 60 % of what the borrower can pay a month."""
    offer = {
        "offer_month": 1,
        "accept": 1.0,
        "term": 10,
        "capacity_share": 0.6,
        "unknown_capacity": "refuse",
    }
    loans = [loan(0, monthly_capacity=capacity), loan(1, monthly_capacity=1)]
    flows = run(tmp_path, loans, {"restructuring": offer}, scenarios=2)
    assert kind(flows, "instalment") == pytest.approx([1000.0 * offered] * 2)


def test_a_sale_waits_for_the_market(tmp_path):
    """The index grows by 2 % a month in logs and reaches 1.10 in month 5 (exp(.1) = 1.105)."""
    sale = {
        "month": 2,
        "until": 20,
        "wait_for": {"factor": "index:*/*", "at_least": 1.10},
        "unsecured_price": 0.5,
    }
    flows = run(
        tmp_path, [loan()], {"sale": sale}, scenarios=2, market={"indices": [{"drift": 0.24}]}
    )
    months = flows.amounts[:, :, list(flows.kinds).index("sale")].sum(axis=(0, 2)).nonzero()[0]
    assert months.tolist() == [5]


def test_an_appraisal_is_brought_to_the_valuation_date(tmp_path):
    item = {
        "collateral_id": "C",
        "loan_id": "L000000",
        "kind": "house",
        "appraisal_value": 500,
        "appraisal_date": "2024-06-30",
    }
    policy = {"litigation": {"lawsuit": {"duration": 0}}, "enforcement": {}}
    flows = run(
        tmp_path,
        [loan()],
        policy,
        [item],
        scenarios=2,
        collateral={"house": {"past_growth": -0.05}},
    )
    assert kind(flows, "collateral") == pytest.approx([500 * math.exp(-0.05 * 730 / 365.25)] * 2)


def test_a_seizure_under_way_has_memory(tmp_path):
    """A Weibull wait that has lasted 24 months: what is left of it, given that, and not the whole
    less 24."""
    shape, mean, lost_scheduler = 0.55, 30.0, 24
    scale = mean / math.gamma(1 + 1 / shape)
    items = [
        {"collateral_id": f"C{i}", "loan_id": f"L{i:06d}", "kind": "house", "appraisal_value": 900}
        for i in range(50)
    ]
    loans = [loan(i, stage="enforcement", stage_date="2024-06-30") for i in range(50)]
    wait = {"kind": "weibull", "mean": mean, "shape": shape}
    flows = run(
        tmp_path,
        loans,
        {"enforcement": {}},
        items,
        horizon=12,
        collateral={"house": {"seizure": wait}},
    )
    lost_scheduler = 730 / (365.25 / 12)
    left = math.exp(-(((lost_scheduler + 12) / scale) ** shape)) / math.exp(
        -((lost_scheduler / scale) ** shape)
    )
    near(kind(flows, "collateral"), 50 * 900 * (1 - left))


def test_a_judgment_that_was_not_performed_has_memory(tmp_path):
    """Performance with .5 after an exponential time of mean 10, given 20 months without."""
    elapsed = 609 / (365.25 / 12)
    lost_scheduler = 1 - math.exp(-elapsed / 10)
    loans = [loan(i, stage="judged", stage_date="2024-10-29") for i in range(50)]
    policy = {
        "enforcement": {"perform": 0.5, "perform_delay": {"kind": "exponential", "mean": 10}}
    }
    flows = run(tmp_path, loans, policy, horizon=24)
    still = 0.5 * (1 - lost_scheduler) / (1 - 0.5 * lost_scheduler)
    near(kind(flows, "performance"), 50 * 1000 * still * (1 - math.exp(-2.4)))


def test_no_interruption_passes_the_long_stop(tmp_path):
    """Contacts reach the debtor every month, but 60 months after default no claim is left."""
    policy = {
        "collection": {"reach_hazard": 50.0},
        "litigation": {
            "after_months": 30,
            "file_before_expiry": False,
            "lawsuit": {"duration": 1},
        },
        "enforcement": {"perform": 1.0},
    }
    legal = {"limitation": [{"months": 36, "source": "test"}], "limitation_long_stop_months": 60}
    flows = run(
        tmp_path,
        [loan(0, age_months=20), loan(1, age_months=35)],
        policy,
        scenarios=4,
        legal=legal,
    )
    assert kind(flows, "performance") == pytest.approx([1000] * 4)


def test_a_kept_plan_is_worth_its_remaining_instalments(tmp_path):
    """120 installments of 10 against a horizon of 60: what is left is an annuity at the required
    return."""
    policy = {"restructuring": {"term": 120}}
    flows = run(
        tmp_path,
        [loan(principal=1200, stage="plan", stage_date="2026-06-30")],
        policy,
        scenarios=2,
        pricing={"required_return": 0.12},
    )
    v = 1.12 ** (-1 / 12)
    assert kind(flows, "residual") == pytest.approx([10 * v * (1 - v**60) / (1 - v)] * 2)


def test_a_contract_on_totals_reconciles_to_the_cent(tmp_path):
    agency = {"name": "A", "from_month": 2, "months": 10, "contract": "city"}
    policy = {"collection": {"payment_rate": 0.05, "settle_hazard": 0.02, "agencies": [agency]}}
    tiers = [{"up_to": 0.3, "rate": 0.2}, {"rate": 0.35}]
    contract = {"name": "city", "tiers": tiers, "fixed_monthly": 100, "setup": 250}
    flows = run(tmp_path, [loan(i) for i in range(40)], policy, scenarios=50, contracts=[contract])
    kinds = list(flows.kinds)
    inside = slice(3, 13)
    collected = sum(
        flows.amounts[:, inside, kinds.index(k)].sum(axis=(1, 2))
        for k in ("voluntary", "settlement")
    )
    fees = -kind(flows, "commission")
    # The placed balance is what is still in collection when month 3 begins.
    standing = 40_000 - flows.stage_gbv[6, 2]
    assert standing > 30_000
    for got, paid in zip(collected, fees, strict=True):
        # The tier's edge moves with the balance placed; without settlements before month 3 it is
        # 40,000.
        edges = 0.3 * np.arange(30_000, 40_001, 1000)
        totals = 1250 + 0.2 * np.minimum(got, edges) + 0.35 * np.maximum(got - edges, 0)
        assert np.abs(totals - paid).min() < 0.006
    assert np.allclose(fees * 100, np.round(fees * 100), atol=1e-6)
    assert flows.loans["pv_mean"].sum() == pytest.approx(flows.net.sum(axis=1).mean())
