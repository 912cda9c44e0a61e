"""Dates of the legal clock on a tape: what is read, what is warned of, what is refused."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.tape.conftest import HEADER, Reader, errors


def finding(table, column):
    return [
        (f.count, f.row, f.expected) for f in table.findings if f.column.split(" ")[0] == column
    ]


@pytest.mark.parametrize(
    ("matures", "declared"),
    [
        ("maturity_date", "acceleration_date"),
        ("到期日", "提前到期日"),
        ("贷款到期日", "宣布提前到期日期"),
        ("Final Maturity", "Date of acceleration"),
        ("data scadenza finale", "decadenza dal termine"),
    ],
)
def test_last_due_dates_and_accelerations_are_found(
    read: Reader, matures: str, declared: str
) -> None:
    table = read(f"{HEADER},{matures},{declared}\n1,sme,100,2024-01-31,2039-05-20,2025-03-01\n")
    row = table.loans.iloc[0]
    assert row["maturity_date"] == pd.Timestamp("2039-05-20")
    assert row["acceleration_date"] == pd.Timestamp("2025-03-01")


def test_a_constant_of_the_study_is_a_last_due_date(read: Reader) -> None:
    table = read(f"{HEADER}\n1,sme,100,2024-01-31\n", defaults={"maturity_date": "2031-06-30"})
    assert table.loans["maturity_date"].tolist() == [pd.Timestamp("2031-06-30")]
    assert not [f for f in table.findings if f.name == "absent.maturity_date"]


@pytest.mark.parametrize("stage", ["collection", "judged"])
def test_without_last_due_dates_default_is_reported(read: Reader, stage: str) -> None:
    """A judgment has no limitation of the claim any more."""
    table = read(f"{HEADER},stage\n1,sme,100,2024-01-31,{stage}\n")
    found = [f for f in table.findings if f.name == "absent.maturity_date"]
    assert [f.gbv for f in found] == ([100.0] if stage == "collection" else [])
    assert all("limitation is taken to run from default" in f.expected for f in found)


@pytest.mark.parametrize(
    ("cells", "early"),
    [("2024-01-31,2024-01-30", True), ("2024-01-31,2024-01-31", False), ("2024-01-31,", False)],
)
def test_an_interruption_before_default_is_reported(read: Reader, cells: str, early: bool) -> None:
    table = read(f"{HEADER},last_interruption_date\n1,sme,100,{cells}\n")
    found = [t for t in finding(table, "last_interruption_date") if "on or after default" in t[2]]
    assert len(found) == early


@pytest.mark.parametrize(("day", "early"), [("2025-08-27", True), ("2025-09-02", False)])
def test_a_default_stated_by_days_past_due_counts_too(read: Reader, day: str, early: bool) -> None:
    """300 days before 2026-06-30: 2025-09-03; a day is left for rounding."""
    table = read(f"loan_id,product,principal,dpd,last_interruption_date\n1,sme,100,300,{day}\n")
    found = [t for t in finding(table, "last_interruption_date") if "on or after default" in t[2]]
    assert len(found) == early


def test_odd_dates_of_installments_are_reported(read: Reader) -> None:
    table = read(
        f"{HEADER},maturity_date,acceleration_date\n"
        "1,sme,100,2024-01-31,2025-05-20,2025-05-21\n"
        "2,sme,100,2024-01-31,,\n"
        "3,sme,100,2024-01-31,2025-05-20,2025-05-20\n"
    )
    assert [(t[0], t[1]) for t in finding(table, "acceleration_date")] == [(1, 2)]
    assert [(t[0], t[1]) for t in finding(table, "maturity_date")] == [(1, 3)]


@pytest.mark.parametrize(
    ("day", "fault"), [("2086-12-31", False), ("2087-01-01", True), ("9999-12-31", True)]
)
def test_a_last_due_date_that_stands_for_none_is_refused(
    read: Reader, day: str, fault: bool
) -> None:
    text = f"{HEADER},maturity_date\n1,sme,100,2024-01-31,{day}\n2,sme,100,2024-01-31,2031-01-01\n"
    assert errors(read(text, on_error="quarantine")) == ([("maturity_date", 2)] if fault else [])
    if fault:
        table = read(text, placeholder_dates=[day])
        assert table.loans["maturity_date"].isna().tolist() == [True, False]


def test_an_acceleration_to_come_is_refused(read: Reader) -> None:
    text = f"{HEADER},acceleration_date\n1,sme,100,2024-01-31,2026-07-01\n2,sme,100,2024-01-31,\n"
    assert errors(read(text, on_error="quarantine")) == [("acceleration_date", 2)]


def test_months_left_beside_a_judgment_are_reported_as_not_used(read: Reader) -> None:
    text = (
        f"{HEADER},stage,stage_date,limitation_left_months\n1,sme,100,2024-01-31,judged,"
        f"2025-01-31,7\n"
    )
    assert [t[2][:31] for t in finding(read(text), "limitation_left_months")] == [
        "nothing for a loan with a judgm"
    ]


def test_a_guarantee_may_end_after_the_valuation(read: Reader) -> None:
    loans = f"{HEADER}\n1,sme,100,2024-01-31\n"
    table = read(loans, None, "loan_id,guarantor_id,cap,scadenza garanzia\n1,g,50,2028-03-31\n")
    assert table.guarantors["guarantee_end"].tolist() == [pd.Timestamp("2028-03-31")]
