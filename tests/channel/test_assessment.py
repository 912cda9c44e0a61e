"""Assessment of a measured contract: its facts, and the verdict that an auditor would reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from npl_sim.accounting.decision_tree import Leaf
from npl_sim.channels.result import measure
from npl_sim.channels.verdict.assessment import assess
from npl_sim.study.contract_file import load_contract
from tests.builders.contracts import certain, contract, facts_of, layer, sample

ROOT = Path(__file__).parents[2]


BUY = {"kind": "repurchase", "name": "r", "at": {"kind": "month", "month": 6}}


CARRY = {**BUY, "price": {"kind": "plus_carry", "carry": 0.05}}


SWAP = {"kind": "income_swap", "name": "s", "leg": {"kind": "fixed", "rate": 0.05}}


PASSED = {
    "pays_only_if_collected": True,
    "may_not_sell_or_pledge": True,
    "remits_without_delay": True,
}


def facts(package_cash=None, **terms):
    result = measure(contract(**terms), package_cash or sample(200))
    return facts_of(result)


@pytest.mark.parametrize(
    ("price", "word"),
    [
        ("fixed", "fixed_price"),
        ("par", "fixed_price"),
        ("plus_carry", "sale_price_plus_return"),
        ("fair_value", "fair_value"),
    ],
)
def test_a_repurchase_has_its_term(price, word):
    more = (
        {"amount": 90.0} if price == "fixed" else {"carry": 0.05} if price == "plus_carry" else {}
    )
    found = facts(undertakings=[{**BUY, "price": {"kind": price, **more}}])
    assert found.repurchase == word and found.repurchase_unconditional
    waits = facts(
        undertakings=[
            {**BUY, "at": {"kind": "below_plan", "below": 0.9}, "price": {"kind": price, **more}}
        ]
    )
    assert not waits.repurchase_unconditional


def test_the_strongest_term_stands_where_there_are_several():
    fair = {**BUY, "name": "f", "price": {"kind": "fair_value"}, "share": 0.5}
    firm = {**BUY, "price": {"kind": "fixed", "amount": 1.0}}
    waits = {**CARRY, "name": "w", "at": {"kind": "below_plan", "below": 0.9}}
    call = {
        "kind": "call",
        "name": "c",
        "months": [12],
        "strike": {"kind": "fixed", "amount": 1e6},
    }
    found = facts(undertakings=[call, waits, firm, fair])
    assert found.repurchase == "fixed_price" and found.repurchase_unconditional
    assert found.option_moneyness is None
    # Half goes at its value first: what the whole is paid for follows the value by half, and the
    # figures judge.
    part = facts(undertakings=[fair, firm, waits, call])
    assert part.repurchase == "fixed_price" and not part.repurchase_unconditional
    assert facts(undertakings=[call]).repurchase == "call_option"


@pytest.mark.parametrize(
    ("price", "word", "firm"),
    [
        ({"kind": "formula", "of_value": 1.0}, "fair_value", True),
        ({"kind": "formula", "of_value": 1.0, "floor": 90.0}, "fixed_price", False),
        ({"kind": "formula", "of_value": 0.5, "constant": 40.0}, "fixed_price", False),
        ({"kind": "formula", "of_face": 0.3}, "fixed_price", True),
        ({"kind": "fair_value", "floor": 90.0}, "fixed_price", False),
        ({"kind": "fair_value", "share": 0.5}, "fixed_price", False),
    ],
)
def test_a_price_that_follows_the_value_is_judged_by_what_it_moves(price, word, firm):
    """A floor under the fair value is a guarantee; no nature settles it, the figures do."""
    found = facts(undertakings=[{**BUY, "price": price}])
    assert (found.repurchase, found.repurchase_unconditional) == (word, firm)


def test_a_repurchase_of_a_part_is_judged_by_the_figures():
    part = measure(contract(undertakings=[{**CARRY, "share": 0.05}]), sample(2000))
    whole = measure(contract(undertakings=[CARRY]), sample(2000))
    assert assess(whole, whole.whole).verdict.exposure.by_nature
    found = assess(part, part.whole).verdict
    assert not found.exposure.by_nature and found.leaf is Leaf.RISKS_TRANSFERRED


@pytest.mark.parametrize(("strike", "word"), [(1.0, "deep_out"), (55.0, "near"), (1e6, "deep_in")])
def test_an_option_is_as_deep_as_it_is_often_used(strike, word):
    put = {
        "kind": "put",
        "name": "p",
        "months": [12],
        "strike": {"kind": "fixed", "amount": strike},
        "knowledge": "perfect",
    }
    found = facts(undertakings=[put])
    assert (found.repurchase, found.option_moneyness) == ("put_option", word)


def test_recourse_is_the_most_that_can_be_lost():
    """100 for sure in month 1 on loans of 200, sold for 100 with a fifth deferred: 80 at closing,
    less the bank's tenth, 8.

    Face 200, half of the loss of 100, at most 30: 30 are paid. Later the bank gets 20 of deferred
    price and of the residual what is left: 100 + 30 - 20 - 72 = 38. It pays 30 in the month in
    which it gets 58, so that it pays nothing net.
    """
    terms = {
        "vehicles": [
            layer(
                {"kind": "deferred_price", "share": 0.2},
                {"kind": "note", "name": "n", "share": 0.9, "holder": "fund"},
                {"kind": "residual", "holder": "bank", "share": 0.1},
            ),
        ],
        "undertakings": [
            {"kind": "guarantee", "name": "g", "reference": "face", "cap": 30.0, "share": 0.5}
        ],
    }
    found = facts(package_cash=certain(0.0, 100.0), **terms)
    assert found.new_assets == pytest.approx(20.0 + 38.0 - 30.0)
    assert found.guarantee_cap == pytest.approx(28.0)
    assert found.proceeds == pytest.approx(80.0 - 8.0)
    alone = facts(package_cash=certain(0.0, 100.0), undertakings=terms["undertakings"])
    assert (alone.guarantee_cap, alone.guarantee_fair_value) == pytest.approx((30.0, 30.0))
    assert facts().guarantee_cap is None


def test_a_swap_of_the_whole_is_a_total_return_swap():
    assert facts(undertakings=[SWAP]).total_return_swap
    assert not facts(undertakings=[{**SWAP, "pass_back": 0.5}]).total_return_swap
    assert not facts(undertakings=[{**SWAP, "final": "none"}]).total_return_swap


def outcome(package_cash=None, **terms):
    result = measure(contract(**terms), package_cash or sample(400))
    return assess(result, result.whole)


def test_each_contract_has_the_verdict_of_an_auditor():
    swapped = {"form": "income_right", "pass_through": PASSED}
    assert outcome().verdict.leaf is Leaf.RISKS_TRANSFERRED
    assert outcome(undertakings=[CARRY]).verdict.leaf is Leaf.RISKS_RETAINED
    assert outcome(undertakings=[SWAP]).verdict.leaf is Leaf.RISKS_RETAINED
    swap = outcome(undertakings=[SWAP], accounting=swapped).verdict
    # The swap's leg is owed whatever is collected, so that the stated pass-through fails its first
    # test.
    assert (
        swap.leaf is Leaf.NOT_TRANSFERRED
        and "it pays even amounts that it did not collect" in swap.reason
    )
    assert "B3.2.16(o)" in swap.warnings[0]
    right = outcome(undertakings=[SWAP], accounting={"form": "income_right"})
    assert right.verdict.leaf is Leaf.NOT_TRANSFERRED and "B3.2.16(o)" in right.verdict.warnings[0]
    assert any("pass_through is not given" in line for line in right.assumed)
    assert (
        outcome(accounting={"transfers_contractual_rights": False}).verdict.leaf
        is Leaf.NOT_TRANSFERRED
    )


@pytest.mark.parametrize(
    ("name", "outcomes", "broken"),
    [
        ("clean_sale", ["derecognise"], [0]),
        ("repurchase_carry", ["keep"], [4]),
        ("income_swap", ["keep"], [4]),
        ("seller_put_call", ["continuing involvement"], [4]),
        ("layered_channel", ["keep", "keep"], [5, 9]),
    ],
)
def test_the_contracts_that_are_shipped(name, outcomes, broken):
    """A repurchase breaks 2009, 2010, 2017 and makes a vehicle whole (2018); a swap of an income
    right 2016 in place of the last.
    """
    terms = load_contract(ROOT / "configs" / "channel" / f"{name}.yaml")
    result = measure(terms, sample(400, 48, rate=0.08))
    judged = [assess(result, version) for version in result.versions]
    assert [str(j.verdict.outcome) for j in judged] == outcomes
    assert [sum(r.status == "broken" for r in j.rules) for j in judged] == broken
    full = [j.capital.earned / j.capital.before for j in judged]
    assert full == pytest.approx([0.0 if o == "derecognise" else 1.0 for o in outcomes])
