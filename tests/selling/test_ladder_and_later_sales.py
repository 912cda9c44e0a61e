"""From what keeping is worth to the reservation price, and a sale now or later, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.valuation.bid import solve_bid
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.later_sale import BidderCosts, bid_values, kept_until, later_sales
from npl_sim.valuation.parties import Buyer, Seller
from npl_sim.valuation.reservation_ladder import reservation_ladder, symbols
from npl_sim.valuation.seller import SellerCase, hold_value
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import lifelike, one_kind

PLAIN = Pricing(required_return=0.1)
MID_MONTH = Pricing(required_return=0.1, cash_timing="mid_month", servicing_rate=0.03)
FLOWS = lifelike(scenarios=80, months=60)
SELLER = Seller(
    discount_rate=0.07,
    servicing_rate=0.06,
    overhead_rate=0.002,
    tax_rate=0.25,
    sale_cost=0.02,
    provision_coverage={"default": 0.5},
    capital={"cost": 0.08},
)
COSTS = BidderCosts(servicing=0.05, purchase=0.01)


def by_hand():
    """Return the worked case of docs/seller.md: 300 after a year, 200 after two, GBV 1,000."""
    net = np.zeros((2, 25))
    net[:, 12], net[:, 24] = 300.0, 200.0
    seller = Seller(
        discount_rate=0.05,
        servicing_rate=0.10,
        tax_rate=0.25,
        sale_cost=0.02,
        provision_coverage={"default": 0.60},
        capital={"risk_weight": 1.0, "ratio": 0.1, "cost": 0.06},
    )
    flows = one_kind(net, gbv=1000.0)
    return flows, SellerCase(flows, seller, PLAIN)


def test_the_ladder_of_the_worked_case():
    _, case = by_hand()
    cash = 300 / 1.05 + 200 / 1.05**2
    shield = 1000 * (0.6 / 1.05 + 0.4 / 1.05**2)
    # 400 of book value at 0.1 x 6 % a year: all of it in year 1, 40 % of it in year 2.
    months = np.arange(1, 25)
    charge = 400 * 0.1 * 0.06 / 12 * np.where(months <= 12, 1.0, 0.4)
    capital = charge @ 1.05 ** (-months / 12)
    tax = -0.25 * (0.9 * cash - shield)
    hold = 0.9 * cash + tax - capital
    price = (hold - 250) / (0.75 * 0.98)
    amounts = {step.name: step.amount for step in reservation_ladder(case)}
    values = {step.name: step.value for step in reservation_ladder(case)}
    assert amounts["cash"] == pytest.approx(cash, rel=1e-12)
    assert amounts["own_cost"] == pytest.approx(-0.1 * cash, rel=1e-12)
    assert amounts["overheads"] == 0.0
    assert amounts["tax"] == pytest.approx(tax, rel=1e-12)
    assert amounts["capital"] == pytest.approx(-capital, rel=1e-12)
    assert amounts["tax_relief"] == pytest.approx(-250.0)
    assert amounts["tax_on_price"] == pytest.approx((hold - 250) / 0.75 * 0.25, rel=1e-12)
    assert amounts["sale_cost"] == pytest.approx(0.02 * price, rel=1e-12)
    assert values["hold_value"] == pytest.approx(hold, rel=1e-12)
    assert values["reservation"] == pytest.approx(price, rel=1e-12)
    # As docs/seller.md prints it.
    printed = {"hold_value": 545.64, "reservation": 402.23}
    assert {name: round(values[name], 2) for name in printed} == printed


@pytest.mark.parametrize("pricing", [PLAIN, MID_MONTH])
def test_the_ladder_ends_at_the_reservation_price_of_the_bid_book(pricing):
    case, found = SellerCase(FLOWS, SELLER, pricing), hold_value(FLOWS, SELLER, pricing)
    steps = reservation_ladder(case)
    assert steps[-1].value == pytest.approx(found.reservation.value, abs=0.005)
    assert sum(found.parts.values()) == pytest.approx(steps[5].value, rel=1e-12)
    assert symbols(case)["provisions"] == found.provisions


@pytest.mark.parametrize("pricing", [PLAIN, MID_MONTH])
def test_a_later_sale_at_the_reservation_price_then_is_worth_the_hold_value(pricing):
    case = SellerCase(FLOWS, SELLER, pricing)
    hold = case.sample.mean(case.hold_values()).value
    for sale in later_sales(case, FLOWS, 0.12, COSTS, (6, 24)):
        kept, basis = kept_until(case, sale.month)
        after = 0.75 * 0.98 * sale.reservation.value + 0.25 * basis
        worth = case.sample.mean(kept).value + after * 1.07 ** (-sale.month / 12)
        assert worth == pytest.approx(hold, rel=1e-12)


@pytest.mark.parametrize("pricing", [PLAIN, MID_MONTH])
def test_the_expected_bid_now_is_that_of_a_plain_buyer(pricing):
    case = SellerCase(FLOWS, SELLER, pricing)
    buyer = Buyer(target_irr=0.15, servicing_rate=0.05, purchase_cost=0.01)
    bid = solve_bid(BuyerCase(FLOWS, buyer, pricing))[0].value
    assert case.sample.mean(bid_values(case, FLOWS, 0.15, COSTS)).value == pytest.approx(bid)


def test_later_sales_by_hand():
    """After a year 200 is left, one year away; the bidder asks 10 % and services at 5 %."""
    flows, case = by_hand()
    now, later = later_sales(case, flows, 0.10, COSTS, (12,))
    bid_now = 0.95 * (300 / 1.1 + 200 / 1.21) / 1.01
    bid_then = 0.95 * 200 / 1.1 / 1.01
    assert now.bid.value == pytest.approx(bid_now, rel=1e-12)
    assert later.bid.value == pytest.approx(bid_then, rel=1e-12)
    charge = 400 * 0.1 * 0.06 / 12 * np.sum(1.05 ** (-np.arange(1, 13) / 12))
    kept = (0.75 * 0.9 * 300 + 0.25 * 600) / 1.05 - charge
    assert later.kept.value == pytest.approx(kept, rel=1e-12)
    sold_now = 0.75 * 0.98 * bid_now + 250
    sold_later = kept + (0.75 * 0.98 * bid_then + 0.25 * 400) / 1.05
    assert later.value.value == pytest.approx(sold_later, rel=1e-12)
    assert later.gain.value == pytest.approx(sold_later - sold_now, rel=1e-12)
    assert later.price_now.value == pytest.approx((sold_later - 250) / (0.75 * 0.98), rel=1e-12)
    assert now.gain.value == now.gain.se == 0.0


def test_the_gain_of_waiting_is_paired():
    case = SellerCase(FLOWS, SELLER, PLAIN)
    now, later = later_sales(case, FLOWS, 0.12, COSTS, (6,))
    assert later.gain.value == pytest.approx(later.value.value - now.value.value)
    assert later.gain.se < 0.5 * np.hypot(later.value.se, now.value.se)


def test_months_beyond_the_horizon_are_left_out():
    case = SellerCase(FLOWS, SELLER, PLAIN)
    months = [sale.month for sale in later_sales(case, FLOWS, 0.12, COSTS, (6, 60, 90))]
    assert months == [0, 6]


def test_a_bid_that_costs_the_seller_bears_no_costs_of_the_price():
    net = np.zeros((2, 13))
    net[:, 12] = -100.0
    flows = one_kind(net)
    case = SellerCase(flows, Seller(), PLAIN)
    values = bid_values(case, flows, 0.1, BidderCosts(0.0, 0.5))
    assert values == pytest.approx([-100 / 1.1] * 2)
