"""Where a rule of docs/deals.md begins or ends, to the date; random deals meet these edges too
seldom."""

from __future__ import annotations

import pytest

from npl_sim.securitization.waterfall.waterfall import run_deal
from tests.builders.deals import annual, deal, deal_terms, paid
from tests.naive_deal.test_naive_deal import assert_same, naively

PLAN = {"kind": "points", "points": [{"date": "2026-12-31", "cumulative": 150.0}]}


def both(changes, cash):
    """Run the product and the reference, which must agree."""
    the_deal = deal(**changes)
    run = run_deal(the_deal, cash, ledger=True)
    assert_same(run, naively(the_deal, cash), 500.0)
    return run


@pytest.mark.parametrize("first", [1, 2, 3])
def test_the_call_waits_for_its_first_date(first):
    call = {"tranches": ["senior"], "below": 1.0, "first_date": first, "price": {"kind": "notes"}}
    run = both(deal_terms(clean_up_call=call), annual(30, 30, 900))
    assert run.last_date.tolist() == [first]


def test_a_call_at_plan_counts_what_the_plan_expects_after_the_last_date():
    plan = {
        "kind": "points",
        "points": [
            {"date": "2024-12-31", "cumulative": 40},
            {"date": "2029-12-31", "cumulative": 90},
        ],
    }
    call = {"tranches": ["senior"], "below": 1.0, "price": {"kind": "plan_left", "share": 0.5}}
    run = both(deal_terms(business_plan=plan, clean_up_call=call), annual(40, 0, 30))
    assert run.call_price.tolist() == [25.0]


@pytest.mark.parametrize(
    ("day", "rates"),
    [
        ("2024-12-31", [1.0, 9.0, 9.0]),
        ("2025-01-01", [1.0, 1.0, 9.0]),
        ("2023-12-31", [9.0, 9.0, 9.0]),
    ],
)
def test_a_fixing_holds_for_periods_that_start_on_its_date(day, rates):
    """Also before the first point, the first."""
    points = [{"date": "2023-06-30", "rate": 0.01}, {"date": day, "rate": 0.09}]
    changes = deal_terms(index={"kind": "path", "points": points})
    changes["tranches"][0]["coupon"] = {"kind": "floating"}
    run = both(changes, annual(rates[0], rates[1], rates[2]))
    assert paid(run, "senior", "interest") == rates


@pytest.mark.parametrize(
    ("day", "rates"), [("2024-12-31", [1.0, 9.0, 9.0]), ("2025-01-01", [1.0, 1.0, 9.0])]
)
def test_a_step_of_a_rate_holds_for_periods_that_start_on_its_date(day, rates):
    changes = deal_terms()
    steps = [{"since": "2020-01-01", "rate": 0.01}, {"since": day, "rate": 0.09}]
    changes["tranches"][0]["coupon"] = {"kind": "stepped", "steps": steps}
    run = both(changes, annual(rates[0], rates[1], rates[2]))
    assert paid(run, "senior", "interest") == rates


def test_a_coupon_below_zero_pays_nothing():
    changes = deal_terms(index={"kind": "flat", "rate": -0.02})
    changes["tranches"][0]["coupon"] = {"kind": "floating", "spread": 0.005, "floor": None}
    run = both(changes, annual(30, 30, 60))
    assert paid(run, "senior", "interest") == [0.0, 0.0, 0.0]
    assert paid(run, "senior", "principal") == [30.0, 30.0, 40.0]


def test_a_reserve_is_released_once_the_tranches_of_its_target_are_repaid():
    """Its floor holds while they are outstanding, and not until the last date."""
    target = {"kind": "share_of", "tranches": ["senior"], "share": 0.01, "floor": 5.0}
    changes = deal_terms(
        accounts=[{"name": "reserve", "initial": 5.0, "target": target}],
        steps=[
            *deal_terms()["steps"][:2],
            {"kind": "reserve", "account": "reserve"},
            *deal_terms()["steps"][2:],
        ],
    )
    run = both(changes, annual(60, 60, 60))
    # 10 of interest and 50 of principal; then 5 and 50; the second date leaves 5 and frees 5.
    assert run.accounts["reserve"][0].tolist() == [5.0, 0.0, 0.0]
    assert paid(run, "sub", "principal") == [0.0, 10.0, 10.0]


@pytest.mark.parametrize(
    ("consecutive", "found"), [(1, [True, True, True]), (2, [False, True, True])]
)
def test_a_trigger_waits_for_fails_in_a_row(consecutive, found):
    trigger = {"kind": "collection_ratio", "name": "ccr", "below": 0.9, "consecutive": consecutive}
    run = both(deal_terms(business_plan=PLAN, triggers=[trigger]), annual(10, 10, 10))
    assert run.active["ccr"][0].tolist() == found


def test_debts_of_two_sources_are_paid_to_the_last_bit():
    """Cash and what the account adds do not sum to the balance in floating point; no balance is
    left all the same."""
    balance, cash = 98.14, 18.915242940654586
    assert (balance - cash) + cash != balance
    changes = deal_terms(accounts=[{"name": "account", "initial": 90.0}])
    changes["tranches"][0] = {"name": "senior", "balance": balance}
    pay = {"kind": "principal", "to": ["senior"], "sources": ["available", "account"]}
    changes["steps"] = [pay, *deal_terms()["steps"][2:]]
    run = both(changes, annual(cash, 0.0, 0.0))
    assert run.tranches["senior"].balance[0, 0] == 0.0
