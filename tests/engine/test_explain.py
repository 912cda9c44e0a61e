"""`explain` shows the very paths that the loan takes in the package."""

from __future__ import annotations

import re

import pytest

from tests.builders.studies import loan, study


def test_its_figures_are_the_loan_s_in_the_whole_run(tmp_path):
    policy = {
        "collection": {"settle_hazard": 0.02, "months": 12},
        "litigation": {"after_months": 6, "lawsuit": {"win_probability": 0.8}},
        "enforcement": {
            "performance_probability": 0.5,
            "garnishment_probability": 0.4,
            "garnishment_share": 0.02,
        },
    }
    items = [
        {
            "loan_id": "L000001",
            "kind": "house",
            "appraisal_value": 700,
            "appraisal_date": "2026-01-01",
        }
    ]
    size = {"simulation": {"scenarios": 300, "horizon_months": 60}}
    case = study(tmp_path, [loan(i) for i in range(4)], policy, items, **size)
    loans = case.simulate().loans
    text = case.explain("L000001")
    messages = re.search(r"present value ([\d,.]+) \+-", text)
    assert messages and float(messages[1].replace(",", "")) == pytest.approx(
        loans["pv_mean"][1], abs=0.006
    )
    for part in (
        "filed in month 6",
        "appraised 700.00",
        "receipts",
        "A path near the median",
        "no conditions",
    ):
        assert part in text
