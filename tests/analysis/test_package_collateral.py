"""Collateral of a package: by hand, and as cash of a run."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from npl_sim.analysis.contributions import contributions
from npl_sim.analysis.package.borrowers import largest_borrowers
from npl_sim.analysis.package.collateral import (
    collateral_cells,
    collateral_table,
    grouped_by_set,
    proceeds,
)
from npl_sim.analysis.package.facts import free_collateral, item_cities, loan_facts, security_of
from npl_sim.analysis.package.strata import MOST_ROWS, strata
from npl_sim.core.layout import Kind
from npl_sim.engine.loan_means import loan_means
from npl_sim.engine.simulate import compile_study
from npl_sim.stats.discount import discount_factors
from npl_sim.valuation.bid import buyer_bid
from tests.builders.package_facts import NAN, cells_case, items_of
from tests.builders.packages import package
from tests.builders.studies import loan, study


def test_free_collateral_is_what_liens_and_cap_leave():
    items = items_of(
        loan_id=["a"] * 5,
        appraisal_value=[100.0, 100.0, 100.0, NAN, 50.0],
        prior_liens=[30.0, 120.0, 0.0, 10.0, NAN],
        secured_cap=[NAN, NAN, 60.0, NAN, NAN],
    )
    assert free_collateral(items).tolist() == [70.0, 0.0, 60.0, 0.0, 50.0]


def test_security_is_the_best_of_a_loan():
    items = items_of(
        loan_id=["a", "a", "b", "c", "d"],
        appraisal_value=1.0,
        lien_rank=[2, 1, 2, 1, 3],
        seizure_only=[False, False, False, True, True],
    )
    loans = pd.DataFrame(
        {"loan_id": list("abcdef"), "guaranteed": [True, False, False, True, True, False]}
    )
    found = security_of(loans, items).tolist()
    assert found == ["first_rank", "later_rank", "seizure", "seizure", "guarantee", "unsecured"]


def test_collateral_by_hand_and_a_shared_item_once():
    study, table = cells_case()
    cells = collateral_cells(table)
    assert cells.loan_set[2] == "" and len(set(cells.loan_set[:2])) == 2
    cash = np.zeros((3, len(Kind), 13))
    groups = ("", cells.loan_set[0], cells.loan_set[1])
    cash[1, Kind.COLLATERAL, 10] = 90.0
    cash[1, Kind.IN_KIND, 12] = 30.0
    cash[2, Kind.COLLATERAL, 5] = 20.0
    cash[2, Kind.VOLUNTARY, 5] = 7.0
    found = proceeds(cells, groups, cash)
    frame = collateral_table(study, table, cells, found).set_index(["group", "name"])
    home, shop = frame.loc["kind", "residential"], frame.loc["kind", "commercial"]
    # The 120 of the first loan go to 60 and 180 of free value.
    assert home["proceeds"] == pytest.approx(120.0 / 4 + 20.0)
    assert shop["proceeds"] == pytest.approx(90.0)
    assert shop["proceeds_months"] == pytest.approx((90 * 10 + 30 * 12) / 120)
    assert (home["items"], home["appraised"], home["free"]) == (1, 100.0, 100.0)
    assert (shop["items"], shop["prior_liens"], shop["free"]) == (1, 20.0, 180.0)
    assert home["discount"] == pytest.approx(0.5) and home["stale_share"] == 0.0
    assert shop["stale_share"] == 1.0 and math.isnan(shop["appraisal_months"])
    whole = frame.loc["package", "package"]
    assert (whole["items"], whole["proceeds"]) == (2, pytest.approx(140.0))
    assert whole["stale_share"] == pytest.approx(200.0 / 300.0)
    ages = frame.loc["appraisal"]
    assert ages["appraised"].to_dict() == {"0": 100.0, "not given": 200.0}
    assert ages["proceeds"].isna().all()


def test_proceeds_of_worthless_items_are_split_by_appraisal_then_equally():
    study, table = cells_case()
    liens = table.collateral.assign(prior_liens=1e9)
    behind = collateral_cells(SimpleNamespace(loans=table.loans, collateral=liens))
    first = behind.shares[behind.shares["set"] == behind.loan_set[0]]
    by_kind = dict(zip(first["kind"], first["share"], strict=True))
    assert by_kind == pytest.approx({"residential": 60 / 260, "commercial": 200 / 260})
    bare = table.collateral.assign(appraisal_value=NAN)
    cells = collateral_cells(SimpleNamespace(loans=table.loans, collateral=bare))
    first = cells.shares[cells.shares["set"] == cells.loan_set[0]]
    assert first["share"].tolist() == [0.5, 0.5]
    found = proceeds(cells, (), np.zeros((0, len(Kind), 3)))
    frame = collateral_table(
        study, SimpleNamespace(loans=table.loans, collateral=bare), cells, found
    )
    whole = frame[frame["group"] == "package"].iloc[0]
    assert (whole["unvalued"], whole["proceeds"]) == (2, 0.0)
    assert math.isnan(whole["proceeds_of_free"]) and math.isnan(whole["discount"])


def test_the_smallest_sets_of_collateral_are_summed_and_still_foot():
    kinds = [f"k{i}" for i in range(20)]
    items = items_of(
        loan_id=[f"L{i}" for i in range(400)],
        collateral_id=[f"i{i}" for i in range(400)],
        kind=[kinds[i % 20] for i in range(400)],
        region=[f"r{i // 20}" for i in range(400)],
        appraisal_value=[float(1 + i) for i in range(400)],
    )
    table = SimpleNamespace(loans=items[["loan_id"]], collateral=items)
    cells = collateral_cells(table)
    sets = tuple(dict.fromkeys(cells.loan_set))
    cash = np.zeros((len(sets), len(Kind), 2))
    cash[:, Kind.COLLATERAL, 1] = 10.0
    assert len(set(cells.kind)) <= MOST_ROWS and len(set(cells.region)) <= MOST_ROWS
    assert proceeds(cells, sets, cash)["proceeds"].sum() == pytest.approx(10.0 * len(sets))


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Return a real package: one item under two loans, one loan with items of two kinds."""
    items = [
        {"loan_id": "L000000", "collateral_id": "shared", "kind": "residential"},
        {"loan_id": "L000002", "collateral_id": "shared", "kind": "residential"},
        {"loan_id": "L000004", "collateral_id": "x", "kind": "commercial", "prior_liens": 300},
        {"loan_id": "L000004", "collateral_id": "y", "kind": "residential", "region": "west"},
    ]
    case = package(
        tmp_path_factory.mktemp("tables"),
        items=[{"region": "east", "appraisal_value": 1_200, **item} for item in items],
        tape={"collateral_scope": "file"},
        market={"indices": [{"kind": "*", "region": "*", "drift": 0.0, "volatility": 0.2}]},
        loan1={"borrower_id": "L000000"},
    )
    result = case.price()
    bid = buyer_bid(result.flows, case.study.buyer, case.study.pricing)
    return case, result, bid, contributions(case.study, case.table, result, bid)


def test_proceeds_are_the_collateral_cash_of_the_run(simulated):
    case, result, _, found = simulated
    cash = result.flows.mean_by_kind[:, [Kind.COLLATERAL, Kind.IN_KIND]].sum(axis=(1, 2))
    assert found.proceeds["proceeds"].sum() == pytest.approx(cash.sum(), rel=1e-12)
    assert found.proceeds["proceeds_months"].sum() == pytest.approx(
        cash @ np.arange(len(cash)), rel=1e-12
    )
    frame = collateral_table(case.study, case.table, found.cells, found.proceeds)
    assert cash.sum() > 0.0
    for group in ("kind", "region", "cell"):
        part = frame[frame["group"] == group]
        assert part["proceeds"].sum() == pytest.approx(cash.sum(), rel=1e-12)
        # One item under two loans: 1,200 once.
        assert part["appraised"].sum() == 3_600.0 and part["items"].sum() == 3


def test_grouping_by_collateral_moves_no_bit_of_a_loan(simulated):
    case, result, _, found = simulated
    flows, pricing = result.flows, case.study.pricing
    discount = discount_factors(0.1, flows.months, pricing.cash_timing)
    one = case.study, case.table, result.sample, discount, 0.03
    models = (
        compile_study(case.study, case.table),
        compile_study(*grouped_by_set(case.study, case.table, found.cells)),
    )
    plain, grouped = (loan_means(*one, model, flows.loan_replicates) for model in models)
    assert models[1].groups != models[0].groups
    np.testing.assert_array_equal(plain.value, grouped.value)
    np.testing.assert_array_equal(plain.error, grouped.error)


def test_facts_of_a_real_package_foot(simulated):
    case, result, bid, found = simulated
    received = result.flows.loans["received_mean"]
    loans = loan_facts(case.study, case.table, found.loans.assign(received_mean=received))
    frame = strata(loans, found.package_effect)
    whole = frame[frame["group"] == "package"].iloc[0]
    assert round(100 * whole["price"]) == round(100 * bid.price.value)
    inflows = [kind for kind in Kind if kind <= Kind.INSOLVENCY]
    receipts = result.flows.mean_by_kind[:, inflows].sum()
    assert whole["receipts"] == pytest.approx(receipts, rel=1e-9)
    # 1,200 shared, 900 left of the second and 1,200 of the third item.
    assert whole["free_collateral"] == pytest.approx(3_300.0)
    month = np.arange(result.flows.months + 1)
    weighted = month @ result.flows.mean_by_kind[:, inflows].sum(axis=(1, 2))
    assert whole["months_to_cash"] == pytest.approx(weighted / receipts, rel=1e-9)
    borrowers = largest_borrowers(loans, case.table.collateral, found.package_effect)
    first = borrowers[borrowers["borrower_id"] == "L000000"].iloc[0]
    assert first["loans"] == 2 and first["claim"] == 1_000.0 + 1_100.0 and first["rank"] == 1


def test_time_barred_claims_and_late_judgments_are_flagged(tmp_path):
    dates = {"last_interruption_date": "2020-01-31", "maturity_date": "2019-06-30"}
    judged = {"stage": "judged", "stage_date": "2020-01-31", "age_months": 90}
    case = package(
        tmp_path,
        loan0={**dates, "age_months": 90},
        loan1=judged,
        loan2={"stage": "enforcement", "stage_date": "2020-01-31"},
        legal={
            "limitation": [{"effective": "2017-10-01", "months": 36, "source": "a law"}],
            "enforcement_window_months": 24,
        },
    )
    valued = pd.DataFrame(
        {"received_mean": 1.0, "months_to_cash": 1.0, "bid_cents": 1, "bid_se": 0.0},
        index=range(12),
    )
    loans = loan_facts(case.study, case.table, valued)
    assert loans["time_barred"].tolist() == [True, *[False] * 11]
    assert loans["window_over"].tolist() == [False, True, *[False] * 10]


def test_items_stand_in_the_city_of_the_bank(tmp_path):
    """A city of the item comes before that of its loan; without either, the item is not given."""
    loans = [loan(i, 城市=name) for i, name in enumerate(("杭州市", "宁波市", ""))]
    items = [
        {
            "collateral_id": f"C{i}",
            "loan_id": f"L{i:06d}",
            "kind": "land",
            "appraisal_value": 100.0,
        }
        for i in range(3)
    ]
    items[1]["城市"] = "温州市"
    items[0]["城市"] = items[2]["城市"] = ""
    table = study(tmp_path, loans, {}, items).table
    cities = item_cities(table)
    assert list(cities) == ["杭州市", "温州市", "not given"]
    cells = collateral_cells(table, cities)
    assert cells.by_city and set(cells.region) == {"杭州市", "温州市", "not given"}
    assert not collateral_cells(table).by_city
    plain = [{k: v for k, v in items[0].items() if k != "城市"}]
    assert item_cities(study(tmp_path / "b", [loan(0)], {}, plain).table) is None
