"""Output of the simulation: receipts and costs, without servicing that another party charges."""

from __future__ import annotations

import dataclasses
from datetime import date

import numpy as np
import pytest

from npl_sim.cashflows.facts import refunds_received
from npl_sim.channels.outcomes import outcomes_of_flows
from npl_sim.core.errors import NplSimError
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.runs.case import load_study
from npl_sim.securitization.collections import from_package
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.parties import Buyer, Seller
from npl_sim.valuation.seller import SellerCase, hold_value
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import KINDS, lifelike, package, totals_only
from tests.builders.studies import study
from tests.engine.test_same_bits import MARKET, POLICIES, tape


def by_hand():
    """Receipts 100 and 50, court fees 7 and a refund of 3, servicing 4 % of receipts."""
    cash = np.zeros((1, 3, len(KINDS), 1))
    cash[0, :, Kind.VOLUNTARY, 0] = (0, 100, 50)
    cash[0, :, Kind.COURT_FEE, 0] = (0, -7, 3)
    cash[0, :, Kind.SERVICING, 0] = (0, -4, -2)
    return package(cash, servicing_rate=0.04)


@pytest.mark.parametrize("kept", [lambda flows: flows, totals_only], ids=["kinds", "totals"])
def test_servicing_is_left_out_whatever_is_kept(kept):
    flows = kept(by_hand())
    receipts, costs = flows.receipts_and_costs()
    assert receipts[0].tolist() == [0, 100, 50]
    assert costs[0] == pytest.approx([0, 7, -3])
    assert flows.receipts_and_costs(exclude=())[1][0] == pytest.approx([0, 11, -1])


def test_other_kinds_are_left_out_where_they_are_kept():
    flows = by_hand()
    assert flows.receipts_and_costs(exclude=("court_fee",))[1][0] == pytest.approx([0, 4, 2])
    assert flows.receipts_and_costs(exclude=("court_fee", "servicing"))[1][0] == pytest.approx(
        [0, 0, 0]
    )
    expected = "'court_fee'; expected kinds of cost that these flows keep: servicing"
    with pytest.raises(NplSimError, match=expected):
        totals_only(flows).receipts_and_costs(exclude=("court_fee",))
    for name in ("voluntary", "costs", "servicer"):
        with pytest.raises(NplSimError, match=f"got '{name}'; expected kinds of cost"):
            flows.receipts_and_costs(exclude=(name,))


def test_a_refund_is_a_receipt():
    receipts, costs = refunds_received(np.array([[10.0, 0.0]]), np.array([[-3.0, 2.0]]))
    assert receipts.tolist() == [[13.0, 0.0]] and costs.tolist() == [[0.0, 2.0]]


def with_servicing(flows, rate):
    """Return the same receipts and other costs under another rate of servicing."""
    cash = flows.amounts.copy()
    cash[:, :, Kind.SERVICING] = -rate * cash[:, :, KIND_IS_INFLOW].sum(axis=2)
    return dataclasses.replace(flows, amounts=cash, servicing_rate=rate)


def test_whoever_charges_its_own_servicing_does_not_see_the_studys():
    """The same package at 0, 2 and 30 % of servicing: buyer, seller, deal and channel get the same
    cash.
    """
    found = []
    for rate in (0.0, 0.02, 0.30):
        flows = with_servicing(lifelike(scenarios=30, months=36), rate)
        pricing = Pricing(required_return=0.1, servicing_rate=rate)
        outcomes = outcomes_of_flows(flows, 0.1)
        deal = from_package(flows, date(2026, 6, 30), leave_out=("servicing",))
        buyer = BuyerCase(flows, Buyer(servicing_rate=0.07), pricing)
        seller = Seller(discount_rate=0.06, servicing_rate=0.05)
        found.append(
            {
                "channel": outcomes.net,
                "deal": deal.received - deal.costs,
                "buyer": buyer.pool.T,
                "seller": SellerCase(flows, seller, pricing).hold_values(),
                "kept": np.array(hold_value(flows, seller, pricing).value.value),
            }
        )
    for other in found[1:]:
        for name, values in found[0].items():
            assert np.allclose(values, other[name], rtol=1e-12, atol=1e-6), name


def test_a_party_without_a_rate_of_its_own_bears_the_studys():
    flows = with_servicing(lifelike(scenarios=10, months=24), 0.3)
    pricing = Pricing(required_return=0.1, servicing_rate=0.3)
    assert BuyerCase(flows, Buyer(), pricing).pool.T == pytest.approx(flows.net)


def test_the_simulation_tells_its_rate_and_streams_the_same_cash(tmp_path):
    loans, items = tape(20)
    size = {"scenarios": 70, "horizon_months": 24, "seed": 5}
    terms = {"house": {"appraisal_error": 0.1, "drift_volatility": 0.1, "bid_volatility": 0.1}}
    calls = {
        "channel": "call",
        "contacts_per_month": 2,
        "cost_per_contact": 5,
        "pay_per_contact": 0.01,
    }
    policies = [
        POLICIES[0],
        {**POLICIES[1], "collection": {**POLICIES[1]["collection"], "channels": [calls]}},
    ]
    study(
        tmp_path,
        loans,
        policies,
        items,
        market=MARKET,
        collateral=terms,
        simulation=size,
        pricing={"servicing_rate": 0.08},
    )
    runs = {
        (keep, rate): load_study(
            tmp_path / "study.yaml", {"simulation.detail": keep, "pricing.servicing_rate": rate}
        ).simulate()
        for keep, rate in (("kinds", 0.08), ("totals", 0.08), ("streamed", 0.08), ("totals", 0.0))
    }
    kinds = runs["kinds", 0.08]
    assert kinds.servicing_rate == 0.08
    other = [k for k in Kind if not KIND_IS_INFLOW[k] and k != Kind.SERVICING]
    expected = -kinds.amounts[:, :, other].sum(axis=(2, 3))
    assert expected.sum() > 0.0 and kinds.amounts[:, :, Kind.SERVICING].sum() < 0.0
    for name, flows in runs.items():
        for draws in ("first", "every"):
            receipts, costs = flows.receipts_and_costs(draws=draws)
            assert np.allclose(costs, expected, rtol=1e-9, atol=1e-7), (name, draws)
            assert np.array_equal(receipts, kinds.receipts)
