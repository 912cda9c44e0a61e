"""Guarantors, delay interest, refunds and shared risk of debtors, in expectation."""

from __future__ import annotations

import pytest
from scipy import stats

from tests.builders.studies import loan, study
from tests.engine.depth_runs import FREE, SURE_TITLE, kind, near, run

GUARANTEE = {"guarantor_payment_probability": 0.4, "guarantor_share": 1.0}


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
    policy = {**SURE_TITLE, "enforcement": {**GUARANTEE, "guarantor_in_default_factor": 0.5}}
    flows = run(tmp_path, loans, policy, (), backers, scenarios=4000)
    near(kind(flows, "guarantor"), 0.4 * 0.5 * 1000)


def test_delay_interest(tmp_path):
    """1,000,000 paid 365 days after the performance period: 63,875 at 0.0175 % a day."""
    year = 365 / (365.25 / 12)
    policy = {
        "litigation": {"lawsuit": {"duration": 1}},
        "enforcement": {
            "performance_probability": 1.0,
            "performance_delay": 0.5 + year,
            "performance_window": 0.5,
        },
    }
    legal = {"judgment_delay_rate": 0.000175 * 365.25}
    flows = run(tmp_path, [loan(principal=1_000_000)], policy, scenarios=2, legal=legal)
    assert kind(flows, "performance") == pytest.approx([1_063_875] * 2)


def test_what_the_loser_refunds(tmp_path):
    fees = {"brackets": [{"rate": 0.1}]}
    policy = {
        "litigation": {"lawsuit": {"duration": 1}, "lawyer_fixed_fee": 50},
        "enforcement": {"performance_probability": 1.0},
    }
    legal = {"court_fee": fees, "cost_shifting": 0.8, "lawyer_fee_shifting": 0.5}
    flows = run(tmp_path, [loan()], policy, scenarios=2, legal=legal)
    assert kind(flows, "performance") == pytest.approx([1000 + 0.8 * 100 + 0.5 * 50] * 2)


def test_a_fee_is_halved_once(tmp_path):
    """5,800 on 300,000, halved in summary procedure; a mediated end leaves it at 2,900."""
    suit = {
        "mediation_probability": 1.0,
        "mediation_duration": 2,
        "summary_maximum_claim": 500_000,
    }
    policy = {"litigation": {"lawsuit": suit}, "enforcement": {}}
    flows = run(
        tmp_path,
        [loan(principal=300_000)],
        policy,
        scenarios=2,
        legal={
            "court_fee": {"brackets": [{"fixed": 5800}]},
            "summary_fee_factor": 0.5,
            "mediation_fee_factor": 0.5,
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
    policy = {
        "litigation": {"lawsuit": {"duration": 4}},
        "enforcement": {"performance_probability": 1.0},
    }
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
        "acceptance_probability": 1.0,
        "haircut": 0.1,
        "term": 10,
        "redefault_hazard": 100.0,
        "maximum_plans": 3,
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
        "acceptance_probability": 1.0,
        "term": 10,
        "capacity_share": 0.6,
        "unknown_capacity": "refuse",
    }
    loans = [loan(0, monthly_capacity=capacity), loan(1, monthly_capacity=1)]
    flows = run(tmp_path, loans, {"restructuring": offer}, scenarios=2)
    assert kind(flows, "installment") == pytest.approx([1000.0 * offered] * 2)
