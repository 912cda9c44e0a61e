"""Settings without effect are refused or warned of; every command gives the buyer's bid."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from npl_sim.cli.inert_settings import INERT, check_settings
from npl_sim.core.errors import NplSimError
from npl_sim.runs.batch.inert_keys import unmoved_keys
from npl_sim.runs.batch.jobs import Entry
from npl_sim.runs.batch.table import Row
from npl_sim.runs.comparison import issues_of_both
from npl_sim.runs.folder import open_run
from npl_sim.runs.study_session import load_study
from npl_sim.study.model import Study
from npl_sim.valuation.bid import buyer_bid
from npl_sim.valuation.parties import Buyer
from tests.builders.studies import loan, paired, study

SIZE = {"simulation": {"scenarios": 60, "horizon_months": 36, "seed": 4}}
POLICY = {"collection": {"months": 30, "settle_hazard": 0.02, "payment_rate": 0.01}}
BUYER = {"target_irr": 0.2, "measure": "probability", "level": 0.7, "fixed_cost": 100.0}


def written(folder, **sections):
    return study(
        folder, [loan(i, principal=1000 + i) for i in range(20)], POLICY, **{**SIZE, **sections}
    ).loaded.path


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("price", "seller.discount_rate"),
        ("price", "prudence.margins"),
        ("price", "deal"),
        ("price", "channel.price.amount"),
        ("compare", "pricing.quantiles"),
        ("compare", "pricing.shortfall_level"),
        ("compare", "pricing.purchase_cost"),
        ("compare", "buyer.target_irr"),
        ("compare", "sources"),
        ("batch", "comparables"),
        ("batch", "pricing.prices"),
        ("batch", "seller"),
        ("bid", "deal.name"),
        ("compare", "buyer.target_irr"),
        ("compare", "pricing.purchase_cost"),
        ("compare", "pricing.target_irr"),
        ("compare", "simulation.threads"),
        ("batch", "name"),
        ("batch", "description"),
        ("batch", "simulation.memory_limit_gib"),
        ("batch", "simulation.detail"),
    ],
)
def test_a_key_that_moves_nothing_is_refused(command, key):
    with pytest.raises(NplSimError, match=f"--grid {key}: moves no number of npl-sim {command}"):
        check_settings(command, ["pricing.required_return", key], "--grid")


@pytest.mark.parametrize(
    ("command", "key"),
    [
        ("price", "buyer.target_irr"),
        ("batch", "buyer.debt.rate"),
        ("bid", "seller.tax_rate"),
        ("price", "sellers"),
    ],
)
def test_a_key_that_moves_something_is_not(command, key):
    check_settings(command, [key])


def test_a_run_may_be_named_and_given_threads():
    check_settings("batch", ["name", "simulation.threads"])


def test_inert_keys_are_keys_of_a_study():
    for keys in INERT.values():
        assert {key.split(".")[0] for key in keys} <= set(Study.model_fields)


def run_of(point, **numbers):
    entry = Entry("a.yaml", point, point, "m", "f", "l")  # type: ignore[arg-type]
    return Row("a", "a.yaml", "", "done", **{"mean": 1.0, **numbers}), entry


def test_a_key_that_moved_no_number_of_any_run_is_named():
    runs = [
        run_of({"x": 1, "y": 1}, mean=5.0),
        run_of({"x": 2, "y": 1}, mean=5.0),
        run_of({"x": 1, "y": 2}, mean=6.0),
        run_of({"x": 2, "y": 2}, mean=6.0),
    ]
    rows, entries = zip(*runs, strict=True)
    assert unmoved_keys(rows, entries) == ["x"]
    moved = [run_of({"x": 1}, es=1.0), run_of({"x": 2}, es=2.0)]
    assert unmoved_keys(*zip(*moved, strict=True)) == []
    # A single finished run shows nothing.
    assert unmoved_keys(*zip(run_of({"x": 1}), strict=True)) == []


def test_a_grid_of_the_buyer_s_return_moves_the_buyer_s_bid(batch, tmp_path):
    path = written(tmp_path / "s", buyer=BUYER)
    keys = (
        "--grid",
        "buyer.target_irr=0.1,0.25",
        "--grid",
        "policies.0.litigation=null,null",
        "--no-figures",
    )
    code, _, err = batch(path, "--out", tmp_path / "bad", *keys)
    assert code == 2 and "has a value twice" in err
    keys = (
        "--grid",
        "buyer.target_irr=0.1,0.25",
        "--grid",
        "policies.0.residual_share=0.0,0.1",
        "--json",
        "--no-figures",
    )
    code, out, err = batch(path, "--out", tmp_path / "out", *keys)
    assert code == 0, err
    assert json.loads(out)["unmoved"] == []
    rows = pd.read_parquet(tmp_path / "out" / "results.parquet").set_index(
        ["set.buyer.target_irr", "set.policies.0.residual_share"]
    )
    for share in ("0.0", "0.1"):
        low, high = rows.loc[("0.1", share)], rows.loc[("0.25", share)]
        assert low["mean"] == high["mean"] and low["buyer_bid"] > 1.05 * high["buyer_bid"]
    case = load_study(path, {"buyer.target_irr": 0.25, "policies.0.residual_share": 0.1})
    expected = buyer_bid(case.simulate(), case.study.buyer, case.study.pricing).price.value
    assert rows.loc[("0.25", "0.1"), "buyer_bid"] == expected


def test_price_prints_a_bid_only_with_a_buyer_and_it_is_that_of_the_bid_book(command, tmp_path):
    code, out, err = command("price", written(tmp_path / "a"), "--out", "first", "--no-figures")
    assert code == 0, err
    assert out.lstrip().startswith("Value ")
    assert not any("bid" in line.lower() for line in out.split("Issues: ")[0].splitlines())
    assert open_run(tmp_path / "first").summary["buyer_bid"] is None
    path = written(tmp_path / "b", buyer=BUYER)
    code, out, err = command("price", path, "--out", "second", "--no-figures")
    assert code == 0, err
    assert "Bid    " in out and "on the buyer's terms: 20.00% earned with probability 70%" in out
    record = open_run(tmp_path / "second").summary["buyer_bid"]
    case = load_study(path)
    whole = buyer_bid(case.simulate(), Buyer(**BUYER), case.study.pricing)
    assert record["price"]["value"] == whole.price.value
    assert record["price"]["se"] == pytest.approx(whole.price.se)
    assert record["of_gbv"] == pytest.approx(whole.price.value / case.price().gbv)


def test_compare_works_across_discount_rates_and_timings(command, tmp_path):
    path = written(tmp_path / "s")
    code, out, err = command(
        "compare",
        path,
        "--with",
        "pricing.required_return=0.15",
        "--with",
        "pricing.cash_timing=mid_month",
    )
    assert code == 0, err
    base = load_study(path).price()
    other = load_study(
        path, {"pricing.required_return": 0.15, "pricing.cash_timing": "mid_month"}
    ).price()
    pair = paired(
        load_study(path),
        load_study(path, {"pricing.required_return": 0.15, "pricing.cash_timing": "mid_month"}),
    )
    assert (pair.base, pair.other) == pytest.approx((base.mean.value, other.mean.value), rel=1e-12)
    assert f"{other.mean.value - base.mean.value:,.2f}" in out and "changed, at 15.00%" in out
    # Only discounting differs: the paired error is far below that of two samples.
    assert 0.0 < pair.se < 0.5 * pair.unpaired_se
    difference = other.pv - base.pv
    assert pair.better == pytest.approx(float(np.mean(difference > 0.0)), abs=0.05)


def test_compare_refuses_what_no_difference_of_means_can_show(command, tmp_path):
    code, _, err = command("compare", written(tmp_path / "s"), "--with", "seller.tax_rate=0.2")
    assert code == 2 and "--with seller.tax_rate: moves no number of npl-sim compare" in err


def test_compare_pairs_versions_that_need_different_numbers_of_scenarios(tmp_path):
    """Few settle in the other version, so that it takes more scenarios to the same precision."""
    path = written(tmp_path / "s", simulation={**SIZE["simulation"], "precision": 0.02})
    other = {
        "policies.0.collection.settle_hazard": 0.001,
        "policies.0.collection.payment_rate": 0.0,
    }
    alone = [load_study(path, changes).simulate().scenarios for changes in ({}, other)]
    assert alone[0] < alone[1]
    pair = paired(load_study(path), load_study(path, other))
    assert pair.scenarios == alone[0] and 0.0 < pair.se and pair.mean < 0.0
    same = paired(load_study(path), load_study(path, {"simulation.precision": 0.01}))
    assert (same.mean, same.se) == (0.0, 0.0)


def test_compare_lists_an_issue_of_both_versions_once(command, tmp_path):
    """A foreign seizure costs less at a higher return: two different records are one issue."""
    item = {
        "loan_id": "L000000",
        "kind": "house",
        "appraisal_value": 900,
        "appraisal_date": "2026-06-30",
    }
    law = {"limitation": [{"months": 36, "source": "test"}]}
    fixed = {"kind": "fixed", "value": 6}
    policy = {
        "litigation": {"after_months": 0, "lawsuit": {"win_probability": 1.0, "duration": fixed}},
        "enforcement": {"guarantor_payment_probability": 0.0, "guarantor_delay": fixed},
    }
    items = [{**item, "collateral_id": "C0", "seized_by": "other creditor"}]
    case = study(tmp_path / "s", [loan(0), loan(1)], policy, items, legal=law, **SIZE)
    changed = load_study(case.loaded.path, {"pricing.required_return": 0.5})
    effects = [[i.effect for i in c.issues() if i.name == "seized_by"] for c in (case, changed)]
    assert effects[0] != effects[1]
    code, out, err = command("compare", case.loaded.path, "--with", "pricing.required_return=0.5")
    assert code == 0, err
    assert out.count("seized first by somebody else") == 1
    both = issues_of_both(case.issues(), changed.issues())
    assert [i.effect for i in both if i.name == "seized_by"] == effects[0]


def test_changes_that_move_nothing_are_marked_and_have_no_error(command, tmp_path):
    code, out, err = command(
        "compare", written(tmp_path / "s"), "--with", "simulation.group_by=region"
    )
    assert code == 0, err
    assert "none in any scenario: the changes move no number" in out
    assert "-0.00" not in out and "standard error" not in out
