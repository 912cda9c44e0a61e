"""Adverse cases, sensitivities of the return, and assumptions that matter: by hand on a sale."""

from __future__ import annotations

import math

import pytest

from npl_sim.analysis.adverse import DELAYS, collateral_and_delay, downside_cases, ground
from npl_sim.analysis.key_assumptions import MAIN, key_assumptions
from npl_sim.analysis.sensitivity import Level, base_of, tornado
from npl_sim.analysis.unsourced import GROUPS, effects_of_tornado, unsourced_share
from npl_sim.valuation.bid import buyer_bid
from npl_sim.valuation.offers import offers
from tests.builders.studies import loan, study

SALE = {"sale": {"month": 12, "unsecured_price": 0.041, "cooperation_loading": 1.0}}
AMOUNT, RATE = 41.0, 0.1
PRICE = AMOUNT / (1.0 + RATE)
SOURCES = [{"keys": ["policies.*.unsecured_price"], "facts": ["cn_personal_price"]}]


@pytest.fixture(scope="module")
def sale(tmp_path_factory):
    """One loan of 1,000, sold in month 12 for 41 that follow cooperation; no randomness."""
    return study(
        tmp_path_factory.mktemp("sale"),
        [loan()],
        SALE,
        market={"cooperation": {"volatility": 0.0}},
        simulation={"scenarios": 20, "horizon_months": 60},
        pricing={"required_return": RATE},
        buyer={"target_irr": RATE},
        sources=SOURCES,
    )


@pytest.fixture(scope="module")
def target(sale):
    flows = sale.price().flows
    bid = buyer_bid(flows, sale.study.buyer, sale.study.pricing)
    assert bid.price.value == pytest.approx(PRICE)
    return offers(flows, sale.study.buyer, sale.study.pricing, bid).target.returns


@pytest.fixture(scope="module")
def own(sale, target):
    return ground(sale.study, sale.table, target)


def test_a_delay_costs_what_the_later_payment_earns_less(sale, own):
    found = collateral_and_delay(own, own, sale.table)
    assert found["collateral"].tolist() == [1.0] * len(DELAYS)
    for r in found.itertuples():
        years = (12 + r.delay) / 12.0
        assert r.bid == pytest.approx(AMOUNT * (1.0 + RATE) ** -years)
        assert r.own_irr == pytest.approx((AMOUNT / PRICE) ** (1.0 / years) - 1.0)
        assert r.own_irr_5 == pytest.approx(r.own_irr)
        assert r.payback == 12 + r.delay
        assert r.loss == 0.0


def test_the_downside_with_debtors_loses_money_and_says_how_much(sale, own, target):
    found = downside_cases(own, sale.table).set_index("case")
    as_modeled = found.loc["as_modeled"]
    assert as_modeled["bid"] == pytest.approx(PRICE)
    assert as_modeled["own_irr"] == pytest.approx(RATE)
    assert as_modeled["loss_high"] == target.loss.high
    # No collateral and no court: property moves nothing, slow courts are the delay alone.
    assert found.loc["property_slump", "bid"] == pytest.approx(PRICE)
    assert found.loc["slow_courts", "bid"] == pytest.approx(AMOUNT * (1.0 + RATE) ** -1.5)
    worst = found.loc["both_and_debtors"]
    assert worst["bid"] == pytest.approx(0.8 * AMOUNT * (1.0 + RATE) ** -1.5)
    assert worst["own_irr"] == pytest.approx((0.8 * AMOUNT / PRICE) ** (1.0 / 1.5) - 1.0)
    assert worst["loss"] == 1.0 and math.isnan(worst["payback"])


@pytest.fixture(scope="module")
def moved(sale):
    result = sale.price()
    small, base = base_of(sale.study, sale.table, result.flows)
    whole = Level.of_run(result, PRICE, PRICE)
    return result, tornado(small, sale.table, base, whole)


def test_each_sensitivity_has_the_bid_and_the_return_at_our_price(moved):
    rows = moved[1].set_index(["lever", "setting"])
    late = rows.loc[("recovery lag", 6.0)]
    assert late["bid"] == pytest.approx(AMOUNT * (1.0 + RATE) ** -1.5)
    assert late["own_irr_change"] == pytest.approx((AMOUNT / PRICE) ** (1 / 1.5) - 1.0 - RATE)
    fee = rows.loc[("servicing fee", 1.0)]
    assert fee["bid"] == pytest.approx(0.99 * PRICE)
    assert fee["own_irr_change"] == pytest.approx(0.99 * AMOUNT / PRICE - 1.0 - RATE)
    less = rows.loc[("borrowers' cooperation", 0.8)]
    assert less["bid"] == pytest.approx(0.8 * PRICE)
    assert less["own_irr_change"] == pytest.approx(0.8 * AMOUNT / PRICE - 1.0 - RATE)
    assert less["own_irr_se"] == pytest.approx(0.0, abs=1e-9)
    for better in (("recovery lag", -6.0), ("servicing fee", -1.0), ("required return", -2.0)):
        assert math.isnan(rows.loc[better, "bid"])


def test_the_assumptions_that_matter_are_ranked_by_their_effect_on_the_bid(sale, moved):
    result, rows = moved
    known = effects_of_tornado(rows, result.mean.value)
    unsourced = unsourced_share(sale.study, sale.table, known)
    found = key_assumptions(sale.study, rows, PRICE, unsourced).set_index("input")
    # A fifth less on every figure of the sale, or of cooperation, takes a fifth of the bid.
    assert found.loc["prices of a final sale", "change"] == pytest.approx(-0.2 * PRICE)
    assert found.loc["borrowers' cooperation", "change"] == pytest.approx(-0.2 * PRICE)
    late = AMOUNT * (1.0 + RATE) ** -1.5 - PRICE
    assert found.loc["recovery lag", "change"] == pytest.approx(late)
    assert list(found["change"].abs()) == sorted(found["change"].abs(), reverse=True)
    assert "required return" not in found.index
    price = found.loc["prices of a final sale"]
    assert (price["low"], price["high"]) == (pytest.approx(4.1), pytest.approx(4.1))
    assert (price["figures"], price["published"], price["state"]) == (3, 1, "partly")
    assert found.loc["borrowers' cooperation", "state"] == "none"


def test_each_main_figure_belongs_to_a_group():
    assert set(MAIN) == {group.name for group in GROUPS}
