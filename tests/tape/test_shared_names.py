"""Names and ids that mean the same, or only look as if they did."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.builders.studies import loan, study

ITEM = {"kind": "house", "appraisal_value": 1000, "appraisal_date": "2026-01-01"}
TITLE = {"litigation": {"lawsuit": {"duration": 1}}, "enforcement": {}}
SMALL = {"simulation": {"scenarios": 2, "horizon_months": 12}, "pricing": {"required_return": 0.0}}


def test_a_study_s_names_meet_the_tape_s(tmp_path):
    """Spelled as a person would, and in Chinese."""
    loans = [
        loan(0, product="信用卡", region="East"),
        loan(1, product="Housing Loan", region="East"),
    ]
    items = [{"collateral_id": "C", "loan_id": "L000001", **ITEM, "kind": "Villa House"}]
    policies = [
        {"applies_to": {"products": ["信用卡"]}, "residual_share": 0.5},
        {"applies_to": {"products": ["Housing loan"], "regions": ["EAST"]}, **TITLE},
    ]
    case = study(
        tmp_path,
        loans,
        policies,
        items,
        collateral={"Villa House": {"forced_sale_discount": 0.4}},
        market={"indices": [{"region": "East", "kind": "Villa House", "drift": 0.12}, {}]},
        **SMALL,
    )
    means = case.simulate().loans["received_mean"].to_numpy()
    assert means[0] == pytest.approx(500)
    # Sold in month 2 (title in month 1): 1,000 less 40 %, after the index of the east.
    assert means[1] == pytest.approx(600 * 2.718281828459045**0.01, rel=2e-2)
    assert case.notes() == ()


def test_one_item_under_several_loans_is_shared(tmp_path):
    loans = [loan(i, principal=p) for i, p in enumerate((1000, 1000, 2000))]
    items = [
        {"collateral_id": "C", "loan_id": f"L{i:06d}", **ITEM, "prior_liens": 5.05}
        for i in range(3)
    ]
    case = study(tmp_path, loans, TITLE, items, tape={"collateral_scope": "file"}, **SMALL)
    table = case.table
    assert table.collateral["appraisal_value"].tolist() == [250, 250, 500]
    assert table.collateral["prior_liens"].sum() == pytest.approx(5.05)
    assert case.simulate().loans["received_mean"].sum() == pytest.approx(1000 - 5.05)
    assert any("split by their GBV" in str(f) for f in table.findings)


def test_numbering_that_begins_anew_names_different_items(tmp_path):
    items = [
        {"collateral_id": "1", "loan_id": f"L{i:06d}", **ITEM, "appraisal_value": 100 + i}
        for i in range(3)
    ]
    loans = [loan(i) for i in range(3)]
    table = study(tmp_path, loans, TITLE, items, tape={"collateral_scope": "loan"}, **SMALL).table
    assert table.collateral["collateral_id"].tolist() == [f"L{i:06d}/1" for i in range(3)]
    assert table.collateral["appraisal_value"].tolist() == [100, 101, 102]


@pytest.mark.parametrize("nobody", ["N/A", "无", "/", "unknown"])
def test_no_borrower_is_not_one_borrower(tmp_path, nobody):
    table = study(tmp_path, [loan(i, borrower_id=nobody) for i in range(3)], {}, **SMALL).table
    assert table.loans["borrower_id"].tolist() == ["L000000", "L000001", "L000002"]


def test_json_carries_the_warnings(tmp_path):
    study(tmp_path, [loan(0, contract_rate=0.39)], {}, **SMALL)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "npl_sim",
            "price",
            tmp_path / "study.yaml",
            "--json",
            "--no-figures",
            "--out",
            tmp_path / "r",
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(root)},
    )
    assert any("contract_rate" in line for line in json.loads(done.stdout)["warnings"])
