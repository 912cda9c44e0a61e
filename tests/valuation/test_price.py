"""Prices worked by hand, closed forms, and scenarios at the edge."""

from __future__ import annotations

import dataclasses
import math
import warnings

import numpy as np
import pytest

from npl_sim.cashflows import package_cash
from npl_sim.core.errors import ConservationError
from npl_sim.stats import risk
from npl_sim.stats.discount import discount_factors, payment_years, present_value
from npl_sim.valuation.parties import Buyer
from npl_sim.valuation.price import price
from npl_sim.valuation.recovery import level_name
from npl_sim.valuation.spec import Pricing
from tests.builders.cash import lifelike, one_kind, totals_only


@pytest.fixture(scope="module")
def flows():
    return lifelike(scenarios=300, months=60, loans=24)


def two_scenarios():
    """110 after a year, or 55 after two years less 11 after one."""
    net = np.zeros((2, 25))
    net[0, 12] = 110.0
    net[1, 12], net[1, 24] = -11.0, 60.5
    return one_kind(net, gbv=200.0)


def test_two_scenarios_by_hand():
    pricing = Pricing(required_return=0.10, purchase_cost=0.25, quantiles=(0.25, 0.5, 0.75))
    found = price(two_scenarios(), pricing, "CNY")
    assert found.pv == pytest.approx([100.0, 40.0])
    assert (found.mean.value, found.mean.se) == pytest.approx((70.0, 30.0))
    assert found.price_of_gbv.value == pytest.approx(0.35)
    assert found.sd.value == pytest.approx(math.sqrt(1800.0))
    assert found.expected_shortfall.value == pytest.approx(40.0)
    assert [q.value for q in found.quantiles.values()] == pytest.approx([40.0, 40.0, 100.0])
    assert (found.value_at_target.value, found.value_at_target.se) == pytest.approx((56.0, 24.0))
    assert {p: q.value for p, q in found.values_by_probability.items()} == pytest.approx(
        {0.75: 32.0, 0.5: 32.0, 0.25: 80.0}
    )
    # Outlay 70: 110 and 49.5 come back.
    test = found.tests[0]
    assert (test.price, test.outlay) == pytest.approx((56.0, 70.0))
    assert (test.cash_loss.value, test.below_required.value) == (0.5, 0.5)
    # The first earns 110/70 - 1; the second solves 70 x^2 + 11 x - 60.5 = 0 in x = 1 + rate.
    rates = np.array(
        [110.0 / 70.0 - 1.0, (-11.0 + math.sqrt(121.0 + 4 * 70 * 60.5)) / 140.0 - 1.0]
    )
    assert test.irr.mean.value == pytest.approx(rates.mean(), abs=1e-10)
    assert test.irr.negative.value == 0.5
    # Receipts of 110 after one year and 60.5 after two.
    assert found.life.expected.value == pytest.approx((110.0 + 121.0) / 170.5)
    assert found.life.net == pytest.approx((110.0 - 11.0 + 121.0) / 159.5)
    assert [q.value for q in found.life.quantiles.values()] == pytest.approx([1.0, 1.0, 2.0])
    curve = found.recovery.set_index(["measure", "month"])
    assert curve.loc[("gross", 24), "mean"] == pytest.approx(170.5 / 2 / 200)
    assert curve.loc[("net", 24), ["q25", "q75"]].tolist() == pytest.approx(
        [49.5 / 200, 110 / 200]
    )
    kind = found.breakdowns["kind"].set_index("kind")
    assert kind.loc["voluntary", "pv"] == pytest.approx((100.0 + 50.0) / 2)
    assert kind.loc["contact", ["amount", "pv", "share_of_pv"]].tolist() == pytest.approx(
        [-5.5, -5, -1 / 14]
    )


def test_a_cash_loss_and_a_return_below_the_required_are_kept_apart():
    net = np.zeros((4, 13))
    net[:, 12] = [90.0, 105.0, 109.0, 115.0]
    found = price(one_kind(net), Pricing(required_return=0.10, prices=(100.0,)))
    assert found.tests[0].cash_loss.value == 0.25
    assert found.tests[0].below_required.value == 0.75
    assert found.tests[0].irr.below_target.value == 0.75


@pytest.mark.parametrize("timing", ["month_end", "mid_month"])
def test_a_certain_payment_is_an_annuity(timing):
    net = np.tile(np.r_[0.0, np.full(60, 100.0)], (3, 1))
    found = price(one_kind(net, timing=timing), Pricing(required_return=0.08, cash_timing=timing))
    monthly = 1.08 ** (1 / 12) - 1.0
    truth = 100.0 * (1.0 - 1.08**-5) / monthly
    truth *= 1.0 if timing == "month_end" else 1.08 ** (1 / 24)
    assert found.mean.value == pytest.approx(truth, rel=1e-13)
    assert found.mean.se == 0.0
    assert found.tests[0].irr.mean.value == pytest.approx(0.08, abs=1e-11)
    assert (found.tests[0].below_required.value, found.tests[0].irr.below_target.value) == (
        0.0,
        0.0,
    )
    assert found.life.expected.value == pytest.approx(
        (30.5 if timing == "month_end" else 30.0) / 12
    )


def test_a_payment_at_a_constant_hazard():
    """E[v^T] = h v / (1 - (1-h) v), h = 1 - exp(-lambda/12), up to the horizon's remainder.

    20,000 draws, 4 standard errors (bias from 1.2 % on would show), odds 6e-5. The discrete form
    lies within a month's discount of the continuous lambda / (lambda + r).
    """
    hazard, rate, months = 0.5, 0.10, 400
    h, v = -math.expm1(-hazard / 12), 1.10 ** (-1 / 12)
    when = np.random.default_rng(11).geometric(h, 20_000)
    net = np.zeros((20_000, months + 1))
    net[np.arange(20_000), np.minimum(when, months)] = 1.0
    found = risk.mean(present_value(net, rate))
    truth = h * v / (1.0 - (1.0 - h) * v)
    assert abs(found.value - truth) < 4 * found.se
    assert truth == pytest.approx(hazard / (hazard + math.log1p(rate)), rel=0.005)


def test_times_and_factors_agree():
    for timing in ("month_end", "mid_month"):
        assert 1.07 ** -payment_years(30, timing) == pytest.approx(
            discount_factors(0.07, 30, timing)
        )
    with pytest.raises(ValueError, match="above -1"):
        present_value(np.ones((1, 2)), -1.0)


def test_breakdowns_sum_to_the_price(flows):
    found = price(flows, Pricing())
    for name, table in found.breakdowns.items():
        assert table["pv"].sum() == pytest.approx(found.mean.value, rel=1e-9)
        assert table["share_of_pv"].sum() == pytest.approx(1.0)
        if name != "kind":
            assert table["gbv"].sum() == pytest.approx(flows.gbv)
    group, segment = found.breakdowns["group"], found.breakdowns["segment"]
    by_name = group.set_index("group").loc[segment["segment"]]
    assert segment["pv_se"].tolist() == by_name["pv_se"].tolist()
    assert found.breakdowns["region"]["pv_se"].isna().all()


def test_totals_price_like_kinds(flows):
    full, totals = price(flows, Pricing()), price(totals_only(flows), Pricing())
    assert totals.pv == pytest.approx(full.pv, rel=1e-12)
    assert totals.breakdowns["kind"]["pv"].tolist() == full.breakdowns["kind"]["pv"].tolist()
    assert totals.breakdowns["kind"]["pv_se"].isna().all()
    assert totals.life.expected.value == pytest.approx(full.life.expected.value)


@pytest.mark.parametrize("fault", ["kind", "loan", "gbv"])
def test_lost_money_stops_the_valuation(flows, fault):
    loans = flows.loans.copy()
    by_kind = flows.mean_by_kind.copy()
    if fault == "kind":
        by_kind[5, 0, 0] += 1e-6 * flows.gbv
    elif fault == "loan":
        loans.loc[3, "pv_mean"] *= 1.001
    else:
        loans.loc[3, "gbv"] *= 1.001
    broken = dataclasses.replace(flows, loans=loans, mean_by_kind=by_kind)
    with pytest.raises(ConservationError, match="parts sum to"):
        price(broken, Pricing())


def test_another_discount_rate_leaves_out_the_loans(flows):
    found = price(flows, Pricing(required_return=0.2))
    assert set(found.breakdowns) == {"kind", "group"}
    assert "no breakdown by loan" in " ".join(found.notes)


def test_blocks_and_memory_order_do_not_matter(flows, monkeypatch):
    (whole,) = flows.blocks(0.1, "month_end")
    other_order = dataclasses.replace(flows, amounts=np.ascontiguousarray(flows.amounts))
    (other,) = other_order.blocks(0.1, "month_end")
    monkeypatch.setattr(package_cash, "BLOCK_CELLS", 1)
    singles = list(flows.blocks(0.1, "month_end"))
    assert len(singles) == flows.scenarios
    for name in ("net", "received", "pv_by_kind", "pv_by_group"):
        amounts = getattr(whole, name)
        assert np.array_equal(amounts, np.concatenate([getattr(b, name) for b in singles]))
        assert amounts == pytest.approx(getattr(other, name), rel=1e-12, abs=1e-6)
    assert np.array_equal(whole.net[:, 0], dataclasses.replace(flows, seed=2).net)
    assert np.array_equal(whole.received[:, 0], dataclasses.replace(flows, seed=2).receipts)


@pytest.mark.parametrize(
    ("net", "gbv"),
    [
        (np.zeros((2, 13)), 100.0),
        (np.zeros((2, 13)), 0.0),
        (np.tile([0.0, 5.0, 5.0], (6, 1)), 10.0),
        (np.tile([0.0, 5.0, -9.0], (6, 1)), 10.0),
        (-np.arange(8.0).reshape(2, 4), 10.0),
        (np.ones((2, 2)), 0.0),
        (np.array([[0.0, 1e15], [1e-9, 0.0]]), 1e15),
    ],
)
def test_scenarios_at_the_edge_price_without_a_warning(net, gbv):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = price(one_kind(net, gbv=gbv), Pricing(prices=(0.0, 1.0)))
        again = price(one_kind(net, gbv=gbv), Pricing())
    assert found.mean.value == pytest.approx(present_value(net, 0.1).mean())
    assert found.tests[0].irr is None and found.tests[1].irr is not None
    assert (again.tests[0].irr is None) == (again.value_at_target.value <= 0.0)
    assert math.isnan(found.price_of_gbv.value) == (gbv == 0.0)


def test_nothing_received_is_a_total_loss():
    found = price(one_kind(np.zeros((5, 13))), Pricing(prices=(10.0,)))
    test = found.tests[0]
    assert (test.irr.mean.value, test.irr.lost, test.cash_loss.value) == (-1.0, 1.0, 1.0)
    assert found.life.nothing_received == 1.0 and math.isnan(found.life.expected.value)


def test_the_fan_is_nested_and_ends_at_the_mean(flows):
    found = price(flows, Pricing())
    names = [level_name(p) for p in found.pricing.quantiles]
    assert names == ["q1", "q5", "q25", "q50", "q75", "q95", "q99"] and level_name(0.005) == "q0_5"
    fan = found.recovery[names].to_numpy()
    assert (np.diff(fan, axis=1) >= 0.0).all()
    gross = found.recovery[found.recovery["measure"] == "gross"]
    assert (gross["mean"].diff().dropna() >= 0.0).all()
    assert gross["mean"].iloc[-1] == pytest.approx(flows.loans["received_mean"].sum() / flows.gbv)


def test_its_text_is_one_short_headline(tmp_path):
    from tests.builders.studies import loan, study

    case = study(
        tmp_path,
        [loan()],
        {"residual_share": 0.5},
        simulation={"scenarios": 10, "horizon_months": 12},
    )
    text = repr(case.price())
    assert len(text) < 250 and "mean 454.55 CNY (45.45% of GBV)" in text and "10 scenarios" in text


def test_a_bid_that_rests_on_few_scenarios_is_called_rough():
    """10 of 100 scenarios lie below the level of 90 %, 9 below that of 91 %."""
    net = np.zeros((100, 7))
    net[:, 3] = np.arange(100.0)
    pricing = Pricing(required_return=0.1)
    for level, rough in ((0.9, False), (0.91, True), (0.05, True)):
        found = price(one_kind(net), pricing, buyer=Buyer(measure="probability", level=level))
        assert any("beyond the bid" in note for note in found.notes) is rough
