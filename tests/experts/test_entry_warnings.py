"""Warnings on entries by hand: above the claim, after the horizon, without effect."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import NplSimError
from npl_sim.engine.warnings import notes
from tests.builders.packages import package
from tests.experts.test_kernel import AT, estimate

DAY = {"date": "2026-06-30"}


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        (
            {"experts": [estimate("L000001", 9e9, 3, recovery_unit="amount")]},
            "recovery_base is 9,000,000,000.00, above the claim",
        ),
        (
            {"experts": [estimate("L000001", 0.1, (3, 9, 70))]},
            "months_high is 70; expected at most",
        ),
        (
            {"experts": [estimate("L000001", 0.1, 3, date="2024-06-30")]},
            "made on 2024-06-30, 24 months before the valuation date; expected less than 24",
        ),
        (
            {"manual_cash": [{"loan": "L000001", "month": 1, "amount": 9e9, **AT}]},
            "receipts sum to 9,000,000,000.00, above the claim",
        ),
        (
            {
                "overrides": [
                    {"loan": "L000001", "key": "litigation.after_months", "value": 6, **AT}
                ]
            },
            "litigation.after_months changes nothing",
        ),
    ],
)
def test_entries_that_are_probably_slips_are_reported(tmp_path, sections, expected):
    session = package(tmp_path, loans=3, scenarios=2, **sections)
    gbv = session.table.loans.set_index("loan_id")["gbv"]
    found = [note for note in notes(session.study, session.table) if expected in note]
    assert [note.gbv for note in found] == [gbv["L000001"]]


def test_usual_entries_are_not_reported(tmp_path):
    entries = {
        "experts": [estimate("L000001", 0.1, (3, 9, 60), date="2024-07-01")],
        "manual_cash": [{"loan": "L000002", "month": 1, "amount": 1.0, **AT}],
        "overrides": [{"loan": "L000002", "key": "litigation.after_months", "value": 2, **AT}],
    }
    session = package(tmp_path, loans=3, scenarios=2, **entries)
    sections = ("experts", "manual_cash", "overrides")
    assert not [n for n in notes(session.study, session.table) if n.startswith(sections)]


def test_an_estimate_after_the_valuation_date_is_refused(tmp_path):
    package(tmp_path, loans=3, scenarios=2, experts=[estimate("L000001", 0.1, 3, **DAY)])
    late = estimate("L000001", 0.1, 3, date="2026-07-01")
    with pytest.raises(NplSimError) as error:
        package(tmp_path, loans=3, scenarios=2, experts=[late])
    text = "got 2026-07-01; expected a day up to the valuation date 2026-06-30"
    assert text in str(error.value) and "experts" in str(error.value)
