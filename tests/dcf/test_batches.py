"""Auctions of the second method in batches: few calls, and the same bits for any batch."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.dcf import collateral_item, debt
from npl_sim.dcf.exit_value import call
from npl_sim.dcf.value import expected_cash
from tests.builders.stage_studies import BETA, ENFORCED
from tests.builders.studies import loan, study

JUDGED = {"stage": "enforcement", "stage_date": "2026-06-30"}
ROUNDS = [{"reserve": 0.9, "months": 3, "bidders": 2.0}, {"reserve": 0.7, "months": 6}]


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Three claims in enforcement with one item each, two of them behind liens."""
    rows = [loan(i, principal=900.0 + 300.0 * i, **JUDGED) for i in range(3)]
    items = [
        {
            "loan_id": f"L{i:06d}",
            "kind": "flat",
            "appraisal_value": 1000 + 50 * i,
            "appraisal_date": "2026-06-30",
            "prior_liens": 100.0 * i,
        }
        for i in range(3)
    ]
    policy = {
        "litigation": {"lawyer_contingency_share": 0.1},
        "enforcement": {
            **ENFORCED,
            "garnishment_probability": 0.3,
            "garnishment_share": 0.02,
            "garnishment_months": 12,
            "resumption_probability": 0.4,
            "resumption_share": BETA,
        },
    }
    terms = {
        "rounds": ROUNDS,
        "bid_volatility": 0.15,
        "acceptance_against_debt_probability": 0.5,
        "surplus_payment_probability": 0.4,
        "holding_cost": 0.02,
        "reauctions": 1,
        "seizure_duration": {"kind": "lognormal", "mean": 8, "sd": 4},
    }
    return study(
        tmp_path_factory.mktemp("batches"),
        rows,
        policy,
        items,
        collateral={"default": terms},
        market={"indices": [{"volatility": 0.2}]},
        simulation={"scenarios": 2, "horizon_months": 60},
    )


def test_batches_of_any_size_give_the_same_bits(case, monkeypatch):
    whole = expected_cash(case.study, case.table)
    assert whole.value > 0.0
    monkeypatch.setattr(debt, "MOST_AT_ONCE", 1)
    monkeypatch.setattr(collateral_item, "AT_ONCE", 1)
    single = expected_cash(case.study, case.table)
    assert np.array_equal(whole.pv, single.pv)
    assert np.array_equal(whole.by_month, single.by_month)


def test_a_round_needs_a_few_calls_and_not_one_for_each_bid_and_tenth(case, monkeypatch):
    sizes = []

    def counted(mean, sd, strike):
        value = call(mean, sd, strike)
        sizes.append(value.size)
        return value

    rounds = []

    def round_counted(self, bids):
        rounds.append(bids)
        return sold(self, bids)

    sold = collateral_item.Lot.sold
    monkeypatch.setattr(collateral_item.Lot, "sold", round_counted)
    monkeypatch.setattr(collateral_item, "call", counted)
    expected_cash(case.study, case.table)
    assert rounds and len(sizes) <= 7 * len(rounds)
    assert np.mean(sizes) > 500


def test_a_call_is_its_closed_form_at_every_strike():
    """V lognormal with mean 100 and log deviation 0.2; strikes of 0, 80 and infinity."""
    mean, sd = np.full(3, 100.0), np.full(3, 0.2)
    draws = 100.0 * np.exp(0.2 * np.random.default_rng(7).standard_normal(400_000) - 0.02)
    value = call(mean, sd, np.array([0.0, 80.0, np.inf]))
    assert value[0] == 100.0 and value[2] == 0.0
    paid = np.maximum(draws - 80.0, 0.0)
    assert abs(value[1] - paid.mean()) < 5.0 * paid.std() / np.sqrt(len(paid))
    assert call(mean, sd, np.zeros((2, 3))).tolist() == [[100.0] * 3] * 2
