"""Assessment of a contract: control, thresholds, carrying amount and capital facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from npl_sim.accounting.decision_tree import Leaf
from npl_sim.channels.result import CarryingAmount, measure
from npl_sim.channels.verdict.assessment import assess
from npl_sim.core.errors import ChannelError, NplSimError
from npl_sim.core.judgment import Outcome
from tests.builders.contracts import certain, contract, layer, sample
from tests.channel.test_assessment import CARRY, facts, outcome


def test_a_guarantee_is_judged_by_variability_and_then_by_control():
    """Three tenths of all losses: neither end, so whether the buyer may sell decides, and unknown
    is neither.
    """
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
    """It must be able to hand the very package back, which no market offers: control stays
    (3.2.9).
    """
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
    """What was sold to it counts only where it hands the rights on; that it does without control
    is a contradiction.
    """
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
    """Under a guarantee of three tenths of the losses a little under that stays; each side of a
    threshold is had by moving it.
    """
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
    """100 for sure, a tenth of it for the work-out: no one pays more than 90."""
    found = facts(
        package_cash=certain(0.0, 100.0),
        servicing={"by": "servicer", "share": 0.1, "fair_share": 0.1},
    )
    assert found.fair_value == pytest.approx(90.0)


def test_the_banks_own_book_and_a_securitization_reach_the_capital_rules():
    """Package 400 of 1,000 bad in 20,000 of loans: 5 %; 600 of 19,600 after a clean sale."""
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
        match=r"^contract 'test': accounting.specific_provisions: got 5,000\.00; expected at "
        r"most the face of 400\.00$",
    ):
        outcome(accounting={"specific_provisions": 5000.0})
    with pytest.raises(NplSimError, match="the statistic that decides"):
        outcome(
            package_cash=certain(0.0, 50.0),
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
    """Face 400. Provisions of 150 alone: 250 are carried. With 90 carried, 240 are on the books
    and 160 written off.
    """
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
