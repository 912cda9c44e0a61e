"""The buyer's cash and its bid: by hand, against a slow reference implementation, and what must
hold for any terms.
"""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.stats import risk
from npl_sim.valuation.bid import break_even_prices, buyer_bid, solve_bid
from npl_sim.valuation.buyer import ITEMS, BuyerCase
from npl_sim.valuation.own_returns import delayed
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import one_kind
from tests.valuation.buyer_cases import FLOWS, PLAIN, annuity, case
from tests.valuation.naive_buyer import own_cash

EVERYTHING = {
    "target_irr": 0.15,
    "purchase_cost": 0.01,
    "fixed_cost": 20_000.0,
    "servicing_rate": 0.07,
    "overhead_rate": 0.001,
    "overhead_months": 24,
    "turnover_tax": 0.004,
    "onboarding_months": 3,
    "payments": [{"month": 0, "share": 0.6}, {"month": 9, "share": 0.4}],
    "tax": {"rate": 0.25},
    "debt": {"loan_to_price": 0.5, "rate": 0.08, "sweep": 0.6, "months": 24, "fee": 0.01},
    "capital": {"risk_weight": 1.5, "ratio": 0.1, "cost": 0.06},
}


def test_an_annuity_by_hand():
    """100 a month for two years at 12 % with 1 % costs: the annuity over 1.01."""
    v = 1.12 ** (-1 / 12)
    worth = 100 * v * (1 - v**24) / (1 - v)
    bid = buyer_bid(annuity(), Buyer(target_irr=0.12, purchase_cost=0.01), PLAIN)
    assert bid.price.value == pytest.approx(worth / 1.01, rel=1e-12)
    assert bid.irr.mean.value == pytest.approx(0.12, abs=1e-9)
    assert bid.price.se == 0.0


def test_deferred_payment_is_worth_its_delay():
    """Half the price paid after a year at 20 %: the price rises to PV / (0.5 + 0.5 / 1.2)."""
    own = buyer_bid(annuity(), Buyer(target_irr=0.2), PLAIN).price.value
    later = buyer_bid(
        annuity(),
        Buyer(target_irr=0.2, payments=[{"month": 0, "share": 0.5}, {"month": 12, "share": 0.5}]),
        PLAIN,
    )
    assert later.price.value == pytest.approx(own / (0.5 + 0.5 / 1.2), rel=1e-12)


def test_tax_by_hand():
    """One year, 1,200 in all, price 1,000 deducted as collected: the profit of 200 bears 25 % in
    month 12.
    """
    flows = annuity(cash=100.0, months=12)
    ledger = case(flows, tax={"rate": 0.25}, target_irr=0.1).ledger(1000.0)
    assert ledger.items["tax"][12] == pytest.approx(-50.0)
    assert ledger.items["tax"].sum() == pytest.approx(-50.0)
    assert ledger.own.sum(axis=0) == pytest.approx([150.0, 150.0])


def test_price_first_pays_tax_later():
    """Two equal years: as collected, tax falls on both; price first, on the second alone; the sum
    is the same.
    """
    flows = annuity(cash=100.0, months=24)
    taxes = {
        r: case(flows, tax={"rate": 0.25, "recovery": r}).ledger(1200.0).items["tax"]
        for r in ("as_collected", "price_first")
    }
    assert taxes["as_collected"][[12, 24]] == pytest.approx([-150.0, -150.0])
    assert taxes["price_first"][[12, 24]] == pytest.approx([0.0, -300.0])


def test_losses_are_carried_forward():
    """Year one loses 300, year two earns 500: tax on 200."""
    net = np.zeros((2, 25))
    net[:, 3], net[:, 15] = -300.0, 500.0
    ledger = case(one_kind(net), tax={"rate": 0.5, "recovery": "price_first"}).ledger(0.0)
    assert ledger.items["tax"][[12, 24]] == pytest.approx([0.0, -100.0])


def test_debt_by_hand():
    """Price 1,000, half borrowed at 12 %: month 1 pays interest 5, sweeps half of the 95 left."""
    terms = {"loan_to_price": 0.5, "rate": 0.12, "sweep": 0.5, "months": 60}
    ledger = case(annuity(), debt=terms).ledger(1000.0)
    assert ledger.items["debt drawn"][0] == 500.0
    assert ledger.items["interest"][1:3] == pytest.approx([-5.0, -0.01 * 452.5])
    assert ledger.items["repayment"][1] == pytest.approx(-47.5)
    assert ledger.own[1] == pytest.approx([47.5, 47.5])
    assert ledger.debt_mean[1] == pytest.approx(452.5)


def test_debt_that_is_never_repaid_is_the_lenders_loss():
    """Nothing comes in: interest joins the debt for 12 months at 1 % each."""
    flows = one_kind(np.zeros((2, 13)))
    ledger = case(flows, debt={"loan_to_price": 0.5, "rate": 0.12}).ledger(1000.0)
    assert ledger.debt == pytest.approx([500 * 1.01**12] * 2)


def test_leverage_below_the_target_raises_the_bid_and_above_it_lowers_it():
    flows = annuity(months=48)
    bids = [
        buyer_bid(
            flows,
            Buyer(target_irr=0.15, debt={"loan_to_price": 0.5, "rate": rate, "months": 48}),
            PLAIN,
        ).price.value
        for rate in (0.05, 0.3)
    ]
    own = buyer_bid(flows, Buyer(target_irr=0.15), PLAIN).price.value
    assert bids[1] < own < bids[0]


def test_capital_by_hand():
    """100 % weight, 10 % ratio, 12 % cost on the outlay not yet recovered: 1,000, then 900."""
    ledger = case(annuity(), capital={"risk_weight": 1.0, "ratio": 0.1, "cost": 0.12}).ledger(
        1000.0
    )
    assert ledger.items["capital charge"][1:3] == pytest.approx([-1.0, -0.9])
    assert ledger.items["capital charge"][11] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("recovery", ["as_collected", "price_first"])
@pytest.mark.parametrize(
    "without", [(), ("tax",), ("debt",), ("payments",), ("capital",), ("tax", "debt", "capital")]
)
def test_the_reference_implementation_agrees(without, recovery):
    terms = {k: v for k, v in EVERYTHING.items() if k not in without}
    if "tax" in terms:
        terms["tax"] = {**terms["tax"], "recovery": recovery}
    pricing = Pricing(required_return=0.1, servicing_rate=0.05)
    buyer = Buyer(**terms)
    here = BuyerCase(FLOWS, buyer, pricing)
    price = 0.12 * FLOWS.gbv
    ledger = here.ledger(price)
    expected = FLOWS.receipts.mean(axis=0)
    for s in range(0, FLOWS.scenarios, 7):
        slow = own_cash(
            FLOWS.net[s], FLOWS.receipts[s], buyer, pricing, FLOWS.gbv, price, expected
        )
        assert ledger.own[:, s] == pytest.approx(slow, rel=1e-10, abs=1e-6)
    assert set(ledger.items) == set(ITEMS)
    whole = sum(ledger.items.values())
    assert whole == pytest.approx(ledger.own.mean(axis=1), rel=1e-9, abs=1e-5)


@pytest.mark.parametrize("terms", [{}, EVERYTHING, {**EVERYTHING, "payments": []}])
def test_each_scenario_earns_the_target_at_its_own_price(terms):
    here = case(**terms)
    prices = break_even_prices(here)
    good = prices > 0.0
    value = here.value(np.maximum(prices, 0.0))
    assert np.abs(value[good]).max() < 1e-6 * FLOWS.gbv
    at_nothing = here.value(0.0)
    assert np.array_equal(good, at_nothing > 0.0)


@pytest.mark.parametrize("measure", ["expectation", "probability", "quantile", "shortfall"])
@pytest.mark.parametrize("terms", [{}, EVERYTHING], ids=["plain", "everything"])
def test_the_bid_meets_its_requirements(measure, terms):
    level = {} if measure == "expectation" else {"level": 0.3}
    bid = buyer_bid(FLOWS, Buyer(**terms, measure=measure, **level), PLAIN)
    here = BuyerCase(FLOWS, Buyer(**terms, measure=measure, **level), PLAIN)
    value = here.value(bid.price.value)
    scale = FLOWS.gbv
    if measure == "expectation":
        assert value.mean() == pytest.approx(0.0, abs=1e-7 * scale)
    elif measure == "shortfall":
        assert risk.expected_shortfall(value, 0.3).value == pytest.approx(0.0, abs=1e-7 * scale)
    else:
        earned = float(np.mean(value >= -1e-7 * scale))
        wanted = 0.3 if measure == "probability" else 0.7
        assert earned == pytest.approx(wanted, abs=1.5 / FLOWS.scenarios)
    assert bid.price.se > 0.0 and bid.price.low < bid.price.value < bid.price.high


def test_certainty_costs():
    bids = [solve_bid(case(measure="probability", level=p))[0].value for p in (0.3, 0.5, 0.7, 0.9)]
    assert bids == sorted(bids, reverse=True) and bids[0] > bids[-1]


def test_information_discount_comes_off_the_bid():
    whole = buyer_bid(FLOWS, Buyer(), PLAIN)
    less = buyer_bid(FLOWS, Buyer(information_discount=0.1), PLAIN)
    assert less.price.value == pytest.approx(0.9 * whole.price.value, rel=1e-12)
    assert less.before_information.value == whole.price.value
    assert less.value.value > 0.0


def test_own_servicing_takes_the_place_of_the_studys():
    """Flows bear 5 % of receipts already: a buyer at 5 % changes nothing, one at 15 % takes a
    tenth of receipts.
    """
    pricing = Pricing(required_return=0.1, servicing_rate=0.05)
    same = BuyerCase(FLOWS, Buyer(servicing_rate=0.05), pricing)
    dear = BuyerCase(FLOWS, Buyer(servicing_rate=0.15), pricing)
    open_ = BuyerCase(FLOWS, Buyer(), pricing)
    assert same.pool == pytest.approx(FLOWS.net.T) and open_.pool == pytest.approx(FLOWS.net.T)
    assert dear.pool == pytest.approx((FLOWS.net - 0.1 * FLOWS.receipts).T)


def test_delay_loses_nothing():
    cash = np.arange(10.0)[:, None]
    assert delayed(cash, 3)[:, 0].tolist() == [0, 0, 0, 0, 1, 2, 3, 4, 5, 6 + 7 + 8 + 9]
    assert delayed(cash, 30).sum() == cash.sum() == delayed(cash, 30)[-1, 0]
