"""Sensitivities of the price: each change against a run of its own, or by hand."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.analysis.changes import CHANGES, changed_study, price_of, shifted
from npl_sim.analysis.reverse import reverse_stress
from npl_sim.analysis.sensitivity import base_of, heat_map, stress_table, tornado
from npl_sim.engine.simulate import simulate
from npl_sim.runs.study_session import load_study
from npl_sim.stats.discount import present_value
from npl_sim.valuation.bid import buyer_bid
from tests.builders.cash import one_kind
from tests.builders.packages import package
from tests.builders.studies import loan, study


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    return package(tmp_path_factory.mktemp("sensitive"))


@pytest.fixture(scope="module")
def base(case):
    return base_of(case.study, case.table, case.simulate())


def change(form):
    return next(item for item in CHANGES if item.form == form)


def annual(*cash):
    net = np.zeros((2, 12 * len(cash) + 1))
    net[:, 12::12] = cash
    return one_kind(net, rate=0.1)


def test_changes_of_cash_by_hand():
    """Receipts of 110 after a year and costs of 121 after two, at 10 %: 100 - 100."""
    flows = annual(110.0, -121.0)
    assert price_of(flows, change("rate"), 0.0) == pytest.approx([0.0, 0.0])
    assert price_of(flows, change("costs"), 1.2) == pytest.approx([-20.0] * 2)
    assert price_of(flows, change("servicing"), 0.05) == pytest.approx([-5.0] * 2)
    assert price_of(flows, change("rate"), 0.1) == pytest.approx([110 / 1.2 - 121 / 1.44] * 2)
    later = annual(110.0, 0.0)
    assert price_of(later, change("delay"), 6.0) == pytest.approx([100 / 1.1**0.5] * 2)
    assert price_of(later, change("delay"), -6.0) == pytest.approx([100 * 1.1**0.5] * 2)


def test_cash_comes_later_and_none_is_lost():
    cash = np.arange(20.0).reshape(2, 10)
    for months in (-20, -3, -0.5, 0, 0.25, 4, 30):
        assert shifted(cash, months).sum(axis=1) == pytest.approx(cash.sum(axis=1))
    assert shifted(cash, 0.25)[0, 2] == pytest.approx(0.75 * 2 + 0.25 * 1)
    assert shifted(cash, -2)[0, 1] == pytest.approx(1 + 2 + 3)


def test_the_tornado_agrees_with_runs_of_their_own(case, base):
    study, flows = base
    own = present_value(flows.net, 0.1)
    rows = tornado(study, case.table, flows)
    for factor in (c for c in CHANGES if c.kind == "factor"):
        for x in (factor.low, factor.high):
            alone = present_value(simulate(changed_study(study, factor, x), case.table).net, 0.1)
            row = rows[(rows["lever"] == factor.name) & (rows["setting"] == x)].iloc[0]
            # Plain against weighted mean of the same differences: within the plain error. Slopes
            # that explain nothing raise it by (n - 1) / (n - k - 1), weights by under 2 %.
            plain = (alone - own).std(ddof=1) / np.sqrt(len(own))
            assert abs(row["change"] - (alone - own).mean()) <= 4 * plain + 1e-9
            assert row["price"] - row["change"] == pytest.approx(
                rows["price"].iloc[0] - rows["change"].iloc[0]
            )
            assert 0.0 <= row["se"] <= plain * 1.02
    swing = rows.groupby("lever", sort=False)["price"].agg(lambda p: abs(p.max() - p.min()))
    assert list(swing) == sorted(swing, reverse=True)


def test_a_change_moves_only_what_depends_on_it(tmp_path):
    """Without collateral its prices move nothing, not by a bit."""
    case = package(tmp_path, items=())
    study, flows = base_of(case.study, case.table, case.simulate())
    rows = tornado(study, case.table, flows)
    still = rows[rows["lever"] == "collateral prices"]
    assert (
        (still["change"] == 0.0).all()
        and (still["se"] == 0.0).all()
        and (still["sensitivity"] == 0.0).all()
    )


def test_sensitivity_is_the_slope(case, base):
    """Per percentage point of return, between 8 and 12 %: the price at 12 % less that at 8 %, over
    4 points."""
    study, flows = base
    rows = tornado(study, case.table, flows)
    row = rows[rows["lever"] == "required return"].iloc[0]
    mean = [present_value(flows.net, r).mean() for r in (0.08, 0.1, 0.12)]
    assert row["sensitivity"] == pytest.approx((mean[2] - mean[0]) / 4 / mean[1], rel=0.02)
    assert row["setting"] == -2.0 and row["unit"] == "percentage points"


def test_the_bid_moves_with_the_world(case, base):
    study, flows = base
    rows = tornado(study, case.table, flows)
    row = rows[(rows["lever"] == "collateral prices") & (rows["setting"] == 1.1)].iloc[0]
    moved = simulate(changed_study(study, change("index:*"), 1.1), case.table)
    assert row["bid"] == pytest.approx(buyer_bid(moved, study.buyer, study.pricing).price.value)


def test_the_heat_map_counts_cash_to_its_horizon(base):
    _, flows = base
    grid = heat_map(flows, np.array([0.05, 0.1]))
    assert list(grid.horizons) == [12, 24, 36, 48, 60]
    cut = flows.net.copy()
    cut[:, 25:] = 0.0
    found = flows.sample.mean(present_value(cut, 0.1))
    assert grid.price[1, 1] == pytest.approx(found.value) and grid.se[1, 1] == pytest.approx(
        found.se
    )
    assert np.all(grid.price[0, -1] > grid.price[1, -1])


def test_stresses_side_by_side_are_runs_under_each(case, base, tmp_path):
    study, flows = base
    rows = stress_table(study, case.table, flows, 9000.0).set_index("stress")
    assert list(rows.index) == ["as the study stands", "slump", "queue"]
    own = present_value(flows.net, 0.1)
    stressed = study.model_copy(update={"stress": ("slump",)})
    alone = simulate(stressed, case.table)
    pv = present_value(alone.net, 0.1)
    assert abs(rows.loc["slump", "change"] - (pv - own).mean()) <= 4 * (pv - own).std() / np.sqrt(
        len(pv)
    )
    weights = alone.sample.weights
    hit = alone.net.sum(axis=1) < 9000.0
    assert rows.loc["slump", "p_loss"] == pytest.approx(weights[hit].sum())
    order = np.argsort(pv)
    first = np.searchsorted(np.cumsum(weights[order]), 0.05)
    assert rows.loc["slump", "q5"] == pytest.approx(pv[order][first])
    assert rows.loc["slump", "bid"] == pytest.approx(
        buyer_bid(alone, study.buyer, study.pricing).price.value
    )
    assert rows.loc["as the study stands", ["change", "se"]].tolist() == [0.0, 0.0]


def test_reverse_stress_loses_the_given_share(case):
    """At the setting that is found, by itself, the mean price has lost a tenth, up to the search's
    tolerance."""
    rows = reverse_stress(case.study, case.table, 0.10).set_index("lever")
    base = simulate(case.study, case.table)
    own = present_value(base.net, 0.1).mean()
    factors = {c.name: c for c in CHANGES if c.kind == "factor"}
    hit = 0
    for name, row in rows.iterrows():
        if np.isnan(row["needed"]):
            assert row["loss_at_worst"] < 0.10
            continue
        hit += 1
        if name in factors:
            moved = simulate(changed_study(case.study, factors[name], row["needed"]), case.table)
            value = present_value(moved.net, 0.1).mean()
        elif name == "forced-sale discount":
            moved = simulate(
                changed_study(case.study, change("discount"), row["needed"] / 100.0), case.table
            )
            value = present_value(moved.net, 0.1).mean()
        else:
            scale = 100.0 if row["unit"] == "percentage points" else 1.0
            cash = next(c for c in CHANGES if c.name == name)
            value = price_of(base, cash, row["needed"] / scale).mean()
        assert 1 - value / own == pytest.approx(0.10, abs=0.002), name
    assert hit >= 5


def test_a_change_of_a_stressed_study_comes_on_top(tmp_path):
    """The overlay of a change multiplies that of a stress."""
    case = package(tmp_path, scenarios=60)
    stressed = load_study(tmp_path / "study.yaml", {"stress": ["slump"]})
    moved = changed_study(stressed.study, change("index:*"), 0.9)
    both = [s for s in moved.market.stresses if s.name in moved.stress]
    assert [s.overlays[0].multiplier for s in both] == [0.7, 0.9]
    assert changed_study(case.study, change("index:*"), 1.0) is case.study
    assert (
        changed_study(moved, change("index:*"), 0.8).market.stresses[-1].overlays[0].multiplier
        == 0.8
    )


def sure_sale(folder, rounds, discount):
    """One claim of 1,000 in enforcement with a flat of 800 and nothing uncertain: its price is the
    auction's."""
    terms = {"rounds": rounds, "forced_sale_discount": discount, "seizure_duration": 2.0}
    policy = {"litigation": {}, "enforcement": {}}
    rows = [loan(0, principal=1000, stage="enforcement", stage_date="2026-06-30")]
    items = [
        {
            "loan_id": "L000000",
            "kind": "residential",
            "region": "east",
            "appraisal_value": 800,
            "appraisal_date": "2026-06-30",
        }
    ]
    size = {"scenarios": 4, "horizon_months": 24, "threads": 1}
    return study(
        folder,
        rows,
        policy,
        items,
        collateral={"default": terms},
        simulation=size,
        pricing={"required_return": 0.0},
    )


def test_changes_of_auctions_by_hand(tmp_path):
    """800 less a tenth sells at 720; with 7 points more, at 664; with 7 points less, at 776."""
    case = sure_sale(tmp_path, [{"reserve": 0.5, "months": 3}], 0.1)
    study_, flows = base_of(case.study, case.table, case.simulate())
    costs = 720.0 - present_value(flows.net, 0.0).mean()
    rows = tornado(study_, case.table, flows)
    found = rows[rows["lever"] == "forced-sale discount"].set_index("setting")["price"]
    assert found[7.0] == pytest.approx(664.0 - costs, abs=1.0)
    assert found[-7.0] == pytest.approx(776.0 - costs, abs=1.0)
    assert set(rows["lever"]) == {c.name for c in CHANGES}


def test_a_reserve_that_is_not_met_needs_another_round(tmp_path):
    """A best bid of 720 misses a reserve of 0.95 x 800 and meets one of 0.855 x 800; a second
    round at 0.8 sells."""
    two = [{"reserve": 0.95, "months": 3}, {"reserve": 0.8, "months": 3}]
    case = sure_sale(tmp_path, two, 0.1)
    month = [
        int(
            np.flatnonzero(
                simulate(changed_study(case.study, change(form), x), case.table).receipts.mean(
                    axis=0
                )
                > 1
            )[0]
        )
        for form, x in (("reserve", 1.0), ("reserve", 0.9), ("rounds", 1.0))
    ]
    assert month[1] == month[0] - 3 and month[2] == month[0]
    fewer = simulate(changed_study(case.study, change("rounds"), -1.0), case.table)
    assert fewer.receipts[:, : month[0] + 1].sum() == 0.0


def test_auctions_move_within_the_bounds_of_a_study(tmp_path):
    case = sure_sale(tmp_path, [{"reserve": 1.5, "months": 1}] * 4, 0.95)
    terms = changed_study(case.study, change("discount"), 0.07).collateral["default"]
    assert terms.forced_sale_discount == 0.99
    assert (
        changed_study(case.study, change("discount"), -1.0)
        .collateral["default"]
        .forced_sale_discount
        == 0.0
    )
    assert [
        r.reserve
        for r in changed_study(case.study, change("reserve"), 2.0).collateral["default"].rounds
    ] == [2.0] * 4
    assert len(changed_study(case.study, change("rounds"), 1.0).collateral["default"].rounds) == 4
    assert len(changed_study(case.study, change("rounds"), -9.0).collateral["default"].rounds) == 1


def test_a_package_without_collateral_has_no_changes_of_auctions(tmp_path):
    case = package(tmp_path, items=(), scenarios=40)
    study_, flows = base_of(case.study, case.table, case.simulate())
    assert not set(tornado(study_, case.table, flows)["lever"]) & {
        c.name for c in CHANGES if c.kind == "auction"
    }
