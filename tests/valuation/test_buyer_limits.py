"""Bids at the limits: packages without value, monotone returns, refused terms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from npl_sim.valuation.bid import buyer_bid
from npl_sim.valuation.parties import Buyer
from tests.builders.cash import one_kind
from tests.valuation.buyer_cases import FLOWS, PLAIN, annuity, case


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
