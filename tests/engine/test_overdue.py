"""Warnings on a stage beyond its duration, with count, amount and the longest case."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.engine.warnings import notes
from npl_sim.runs.case import load_study
from tests.builders.studies import VALUATION, loan, study

SHARED = Path(__file__).parents[3] / "shared" / "cases"
SUIT = {"kind": "lognormal", "mean": 9, "sd": 5}
FULL = {
    "litigation": {"lawsuit": {"duration": SUIT}},
    "enforcement": {
        "perform": 0.1,
        "perform_delay": {"kind": "exponential", "mean": 2},
        "performance_window": 0.5,
        "apply_delay": 2,
        "search": {"kind": "uniform", "low": 2, "high": 12},
    },
}


def since(months):
    """Return the date that lies a number of months before the valuation date."""
    return (
        date.fromisoformat(VALUATION) - timedelta(days=round(months * DAYS_PER_MONTH))
    ).isoformat()


def stand(i, stage, months, **columns):
    return loan(i, stage=stage, stage_date=since(months), **{"age_months": 400, **columns})


def overdue(folder, loans, policy=None, items=(), **sections):
    case = study(folder, loans, policy or FULL, items, **sections)
    return [line for line in case.notes() if "longer than 99.9 %" in line]


def suit_limit():
    """Return the 99.9 % quantile of the suit, from the moments of its logarithm."""
    variance = np.log1p((SUIT["sd"] / SUIT["mean"]) ** 2)
    return stats.lognorm(np.sqrt(variance), scale=SUIT["mean"] * np.exp(-variance / 2)).ppf(0.999)


def test_a_suit_beyond_its_duration_is_reported(tmp_path):
    limit = suit_limit()
    loans = [
        stand(0, "litigation", limit - 0.5),
        stand(1, "litigation", limit + 0.5, principal=3000),
        stand(2, "litigation", 324),
    ]
    (line,) = overdue(tmp_path, loans)
    assert line.startswith("policies.0: 2 loans of policy 'policy 0', GBV 4,000.00 CNY (80.0 %)")
    assert (
        "in litigation" in line and "The longest is 'L000002', 324.0 months since 1999-06-" in line
    )
    assert (
        f"expected at most {limit:,.1f}." in line
        and "the suit counts as about to end" in line.lower()
    )


@pytest.mark.parametrize(
    ("stage", "limit"), [("judged", -2 * np.log(0.001) + 2.5), ("enforcement", 2 + 10 * 0.999)]
)
def test_titles_and_searches_beyond_their_durations_are_reported(tmp_path, stage, limit):
    assert overdue(tmp_path, [stand(0, stage, limit - 0.2)]) == []
    (line,) = overdue(tmp_path / "b", [stand(0, stage, limit + 0.2)])
    assert f"in {stage} " in line and "1 loan of" in line


def test_a_seizure_is_measured_by_its_own_kind_and_its_auction_rounds(tmp_path):
    terms = {
        "house": {
            "seizure": 20,
            "rounds": [{"reserve": 0.7, "months": 3}, {"reserve": 0.5, "months": 4}],
        },
        "car": {"seizure": 2},
    }
    items = [
        {
            "collateral_id": f"C{i}",
            "loan_id": f"L{i:06d}",
            "kind": kind,
            "appraisal_value": 9,
            "appraisal_date": "2026-01-01",
        }
        for i, kind in enumerate(["house", "house", "car", "car"])
    ]
    loans = [stand(i, "enforcement", months) for i, months in enumerate([26, 28, 1, 3])]
    (line,) = overdue(tmp_path, loans, items=items, collateral=terms)
    assert (
        "2 loans" in line and "'L000001', 28.0 months" in line and "expected at most 27.0" in line
    )


def test_each_policy_and_stage_is_one_note(tmp_path):
    policies = [{**FULL, "applies_to": {"products": ["boat"]}}, FULL]
    loans = [
        stand(0, "litigation", 300, product="boat"),
        stand(1, "litigation", 300),
        stand(2, "judged", 300),
        stand(3, "collection", 300),
    ]
    starts = [line.split(",")[0] for line in overdue(tmp_path, loans, policies)]
    assert starts == [
        "policies.0: 1 loan of policy 'policy 0'",
        "policies.1: 1 loan of policy 'policy 1'",
        "policies.1: 1 loan of policy 'policy 1'",
    ]


def test_a_stage_without_a_date_or_a_policy_without_terms_draws_no_such_note(tmp_path):
    assert overdue(tmp_path, [loan(0, stage="litigation")]) == []
    assert (
        overdue(
            tmp_path / "c",
            [stand(0, "collection", 300), stand(1, "dormant", 300), stand(2, "plan", 300)],
        )
        == []
    )


def test_fifteen_years_are_too_long_where_the_policy_states_no_duration(tmp_path):
    silent = {"residual_share": 0.1}
    case = study(tmp_path, [stand(0, "litigation", 179), stand(1, "judged", 181)], silent)
    (line,) = [
        line for line in case.notes() if "longer than 15 years, beyond almost any case" in line
    ]
    assert "1 loan of" in line and "'L000001', 181.0 months" in line and "overstate" not in line


def test_a_fixed_duration_that_has_just_passed_is_not_late_by_rounding(tmp_path):
    policy = {"enforcement": {}, "litigation": {"lawsuit": {"duration": 6}}}
    assert overdue(tmp_path, [stand(0, "litigation", 6)], policy) == []
    assert len(overdue(tmp_path / "b", [stand(0, "litigation", 6.2)], policy)) == 1


def test_a_suit_pending_since_1999_is_reported():
    tape = SHARED / "robustness" / "04_lawsuit_pending_27_years" / "tape.csv"
    if not tape.is_file():
        pytest.skip("the shared cases belong beside the project's folder, and are not there")

    shipped = Path(__file__).parents[2] / "configs" / "studies" / "first_package.yaml"
    settings = {
        "tape.loans": str(tape),
        "tape.collateral": None,
        "tape.guarantors": None,
        "tape.on_error": "quarantine",
        "tape.confirmed": ["valuation_date"],
    }
    case = load_study(shipped, settings)
    lines = [line for line in notes(case.study, case.table) if "longer than 99.9 %" in line]
    assert any("in litigation" in line and "since 1999-" in line for line in lines), lines
