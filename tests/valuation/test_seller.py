"""What keeping is worth, the books on the day of sale, and the gap between the two sides."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.errors import NplSimError
from npl_sim.core.layout import Stage
from npl_sim.valuation.bid import buyer_bid
from npl_sim.valuation.negotiation import agreement
from npl_sim.valuation.parties import Buyer, Seller
from npl_sim.valuation.seller import SellerCase, hold_value
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import lifelike, one_kind

PLAIN = Pricing(required_return=0.1)
FLOWS = lifelike(scenarios=80, months=60)


def yearly(*cash, gbv=1000.0, scenarios=2):
    """Return cash at the end of each year, the same in each scenario."""
    net = np.zeros((scenarios, 12 * len(cash) + 1))
    net[:, 12::12] = cash
    return one_kind(net, gbv=gbv)


def factors(rate, years):
    return (1 + rate) ** -np.arange(1, years + 1)


def test_hold_value_by_hand():
    """300, 200, 100 at 5 %, own cost 10 % of receipts, no tax: 0.9 of the present value."""
    worth = np.array([300, 200, 100]) @ factors(0.05, 3)
    keep = hold_value(yearly(300, 200, 100), Seller(discount_rate=0.05, servicing_rate=0.1), PLAIN)
    assert keep.reservation.value == pytest.approx(0.9 * worth)
    assert keep.parts["cash before own cost"] == pytest.approx(worth)
    assert keep.parts["own cost"] == pytest.approx(-0.1 * worth)
    assert sum(keep.parts.values()) == pytest.approx(keep.value.value)


def test_tax_on_both_sides_of_the_comparison():
    """One payment of 400 after a year, basis GBV 1,000, tax 25 %, discount 0: keeping and selling
    are taxed alike.
    """
    seller = Seller(discount_rate=0.0, tax_rate=0.25)
    keep = hold_value(yearly(400), seller, PLAIN)
    assert keep.value.value == pytest.approx(0.75 * 400 + 0.25 * 1000)
    assert keep.reservation.value == pytest.approx(400)
    # At 10 % the shield of keeping comes a year later too.
    keep = hold_value(yearly(400), Seller(discount_rate=0.1, tax_rate=0.25), PLAIN)
    worth = (0.75 * 400 + 0.25 * 1000) / 1.1
    assert keep.value.value == pytest.approx(worth)
    assert keep.reservation.value == pytest.approx((worth - 250) / 0.75)


@pytest.mark.parametrize("basis", ["gbv", "book"])
def test_selling_at_the_reservation_price_equals_the_hold_value(basis):
    seller = Seller(
        discount_rate=0.07,
        servicing_rate=0.06,
        overhead_rate=0.002,
        tax_rate=0.25,
        tax_basis=basis,
        sale_cost=0.02,
        provision_coverage={"default": 0.5},
        capital={"cost": 0.08},
    )
    case = SellerCase(FLOWS, seller, PLAIN)
    proceeds = case.prices() * 0.98
    after = proceeds - 0.25 * (proceeds - case.basis)
    assert after == pytest.approx(case.hold_values(), rel=1e-12)
    assert case.basis == pytest.approx(FLOWS.gbv if basis == "gbv" else 0.5 * FLOWS.gbv)


def test_overheads_fall_with_what_is_still_open():
    """GBV 1,000 closed by half after 6 months: 1.2 % a year is 1 a month, then 0.5."""
    stages = np.zeros((len(Stage), 13))
    stages[Stage.COLLECTION], stages[Stage.CLOSED, 6:] = 1000.0, 500.0
    flows = one_kind(np.zeros((2, 13)), gbv=1000.0, stage_gbv=stages)
    case = SellerCase(flows, Seller(discount_rate=0.0, overhead_rate=0.012), PLAIN)
    assert case.overhead[1:7] == pytest.approx(-1.0)
    assert case.overhead[7:] == pytest.approx(-0.5)


def test_capital_runs_off_with_expected_receipts():
    """Book 600 of 1,000; half the receipts come in month 12: 10 % x 12 % / 12 on 600, then on
    300.
    """
    flows = yearly(100, 100)
    seller = Seller(
        discount_rate=0.0,
        provision_coverage={"default": 0.4},
        capital={"ratio": 0.1, "cost": 0.12},
    )
    assert SellerCase(flows, seller, PLAIN).capital_cost() == pytest.approx(12 * 0.6 + 12 * 0.3)


def test_day_one_by_hand():
    """Book 400 after provisions of 600; sold at 500 with 1 % costs: profit 95, of which 95 was
    provided too much.
    """
    seller = Seller(
        provision_coverage={"default": 0.6},
        sale_cost=0.01,
        tax_rate=0.2,
        capital={"risk_weight": 1.5, "ratio": 0.08},
    )
    day = SellerCase(yearly(100), seller, PLAIN).day_one(500.0)
    assert (day.book_value, day.provisions, day.proceeds) == pytest.approx((400, 600, 495))
    assert (day.result, day.result_after_tax, day.provision_released) == pytest.approx(
        (95, 76, 95)
    )
    assert day.capital_freed == pytest.approx(400 * 1.5 * 0.08)
    # Above the gross book value the profit grows, but at most the provisions can be released.
    high = SellerCase(yearly(100), seller, PLAIN).day_one(1200.0)
    assert (high.result, high.provision_released) == pytest.approx((788, 600))
    edge = SellerCase(yearly(100), seller, PLAIN).day_one(1000.0 / 0.99)
    assert (edge.result, edge.provision_released) == pytest.approx((600, 600))
    loss = SellerCase(yearly(100), seller, PLAIN).day_one(300.0)
    assert loss.result == pytest.approx(-103) and loss.provision_released == 0.0


def test_provisions_by_segment_and_none_for_one():
    share = {name: 0.1 * i for i, name in enumerate(FLOWS.groups)}
    expected = sum(0.1 * i * g for i, g in enumerate(FLOWS.group_gbv))
    assert SellerCase(FLOWS, Seller(provision_coverage=share), PLAIN).provisions == pytest.approx(
        expected
    )
    share.pop(FLOWS.groups[1])
    with pytest.raises(
        NplSimError, match=f"no share for segment {FLOWS.groups[1]}; expected one for each"
    ):
        SellerCase(FLOWS, Seller(provision_coverage=share), PLAIN)


def test_the_published_decomposition_of_the_gap():
    """The gap to the investor's price is a discount effect plus a cost effect.

    The gap starts from the book value at the original effective rate (EIR). It is
    sum CF [(1 + EIR)^-t - (1 + k)^-t] + sum c CF (1 + k)^-t. See Bank of Italy, Notes on Financial
    Stability and Supervision 3 (2016). Here: gross cash of 8 equal years, EIR 4 %, k 20 %, c 6 %.
    """
    years = np.arange(1, 9)
    cash = np.full(8, 50.0)
    discount_effect = cash @ (1.04**-years - 1.2**-years)
    cost_effect = 0.06 * cash @ 1.2**-years
    found = agreement(
        yearly(*cash),
        Seller(discount_rate=0.04),
        Buyer(target_irr=0.20, servicing_rate=0.06),
        PLAIN,
    )
    price_steps = found.price_steps.set_index("step")["amount"]
    assert found.reservation.value == pytest.approx(cash @ 1.04**-years)
    assert price_steps["return that the buyer requires"] == pytest.approx(-discount_effect)
    assert price_steps["buyer's costs"] == pytest.approx(-cost_effect)
    assert found.zone.value == pytest.approx(-discount_effect - cost_effect)
    others = price_steps.drop(
        ["seller's reservation price", "return that the buyer requires", "buyer's costs"]
    )
    assert np.abs(others).max() < 1e-9


def test_the_gap_grows_with_the_time_of_recovery():
    """The same note: the gap is larger the longer the recovery takes."""
    gaps = []
    for year in range(1, 9):
        cash = [0.0] * (year - 1) + [400.0]
        found = agreement(yearly(*cash), Seller(discount_rate=0.04), Buyer(target_irr=0.2), PLAIN)
        gaps.append(-found.zone.value / found.reservation.value)
        assert gaps[-1] == pytest.approx(1 - (1.04 / 1.2) ** year)
    assert gaps == sorted(gaps)


RICH = Buyer(
    target_irr=0.18,
    purchase_cost=0.01,
    servicing_rate=0.08,
    overhead_rate=0.001,
    information_discount=0.03,
    onboarding_months=2,
    measure="probability",
    level=0.7,
    tax={"rate": 0.25},
    debt={"loan_to_price": 0.3, "rate": 0.07, "months": 36},
)
OWNER = Seller(
    discount_rate=0.05,
    servicing_rate=0.05,
    overhead_rate=0.002,
    provision_coverage={"default": 0.6},
    sale_cost=0.01,
    tax_rate=0.25,
    capital={"cost": 0.06},
)


def test_the_contributions_end_at_the_bid_and_sum():
    found = agreement(FLOWS, OWNER, RICH, PLAIN)
    bid = buyer_bid(FLOWS, RICH, PLAIN).price
    steps = found.price_steps
    assert steps["value"].iloc[0] == pytest.approx(found.reservation.value, rel=1e-12)
    assert steps["value"].iloc[-1] == pytest.approx(bid.value, rel=1e-12)
    assert steps["amount"].sum() == pytest.approx(bid.value, rel=1e-12)
    assert found.zone.value == pytest.approx(bid.value - found.reservation.value)
    assert set(steps["cause"][1:]) == {"tax and funding", "cost", "return", "time", "information"}


@pytest.mark.parametrize("flows", [FLOWS, yearly(300, 200, 100)], ids=["random", "certain"])
def test_each_change_closes_the_gap(flows):
    """Moved to what is needed, by itself, bid and reservation price meet."""
    buyer = Buyer(target_irr=0.12, information_discount=0.25)
    seller = Seller(discount_rate=0.08)
    found = agreement(flows, seller, buyer, PLAIN)
    assert found.zone.value < 0.0 and found.closing_changes
    scale = found.reservation.value
    for change in found.closing_changes:
        if change.needed is None:
            continue
        b, s = buyer, seller
        if change.name.startswith("required return"):
            b = buyer.model_copy(update={"target_irr": change.needed})
        elif change.name.startswith("discount rate"):
            s = seller.model_copy(update={"discount_rate": change.needed})
        elif change.name.startswith("share of the price"):
            b = Buyer(
                target_irr=0.12,
                information_discount=0.25,
                payments=[
                    {"month": 0, "share": 1 - change.needed},
                    {"month": 24, "share": change.needed},
                ],
            )
        elif change.name.startswith("discount for what"):
            b = buyer.model_copy(update={"information_discount": change.needed})
        met = agreement(flows, s, b, PLAIN)
        assert met.zone.value == pytest.approx(0.0, abs=1e-5 * scale), change.name
    assert any(change.needed is not None for change in found.closing_changes)


def test_where_both_gain_there_is_nothing_to_close():
    found = agreement(yearly(300, 200), Seller(discount_rate=0.15), Buyer(target_irr=0.08), PLAIN)
    assert found.zone.value > 0.0 and found.closing_changes == ()


def test_no_part_of_the_price_is_put_off_beyond_the_horizon():
    """A part paid "24 months later" would fall into the last of 12 months.

    It would then close the gap in another way.
    """
    short = agreement(yearly(100), Seller(discount_rate=0.02), Buyer(target_irr=0.3), PLAIN)
    long = agreement(
        yearly(100, 100, 100), Seller(discount_rate=0.02), Buyer(target_irr=0.3), PLAIN
    )
    assert not any("months later" in change.name for change in short.closing_changes)
    assert any("paid 24 months later" in change.name for change in long.closing_changes)
