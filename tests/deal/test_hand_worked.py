"""Ledgers worked by hand: whole years, round rates, every figure can be done in the head."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.results.ledger import ledger_of
from npl_sim.securitization.waterfall.waterfall import run_deal
from tests.builders.deals import annual, before_last, deal, deal_terms, paid


def test_two_tranches():
    run = run_deal(deal(), annual(60, 40, 50))
    # 2024: interest 10, principal 50. 2025: 5 and 35. 2026: 1.5, 15, sub 20, residual 13.5.
    assert paid(run, "senior", "interest") == [10, 5, 1.5]
    assert paid(run, "senior", "principal") == [50, 35, 15]
    assert paid(run, "sub", "principal") == [0, 0, 20]
    assert paid(run, "sub", "other") == [0, 0, 13.5]


def test_unpaid_interest_bears_interest_unless_it_says_not():
    run = run_deal(deal(), annual(4, 0, 200))
    # 2024: 4 of 10. 2025: 6 + 10.6 = 16.6. 2026: 16.6 + 11.66 = 28.26.
    assert np.allclose(run.tranches["senior"].unpaid[0], [6, 16.6, 0])
    assert paid(run, "senior", "interest") == [4, 0, 28.26]
    simple = deal_terms()
    simple["tranches"][0]["interest_on_unpaid"] = False
    assert paid(run_deal(deal(**simple), annual(4, 0, 200)), "senior", "interest") == [4, 0, 26]


def test_a_capped_fee_is_made_up_at_a_lower_rank():
    fee = {
        "kind": "fee",
        "name": "trustee",
        "role": "trustee",
        "amounts": [{"kind": "per_year", "amount": 5.0}],
    }
    steps = [
        {"kind": "pay", "of": ["trustee"], "caps": [{"kind": "per_date", "amount": 2.0}]},
        {"kind": "interest", "to": ["senior"]},
        {"kind": "pay", "of": ["trustee"], "caps": [{"kind": "lifetime", "amount": 4.0}]},
        {"kind": "principal", "to": ["senior", "sub"]},
        {"kind": "residual", "to": "sub"},
    ]
    run = run_deal(deal(claims=[fee], steps=steps), annual(10, 60, 100))
    # 2024: 2, then 8 of 10 interest. 2025: 8 owed: 2; interest 2 + 10.2; 4 (lifetime), 41.8
    # principal.
    # 2026: 2 + 5 = 7 owed: 2; interest 5.82; 0; 58.2 and 20 principal; 13.98 left.
    assert run.payees["trustee"] == pytest.approx([2 + 6 + 2])
    assert run.unpaid_claims["trustee"] == pytest.approx([5])
    assert paid(run, "senior", "interest") == [8, 12.2, 5.82]
    assert paid(run, "senior", "principal") == [0, 41.8, 58.2]
    assert paid(run, "sub", "other") == [0, 0, 13.98]


def test_a_fee_that_does_not_carry_lapses():
    fee = {
        "kind": "fee",
        "name": "f",
        "amounts": [{"kind": "per_date", "amount": 30.0}],
        "carry": False,
    }
    run = run_deal(
        deal(claims=[fee], steps=before_last({"kind": "pay", "of": ["f"]})), annual(20, 50, 0)
    )
    assert run.payees["f"] == pytest.approx([20 + 30])


def test_advances_are_paid_back_with_interest():
    costs = {"kind": "recovery_costs", "name": "costs", "rate": 0.1}
    steps = before_last(
        {"kind": "pay", "of": ["costs"], "caps": [{"kind": "of_collections", "share": 0.5}]}
    )
    run = run_deal(deal(claims=[costs], steps=steps), annual(10, 40, 100, costs=(15, 0, 0)))
    # 15 owed, 5 paid; 10 + 1 owed, 11 paid.
    assert run.payees["servicer"] == pytest.approx([16])
    with pytest.raises(DealError, match="nothing pays the costs of collection"):
        run_deal(deal(), annual(1, 1, 1, costs=(1, 0, 0)))


def test_the_reserve_pays_what_is_short_and_is_released():
    account = {
        "name": "reserve",
        "initial": 12.0,
        "target": {"kind": "share_of", "tranches": ["senior"], "share": 0.12},
    }
    steps = [
        {"kind": "interest", "to": ["senior"], "sources": ["available", "reserve"]},
        {"kind": "principal", "to": ["senior"], "caps": [{"kind": "of_available", "share": 0.5}]},
        {"kind": "reserve", "account": "reserve"},
        {"kind": "principal", "to": ["senior"]},
        {"kind": "principal", "to": ["sub"]},
        {"kind": "residual", "to": "sub"},
    ]
    run = run_deal(deal(accounts=[account], steps=steps), annual(4, 110, 0))
    # 2024: 4 + 6 from the reserve. 2025: 10 interest, half of 100 to principal, target 6 is what
    # is there,
    # 50 to principal. 2026: 6 released to the sub.
    assert run.accounts["reserve"][0] == pytest.approx([6, 6, 0])
    assert paid(run, "senior", "interest") == [10, 10, 0]
    assert paid(run, "senior", "principal") == [0, 100, 0]
    assert paid(run, "sub") == [0, 0, 6]


def test_a_reserve_of_the_next_interest_and_fees():
    fee = {"kind": "fee", "name": "f", "amounts": [{"kind": "per_year", "amount": 2.0}]}
    account = {
        "name": "r",
        "target": {"kind": "multiple", "times": 1.5, "tranches": ["senior"], "claims": ["f"]},
    }
    steps = [
        {"kind": "pay", "of": ["f"]},
        {"kind": "interest", "to": ["senior"]},
        {"kind": "reserve", "account": "r"},
        {"kind": "principal", "to": ["senior", "sub"]},
        {"kind": "residual", "to": "sub"},
    ]
    run = run_deal(deal(claims=[fee], accounts=[account], steps=steps), annual(70, 60, 60))
    # 2024: 2, 10, target 1.5 x (10 + 2) = 18, principal 40.
    # 2025: 2, 6, target 1.5 x (6 + 2) = 12: 6 released, principal 58. 2026: 60 + 12.
    assert run.accounts["r"][0] == pytest.approx([18, 12, 0])
    assert paid(run, "senior", "principal") == [40, 58, 2]


def test_swept_account_and_income():
    account = {
        "name": "r",
        "initial": 5.0,
        "sweep": True,
        "target": {"kind": "fixed", "amount": 5.0},
        "reinvestment": {"kind": "fixed", "rate": 0.2},
    }
    steps = [
        {"kind": "interest", "to": ["senior"]},
        {"kind": "reserve", "account": "r"},
        {"kind": "principal", "to": ["senior", "sub"]},
        {"kind": "residual", "payee": "seller"},
    ]
    run = run_deal(deal(accounts=[account], steps=steps), annual(7, 20, 200))
    # 2024: 7 + 5 + 1 of income = 13: interest 10, reserve 3. 2025: 20 + 3 + 0.6 = 23.6: 10, 5,
    # 8.6.
    assert run.accounts["r"][0] == pytest.approx([3, 5, 0])
    assert paid(run, "senior", "principal") == pytest.approx([0, 8.6, 91.4])
    assert run.payees["seller"] == pytest.approx([200 + 5 + 1 - 9.14 - 91.4 - 20])


def test_a_trigger_defers_mezzanine_interest_behind_senior_principal_and_is_cured():
    no = {"kind": "not", "of": {"kind": "trigger", "name": "ccr"}}
    plan = {
        "kind": "points",
        "points": [
            {"date": "2024-12-31", "cumulative": 50},
            {"date": "2025-12-31", "cumulative": 100},
            {"date": "2026-12-31", "cumulative": 150},
        ],
    }
    changes = deal_terms()
    changes["tranches"][1]["coupon"] = {"kind": "fixed", "rate": 0.2}
    changes |= {
        "business_plan": plan,
        "triggers": [{"kind": "collection_ratio", "name": "ccr", "below": 0.9, "cure_after": 1}],
        "steps": [
            {"kind": "interest", "to": ["senior"]},
            {"kind": "interest", "to": ["sub"], "when": no},
            {"kind": "principal", "to": ["senior"]},
            {"kind": "interest", "to": ["sub"]},
            {"kind": "principal", "to": ["sub"]},
            {"kind": "residual", "to": "sub"},
        ],
    }
    run = run_deal(deal(**changes), annual(40, 60, 50))
    # 2024: 40 / 50 < 0.9: deferred. 2025: 100 / 100: cured, 4 + 4.8 paid.
    assert run.active["ccr"][0].tolist() == [True, False, False]
    assert paid(run, "senior", "principal")[0] == 30
    assert paid(run, "sub", "interest")[:2] == [0, 8.8]
    changes["triggers"][0].pop("cure_after")
    assert run_deal(deal(**changes), annual(40, 60, 50)).active["ccr"].all()


def test_default_turns_the_order_one_date_after_the_shortfall():
    fee = {"kind": "fee", "name": "f", "amounts": [{"kind": "per_date", "amount": 10.0}]}
    changes = {
        "claims": [fee],
        "triggers": [{"kind": "interest_shortfall", "name": "unpaid", "tranches": ["senior"]}],
        "event_of_default": ["unpaid"],
        "steps": before_last({"kind": "pay", "of": ["f"]}),
        "steps_after_default": [
            {"kind": "interest", "to": ["senior"]},
            {"kind": "principal", "to": ["senior"]},
            {"kind": "pay", "of": ["f"]},
            {"kind": "principal", "to": ["sub"]},
            {"kind": "residual", "to": "sub"},
        ],
    }
    run = run_deal(deal(**changes), annual(12, 30, 200))
    # 2024: fee 10, interest 2. 2025: interest 8 + 10.8, principal 11.2, no fee.
    assert run.accelerated[0].tolist() == [False, True, True]
    assert paid(run, "senior") == pytest.approx([2, 30, 88.8 * 1.1])
    assert run.payees["f"] == pytest.approx([30])
    table = ledger_of(run, 0)
    assert set(table[table.payment > 1].order) == {"steps_after_default"}
    assert table.paid.sum() == pytest.approx(242)
