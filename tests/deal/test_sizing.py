"""Sizes worked out by hand: what repays is a present value, the limit that binds is the one that
must."""

from __future__ import annotations

import math
from datetime import date

import numpy as np
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.sizing.limits_table import limits_table
from npl_sim.securitization.sizing.rating_stress import stressed_flows
from npl_sim.securitization.terms.ratings import HazardTable, PointsTable, Stress
from tests.builders.deals import annual, deal, deal_terms
from tests.deal.sizing_terms import owed_at_the_end, scenarios, structured

REPAID = 60 / 1.1 + 40 / 1.1**2 + 50 / 1.1**3


"""What 60, 40 and 50 repay at 10 % a year: their present value."""


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
