"""Why a price lies outside published ranges: classes, facts and effects against hand sums."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from npl_sim.analysis.comparables import Comparables
from npl_sim.analysis.price_gap import price_gap

COLUMNS = ["segment", "security", "measure", "of_own_security", "gbv", "low", "high", "verdict"]
MARKS = ("worthless", "time_barred", "insolvent", "guaranteed", "enforced")


def loan(segment="a", gbv=100.0, pv=20.0, **other):
    base = {"segment": segment, "gbv": gbv, "pv": pv, "receipts": 45.0, "costs": -5.0}
    base |= {"secured": True, "months_to_cash": 60.0, "free_collateral": 80.0}
    return base | dict.fromkeys(MARKS, False) | other


def published(*rows):
    table = pd.DataFrame(rows, columns=COLUMNS)
    inside = int((table["verdict"] == "inside").sum())
    return Comparables(table, "IT", len(table), inside, ())


def price_of(verdict, low, high, segment="a", own=True, gbv=100.0, security="secured"):
    return (segment, security, "price_of_gbv", own, gbv, low, high, verdict)


BELOW = price_of("below", 0.34, 0.40)


def facts_of(gap):
    return {fact.name: fact for fact in gap.facts}


def test_the_steps_from_the_claims_down_to_the_price_are_those_of_the_hand_sum():
    gap = price_gap(published(BELOW), pd.DataFrame([loan()]))
    assert (gap.classes, gap.side, gap.published) == ((("a", "secured"),), "below", (0.34, 0.40))
    assert gap.price == pytest.approx(0.20)
    # 100 of claims, 80 covered, 45 received, 40 after costs, worth 20.
    assert [fact.name for fact in gap.facts] == ["not realized", "return", "not covered"]
    assert [fact.points for fact in gap.facts] == pytest.approx([-0.35, -0.20, -0.20])
    found = facts_of(gap)
    assert (found["return"].figure, found["return"].second) == pytest.approx((0.40, 60.0))
    assert (found["not realized"].figure, found["not realized"].second) == (0.45, 0.80)
    assert found["not covered"].figure == pytest.approx(0.80)


def test_all_steps_sum_to_what_the_price_lacks():
    gap = price_gap(published(BELOW), pd.DataFrame([loan(free_collateral=60.0, costs=-30.0)]))
    # The fourth step, the return, brings -0.15 + 0.20 = 0.05 here: it explains nothing.
    assert {f.name: pytest.approx(f.points) for f in gap.facts} == {
        "not covered": -0.40,
        "costs": -0.30,
        "not realized": -0.15,
    }
    assert facts_of(gap)["costs"].figure == pytest.approx(30.0 / 45.0)


def test_cover_is_at_most_each_claim_and_months_are_weighted_by_receipts():
    loans = [loan(free_collateral=500.0), loan(free_collateral=0.0, receipts=5.0, costs=0.0)]
    loans[1] |= {"months_to_cash": 10.0, "pv": 4.0}
    gap = price_gap(published(BELOW), pd.DataFrame(loans))
    found = facts_of(gap)
    assert found["not covered"].figure == pytest.approx(0.5)
    assert found["return"].second == pytest.approx((45 * 60 + 5 * 10) / 50)


def test_some_loans_have_the_effect_of_the_price_with_and_without_them():
    loans = [loan(pv=38.0, free_collateral=0.0, receipts=45.0, gbv=100.0)]
    loans += [loan(pv=0.0, receipts=0.0, costs=0.0, free_collateral=0.0, gbv=60.0)]
    loans[1] |= {"worthless": True, "time_barred": True, "insolvent": True}
    loans += [loan(pv=2.0, receipts=3.0, costs=0.0, free_collateral=0.0, gbv=40.0, insolvent=True)]
    found = facts_of(price_gap(published(BELOW), pd.DataFrame(loans)))
    worthless, insolvent = found["worthless"], found["insolvent"]
    assert worthless.points == pytest.approx(40 / 200 - 40 / 140)
    assert worthless.figure == pytest.approx(0.3)
    # The loan that is also worthless counts there alone.
    assert insolvent.points == pytest.approx(40 / 200 - 38 / 160)
    assert (insolvent.figure, insolvent.second) == pytest.approx((0.2, 0.05))
    assert "time-barred" not in found


def test_a_price_above_is_explained_by_what_raises_it():
    loans = [loan(pv=60.0, free_collateral=100.0), loan(pv=10.0, guaranteed=True)]
    gap = price_gap(published(price_of("above", 0.1, 0.2)), pd.DataFrame(loans))
    assert gap.side == "above"
    assert [(f.name, pytest.approx(f.points)) for f in gap.facts] == [("covered", 0.25)]


def test_figures_of_the_own_security_count_before_those_of_mixed_packages():
    rows = [BELOW, price_of("inside", 0.17, 0.23, own=False)]
    assert price_gap(published(*rows), pd.DataFrame([loan()])) is not None
    rows = [price_of("below", 0.34, 0.40, own=False), price_of("inside", 0.17, 0.23)]
    assert price_gap(published(*rows), pd.DataFrame([loan()])) is None


def test_small_classes_are_explained_only_if_no_class_is_inside():
    small = price_of("below", 0.3, 0.4, segment="b", gbv=4.0)
    loans = pd.DataFrame([loan(gbv=100.0), loan("b", gbv=4.0, pv=1.0)])
    one_inside = published(price_of("inside", 0.17, 0.23), small)
    assert price_gap(one_inside, loans) is None
    gap = price_gap(published(small), loans)
    assert gap.classes == (("b", "secured"),)
    assert gap.price == pytest.approx(0.25)
    both = price_gap(published(BELOW, small), loans)
    assert both.classes == (("a", "secured"),)


def test_the_side_with_the_larger_claims_is_explained():
    above = price_of("above", 0.1, 0.15, segment="b", gbv=60.0)
    loans = pd.DataFrame([loan(), loan("b", gbv=60.0)])
    assert price_gap(published(BELOW, above), loans).classes == (("a", "secured"),)


def test_nothing_is_explained_without_a_comparison_or_claims():
    assert price_gap(published(price_of("inside", 0.1, 0.3)), pd.DataFrame([loan()])) is None
    assert price_gap(Comparables(pd.DataFrame(), "", 0, 0, ()), pd.DataFrame([loan()])) is None
    few = price_of("too few loans", math.nan, math.nan)
    assert price_gap(published(few), pd.DataFrame([loan()])) is None
