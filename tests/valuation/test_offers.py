"""Opening, target and walk-away price, their returns, and cash by period: closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from npl_sim.valuation.bid import buyer_bid, price_by_measure
from npl_sim.valuation.buyer import BuyerCase
from npl_sim.valuation.offers import (
    OPENING_LEVEL,
    offers,
    payback_month,
    price_grid,
    price_steps,
    returns_at,
)
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.period_cash import LAST_YEAR, QUARTERS, period_cash, periods
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import one_kind
from tests.valuation.buyer_cases import FLOWS, PLAIN, annuity, case

MONTH = 0.01
"""Monthly rate of the annuity."""


def price_of_annuity(cash: float = 100.0, months: int = 24) -> float:
    return cash * (1.0 - (1.0 + MONTH) ** -months) / MONTH


def two_outcomes(bad: int, good: int, low: float, high: float):
    """One payment in month 12, low in some scenarios and high in the others."""
    net = np.zeros((bad + good, 13))
    net[:bad, 12], net[bad:, 12] = low, high
    return one_kind(net, gbv=5000.0)


def test_an_annuity_earns_its_rate_whatever_the_scenario():
    price = price_of_annuity()
    found = returns_at(case(annuity(scenarios=40)), price)
    rate = (1.0 + MONTH) ** 12 - 1.0
    assert found.own_mean.value == pytest.approx(rate)
    assert found.own_quantile(0.05) == pytest.approx(rate)
    assert found.unlevered.value == pytest.approx(rate)
    assert found.multiple == pytest.approx(2400.0 / price)
    assert found.payback == math.ceil(price / 100.0)
    assert found.put_in == pytest.approx(price)
    # Rule of Clopper and Pearson for no hit in 40: 1 - 0.025^(1/40).
    assert found.loss.value == 0.0
    assert found.loss.high == pytest.approx(1.0 - 0.025 ** (1.0 / 40.0))


def test_debt_lifts_the_own_rate_above_the_unlevered_one_and_cuts_own_money():
    price = price_of_annuity()
    debt = {"loan_to_price": 0.5, "rate": 0.06}
    found = returns_at(case(annuity(), debt=debt), price)
    assert found.unlevered.value == pytest.approx((1.0 + MONTH) ** 12 - 1.0)
    assert found.own_mean.value > found.unlevered.value
    assert found.put_in == pytest.approx(0.5 * price)


def test_the_unlevered_rate_is_before_income_tax_and_after_servicing():
    price = price_of_annuity(90.0)
    pricing = Pricing(required_return=0.1, servicing_rate=0.0)
    taxed = returns_at(case(annuity(), pricing, servicing_rate=0.1, tax={"rate": 0.25}), price)
    assert taxed.unlevered.value == pytest.approx((1.0 + MONTH) ** 12 - 1.0)
    assert taxed.own_mean.value < taxed.unlevered.value


def test_money_is_lost_in_the_scenarios_that_pay_less_than_the_price():
    flows = two_outcomes(3, 7, 50.0, 150.0)
    found = returns_at(case(flows), 100.0)
    assert found.loss.value == pytest.approx(0.3)
    assert found.own_mean.value == pytest.approx(0.3 * -0.5 + 0.7 * 0.5)
    assert found.below_target.value == pytest.approx(0.3)
    assert found.payback == 12.0


@pytest.mark.parametrize(
    ("cash", "month"),
    [
        ([-10.0, 4.0, 4.0, 4.0], 3.0),
        ([-10.0, 12.0, -5.0, 4.0], 3.0),
        ([-10.0, 4.0, 4.0, 1.0], math.nan),
        ([0.0, 4.0], 0.0),
        ([-10.0, 10.0], 1.0),
    ],
)
def test_payback_is_the_month_from_which_cash_to_date_stays_positive(cash, month):
    assert payback_month(np.array(cash)) == pytest.approx(month, nan_ok=True)


def test_the_three_prices_of_a_step_distribution():
    """Break-even is 100 or 200 / 1.1 in 20 and 80 of 100 scenarios; the mean lies between."""
    flows = two_outcomes(20, 80, 100.0, 200.0)
    buyer = Buyer(target_irr=0.1, measure="probability", level=0.6, information_discount=0.05)
    three = offers(flows, buyer, PLAIN, buyer_bid(flows, buyer, PLAIN))
    # 85 cases of 100 need the low outcome, 60 of 100 the high one; the mean is above both.
    assert three.opening.price.value == pytest.approx(0.95 * 100.0 / 1.1)
    assert three.target.price.value == pytest.approx(0.95 * 200.0 / 1.1)
    assert three.opening.level == OPENING_LEVEL and three.target.level == 0.6
    assert three.limit.capped is False or three.limit.price == three.target.price
    mean = (0.2 * 100.0 + 0.8 * 200.0) / 1.1
    assert mean < three.target.price.value
    assert three.limit.capped and three.limit.price.value == three.target.price.value


def test_walking_away_leaves_nothing_for_defects():
    flows = two_outcomes(50, 50, 100.0, 200.0)
    buyer = Buyer(target_irr=0.1, information_discount=0.05)
    three = offers(flows, buyer, PLAIN, buyer_bid(flows, buyer, PLAIN))
    assert three.target.price.value == pytest.approx(0.95 * 150.0 / 1.1)
    assert three.limit.price.value == pytest.approx(150.0 / 1.1)
    assert three.limit.returns.unlevered.value == pytest.approx(
        0.5 * (100.0 * 1.1 / 150.0 - 1.0) + 0.5 * (200.0 * 1.1 / 150.0 - 1.0)
    )
    assert three.opening.price.value == pytest.approx(0.95 * 100.0 / 1.1)


def test_levels_of_the_study_set_opening_and_limit():
    buyer = Buyer(target_irr=0.12, opening_level=0.95, limit_level=0.3)
    three = offers(FLOWS, buyer, PLAIN, buyer_bid(FLOWS, buyer, PLAIN))
    whole = BuyerCase(FLOWS, buyer, PLAIN)
    for offer, level in ((three.opening, 0.95), (three.limit, 0.3)):
        chance = buyer.model_copy(update={"measure": "probability", "level": level})
        alone = buyer_bid(FLOWS, chance, PLAIN)
        found = price_by_measure(whole, chance, alone.break_even)
        assert offer.price.value == alone.price.value == found.value
        assert 1.0 - offer.returns.below_target.value >= level
    prices = [offer.price.value for offer in three]
    assert prices == sorted(prices)


def test_prices_of_the_table_are_round_and_hold_the_offers():
    buyer = Buyer(target_irr=0.12, information_discount=0.02)
    three = offers(FLOWS, buyer, PLAIN, buyer_bid(FLOWS, buyer, PLAIN))
    steps = price_steps(three)
    own = [offer.price.value for offer in three]
    assert set(own) <= set(steps) and steps == sorted(set(steps))
    frame = price_grid(BuyerCase(FLOWS, buyer, PLAIN), steps, FLOWS.gbv)
    assert (frame["own_irr"].diff().dropna() < 0.0).all()
    assert (frame["below_target"].diff().dropna() >= 0.0).all()
    at = frame.set_index("price").loc[three.target.price.value]
    assert at["own_irr"] == three.target.returns.own_mean.value
    assert at["of_gbv"] == pytest.approx(three.target.price.value / FLOWS.gbv)


@pytest.mark.parametrize("months", [1, 12, 36, 60, 120, 123, 180])
def test_periods_cover_every_month_once(months):
    found = periods(months)
    covered = [m for first, last in found for m in range(first, last + 1)]
    assert covered == list(range(1, months + 1))
    assert len(found) <= QUARTERS + LAST_YEAR - QUARTERS // 4 + 1


def test_cash_by_period_sums_to_the_cash_of_the_package():
    whole = case(servicing_rate=0.03, overhead_rate=0.002, onboarding_months=2)
    price = 0.4 * float(whole.mean(whole.pool).sum())
    found = period_cash(whole, price)
    rows, total = found.table.iloc[:-1], found.table.iloc[-1]
    for name in ("receipts", "costs", "net"):
        assert rows[name].sum() == pytest.approx(total[name])
    assert total["net"] == pytest.approx(float(whole.mean(whole.pool).sum()))
    assert total["receipts"] + total["costs"] == pytest.approx(total["net"])
    assert total["of_price"] == pytest.approx(2.5)
    assert rows["to_date"].iloc[-1] == pytest.approx(total["net"])
    first = whole.by_scenario(whole.pool[:4].sum(axis=0))
    assert rows["low"].iloc[0] == whole.sample.quantile(first, 0.05).value
    running = np.cumsum(whole.mean(whole.pool))
    month = int(found.repaid)
    assert running[month] >= price > running[month - 1]
    assert found.to_date["mean"].iloc[-1] == pytest.approx(total["net"])


def test_a_certain_package_has_no_spread_and_reaches_the_price_on_time():
    found = period_cash(case(annuity()), 1000.0)
    assert found.repaid == 10.0
    assert (found.table["low"] == found.table["high"]).all()
    assert found.table["net"].tolist() == pytest.approx([300.0] * 8 + [2400.0])
    assert found.to_date["q5"].tolist() == pytest.approx(found.to_date["mean"].tolist())
    assert math.isnan(period_cash(case(annuity()), 1e9).repaid)
