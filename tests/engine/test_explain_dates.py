"""`explain` gives the dates it used, their columns, and why a loan is worth nothing; no step that
cannot happen."""

from __future__ import annotations

import pytest

from tests.builders.studies import loan, study

LAW = {
    "name": "test",
    "limitation": [{"months": 36, "source": "test"}],
    "enforcement_window_months": 24,
    "limitation_long_stop_months": 240,
}
POLICY = {
    "collection": {"months": 12},
    "litigation": {"after_months": 6, "lawsuit": {"win_probability": 0.9}},
    "enforcement": {
        "performance_probability": 0.05,
        "garnishment_probability": 0.5,
        "garnishment_share": 0.02,
        "garnishment_months": 12,
        "performance_window": 0.5,
        "application_delay": 1,
    },
}
ITEM = {"kind": "house", "appraisal_value": 700, "appraisal_date": "2026-01-01"}


def reported(tmp_path, policy=POLICY, items=(), tape=None, **columns):
    size = {"simulation": {"scenarios": 50, "horizon_months": 36}}
    items = [{**ITEM, "loan_id": "L000000"}] if items else ()
    case = study(tmp_path, [loan(0, **columns)], policy, items, legal=LAW, tape=tape or {}, **size)
    return case.explain("L000000")


def test_a_judged_loan_whose_window_expired(tmp_path):
    text = reported(tmp_path, items=True, stage="judged", stage_date="2023-01-01")
    assert "stage judged: since 2023-01-01 (column stage_date), 41.9 months ago" in text
    # 15 days to perform, then two years (Civil Procedure Law 250).
    assert (
        "runs from the last day for performance, 2023-01-16; ended on 2025-01-16, 17.5 months ago"
        in text
    )
    assert "limitation" not in text
    assert "Worth nothing: the window to apply for enforcement has expired" in text
    assert "judged on 2023-01-01; the window to apply ended on 2025-01-16" in text
    # As if alive: nothing of that.
    for part in (
        "enforcement is applied for",
        "income garnished",
        "in the order in which it is sold",
        "reserves by round",
    ):
        assert part not in text
    assert (
        "the debtor objects with 100.0 %, nothing more is done" in text
        and "no enforcement sells" in text
    )


def test_a_judged_loan_in_time(tmp_path):
    text = reported(tmp_path, items=True, stage="judged", stage_date="2026-06-15")
    assert (
        "runs from the last day for performance, 2026-06-30; ends on 2028-06-30, in 24.0 months"
        in text
    )
    assert "else enforcement is applied for in 1.0 months" in text and "income garnished" in text
    assert "Worth nothing" not in text and "reserves by round" in text


def test_a_judged_loan_without_its_date_says_what_is_assumed(tmp_path):
    text = reported(tmp_path, stage="judged")
    assert (
        "stage judged: no stage_date is stated, so it is taken to begin at the valuation date"
        in text
    )


@pytest.mark.parametrize("objects", [1.0, 0.4])
def test_a_claim_that_has_run_out(tmp_path, objects):
    policy = {**POLICY, "litigation": {**POLICY["litigation"], "defense_raised": objects}}
    text = reported(
        tmp_path,
        policy,
        age_months="",
        default_date="2020-02-29",
        last_interruption_date="2021-03-01",
    )
    assert "default: 2020-02-29 (column default_date)" in text
    assert (
        "limitation: runs from 2021-03-01 (column last_interruption_date); ended on 2024-03-01"
        in text
    )
    assert "no interruption helps: only a written acknowledgment or a new promise" in text
    assert "long stop" not in text
    if objects == 1.0:
        assert (
            "Worth nothing: the claim has run out" in text
            and "and lost: limitation has run out" in text
        )
        assert "Judgment:" not in text and "lawsuit:" not in text
    else:
        assert (
            "with 40.0 % the debtor pleads it" in text
            and "Judgment:" in text
            and "Worth nothing" not in text
        )


def test_a_dormant_loan(tmp_path):
    text = reported(tmp_path, items=True, stage="dormant", stage_date="2025-01-01")
    assert "Worth nothing: no step of the policy revives it" in text
    assert (
        "Judgment" not in text
        and "Litigation" not in text
        and "in the order in which it is sold" not in text
    )


def test_enforcement_under_way_prints_no_judgment(tmp_path):
    text = reported(tmp_path, items=True, stage="enforcement", stage_date="2026-01-01")
    assert "Judgment" not in text and "Enforcement: under way for 5.9 months" in text
    assert (
        "window to apply for enforcement: applied for by 2026-01-01, so no period runs" in text
        and "limitation" not in text
        and "reserves by round" in text
    )


@pytest.mark.parametrize(
    ("columns", "part"),
    [
        ({"age_months": 40}, "(column age_months), 40 months ago"),
        (
            {"age_months": "", "days_past_due": 100},
            "2026-03-22 (column days_past_due), 3 months ago",
        ),
        ({"age_months": "", "default_date": "2026-01-31"}, "2026-01-31 (column default_date)"),
    ],
)
def test_the_column_of_the_default(tmp_path, columns, part):
    text = reported(tmp_path, **columns)
    assert part in text
    assert "runs from default, " in text and "no last_interruption_date is stated" in text


def test_stated_limitation_and_a_header_of_the_file(tmp_path):
    text = reported(tmp_path / "a", limitation_left_months=-2)
    assert (
        "limitation: stated in column limitation_left_months; ended on 2026-04-30, 2.0 months ago"
        in text
    )
    text = reported(
        tmp_path / "b",
        tape={"columns": {"stage_date": "since"}},
        stage="judged",
        since="2026-05-01",
    )
    assert "since 2026-05-01 (column stage_date, since)" in text


def test_a_limitation_that_the_long_stop_ends_says_so(tmp_path):
    """23 years after default an interruption of 2025 helps no more: 20 years were the most."""
    text = reported(
        tmp_path, default_date="2003-01-15", last_interruption_date="2025-12-01", age_months=""
    )
    assert (
        "runs from 2025-12-01 (column last_interruption_date); "
        "the long stop cuts it short; ended on 2023-01" in text
    )
