"""The buyer's cash and its bid: by hand, against a slow reference implementation, and what must
hold for any terms.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from npl_sim.stats import risk
from npl_sim.valuation.bid import break_even_prices, buyer_bid, solve_bid
from npl_sim.valuation.buyer import ITEMS, BuyerCase, delayed
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import lifelike, one_kind
from tests.valuation.naive_buyer import own_cash

PLAIN = Pricing(required_return=0.1)
FLOWS = lifelike(scenarios=60, months=60)
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


def case(flows=FLOWS, pricing=PLAIN, **terms):
    return BuyerCase(flows, Buyer(**terms), pricing)


def annuity(cash=100.0, months=24, scenarios=2):
    net = np.zeros((scenarios, months + 1))
    net[:, 1:] = cash
    return one_kind(net, gbv=5000.0)


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
def test_the_bid_fulfils_what_is_demanded(measure, terms):
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


def test_nothing_to_buy_bids_nothing_or_less():
    """A package that only costs has a negative price in every scenario: the buyer would have to be
    paid.
    """
    net = np.full((5, 13), -10.0)
    bid = buyer_bid(one_kind(net), Buyer(), PLAIN)
    assert bid.price.value < 0.0
    assert bid.irr is None
    assert (
        buyer_bid(one_kind(net), Buyer(tax={"rate": 0.25}), PLAIN).price.value == bid.price.value
    )


@pytest.mark.parametrize(
    "measure",
    [{}, {"measure": "shortfall", "level": 0.4}, {"measure": "probability", "level": 0.6}],
)
@pytest.mark.parametrize(
    "terms",
    [
        {"tax": {"rate": 0.25}},
        {"debt": {"loan_to_price": 0.3, "rate": 0.06}},
        {"capital": {"cost": 0.1}},
    ],
)
def test_a_package_below_nothing_is_bid_its_loss_whatever_the_buyer_s_terms(measure, terms):
    """Below nothing there is no debt to draw, no outlay to deduct and no capital: the bid is that
    without them.
    """
    net = np.outer(np.linspace(-30.0, -10.0, 5), np.ones(13))
    rest = {
        "purchase_cost": 0.02,
        "payments": [{"month": 0, "share": 0.5}, {"month": 6, "share": 0.5}],
    }
    plain = buyer_bid(one_kind(net), Buyer(**rest, **measure), PLAIN).price
    found = buyer_bid(one_kind(net), Buyer(**rest, **measure, **terms), PLAIN).price
    assert plain.value < -100.0
    assert found.value == pytest.approx(plain.value, rel=1e-9)
    assert found.se == pytest.approx(plain.se, rel=1e-9, nan_ok=True)


@given(
    rate=st.floats(0.0, 0.6),
    ltp=st.floats(0.0, 0.8),
    sweep=st.floats(0.05, 1.0),
    share=st.floats(0.0, 1.0),
    onboarding=st.integers(0, 80),
    capital=st.floats(0.0, 0.3),
    price=st.floats(0.0, 0.6),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_a_higher_price_is_never_better(rate, ltp, sweep, share, onboarding, capital, price):
    terms = {
        "tax": {"rate": rate},
        "debt": {"loan_to_price": ltp * (1 - share), "rate": 0.08, "sweep": sweep, "months": 30},
        "payments": [{"month": 0, "share": 1 - share}, {"month": 18, "share": share}],
        "onboarding_months": onboarding,
        "capital": {"cost": capital},
    }
    here = case(**terms, target_irr=0.15)
    low, high = here.value(price * FLOWS.gbv), here.value((price + 0.01) * FLOWS.gbv)
    assert np.all(high <= low + 1e-6)


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        (
            {"measure": "quantile"},
            "level is None; expected a level between 0 and 1 with measure: quantile",
        ),
        ({"level": 0.5}, "level is 0.5; expected none with measure: expectation"),
        ({"payments": [{"month": 0, "share": 0.5}]}, "sum to 0.5; expected 1"),
        ({"payments": [{"month": 3, "share": 0.5}, {"month": 3, "share": 0.5}]}, "do not rise"),
        (
            {
                "payments": [{"month": 0, "share": 0.3}, {"month": 3, "share": 0.7}],
                "debt": {"loan_to_price": 0.5, "rate": 0.1},
            },
            "loan_to_price is 0.5; expected at most the share of the price paid at closing, 0.3",
        ),
    ],
)
def test_terms_that_contradict_themselves_are_refused(terms, message):
    with pytest.raises(ValidationError, match=message):
        Buyer(**terms)


def test_a_value_in_expectation_earns_its_target_in_the_mean_cash():
    """The rates of single scenarios do not average to it: one pays in a month, one never."""
    net = np.zeros((2, 25))
    net[0, 1] = 1000.0
    flows = one_kind(net, gbv=5000.0)
    bid = buyer_bid(flows, Buyer(target_irr=0.1, purchase_cost=0.02), PLAIN)
    assert bid.price.value == pytest.approx(500.0 * 1.1 ** (-1 / 12) / 1.02)
    assert bid.irr_of_mean == pytest.approx(0.1, rel=1e-9)
    assert bid.multiple == pytest.approx(1.1 ** (1 / 12))
    assert bid.irr.mean.value > 10.0
    late = buyer_bid(
        annuity(),
        Buyer(target_irr=0.1, payments=[{"month": 0, "share": 0.5}, {"month": 12, "share": 0.5}]),
        PLAIN,
    )
    assert late.irr_of_mean == pytest.approx(0.1, rel=1e-9)
    # Put in at closing and in month 12, less that month's cash; 100 come back in each of the 23
    # others.
    assert late.multiple == pytest.approx(2300.0 / (late.price.value - 100.0))


def test_nothing_laid_out_has_no_rate_and_no_multiple():
    bid = buyer_bid(annuity(0.0), Buyer(), PLAIN)
    assert bid.irr is None and np.isnan(bid.irr_of_mean) and np.isnan(bid.multiple)


def test_who_must_be_paid_asks_for_more_where_less_is_disclosed():
    """A discount for information never raises a bid, on either side of nothing."""
    open_book = buyer_bid(annuity(-10.0), Buyer(target_irr=0.1), PLAIN).price.value
    closed = buyer_bid(annuity(-10.0), Buyer(target_irr=0.1, information_discount=0.1), PLAIN)
    assert open_book < 0.0 and closed.price.value == pytest.approx(1.1 * open_book)
    assert closed.price.low <= closed.price.value <= closed.price.high


def test_a_loss_of_the_lender_that_no_scenario_met_has_no_error():
    """None of 40 scenarios loses: the mean is 0, and how much more there may be is not known."""
    debt = {"loan_to_price": 0.3, "rate": 0.06}
    bid = buyer_bid(annuity(), Buyer(target_irr=0.12, debt=debt), PLAIN)
    assert bid.lender_loss.value == 0.0
    assert np.isnan(bid.lender_loss.se) and bid.lender_loss.high == np.inf
    none = buyer_bid(annuity(), Buyer(target_irr=0.12), PLAIN)
    assert none.lender_loss.se == 0.0


@pytest.mark.parametrize(
    "terms",
    [{}, {"tax": {"rate": 0.25}, "debt": {"loan_to_price": 0.4, "rate": 0.06, "fee": 0.01}}],
)
def test_a_price_below_nothing_bears_no_cost_and_draws_no_debt(terms):
    """A sure loss of 10 a month for a year: the price is its present value, and at it the buyer
    earns its target.
    """
    net = np.full((5, 13), -10.0)
    buyer = Buyer(target_irr=0.2, purchase_cost=0.05, **terms)
    bid = buyer_bid(one_kind(net), buyer, PLAIN)
    worth = -10.0 * float((1.2 ** (-np.arange(13) / 12.0)).sum())
    assert bid.price.value == pytest.approx(worth, rel=1e-12)
    assert bid.value.value == pytest.approx(0.0, abs=1e-9)
    items = {name: float(cash.sum()) for name, cash in bid.ledger.items.items()}
    assert items["purchase cost"] == 0.0 and items["debt drawn"] == 0.0 and items["tax"] == 0.0
