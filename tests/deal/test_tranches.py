"""Results of tranches, from runs small enough to count by hand."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.results.tranche_tables import balance_fan, summary_table
from npl_sim.securitization.results.tranches import (
    loss_dates,
    relative_losses,
    tranche_results,
    weighted_lives,
    yield_of_mean,
)
from npl_sim.securitization.results.triggers import trigger_results
from npl_sim.securitization.waterfall.waterfall import run_deal
from tests.builders.deals import annual, deal, deal_terms

YEARS = np.array([366, 731, 1096]) / 365


def four():
    """Four scenarios: repaid early, as planned, short of interest for a year, half lost."""
    rows = np.array([[170, 0, 0], [60, 40, 50], [0, 80, 100], [30, 30, 0]], dtype=float)
    return DatedFlows(annual(1, 1, 1).dates, rows, np.zeros_like(rows))


def test_counted_by_hand():
    run = run_deal(deal(), four())
    senior = tranche_results(run, levels=(0.5,))["senior"]
    # Fourth: 10 + 20, 8 + 22, then 58 are left and 5.8 of interest is owed.
    assert run.tranches["senior"].balance[:, -1] == pytest.approx([0, 0, 0, 58])
    assert senior.loss.value == 0.25 and senior.loss_size.value == pytest.approx(58)
    # Third: 10 owed, then 21, paid; fourth: 5.8 at the end.
    assert senior.shortfall.value == 0.5
    assert senior.shortfall_size.value == pytest.approx((10 + 5.8) / 2)
    assert senior.interest_lost.value == pytest.approx(5.8 / 4)
    assert senior.principal_lost.value == pytest.approx(0.58 / 4)
    # At its 10 % the fourth is worth 30 / 1.1 + 30 / 1.21: the 63.8 still owed after three years
    # are lost.
    worst = 1 - (30 / 1.1 + 30 / 1.21) / 100
    assert worst == pytest.approx(0.638 / 1.331)
    assert relative_losses(run, "senior").tolist() == [0.0, 0.0, 0.0, pytest.approx(worst)]
    assert senior.expected_loss.value == pytest.approx(worst / 4)
    assert senior.expected_loss.se == pytest.approx(np.std([0, 0, 0, worst], ddof=1) / 2)
    assert loss_dates(run, "senior").tolist() == [0, 0, 1, 3]
    assert senior.redeemed.value == 0.75
    assert senior.cover.value == pytest.approx(np.mean([1.7, 1.5, 1.8, 0.6]))
    assert senior.interest_cover[0.5].value == pytest.approx(0.0)
    lives = weighted_lives(run, "senior")
    assert lives[:2] == pytest.approx([YEARS[0], YEARS @ [0.5, 0.35, 0.15]])
    assert senior.wal.value == pytest.approx(lives.mean())


def test_a_deferrable_tranche_has_no_loss_date_while_it_waits():
    changes = deal_terms()
    changes["tranches"][0]["deferrable"] = True
    run = run_deal(deal(**changes), four())
    assert loss_dates(run, "senior").tolist() == [0, 0, 0, 3]


def test_a_note_that_pays_nothing_loses_all_of_it_however_long_its_interest_compounds():
    """Of the junior 20 nothing comes while the senior waits; 16 % a year make its debt larger than
    itself, its loss is 1."""
    changes = deal_terms()
    changes["tranches"][1]["coupon"] = {"kind": "fixed", "rate": 0.16}
    changes["steps"].insert(2, {"kind": "interest", "to": ["sub"]})
    run = run_deal(deal(**changes), annual(30, 30, 0))
    sub = tranche_results(run)["sub"]
    assert (
        sub.interest_lost.value == pytest.approx(20 * (1.16**3 - 1))
        and sub.principal_lost.value == 1.0
    )
    assert sub.expected_loss.value == 1.0


def test_interest_that_waits_without_interest_is_a_loss_and_a_residual_makes_up_for_nothing():
    """10 owed after a year, paid after two: 10 / 1.1 - 10 / 1.21 of 100 are lost, whatever the
    sub's upside is."""
    changes = deal_terms()
    changes["tranches"][0]["interest_on_unpaid"] = False
    late = run_deal(deal(**changes), annual(0, 20, 110))
    assert relative_losses(late, "senior") == pytest.approx([(10 / 1.1 - 10 / 1.21) / 100])
    changes["tranches"][0]["interest_on_unpaid"] = True
    late = run_deal(deal(**changes), annual(0, 21, 500))
    assert relative_losses(late, "senior").tolist() == [0.0]
    assert late.tranches["sub"].other.sum() > 0 and relative_losses(late, "sub").tolist() == [0.0]
    # The sub's principal has no coupon: what is lost of it is its loss, and no return is set
    # against it.
    returned = {"kind": "fixed_return", "name": "return", "tranche": "sub", "rate": 0.5}
    steps = [
        *deal_terms()["steps"][:2],
        {"kind": "pay", "of": ["return"]},
        *deal_terms()["steps"][2:],
    ]
    run = run_deal(deal(claims=[returned], steps=steps), annual(120, 0, 15))
    assert (
        run.tranches["sub"].other.sum() == pytest.approx(25)
        and run.tranches["sub"].balance[0, -1] == 20
    )
    assert relative_losses(run, "sub").tolist() == [1.0]


def test_yields():
    run = run_deal(deal(), four())
    senior = tranche_results(run, levels=(0.25, 1.0))["senior"]
    # In 30/360 each period is a year; the yield counts days.
    assert senior.yields[1.0].value == pytest.approx(1.1 ** (1 / YEARS[0]) - 1, abs=2e-3)
    cash = run.tranches["senior"].cash
    rate = senior.yield_of_mean.value
    assert cash.mean(axis=0) @ (1 + rate) ** -YEARS == pytest.approx(100.0)
    assert senior.yield_of_mean.low < rate < senior.yield_of_mean.high


def test_the_error_of_the_yield_of_the_mean_is_that_of_resampling():
    """Chance of failing: the error of a standard deviation from 400 draws is 3.5 %, so 15 % is 4
    of them."""
    rng = np.random.default_rng(3)
    cash, years = rng.lognormal(3.0, 0.5, (500, 3)), np.array([1.0, 2.0, 3.0])
    reported = yield_of_mean(cash, years, 55.0)
    drawn = [yield_of_mean(cash[rng.integers(0, 500, 500)], years, 55.0).value for _ in range(400)]
    assert np.std(drawn) == pytest.approx(reported.se, rel=0.15)


def test_time_in_trigger_fan_and_table():
    plan = {"kind": "points", "points": [{"date": "2026-12-31", "cumulative": 109.6}]}
    trigger = {"kind": "collection_ratio", "name": "ccr", "below": 0.9, "cure_after": 1}
    run = run_deal(deal(business_plan=plan, triggers=[trigger]), four())
    # Plan 36.6, 73.1, 109.6: the third fails in 2024 only, the fourth in 2024, 2025 and 2026.
    found = trigger_results(run)["ccr"]
    assert found.ever.value == 0.5
    assert found.years.value == pytest.approx((1 + 2) / 4)
    fan = balance_fan(run, "senior", levels=(0.5, 1.0))
    assert fan["1"].tolist() == pytest.approx([100, 100, 58, 58])
    assert fan["mean"].iloc[-1] == pytest.approx(14.5)
    table = summary_table(tranche_results(run))
    assert set(table.tranche) == {"senior", "sub"}
    assert table[table.quantity == "loss"].value.notna().all()


def test_of_a_loss_that_no_scenario_shows_no_error_is_known():
    """Two scenarios repay in full, or one of two falls short: only then is there an error."""

    def senior(*scenarios):
        received = np.array(scenarios, dtype=float)
        flows = DatedFlows(annual(0, 0, 0).dates, received, np.zeros_like(received))
        return tranche_results(run_deal(deal(), flows))["senior"]

    safe = senior([90, 90, 90], [80, 80, 80])
    assert safe.expected_loss.value == 0.0 and np.isnan(safe.expected_loss.se)
    assert np.isnan(safe.principal_lost.se) and np.isnan(safe.interest_lost.se)
    risky = senior([90, 90, 90], [10, 10, 10])
    assert risky.expected_loss.value > 0.0 and risky.expected_loss.se > 0.0
