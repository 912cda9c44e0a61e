"""From a measured contract to the facts of the tree, and the verdict that an auditor would reach."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from npl_sim.accounting.decision_tree import Leaf
from npl_sim.channel.result import CarryingAmount, measure
from npl_sim.channel.verdict.assessment import assess
from npl_sim.core.errors import ChannelError, NplSimError
from npl_sim.core.judgment import Outcome
from npl_sim.study.contract_file import load_contract
from tests.channel.scenes import certain, contract, facts_of, layer, sample

ROOT = Path(__file__).parents[2]
BUY = {"kind": "repurchase", "name": "r", "at": {"kind": "month", "month": 6}}
CARRY = {**BUY, "price": {"kind": "plus_carry", "carry": 0.05}}
SWAP = {"kind": "income_swap", "name": "s", "leg": {"kind": "fixed", "rate": 0.05}}
PASSED = {
    "pays_only_if_collected": True,
    "may_not_sell_or_pledge": True,
    "remits_without_delay": True,
}


def facts(world=None, **terms):
    result = measure(contract(**terms), world or sample(200))
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
    # Half goes at its value first: what the whole is paid for follows the value by half, and the figures judge.
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
    """100 for sure in month 1 on loans of 200, sold for 100 with a fifth deferred: 80 at closing, less the bank's tenth, 8.

    Face 200, half of the loss of 100, at most 30: 30 are paid. Later the bank gets 20 of deferred price and of the residual
    what is left: 100 + 30 - 20 - 72 = 38. It pays 30 in the month in which it gets 58, so that it pays nothing net.
    """
    terms = {
        "layers": [
            layer({"kind": "deferred_price", "share": 0.2}, {"kind": "note", "name": "n", "share": 0.9, "holder": "fund"},
                  {"kind": "residual", "holder": "bank", "share": 0.1}),
        ],
        "undertakings": [{"kind": "guarantee", "name": "g", "reference": "face", "cap": 30.0, "share": 0.5}],
    }  # fmt: skip
    found = facts(world=certain(0.0, 100.0), **terms)
    assert found.new_assets == pytest.approx(20.0 + 38.0 - 30.0)
    assert found.guarantee_cap == pytest.approx(28.0)
    assert found.proceeds == pytest.approx(80.0 - 8.0)
    alone = facts(world=certain(0.0, 100.0), undertakings=terms["undertakings"])
    assert (alone.guarantee_cap, alone.guarantee_fair_value) == pytest.approx((30.0, 30.0))
    assert facts().guarantee_cap is None


def test_a_swap_of_the_whole_is_a_total_return_swap():
    assert facts(undertakings=[SWAP]).total_return_swap
    assert not facts(undertakings=[{**SWAP, "pass_back": 0.5}]).total_return_swap
    assert not facts(undertakings=[{**SWAP, "final": "none"}]).total_return_swap


def outcome(world=None, **terms):
    result = measure(contract(**terms), world or sample(400))
    return assess(result, result.whole)


def test_each_contract_has_the_verdict_of_an_auditor():
    swapped = {"form": "income_right", "pass_through": PASSED}
    assert outcome().verdict.leaf is Leaf.RISKS_TRANSFERRED
    assert outcome(undertakings=[CARRY]).verdict.leaf is Leaf.RISKS_RETAINED
    assert outcome(undertakings=[SWAP]).verdict.leaf is Leaf.RISKS_RETAINED
    swap = outcome(undertakings=[SWAP], accounting=swapped).verdict
    # The swap's leg is owed whatever is collected, so that the stated pass-through fails its first test.
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
    """A repurchase breaks 2009, 2010, 2017 and makes a vehicle whole (2018); a swap of an income right 2016 in place of the last."""
    terms = load_contract(ROOT / "configs" / "channel" / f"{name}.yaml")
    result = measure(terms, sample(400, 48, rate=0.08))
    judged = [assess(result, version) for version in result.versions]
    assert [str(j.verdict.outcome) for j in judged] == outcomes
    assert [sum(r.status == "broken" for r in j.rules) for j in judged] == broken
    full = [j.capital.earned / j.capital.before for j in judged]
    assert full == pytest.approx([0.0 if o == "derecognise" else 1.0 for o in outcomes])


def test_a_guarantee_is_judged_by_variability_and_then_by_control():
    """Three tenths of all losses: neither end, so whether the buyer may sell decides, and unknown is neither."""
    half = {"kind": "guarantee", "name": "g", "reference": 150.0, "share": 0.3}
    unknown, free, bound = (
        outcome(
            undertakings=[half], accounting={} if sells is None else {"transferee_can_sell": sells}
        )
        for sells in (None, True, False)
    )
    leaves = [x.verdict.leaf for x in (unknown, free, bound)]
    assert leaves == [Leaf.CONTROL_UNKNOWN, Leaf.CONTROL_LOST, Leaf.CONTROL_RETAINED]
    assert unknown.verdict.measurement == bound.verdict.measurement
    assert unknown.verdict.if_free == free.verdict.measurement
    assert unknown.capital.earned == bound.capital.earned
    assert any("transferee_can_sell is not given" in line for line in unknown.assumed)
    assert not any("transferee_can_sell" in line for line in bound.assumed)


def test_a_repurchase_that_waits_binds_the_buyer():
    """It must be able to hand the very package back, which no market offers: control stays (3.2.9)."""
    waits = {**CARRY, "at": {"kind": "below_plan", "below": 0.9, "first_test": 6}}
    outsider = {"seller_controls_vehicle": False}
    assert outcome(undertakings=[waits]).verdict.leaf is Leaf.VEHICLE_NOT_EXCLUDED
    assert outcome(undertakings=[waits], accounting=outsider).verdict.leaf is Leaf.CONTROL_RETAINED
    stated = outcome(undertakings=[waits], accounting={**outsider, "transferee_can_sell": True})
    assert stated.verdict.leaf is Leaf.CONTROL_RETAINED
    assert [c.fact for c in stated.cash.conflicts] == ["transferee_can_sell"]
    market = {**outsider, "readily_obtainable": True}
    assert outcome(undertakings=[waits], accounting=market).verdict.leaf is Leaf.CONTROL_UNKNOWN
    market["transferee_can_sell"] = True
    assert outcome(undertakings=[waits], accounting=market).verdict.leaf is Leaf.CONTROL_LOST


def test_a_vehicle_that_the_bank_controls_has_gone_nowhere():
    """What was sold to it counts only where it hands the rights on; that it does without control is a contradiction."""
    own = {"seller_controls_vehicle": True}
    assert outcome(accounting=own).verdict.leaf is Leaf.NOT_TRANSFERRED
    onward = outcome(accounting={**own, "vehicle_transfers_rights": True})
    assert onward.verdict.leaf is Leaf.RISKS_TRANSFERRED
    with pytest.raises(ChannelError, match="vehicle_transfers_rights: got true; expected false"):
        outcome(accounting={"vehicle_transfers_rights": True})


def test_a_put_binds_a_buyer_that_would_not_sell_without_it():
    put = {"kind": "put", "name": "p", "months": [12], "strike": {"kind": "fixed", "amount": 55.0}}
    put |= {"knowledge": "perfect"}
    bound, stated = (
        outcome(undertakings=[put], accounting={"put_deters_sale": deters})
        for deters in (True, False)
    )
    assert bound.verdict.leaf is stated.verdict.leaf is Leaf.CONTROL_RETAINED
    assert [c.fact for c in stated.cash.conflicts] == [
        "put_deters_sale"
    ] and not bound.cash.conflicts


def test_thresholds_and_the_statistic_are_the_contracts_own():
    """Under a guarantee of three tenths of the losses a little under that stays; each side of a threshold is had by moving it."""
    half = [{"kind": "guarantee", "name": "g", "reference": 150.0, "share": 0.3}]
    ratio = outcome(undertakings=half).verdict.exposure.chosen.ratio
    assert 0.25 < ratio <= 0.3
    for low, high, leaf in (
        (0.5, 0.9, Leaf.RISKS_TRANSFERRED),
        (0.2, 0.9, Leaf.CONTROL_UNKNOWN),
        (0.1, 0.25, Leaf.RISKS_RETAINED),
    ):
        moved = {"transferred_at_most": low, "retained_at_least": high}
        found = outcome(undertakings=half, accounting={"thresholds": moved}).verdict
        assert found.leaf is leaf
        assert any(f"{100 * low:g} % and {100 * high:g} %" in a for a in found.assumptions)
    spread = {"thresholds": {"statistic": "standard_deviation"}}
    chosen = outcome(undertakings=half, accounting=spread).verdict.exposure.chosen
    assert chosen.statistic == "standard_deviation"
    with pytest.raises(
        ValueError, match="got 'standard_deviaton'; did you mean 'standard_deviation'"
    ):
        contract(accounting={"thresholds": {"statistic": "standard_deviaton"}})


def test_a_threshold_within_the_error_of_the_statistic_is_reported():
    part = {"kind": "guarantee", "name": "g", "reference": 105.0, "share": 0.5}
    share = measure(contract(undertakings=[part]), sample(400)).whole.retained.share(
        "mean absolute deviation"
    )
    for edge, reported in ((share.value + share.se, True), (share.value + 9.0 * share.se, False)):
        judged = outcome(
            undertakings=[part], accounting={"thresholds": {"transferred_at_most": round(edge, 6)}}
        )
        assert any("could change the verdict" in line for line in judged.assumed) is reported


def test_the_range_of_a_sample_has_no_error_to_tell():
    reported = outcome(accounting={"thresholds": {"statistic": "range"}}).assumed
    assert (
        "the statistic that decides (range) has no sampling error that can be estimated"
        in reported
    )
    assert not any("inf" in line for line in reported)


def test_the_amounts_give_the_carrying_amount_and_the_contract_overrules_them():
    """A clean sale at 100 of what is carried at 70 gains 30."""
    for terms, carrying, gain in (
        ({}, 70.0, 30.0),
        ({"carrying_amount": 120.0}, 70.0, -20.0),
    ):
        result = replace(
            measure(contract(accounting=terms), sample(200)),
            carrying_amount=CarryingAmount(carrying, "GBV less provisions"),
        )
        judged = assess(result, result.whole)
        assert judged.verdict.measurement.gain == pytest.approx(gain)
        assert ("carrying amount: GBV less provisions" in judged.assumed) is (not terms)
        reported = "carrying amount: stated 120.00; the books show 70.00 (GBV less provisions)"
        assert (reported in judged.assumed) is bool(terms)
    # Face 400, carrying amount 70: provisions 330, well above 20 %, so the rest weighs 100 %.
    assert assess(
        replace(result, carrying_amount=None), result.whole
    ).capital.before == pytest.approx(120.0)


def test_the_fair_value_is_after_the_cost_of_work_out():
    """100 for sure, a tenth of it for who works it out: nobody pays more than 90."""
    found = facts(
        world=certain(0.0, 100.0), servicing={"by": "servicer", "share": 0.1, "fair_share": 0.1}
    )
    assert found.fair_value == pytest.approx(90.0)


def test_the_banks_own_book_and_a_securitisation_reach_the_capital_rules():
    """Package 400 of 1,000 bad in 20,000 of loans: 5 % before; 600 of 19,600 after a clean sale."""
    book = {"loans": 20000.0, "non_performing": 1000.0, "allowances": 700.0}
    ratios = outcome(accounting={"bank": book, "capital_rules": {"capital_ratio": 0.105}}).capital
    assert ratios.capital_ratio == 0.105
    assert [r.npl for r in ratios.ratios] == pytest.approx([0.05, 600 / 19600, 600 / 19600])
    deal = {
        "outstanding": 400.0,
        "expected_loss": 1.0,
        "positions": [
            {"name": "A", "rank": "senior", "amount": 80.0, "held_share": 0.0},
            {"name": "B", "rank": "first_loss", "amount": 20.0, "held_share": 1.0},
        ],
    }
    notes = [
        {"kind": "note", "name": "A", "share": 0.8, "holder": "fund"},
        {"kind": "residual", "name": "B", "share": 0.2, "holder": "fund"},
    ]
    view = outcome(
        vehicles=[layer(*notes)], accounting={"form": "securitisation", "deal": deal}
    ).capital
    assert view.earned == pytest.approx(view.before)
    assert any("CRR art. 247(2)" in step.paragraph for step in view.binding)
    with pytest.raises(ValueError, match="expected it only with form securitization"):
        contract(accounting={"deal": deal})


def test_facts_that_contradict_one_another_are_reported_in_a_line():
    with pytest.raises(
        ChannelError,
        match=r"^contract 'test': accounting.specific_provisions: got 5,000\.00; expected at most the face of 400\.00$",
    ):
        outcome(accounting={"specific_provisions": 5000.0})
    with pytest.raises(NplSimError, match="the statistic that decides"):
        outcome(
            world=certain(0.0, 50.0),
            undertakings=[{"kind": "guarantee", "name": "g", "reference": 60.0}],
        )
    with pytest.raises(
        ValueError,
        match="got 'wealth prodct', which neither buys nor holds anything; did you mean",
    ):
        contract(
            vehicles=[
                layer({"kind": "note", "name": "n", "share": 0.5, "holder": "wealth product"})
            ],
            accounting={"own_wealth_products": ["wealth prodct"]},
        )


def test_stated_provisions_and_the_carrying_amount_are_one_book():
    """Face 400. Provisions of 150 alone: 250 are carried. With 90 carried, 240 are on the books and 160 written off."""
    values = facts(accounting={"specific_provisions": 150.0})
    assert values.carrying_amount == pytest.approx(250.0)
    result = measure(contract(accounting={"specific_provisions": 150.0}), sample(200))
    made = assess(result, result.whole)
    assert made.verdict.measurement.gain == pytest.approx(100.0 - 250.0)
    assert made.capital.before == pytest.approx(250.0)
    carrying = {"specific_provisions": 150.0, "carrying_amount": 90.0}
    result = measure(contract(accounting=carrying), sample(200))
    made = assess(result, result.whole)
    assert made.capital.before == pytest.approx(90.0)  # and not 1.5 times 400 - 150
    assert any("240.00 of the face of 400.00 is on the books" in line for line in made.assumed)


def test_a_product_that_is_no_party_is_refused():
    with pytest.raises(
        ValueError,
        match=r"asset_management_products.0: got 'plam', which neither buys nor holds anything",
    ):
        contract(accounting={"asset_management_products": ["plam"]})


def test_outcomes_are_as_the_standard_names_them():
    assert str(outcome().verdict.outcome) == "derecognise" and Outcome.KEEP == "keep"
