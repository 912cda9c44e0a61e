"""Sizes worked out by hand: what repays is a present value, the limit that binds is the one that
must."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.sizing.rating_stress import stressed_flows
from npl_sim.securitization.sizing.resize import resized
from npl_sim.securitization.sizing.search import largest_holding
from npl_sim.securitization.sizing.sizing import limits_table, size_tranches
from npl_sim.securitization.sizing.trials import Trials
from npl_sim.securitization.terms.ratings import HazardTable, PointsTable, Stress
from npl_sim.securitization.terms.structure import Structure
from tests.builders.deals import annual, deal, deal_terms

REPAID = 60 / 1.1 + 40 / 1.1**2 + 50 / 1.1**3
"""What 60, 40 and 50 repay at 10 % a year: their present value."""


def structured(*limits, flows=None, changes=None, **more):
    structure = {"size": [{"tranche": "senior", "limits": list(limits)}], **more}
    return size_tranches(
        deal(**{**(changes or {}), "structure": structure}), flows or annual(60, 40, 50)
    )


def owed_at_the_end(run, name, coupon):
    """Return the mean of what is owed after three years, discounted at the coupon: with
    compounding, the expected loss."""
    t = run.tranches[name]
    return (t.balance[:, -1] + t.unpaid[:, -1]).mean() / t.original / (1 + coupon) ** 3


def scenarios(count=800, seed=4):
    rng = np.random.default_rng(seed)
    x = (
        np.array([60.0, 40.0, 50.0])
        * rng.lognormal(-0.02, 0.2, (count, 1))
        * rng.lognormal(-0.005, 0.1, (count, 3))
    )
    return DatedFlows(annual(1, 1, 1).dates, x, np.zeros_like(x))


def test_the_largest_senior_without_loss_is_the_present_value_of_the_cash():
    """Mezzanine and junior wait, so that all cash goes to the senior notes: they can be what their
    coupon discounts it to."""
    for limit in (
        {"kind": "expected_loss", "at_most": 0.0},
        {"kind": "stress", "haircut": 0.0},
        {"kind": "redeemed", "probability": 1.0},
    ):
        found = structured(limit)
        assert found.sized[0].balance.value == pytest.approx(REPAID, abs=2e-3)
        assert found.deal.tranche("senior").balance == found.sized[0].balance.value
        assert found.sized[0].number == 0


def test_a_stress_of_deterministic_flows():
    """A haircut scales the present value; a delay of a year brings nothing on the first date, so
    that interest is short."""
    half = structured({"kind": "stress", "haircut": 0.5})
    assert half.sized[0].balance.value == pytest.approx(REPAID / 2, abs=2e-3)
    with pytest.raises(DealError, match="late cash misses the first interest dates"):
        structured({"kind": "stress", "haircut": 0.0, "delay_months": 12})
    waits = deal_terms()["tranches"]
    waits[0]["deferrable"] = True
    late = structured(
        {"kind": "stress", "haircut": 0.0, "delay_months": 12}, changes={"tranches": waits}
    )
    assert late.sized[0].balance.value == pytest.approx(60 / 1.1**2 + 40 / 1.1**3, abs=2e-3)


def test_haircuts_and_delays_leave_what_was_collected_before_closing():
    flows = DatedFlows(
        (date(2023, 12, 31), date(2024, 6, 30), date(2024, 12, 31)),
        np.array([[5.0, 10.0, 20.0]]),
        np.array([[0.0, 1.0, 2.0]]),
    )
    out = stressed_flows(flows, deal(), Stress(haircut=0.4, delay_months=6))
    assert out.dates == (date(2023, 12, 31), date(2024, 12, 31), date(2025, 6, 30))
    assert out.received.tolist() == [[5.0, 6.0, 12.0]] and out.costs.tolist() == [[0.0, 1.0, 2.0]]


def test_the_binding_limit_is_named():
    """Cover of 1.5 allows 150 / 1.5 = 100; a loss of nothing allows the present value, 125.2:
    cover binds. At 1.1 it is the other way."""
    no_loss = {"kind": "expected_loss", "at_most": 0.0}
    cover = structured(no_loss, {"kind": "net_cover", "at_least": 1.5, "quantile": 0.5})
    assert cover.sized[0].balance.value == pytest.approx(100.0, abs=2e-3)
    assert cover.sized[0].binding == "net cover 0.5 quantile" and cover.sized[0].number == 1
    assert cover.sized[0].alone[0] == pytest.approx(REPAID, rel=6e-3)  # to half a hundredth
    loss = structured(no_loss, {"kind": "net_cover", "at_least": 1.1, "quantile": 0.5})
    assert loss.sized[0].balance.value == pytest.approx(REPAID, abs=2e-3)
    assert loss.sized[0].binding == "expected loss at most 0.0000%"
    table = limits_table(loss)
    assert table.binding.tolist() == [True, False] and table.holds.all()


@pytest.mark.parametrize(
    ("limit", "size"),
    [
        ({"kind": "advance_rate", "at_most": 0.15}, 75.0),
        ({"kind": "advance_rate", "of": "purchase_price", "at_most": 0.8}, 64.0),
        ({"kind": "advance_rate", "of": "mean_collections", "at_most": 0.6}, 90.0),
        # Interest is 10 %; cash before it is 60 in the first year: 60 / (B / 10) = 4 at 150, 7.5
        # at 80.
        ({"kind": "interest_cover", "at_least": 7.5, "quantile": 0.5}, 80.0),
        # Repaid by the second date, two years of 365 days before the last: B = 60 / 1.1 + 40 /
        # 1.21.
        (
            {"kind": "redeemed", "years_before_legal_final": 1.0, "probability": 1.0},
            60 / 1.1 + 40 / 1.21,
        ),
    ],
)
def test_other_limits_by_hand(limit, size):
    found = structured(limit, purchase_price=80.0)
    assert found.sized[0].balance.value == pytest.approx(size, abs=2e-3)


def test_a_life_limit():
    """At B the first date repays 60 - B/10; a mean life of the dates' years 366/365 and 731/365
    weighted so."""
    found = structured({"kind": "wal", "at_most": 1.2})
    size = found.sized[0].balance.value
    first = (60 - size / 10) / size
    assert first * 366 / 365 + (1 - first) * 731 / 365 == pytest.approx(1.2, abs=1e-4)


def test_a_default_probability_counts_scenarios():
    """Of ten scenarios that collect 10, 20, ..., 100 once, a senior note of B without coupon fails
    where 10 n < B."""
    x = np.zeros((10, 3))
    x[:, 2] = 10.0 * np.arange(1, 11)
    tranches = [{"name": "senior", "balance": 50.0}, {"name": "sub", "balance": 20.0}]
    steps = deal_terms()["steps"][1:]
    flows = DatedFlows(annual(1, 1, 1).dates, x, np.zeros_like(x))
    for share, size in ((0.3, 40.0), (0.35, 40.0), (0.0, 10.0)):
        found = structured(
            {"kind": "default_probability", "at_most": share},
            flows=flows,
            changes={"tranches": tranches, "steps": steps},
        )
        assert found.sized[0].balance.value == pytest.approx(size, abs=2e-3)


def test_limits_by_rating_follow_the_life():
    table = {
        "kind": "points",
        "name": "own",
        "origin": "own",
        "source": "made up",
        "years": [1, 3],
        "ratings": [{"rating": "A", "expected_loss": [0.01, 0.03]}],
    }
    found = structured({"kind": "expected_loss", "rating": "A"}, flows=scenarios(), ratings=table)
    reading = found.sized[0].readings[0]
    trials = found.trials
    run = trials.run(found.deal)
    t = run.tranches["senior"]
    life = (t.principal @ run.terms.dates.years / t.principal.sum(axis=1)).mean()
    assert reading.allowed == pytest.approx(0.01 * life)
    assert reading.value.value == pytest.approx(reading.allowed, rel=1e-3)
    assert owed_at_the_end(run, "senior", 0.1) == pytest.approx(reading.value.value)


def test_tables_by_rating():
    hazard = HazardTable(
        kind="hazard",
        name="h",
        origin="assumption",
        source="x",
        loss_given_default=0.4,
        ratings=[{"rating": "A", "hazard": 0.02}],
    )
    assert hazard.allowed("A", "default_probability", 5.0) == pytest.approx(1 - math.exp(-0.1))
    assert hazard.allowed("A", "expected_loss", 5.0) == pytest.approx(0.4 * (1 - math.exp(-0.1)))
    assert hazard.allowed("B", "expected_loss", 5.0) is None
    points = PointsTable(
        kind="points",
        name="p",
        origin="own",
        source="x",
        years=[2, 4],
        ratings=[{"rating": "A", "default_probability": [0.1, 0.2]}],
    )
    found = [points.allowed("A", "default_probability", y) for y in (0.0, 1.0, 2.0, 3.0, 9.0)]
    assert found == pytest.approx([0.0, 0.05, 0.1, 0.15, 0.2])
    assert points.allowed("A", "expected_loss", 1.0) is None
    with pytest.raises(ValueError, match="falls with the years"):
        PointsTable(
            kind="points",
            name="p",
            origin="own",
            source="x",
            years=[1, 2],
            ratings=[{"rating": "A", "expected_loss": [0.2, 0.1]}],
        )


def test_errors_are_added_before_the_limit_is_read():
    plain, careful = (
        structured({"kind": "expected_loss", "at_most": 0.01, "errors": n}, flows=scenarios())
        for n in (0.0, 2.0)
    )
    reading = careful.sized[0].readings[0]
    assert reading.value.value + 2 * reading.value.se == pytest.approx(0.01, rel=1e-3)
    assert careful.sized[0].balance.value < plain.sized[0].balance.value


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


STRUCTURE_ERRORS = [
    (
        {"size": [{"tranche": "senor", "limits": [{"kind": "wal", "at_most": 1}]}]},
        "structure.size.0.tranche: got 'senor', which is no tranche; expected one of: "
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        ""
        "senior, sub; did you mean 'senior'",
    ),
    (
        {"size": [{"tranche": "senior", "limits": [{"kind": "expected_loss", "rating": "A"}]}]},
        "the structure has no table of ratings",
    ),
    (
        {"size": [{"tranche": "senior", "limits": [{"kind": "stress", "rating": "A"}]}]},
        "the structure has no stresses",
    ),
    (
        {"size": [{"tranche": "senior", "limits": [{"kind": "expected_loss"}]}]},
        "expected either rating or at_most",
    ),
    (
        {
            "size": [
                {
                    "tranche": "senior",
                    "limits": [{"kind": "advance_rate", "of": "purchase_price", "at_most": 1}],
                }
            ]
        },
        "the structure has none; expected purchase_price",
    ),
    (
        {
            "follow": [
                {"kind": "share_of_notes", "tranche": "sub", "share": 0.5},
                {"kind": "share_of_notes", "tranche": "senior", "share": 0.5},
            ]
        },
        "sum to 1 or more",
    ),
    (
        {
            "follow": [
                {"kind": "rest", "tranche": "sub", "total": 1},
                {"kind": "share_of_notes", "tranche": "senior", "share": 0.5},
            ]
        },
        "more than one rule depends on the sum",
    ),
    (
        {
            "solve": [
                {
                    "find": {"kind": "coupon", "tranche": "sub"},
                    "low": 0,
                    "high": 1,
                    "want": {"kind": "yield", "tranche": "sub", "value": 0.1},
                }
            ]
        },
        "of kind none; expected fixed or floating",
    ),
    (
        {
            "solve": [
                {
                    "find": {"kind": "price", "tranche": "sub"},
                    "low": 0.1,
                    "high": 1,
                    "want": {"kind": "expected_loss", "tranche": "sub", "value": 0.1},
                }
            ]
        },
        "a price changes nothing but the yield",
    ),
    (
        {
            "solve": [
                {
                    "find": {"kind": "price", "tranche": "sub"},
                    "low": 0.0,
                    "high": 1,
                    "want": {"kind": "yield", "tranche": "sub", "value": 0.1},
                }
            ]
        },
        "expected more than 0",
    ),
    (
        {
            "solve": [
                {
                    "find": {"kind": "coupon", "tranche": "senior"},
                    "low": -0.1,
                    "high": 1,
                    "want": {"kind": "yield", "tranche": "senior", "value": 0.1},
                }
            ]
        },
        "greater than or equal to 0",
    ),
    (
        {"seller": {"gross_carrying": 10, "provisions": 11, "retained_rate": 0.1}},
        "provisions are 11.00, above gross_carrying of 10.00",
    ),
    (
        {"seller": {"gross_carrying": 10, "provisions": 1, "retained_rate": -1}},
        "greater than or equal to -0.9",
    ),
    ({"frontier": {"tranche": "senior", "low": 0.5, "high": 0.2}}, "expected low below high"),
]


@pytest.mark.parametrize(("structure", "message"), STRUCTURE_ERRORS)
def test_refusals(structure, message):
    with pytest.raises(ValueError) as error:
        deal(structure=structure)
    assert message in str(error.value)


def test_scheduled_amounts_do_not_follow():
    steps = deal_terms()["steps"]
    steps[1] = {
        "kind": "principal",
        "to": ["senior"],
        "amount": {"kind": "scheduled", "amounts": [10.0]},
    }
    with pytest.raises(ValueError, match="repays it by scheduled amounts, which do not follow"):
        deal(
            steps=steps,
            structure={"size": [{"tranche": "senior", "limits": [{"kind": "wal", "at_most": 1}]}]},
        )
