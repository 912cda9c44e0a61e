"""Sizing rules: monotone limits, supporting scenarios, rounding, followers and searches."""

from __future__ import annotations

import math

import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.sizing.limits_table import limits_table
from npl_sim.securitization.sizing.resize import resized
from npl_sim.securitization.sizing.search import largest_holding
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.terms.structure import Structure
from tests.builders.deals import deal
from tests.deal.sizing_terms import owed_at_the_end, scenarios, size_tranches, structured


def test_a_size_is_never_smaller_for_a_looser_limit():
    sizes = [
        structured({"kind": "expected_loss", "at_most": x}, flows=scenarios())
        .sized[0]
        .balance.value
        for x in (0.001, 0.005, 0.02, 0.1)
    ]
    assert sizes == sorted(sizes)


def test_no_error_is_reported_of_a_size():
    """An error that leaves the other tranches' sizes out would be too small; none is better
    (`sizing.NO_ERROR`)."""
    for limit in (
        {"kind": "net_cover", "at_least": 1.3, "quantile": 0.25},
        {"kind": "stress", "haircut": 0.3},
    ):
        found = structured(limit, flows=scenarios(100)).sized[0].balance
        assert found.value > 0.0 and all(math.isnan(x) for x in (found.se, found.low, found.high))


@pytest.mark.parametrize(
    ("limit", "cases"),
    [
        ({"kind": "net_cover", "at_least": 1.0, "quantile": 0.05}, 5),
        ({"kind": "net_cover", "at_least": 1.0, "quantile": 0.1}, 10),
        ({"kind": "interest_cover", "at_least": 1.0, "quantile": 0.03}, 3),
        ({"kind": "wal", "at_most": 2.9}, 100),
        ({"kind": "wal", "at_most": 2.9, "quantile": 0.95}, 6),
        ({"kind": "advance_rate", "of": "mean_collections", "at_most": 0.6}, 100),
        ({"kind": "advance_rate", "at_most": 0.15}, None),
        ({"kind": "stress", "haircut": 0.3}, None),
    ],
)
def test_a_limit_counts_the_scenarios_that_it_rests_on(limit, cases):
    found = structured(limit, flows=scenarios(100)).sized[0]
    assert found.readings[0].cases == cases
    few = [note for note in found.notes if "fewer than ten" in note]
    assert len(few) == (cases is not None and cases < 10)
    assert not few or f"rests on {cases} of 100 scenarios" in few[0]


@pytest.mark.parametrize(
    ("kind", "share"),
    [("default_probability", 0.09), ("default_probability", 0.10), ("expected_loss", 0.002)],
)
def test_a_limit_by_rating_counts_the_cases_at_the_size(kind, share):
    found = structured({"kind": kind, "at_most": share}, flows=scenarios(100))
    run = found.trials.run(found.deal)
    lost = (run.tranches["senior"].balance[:, -1] > 1e-6) | (
        run.tranches["senior"].unpaid > 1e-6
    ).any(axis=1)
    reading = found.sized[0].readings[0]
    assert reading.cases == int(lost.sum())
    assert reading.few == (reading.cases < 10)
    if kind == "default_probability":
        assert reading.cases == round(100 * share)
    row = limits_table(found).iloc[0]
    assert row["cases"] == reading.cases


def test_a_limit_on_repayment_counts_what_is_not_repaid():
    found = (
        structured({"kind": "redeemed", "probability": 0.95}, flows=scenarios(100))
        .sized[0]
        .readings[0]
    )
    assert found.cases == 5 and found.few


def test_rounding_is_down():
    structure = {
        "size": [
            {
                "tranche": "senior",
                "limits": [{"kind": "advance_rate", "at_most": 0.155}],
                "round_to": 10.0,
            }
        ]
    }
    found = size_tranches(deal(structure=structure), scenarios())
    assert found.sized[0].balance.value == 70.0
    assert found.sized[0].unrounded == pytest.approx(77.5, abs=2.5)
    none = structured({"kind": "advance_rate", "at_most": 5.0})
    assert (
        none.sized[0].binding == "the largest size looked at"
        and none.sized[0].balance.value == 500.0
    )


def test_followers():
    base = deal(
        tranches=[{"name": n, "balance": b} for n, b in (("a", 60.0), ("b", 30.0), ("c", 10.0))],
        steps=[{"kind": "principal", "to": ["a", "b", "c"]}, {"kind": "residual", "to": "c"}],
        accounts=[{"name": "r", "initial": 1.0}],
    )

    def balances(**deal_terms):
        found = resized(base, Structure(**deal_terms), {"a": 80.0})
        return [t.balance for t in found.tranches], found.accounts[0].initial

    assert balances() == ([80.0, 30.0, 10.0], 1.0)
    shares = [
        {"kind": "share_of_notes", "tranche": "b", "share": 0.3},
        {"kind": "share_of_notes", "tranche": "c", "share": 0.2},
    ]
    assert balances(follow=shares)[0] == pytest.approx([80.0, 48.0, 32.0])
    assert balances(follow=[{"kind": "times", "tranche": "b", "of": "a", "times": 0.25}])[0] == [
        80.0,
        20.0,
        10.0,
    ]
    rest = [{"kind": "rest", "tranche": "c", "total": 125.0}]
    assert balances(follow=rest)[0] == [80.0, 30.0, 15.0]
    assert balances(initial=[{"account": "r", "tranches": ["a", "b"], "share": 0.1}])[
        1
    ] == pytest.approx(11.0)
    with pytest.raises(
        DealError, match="takes the rest of a total that the others exceed by 10.00"
    ):
        balances(follow=[{"kind": "rest", "tranche": "c", "total": 100.0}])


def test_a_shared_total_bounds_the_size():
    found = structured(
        {"kind": "advance_rate", "at_most": 0.9},
        follow=[{"kind": "rest", "tranche": "sub", "total": 130.0}],
    )
    assert found.sized[0].balance.value == pytest.approx(130.0)
    assert found.sized[0].binding == "the total that is shared with the others"
    assert found.deal.tranche("sub").balance == pytest.approx(0.0, abs=1e-9)


def test_two_tranches_come_to_rest_where_all_limits_hold():
    """Mezzanine interest ranks ahead of senior principal, so that each size depends on the
    other."""
    tranches = [
        {"name": "senior", "balance": 80.0, "coupon": {"kind": "fixed", "rate": 0.05}},
        {"name": "mezz", "balance": 20.0, "coupon": {"kind": "fixed", "rate": 0.1}},
        {"name": "sub", "balance": 10.0},
    ]
    steps = [
        {"kind": "interest", "to": ["senior"]},
        {"kind": "interest", "to": ["mezz"]},
        {"kind": "principal", "to": ["senior"]},
        {"kind": "principal", "to": ["mezz"]},
        {"kind": "principal", "to": ["sub"]},
        {"kind": "residual", "to": "sub"},
    ]
    structure = {
        "size": [
            {"tranche": "senior", "limits": [{"kind": "expected_loss", "at_most": 0.001}]},
            {"tranche": "mezz", "limits": [{"kind": "expected_loss", "at_most": 0.02}]},
        ]
    }
    found = size_tranches(deal(tranches=tranches, steps=steps, structure=structure), scenarios())
    assert found.rounds > 1
    run = found.trials.run(found.deal)
    for s, limit in zip(found.sized, (0.001, 0.02), strict=True):
        loss = owed_at_the_end(run, s.tranche, 0.05 if s.tranche == "senior" else 0.1)
        assert loss == pytest.approx(limit, rel=0.01)


def test_searches():
    assert largest_holding(lambda x: 3.7 - x, 10.0, 1e-9) == pytest.approx(3.7, abs=2e-9)
    assert largest_holding(lambda x: 3.7 - x, 10.0, 1e-9) <= 3.7
    assert largest_holding(lambda x: 1.0, 10.0, 1e-9) == math.inf
    assert largest_holding(lambda x: -1.0, 10.0, 1e-9) == 0.0
    assert largest_holding(lambda x: math.nan, 10.0, 1e-9) == 0.0
    assert largest_holding(lambda x: 1.0 if x <= 6.0 else -1.0, 10.0, 1e-6) == pytest.approx(
        6.0, abs=2e-6
    )


def test_the_same_scenarios_for_every_size():
    """Sizing twice gives the same bits, and a trial at a size is the deal run at it."""
    limit = {"kind": "expected_loss", "at_most": 0.01}
    first, again = (structured(limit, flows=scenarios()) for _ in range(2))
    assert first.sized[0].balance == again.sized[0].balance
    trials = Trials.of(first.deal, first.deal.structure, scenarios())
    there = trials.readings("senior", first.deal.structure.size[0].limits, {})
    assert there[0].value.value == first.sized[0].readings[0].value.value
