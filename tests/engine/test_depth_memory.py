"""Sales, and memory of earlier stages at the valuation date."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.builders.studies import loan
from tests.engine.depth_runs import kind, near, run


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


def test_a_kept_plan_is_worth_its_remaining_installments(tmp_path):
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
