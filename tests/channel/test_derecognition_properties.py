"""Properties of the derecognition tree over any valid facts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from npl_sim.accounting.decision_tree import derecognition
from npl_sim.accounting.facts import TransferFacts
from npl_sim.core.judgment import Outcome
from tests.channel.decision_cases import MEAN, passing

# The same examples on every run.
many = settings(max_examples=120, deadline=None, derandomize=True)


MONEY = st.floats(0.0, 1e9)


RATIOS = st.floats(0.0, 2.0)


SWITCHES = (
    "seller_controls_vehicle",
    "transfers_contractual_rights",
    "total_return_swap",
    "readily_obtainable",
    "put_deters_sale",
)


@st.composite
def any_facts(draw, **fixed):
    """Any valid transfer of a claim that has not ended, or has."""
    found = {name: draw(st.booleans()) for name in SWITCHES}
    found["transferee_can_sell"] = draw(st.sampled_from([None, False, True]))
    found["may_control_vehicle"] = not found["seller_controls_vehicle"] and draw(st.booleans())
    found["vehicle_transfers_rights"] = found["seller_controls_vehicle"] and draw(st.booleans())
    found["repurchase"] = draw(
        st.sampled_from(
            [
                "none",
                "fixed_price",
                "sale_price_plus_return",
                "fair_value",
                "call_option",
                "put_option",
            ]
        )
    )
    if "option" in found["repurchase"]:
        found["option_moneyness"] = draw(st.sampled_from(["deep_in", "near", "deep_out"]))
        found["option_strike"], found["option_time_value"] = draw(MONEY), draw(MONEY)
    elif found["repurchase"] != "none":
        found["repurchase_unconditional"] = draw(st.booleans())
    if draw(st.booleans()):
        found["guarantee_cap"], found["guarantee_fair_value"] = draw(MONEY), draw(MONEY)
    found["part"] = draw(
        st.sampled_from(
            [
                "whole",
                "identified_cash_flows",
                "proportionate_share",
                "proportionate_share_of_identified",
            ]
        )
    )
    found["transferred_share"] = 1.0 if found["part"] == "whole" else draw(st.floats(0.01, 1.0))
    found["pass_through"] = draw(
        st.none() | st.builds(passing, st.booleans(), st.booleans(), st.booleans())
    )
    found["measured_at"] = draw(st.sampled_from(["amortized_cost", "fair_value"]))
    found["variability"] = {MEAN: draw(RATIOS), "standard_deviation": draw(RATIOS)}
    for name in (
        "carrying_amount",
        "fair_value",
        "proceeds",
        "excess_spread_fair_value",
        "new_assets",
        "new_liabilities",
    ):
        found[name] = draw(MONEY)
    found.update(fixed)
    returns = (
        found["repurchase"] != "none" or found["total_return_swap"] or "guarantee_cap" in found
    )
    found["rights_expired"] = not returns and draw(st.booleans())
    return TransferFacts(**found)


@many
@given(any_facts())
def test_any_facts_have_one_verdict_and_a_balanced_journal(found):
    made = derecognition(found)
    assert made == derecognition(found)
    assert isinstance(made.outcome, Outcome)
    size = max((abs(entry.amount) for entry in made.measurement.entries), default=0.0)
    assert abs(sum(entry.amount for entry in made.measurement.entries)) <= 1e-9 * max(size, 1.0)
    assert 0.0 <= made.kept_share <= 1.0
    if made.outcome is Outcome.KEEP:
        assert made.measurement.gain == 0.0
        assert made.measurement.asset == pytest.approx(found.carrying_amount)


@many
@given(any_facts(), RATIOS)
def test_more_retained_variability_never_takes_more_off_the_balance_sheet(found, other):
    rank = [Outcome.KEEP, Outcome.CONTINUING, Outcome.DEPENDS, Outcome.DERECOGNISE]
    moved = found.model_copy(update={"variability": {**found.variability, MEAN: other}})
    low, high = sorted((found, moved), key=lambda f: f.variability[MEAN])
    assert rank.index(derecognition(high).outcome) <= rank.index(derecognition(low).outcome)


@many
@given(any_facts(total_return_swap=True))
def test_a_total_return_swap_never_derecognizes(found):
    assert derecognition(found).outcome is Outcome.KEEP


@many
@given(any_facts(), st.floats(1.0, 1e9), st.floats(1.0, 3.0))
def test_recourse_for_the_whole_price_keeps(found, price, times):
    recourse = {
        **found.model_dump(),
        "rights_expired": False,
        "proceeds": price,
        "guarantee_cap": price * times,
        "guarantee_fair_value": 0.0,
    }
    assert derecognition(TransferFacts(**recourse)).outcome is Outcome.KEEP
