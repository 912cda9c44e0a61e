"""Probably unintended readings of a whole tape are errors until the study confirms them."""

from __future__ import annotations

from datetime import date

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tables.findings import Finding
from npl_sim.tape import LoanTable
from tests.tape.conftest import HEADER, Reader, errors


def named(table: LoanTable, name: str) -> list[Finding]:
    return [f for f in table.findings if f.name == name]


def loans(*days: str) -> str:
    return f"{HEADER}\n" + "".join(f"L{i},sme,10,{d}\n" for i, d in enumerate(days))


@pytest.mark.parametrize(
    ("youngest", "finding"),
    [
        ("2026-01-31", None),
        ("2025-12-20", "warning"),
        ("2023-07-15", "warning"),
        ("2023-06-01", "error"),
    ],
)
def test_years_between_the_tape_and_the_valuation_date(
    read: Reader, youngest: str, finding: str | None
) -> None:
    text = loans("2019-05-05", youngest)
    if finding == "error":
        for mode in ("stop", "quarantine"):
            with pytest.raises(
                TapeError, match=r"youngest date 2023-06-01.*(.|\n)*confirmed: \[valuation_date\]"
            ):
                read(text, on_error=mode)
    table = read(text, confirmed=["valuation_date"])
    found = named(table, "valuation_date")
    assert len(found) == (finding is not None)
    assert all(f.severity == "warning" and f.gbv == 20.0 for f in found)


@pytest.mark.parametrize("day", [date(2062, 6, 30), date(2029, 8, 1), date(9999, 12, 31)])
def test_a_mistyped_valuation_date_stops(read: Reader, day: date) -> None:
    with pytest.raises(TapeError, match="a valuation date at most 36 months after"):
        read(loans("2026-05-05"), valuation_date=day)


def test_any_date_of_the_tape_counts(read: Reader) -> None:
    old = loans("2019-05-05")
    items = "loan_id,kind,appraisal_value,appraisal_date\nL0,land,5,2026-05-01\n"
    assert not named(read(old, items), "valuation_date")
    assert not named(read(old, cut_off_date="2026-05-31"), "valuation_date")
    assert not named(read("loan_id,product,principal,age_months\n1,sme,5,90\n"), "valuation_date")


@pytest.mark.parametrize("column", ["contract_rate", "penalty_rate"])
@pytest.mark.parametrize(
    ("rates", "percent", "readings"),
    [
        (("0.0552", "0.06", "0"), True, ("0.0576%", "5.7600%", "rates_in_percent: false")),
        (("6.5", "7.5"), False, ("700.0000%", "7.0000%", "rates_in_percent: true")),
        (("0.55", "0.60", ""), False, ("57.5000%", "0.5750%")),
    ],
)
def test_rates_that_cannot_be_meant(
    read: Reader, column: str, rates: tuple[str, ...], percent: bool, readings: tuple[str, ...]
) -> None:
    text = f"{HEADER},{column}\n" + "".join(
        f"L{i},sme,10,2026-01-31,{r}\n" for i, r in enumerate(rates)
    )
    for mode in ("stop", "quarantine"):
        with pytest.raises(TapeError, match="a median rate from") as caught:
            read(text, on_error=mode, rates_in_percent=percent)
        for reading in readings:
            assert reading in str(caught.value)
        assert f"{column}: {rates[0]!r}" in str(caught.value)
    table = read(text, confirmed=["rates_in_percent"], rates_in_percent=percent)
    assert [(f.severity, f.gbv) for f in named(table, "rates_in_percent")] == [
        ("warning", 10.0 * len(rates))
    ]


@pytest.mark.parametrize(
    "rates", [("0", "0"), ("0.005", "0.4"), ("0.12", "0.0001", "0.18"), ("", "")]
)
def test_rates_that_can_be_meant(read: Reader, rates: tuple[str, ...]) -> None:
    text = f"{HEADER},contract_rate\n" + "".join(
        f"L{i},sme,10,2026-01-31,{r}\n" for i, r in enumerate(rates)
    )
    assert not named(read(text), "rates_in_percent")


@pytest.mark.parametrize("day", ["0202-03-15", "1899-12-31", "1900-01-01", "1949-12-31"])
def test_dates_before_1950_are_errors(read: Reader, day: str) -> None:
    table = read(loans("2026-01-31", day), on_error="quarantine")
    assert errors(table) == [("default_date", 3)]
    assert next(f.value for f in table.findings if f.severity == "error") == day
    assert table.loans["loan_id"].tolist() == ["L0"]
    text = f"{HEADER},last_interruption_date\nA,sme,1,2026-01-31,{day}\n"
    with pytest.raises(
        TapeError, match=rf"last_interruption_date: '{day}'; expected a date from 1950 on"
    ):
        read(text)
    items = f"loan_id,kind,appraisal_value,appraisal_date\nL0,land,5,{day}\n"
    with pytest.raises(TapeError, match=rf"appraisal_date: '{day}'; expected a date from 1950 on"):
        read(loans("2026-01-31"), items)


def test_a_default_after_the_balances_is_reported(read: Reader) -> None:
    text = loans("2026-01-31", "2026-02-15", "2026-06-15")
    found = named(read(text, cut_off_date="2026-05-31"), "cut_off_date")
    assert [(f.severity, f.value, f.count, f.gbv) for f in found] == [
        ("warning", "2026-06-15", 1, 10.0)
    ]
    assert not named(read(text), "cut_off_date")
    with pytest.raises(TapeError, match=r"confirmed: \[cut_off_date\]"):
        read(text, cut_off_date="2020-05-31", on_error="quarantine")


@pytest.mark.parametrize("stage", ["judged", "enforcement", "litigation"])
def test_dates_before_default_are_reported(read: Reader, stage: str) -> None:
    text = (
        "loan_id,product,principal,default_date,stage,stage_date,last_interruption_date\n"
        f"A,sme,10,2026-03-31,{stage},2026-03-01,2026-02-01\nB,sme,10,2026-03-31,{stage},"
        f"2026-04-01,2026-05-01\n"
    )
    finding = {
        (f.column, f.value, f.count, f.gbv)
        for f in read(text).findings
        if "or after default" in f.expected
    }
    assert finding == {
        ("stage_date", "2026-03-01", 1, 10.0),
        ("last_interruption_date", "2026-02-01", 1, 10.0),
    }


def test_balances_far_from_the_median_are_reported_both_ways(read: Reader) -> None:
    rows = [850_000, 85, 920_000, 900_000, 2_000_000_000, 1_000]
    text = f"{HEADER}\n" + "".join(f"L{i},sme,{p},2026-01-31\n" for i, p in enumerate(rows))
    found = named(read(text), "balances")
    assert {(f.value, f.count) for f in found} == {("85", 1), ("2,000,000,000", 1)}
    assert {f.gbv for f in found} == {85.0, 2e9}


def test_interest_out_of_proportion_is_reported(read: Reader) -> None:
    text = (
        "loan_id,product,principal,interest,default_date\nA,sme,10,1001,2026-01-31\nB,sme,10,"
        "1000,2026-01-31\n"
    )
    assert [(f.value, f.gbv) for f in named(read(text), "interest")] == [("1001", 1011.0)]


def test_collateral_out_of_proportion_is_reported(read: Reader) -> None:
    items = "loan_id,kind,appraisal_value,lien_rank,prior_liens\n"
    table = read(loans("2026-01-31"), items + "L0,land,10001,1,0\n")
    assert [(f.value, f.gbv) for f in named(table, "collateral_value")] == [("10001", 10.0)]
    # A third of a claim in units of 10,000.
    small = items + "".join(f"L{i},land,0.0003,1,0\n" for i in range(3))
    assert [
        f.count for f in named(read(loans(*["2026-01-31"] * 3), small), "collateral_unit")
    ] == [3]
    usual = items + "".join(f"L{i},land,{v},1,0\n" for i, v in enumerate((1, 20, 900)))
    assert not named(read(loans(*["2026-01-31"] * 3), usual), "collateral_unit")


def test_a_first_rank_with_prior_liens_is_reported(read: Reader) -> None:
    items = (
        "loan_id,kind,appraisal_value,lien_rank,prior_liens\nL0,land,9,1,5\nL0,land,9,2,5\nL0,"
        "land,9,2,\n"
    )
    table = read(loans("2026-01-31"), items)
    finding = {
        (f.column, f.row, f.value)
        for f in table.findings
        if f.file == "collateral.csv" and f.row > 1
    }
    assert {("lien_rank", 2, "1"), ("prior_liens", 4, "")} <= finding
    assert not any(column == "lien_rank" and row != 2 for column, row, _ in finding)


def test_a_guarantor_who_is_the_borrower_is_reported(read: Reader) -> None:
    text = (
        "loan_id,borrower_id,product,principal,default_date\nA,P,sme,10,2026-01-31\nB,Q,sme,"
        "10,2026-01-31\n"
    )
    table = read(text, None, "guarantor_id,loan_id\nP,A\nP,B\n")
    assert [(f.value, f.row, f.gbv) for f in named(table, "guarantor_is_borrower")] == [
        ("P", 2, 10.0)
    ]
