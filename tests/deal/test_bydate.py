"""Results by date, counted by hand on three yearly payments (see `scenes`)."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.results.by_date import (
    alive,
    cash_by_date,
    cash_by_step,
    cash_totals,
    cover_by_date,
    life_cover,
    losses_by_date,
    triggers_by_date,
)
from npl_sim.securitization.results.outcome import outcome_of
from npl_sim.securitization.waterfall.waterfall import run_deal
from tests.builders.deals import annual, before_last, deal, deal_terms
from tests.deal.test_tranches import four


def test_cash_of_a_tranche_by_date():
    table = cash_by_date(run_deal(deal(), four()), levels=(0.5,))
    senior = table[table.tranche == "senior"].set_index(["part", "payment"])
    # Interest of the first date in the four scenarios: 10, 10, 0, 10.
    assert senior.loc[("interest", 1), "mean"] == pytest.approx(7.5)
    assert senior.loc[("interest", 1), "se"] == pytest.approx(np.std([10, 10, 0, 10], ddof=1) / 2)
    assert senior.loc[("interest", 1), "0.5"] == 10.0
    total = senior.loc["total", "mean"].to_numpy()
    parts = sum(senior.loc[p, "mean"].to_numpy() for p in ("interest", "principal", "other"))
    assert total == pytest.approx(parts)


def test_life_cover_is_later_cash_over_what_is_left():
    run = run_deal(deal(), four())
    senior, sub = life_cover(run, "senior"), life_cover(run, "sub")
    # First: repaid at once. Second: 50 left, then 40 and 50 come; 15 left, 50 comes. Fourth: 80,
    # then 58 left.
    assert np.isnan(senior[0]).all() and np.isnan(senior[:, 2]).all()
    assert senior[1, :2] == pytest.approx([90 / 50, 50 / 15])
    assert senior[3, :2] == pytest.approx([30 / 80, 0.0])
    assert sub[3, 0] == pytest.approx(30 / 100)


def test_interest_cover_by_date():
    table = cover_by_date(run_deal(deal(), four()), levels=(0.5,))
    found = table[(table.tranche == "senior") & (table.measure == "interest_cover")].set_index(
        "payment"
    )
    # Cash over interest owed on the first date: 17, 6, 0 and 3.
    assert found.loc[1, "mean"] == pytest.approx((17 + 6 + 0 + 3) / 4)
    assert found.loc[1, "below_one"] == 0.25 and found.loc[1, "defined"] == 1.0
    # On the second the first scenario owes nothing: 40 / 5, 80 / 21, 30 / 8.
    assert found.loc[2, "defined"] == 0.75
    assert found.loc[2, "mean"] == pytest.approx((40 / 5 + 80 / 21 + 30 / 8) / 3)


def test_cover_is_taken_at_the_first_step_that_may_pay_in_a_scenario():
    """A step that a trigger closes leaves the cover to the step further down, in that scenario
    alone."""
    plan = {"kind": "points", "points": [{"date": "2026-12-31", "cumulative": 109.6}]}
    changes = deal_terms(business_plan=plan)
    changes["triggers"] = [
        {"kind": "collection_ratio", "name": "ccr", "below": 0.9, "cure_after": 1}
    ]
    closed = {"kind": "not", "of": {"kind": "trigger", "name": "ccr"}}
    fee = {"kind": "fee", "name": "fee", "amounts": [{"kind": "per_date", "amount": 5.0}]}
    changes["claims"] = [fee]
    changes["steps"] = before_last(
        {"kind": "interest", "to": ["senior"], "when": closed}, {"kind": "pay", "of": ["fee"]}
    )
    cover = run_deal(deal(**changes), four()).tranches["senior"].cover[:, 0]
    # The trigger is active in the third and the fourth: the fee of 5 goes first there.
    assert cover == pytest.approx([17.0, 6.0, 0.0, 2.5])


def test_triggers_and_first_losses_by_date():
    plan = {"kind": "points", "points": [{"date": "2026-12-31", "cumulative": 109.6}]}
    trigger = {"kind": "collection_ratio", "name": "ccr", "below": 0.9, "cure_after": 1}
    run = run_deal(deal(business_plan=plan, triggers=[trigger]), four())
    found = triggers_by_date(run).set_index(["trigger", "payment"])
    assert found.loc["ccr", "active"].tolist() == [0.5, 0.25, 0.25]
    assert found.loc["ccr", "ever"].tolist() == [0.5, 0.5, 0.5]
    assert found.loc["accelerated", "active"].tolist() == [0.0, 0.0, 0.0]
    assert found.loc[("ccr", 1), "se"] == pytest.approx(np.sqrt(0.25 / 4))
    lost = losses_by_date(run).set_index(["tranche", "payment"])
    assert lost.loc["senior", "lost"].tolist() == [0.25, 0.25, 0.5]


def test_where_the_cash_goes_sums_to_where_it_comes_from():
    changes = deal_terms(
        accounts=[
            {"name": "reserve", "initial": 7.0, "reinvestment": {"kind": "fixed", "rate": 0.02}}
        ],
        claims=[
            {
                "kind": "fee",
                "name": "fee",
                "payee": "agent",
                "amounts": [{"kind": "per_date", "amount": 2.0}],
            }
        ],
        steps=before_last({"kind": "pay", "of": ["fee"]}),
        clean_up_call={"tranches": ["senior"], "below": 0.3, "price": {"kind": "notes"}},
    )
    run = run_deal(deal(**changes), four())
    table = cash_totals(run)
    sides = table.groupby("side")["mean"].sum()
    assert sides["in"] == pytest.approx(sides["out"])
    assert table.groupby("side")["share"].sum().tolist() == pytest.approx([1.0, 1.0])
    by_what = table.set_index("what")["mean"]
    # The first scenario repays the senior and goes on; only the second is called: on its last date
    # 15 or so are left.
    assert by_what["held at closing"] == 7.0
    received = (run.terms.cash.received.T * alive(run)).sum(axis=1).mean()
    assert by_what["collections before recovery costs"] == pytest.approx(received)
    assert table[table.party == "agent"]["mean"].item() == pytest.approx(
        run.payees["agent"].mean()
    )


def test_cash_by_step_is_all_that_is_paid():
    run = run_deal(deal(), four())
    table = cash_by_step(run)
    assert table["mean"].sum() == pytest.approx(run.cash_in.sum(axis=1).mean())
    assert table["label"].unique().tolist()[:2] == ["interest senior", "principal senior"]


def test_scenarios_are_found_by_number_and_by_rank():
    outcome = outcome_of(run_deal(deal(), four()), numbers=(11, 12, 13, 14))
    # Net collections 170, 150, 180, 60: the median of four is the second lowest, the bad one the
    # lowest.
    assert outcome.ledger_scenarios == {"median": 1, "bad": 3}
    assert (outcome.place_of("13"), outcome.place_of("bad")) == (2, 3)
    with pytest.raises(DealError, match="expected a number from 11 to 14, median or bad"):
        outcome.place_of("0")
    table = outcome.by_scenario()
    senior = table[table.tranche == "senior"].set_index("scenario")
    assert senior.principal_lost.tolist() == pytest.approx([0, 0, 0, 58])
    assert senior.loss_payment.tolist() == [0, 0, 1, 3]
    assert senior["yield"].notna().all()


def test_cash_that_only_goes_through_a_swept_account_is_not_reported_as_paid():
    """5 lie in a swept reserve from closing, go back each date, and are released on the last: 0,
    0, -5, not 5, 5, 0."""
    account = {
        "name": "reserve",
        "initial": 5.0,
        "target": {"kind": "fixed", "amount": 5.0},
        "sweep": True,
    }
    step = {"kind": "reserve", "account": "reserve"}
    run = run_deal(deal(accounts=[account], steps=before_last(step)), annual(30, 30, 30))
    table = cash_by_step(run)
    assert table[table.kind == "reserve"]["mean"].tolist() == pytest.approx([0.0, 0.0, -5.0])
    assert run.mean_paid["steps"][:, 0].tolist() == [5.0, 5.0, 0.0]
    # By date, what the steps pay is what came in.
    assert table.groupby("payment")["mean"].sum().tolist() == pytest.approx([30.0, 30.0, 30.0])
