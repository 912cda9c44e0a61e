"""Stated facts against cash, the effect on CET1 capital, and what a reader sees of both."""

from __future__ import annotations

import re

import pytest

from npl_sim.accounting.decision_tree import Leaf
from npl_sim.channels.result import measure
from npl_sim.channels.verdict.assessment import assess
from npl_sim.reports.channel.verdict import verdict_summary, verdict_texts
from tests.builders.contracts import contract, layer
from tests.channel.test_position import GUARANTEE, sold_outcomes

PASSED = {
    "pays_only_if_collected": True,
    "may_not_sell_or_pledge": True,
    "remits_without_delay": True,
}
HALF = {**GUARANTEE, "cap": 30.0}


def judged(accounting=None, **terms):
    result = measure(contract(accounting=accounting or {}, **terms), sold_outcomes())
    return assess(result, result.whole)


def test_rights_that_an_income_right_keeps_are_not_stated_away():
    found = judged({"form": "income_right", "transfers_contractual_rights": True})
    assert found.verdict.leaf is Leaf.NOT_TRANSFERRED
    assert [c.fact for c in found.cash.conflicts] == ["transfers_contractual_rights"]


def test_a_pass_through_fails_where_the_bank_pays_what_it_has_not_collected():
    right = {"form": "income_right", "pass_through": PASSED}
    promised, plain = judged(right, undertakings=[HALF]), judged(right)
    assert (
        promised.verdict.leaf is Leaf.NOT_TRANSFERRED
        and plain.verdict.leaf is Leaf.RISKS_TRANSFERRED
    )
    (conflict,) = promised.cash.conflicts
    assert (
        conflict.fact == "pass_through.pays_only_if_collected"
        and "up to 30.00" in conflict.evidence
    )
    assert plain.cash.conflicts == ()


def test_a_pass_through_to_the_banks_own_vehicle_hands_nothing_on():
    """An own product holds the residual behind a note of 70, and the bank works the loans out."""
    mine = [
        layer(
            {"kind": "note", "name": "n", "share": 0.7, "holder": "fund"},
            {"kind": "residual", "share": 0.3, "holder": "own"},
        )
    ]
    terms = {"vehicles": mine, "servicing": {"by": "bank", "share": 0.1, "fair_share": 0.1}}
    right = {"form": "income_right", "pass_through": PASSED, "own_wealth_products": ["own"]}
    found = judged(right, **terms)
    assert found.verdict.leaf is Leaf.NOT_TRANSFERRED and found.verdict.steps[0].answer == "yes"
    assert [c.fact for c in found.cash.conflicts] == ["pass_through"]
    # Stated of both together it counts, and the buyer of a right to cash is not free.
    both = judged({**right, "seller_controls_vehicle": True}, **terms)
    assert both.cash.conflicts == () and both.verdict.steps[4].answer == "yes"


def test_a_vehicle_that_the_bank_directs_is_its_own_whatever_is_stated():
    """The bank works the loans out and holds the residual behind a note of 70.

    Of 36, 72, 90, 135 it gets 0, 2, 20, 65: a mean deviation of 26.08 of 28.8.
    """
    kept = [
        layer(
            {"kind": "note", "name": "n", "share": 0.7, "holder": "fund"},
            {"kind": "residual", "share": 0.3, "holder": "bank"},
        )
    ]
    servicing = {"by": "bank", "share": 0.1, "fair_share": 0.1}
    for stated, conflicts in ((None, []), (False, ["seller_controls_vehicle"]), (True, [])):
        terms = {} if stated is None else {"seller_controls_vehicle": stated}
        found = judged(terms, vehicles=kept, servicing=servicing)
        assert found.verdict.leaf is Leaf.NOT_TRANSFERRED
        assert [c.fact for c in found.cash.conflicts] == conflicts
    (conflict,) = judged(
        {"seller_controls_vehicle": False}, vehicles=kept, servicing=servicing
    ).cash.conflicts
    assert "bears 90.56 % of its variable returns" in conflict.evidence


def test_who_directs_an_outsider_may_be_stated():
    """Half of all cash passed back, and no claim held: unknown counts against the bank, and stated
    it does not.
    """
    swap = {
        "kind": "income_swap",
        "name": "s",
        "leg": {"kind": "fixed", "rate": 0.0},
        "pass_back": 0.6,
        "final": "none",
    }
    swap |= {"first_month": 1, "every": 1}
    assert judged(undertakings=[swap]).verdict.leaf is Leaf.VEHICLE_NOT_EXCLUDED
    outside = judged({"seller_controls_vehicle": False}, undertakings=[swap])
    assert outside.verdict.leaf is Leaf.CONTROL_UNKNOWN and outside.cash.conflicts == ()


def test_without_a_true_sale_the_rights_are_kept():
    assert judged().verdict.leaf is Leaf.RISKS_TRANSFERRED
    assert judged({"true_sale_opinion": False}).verdict.leaf is Leaf.NOT_TRANSFERRED
    assert judged({"true_sale_opinion": True}).verdict.leaf is Leaf.RISKS_TRANSFERRED
    assert any("true_sale_opinion is not given" in line for line in judged().assumed)


def test_the_loss_against_the_carrying_amount_stands_beside_the_relief():
    """Carried at 130, sold for 100: a loss of 30, and capital of 8 % of 130 saved. A guarantee
    worth 7 makes it 37.
    """
    carried = {"carrying_amount": 130.0}
    assert judged(carried).capital.gains == pytest.approx((-30.0, -30.0))
    backed = judged(
        {**carried, "transferee_can_sell": True, "seller_controls_vehicle": False},
        undertakings=[HALF],
    )
    assert backed.verdict.leaf is Leaf.CONTROL_LOST
    assert backed.capital.gains == pytest.approx((-37.0, -37.0))
    kept = judged(carried, undertakings=[GUARANTEE])
    assert str(kept.verdict.outcome) == "keep" and kept.capital.gains == pytest.approx(
        (-40.0, 0.0)
    )


def test_a_gain_does_not_count_under_a_side_letter_and_a_loss_does():
    side_letter = {"side_letter": {"undertakings": [{**HALF, "cap": 0.5}]}}
    for carrying, gain in ((90.0, 0.0), (130.0, -30.15)):
        found = judged({"carrying_amount": carrying}, **side_letter)
        assert str(found.verdict.outcome) == "derecognise"
        assert found.capital.gains == pytest.approx((100.0 - 0.15 - carrying, gain))


def test_undertakings_are_booked_at_their_mean_present_value():
    """A guarantee capped at 3: 30 % of 3 is 0.9; the book value is 110, the price 100."""
    found = judged(undertakings=[{**GUARANTEE, "cap": 3.0}]).verdict
    assert str(found.outcome) == "derecognise"
    assert (found.measurement.liability, found.measurement.gain) == pytest.approx((0.9, -10.9))
    assert any(
        "mean present value at 0 %, not fair value" in e.account for e in found.measurement.entries
    )


def test_what_a_reader_sees():
    found = judged(
        {
            "put_deters_sale": True,
            "transferee_can_sell": True,
            "form": "income_right",
            "pass_through": PASSED,
        },
        undertakings=[HALF],
    )
    text = " ".join(verdict_texts([("", found)], "CNY")[0].split())
    assert "Stated facts in conflict with the cash" in text and "has no effect" in text
    assert (
        "transferee_can_sell: stated true; the cash shows: the buyer has a right to cash and not "
        "the loans" in text
    )
    unknown = judged(undertakings=[HALF])
    text = verdict_texts([("", unknown)], "CNY")[0]
    assert "Verdict: depends on control." in text
    sheets = re.findall(
        r"^Balance sheet on the day of the transfer, buyer (.*?) \[CNY\]$", text, re.M
    )
    assert sheets == ["not free to sell", "free to sell"]
    assert re.search(
        r"^  gain \(\+\) or loss \(-\) against the carrying amount +-17\.00 +-17\.00$", text, re.M
    )
    (plain,) = verdict_summary([("", unknown)])
    assert plain["balance_sheet"]["liability"] == pytest.approx(37.0)
    assert plain["balance_sheet_if_free"]["liability"] == pytest.approx(7.0)
    assert plain["position"]["most_paid"] == pytest.approx(30.0)
    assert plain["capital"]["gain_earned"] == pytest.approx(-17.0)
    (other,) = verdict_summary([("", found)])
    assert {c["effect"] for c in other["conflicts"]} == {"none"}
