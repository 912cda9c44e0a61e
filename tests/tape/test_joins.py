"""Rows that should meet a loan: how many do, and ids that differ by their spelling alone."""

from __future__ import annotations

import pandas as pd
import pytest

from npl_sim.core.errors import TapeError
from npl_sim.reports.account import account_text
from npl_sim.tape import format_findings
from npl_sim.tape.joins import _difference, spellings
from tests.tape.conftest import HEADER, Reader, errors

ITEM = "collateral_id,loan_id,kind,appraisal_value,appraisal_date"


def loans(*ids: str) -> str:
    return f"{HEADER}\n" + "".join(f"{i},sme,100,2026-01-31\n" for i in ids)


def items(*ids: str) -> str:
    return f"{ITEM}\n" + "".join(f"C{n},{i},land,90,2026-01-31\n" for n, i in enumerate(ids))


@pytest.mark.parametrize(
    ("tape", "other", "by"),
    [
        ("0001", "1", "leading zeros"),
        ("1", "0001", "leading zeros"),
        ("000123", "123.0", "a trailing .0 and leading zeros"),
        ("77", "77.0", "a trailing .0"),
        ("77.00", "77", "a trailing .0"),
        ("A001", "a001", "letter case"),
        ("Ａ００１", "A001", "character width"),
        ("A001", "A 001", "spaces"),
        ("A001", "A\u00a0001", "spaces"),
        ("A\u3000001", "A001", "spaces"),
        ("A001", "A\u200b001", "invisible characters"),
        ("A001", "A\u00ad001", "invisible characters"),
        ("A-001", "A001", "hyphens or underscores"),
        ("A001", "A–001", "hyphens or underscores"),
        ("A_001", "A-001", "hyphens or underscores"),
        ("0042", "'0042", "quotation marks"),
        ("LN-0042", "ln 0042", "letter case"),
        ("合同-01", "合同01", "hyphens or underscores"),
    ],
)
def test_ids_that_differ_by_their_spelling_stop_the_run(
    read: Reader, tape: str, other: str, by: str
) -> None:
    assert spellings([other], [tape, "unrelated"]) == {other: (tape,)}
    assert by in _difference(other, tape)
    for finding in ("stop", "quarantine"):
        with pytest.raises(TapeError) as caught:
            read(loans(tape, "X9"), items(other), on_error=finding)
        text = str(caught.value)
        assert f"{other!r}: the tape has {tape!r}" in text
        assert by in text
        assert "under on_error: quarantine too" in text


@pytest.mark.parametrize(
    ("one", "two"), [("1-11", "11-1"), ("A1", "A2"), ("10", "1"), ("A01", "A1"), ("0", "00a")]
)
def test_ids_that_are_different(one: str, two: str) -> None:
    assert spellings([one], [two]) == {}


@pytest.mark.parametrize(
    ("met", "rows", "stops"),
    [(0, 3, True), (1, 3, True), (7, 9, True), (8, 10, False), (9, 10, False)],
)
def test_few_rows_that_meet_stop_the_run(read: Reader, met: int, rows: int, stops: bool) -> None:
    tape = loans(*(f"K{i}" for i in range(10)))
    named = [f"K{i}" for i in range(met)] + [f"Z{i}" for i in range(rows - met)]
    backers = "guarantor_id,loan_id\n" + "".join(f"G{n},{i}\n" for n, i in enumerate(named))
    if stops:
        with pytest.raises(TapeError, match=f"collateral.csv row 1: '{met} of {rows} rows"):
            read(tape, items(*named), on_error="quarantine")
        with pytest.raises(TapeError, match=f"guarantors.csv row 1: '{met} of {rows} rows"):
            read(tape, None, backers, on_error="quarantine")
        return
    table = read(tape, items(*named), backers, on_error="quarantine")
    assert [(j.role, j.rows, j.met) for j in table.joins] == [
        ("collateral", rows, met),
        ("guarantors", rows, met),
    ]
    text = account_text(table.reconciliation, "CNY")
    assert f"collateral: {met} of {rows} rows ({met / rows:.1%}) meet a loan on the tape" in text
    assert f"guarantors: {met} of {rows} rows" in text
    assert len(table.loans) == 10
    assert len(table.collateral) == met


def test_a_file_for_a_larger_package_can_be_confirmed(read: Reader) -> None:
    tape, rows = loans("K1", "K2"), items("K1", "Z1", "Z2", "Z3")
    with pytest.raises(TapeError, match=r"tape.confirmed: \[collateral_join\]"):
        read(tape, rows, on_error="quarantine")
    table = read(tape, rows, on_error="quarantine", confirmed=["collateral_join"])
    assert table.collateral["loan_id"].tolist() == ["K1"]
    finding = [f for f in table.findings if f.name == "collateral_join"]
    assert [f.severity for f in finding] == ["warning"]
    assert "confirmed in tape.confirmed" in finding[0].expected


def test_no_row_that_meets_cannot_be_confirmed(read: Reader) -> None:
    with pytest.raises(TapeError, match="0 of 1 rows"):
        read(loans("K1"), items("Z1"), confirmed=["collateral_join"], on_error="quarantine")


def test_the_nearest_id_is_named(read: Reader) -> None:
    with pytest.raises(TapeError, match="the nearest id to 'NPL0012X' is 'NPL00121'"):
        read(loans("NPL00121", "NPL00345"), items("NPL0012X"))


def test_a_row_in_another_spelling_sets_its_loan_aside(read: Reader) -> None:
    """The loan would be valued without its collateral, though nine of ten rows meet."""
    ids = [f"A{i:03d}" for i in range(10)]
    table = read(loans(*ids), items(*ids[:9], "a009"), on_error="quarantine")
    assert table.loans["loan_id"].tolist() == ids[:9]
    assert errors(table) == [("loan_id", 11)]
    finding = next(f for f in table.findings if f.severity == "error")
    assert "letter case: 'a009': the tape has 'A009'" in finding.expected
    assert "collateral.csv row 11 is faulty" in str(table.quarantine["reasons"].tolist())


def test_spellings_within_one_file_are_warned_of(read: Reader) -> None:
    tape = loans("A001", "a001", "A\u00a0001", "B-7", "B7", "001", "1", "C2")
    table = read(tape)
    finding = [f for f in table.findings if f.column == "loan_id"]
    assert sum(f.count for f in finding) == 7
    text = format_findings(finding)
    for pair in (
        "'A001': beside 'a001' and 'A\\xa0001'",
        "'B-7': beside 'B7'",
        "'001': beside '1'",
    ):
        assert pair in text
    assert {f.gbv for f in finding} == {300.0, 200.0}
    assert not [f for f in read(loans("1-11", "11-1", "A", "B")).findings if f.column == "loan_id"]


def test_spellings_of_borrowers_and_items_are_warned_of(read: Reader) -> None:
    tape = (
        "loan_id,borrower_id,product,principal,default_date\nK1,b1,sme,5,2026-01-01\nK2,B1,"
        "sme,5,2026-01-01\n"
    )
    rows = f"{ITEM}\nc-1,K1,land,5,2026-01-01\nC1,K2,land,5,2026-01-01\n"
    backers = "guarantor_id,loan_id\nG 1,K1\nG1,K2\n"
    table = read(tape, rows, backers)
    assert {"borrower_id", "collateral_id", "guarantor_id"} <= {
        f.column for f in table.findings if "one spelling" in f.expected
    }


def test_one_guarantor_of_many_loans_is_natural(read: Reader) -> None:
    table = read(loans("K1", "K2"), None, "guarantor_id,loan_id\nG,K1\nG,K2\n")
    assert table.loans["guaranteed"].all()
    assert not [f for f in table.findings if f.column == "guarantor_id"]


def test_spelling_of_many_ids_is_quick() -> None:
    known = pd.Series([f"{i:09d}" for i in range(200_000)])
    assert spellings(["17", "17.0", "x"], known) == {"17": ("000000017",), "17.0": ("000000017",)}


def test_rows_without_an_id_meet_nothing(read: Reader) -> None:
    """All of the collateral would be set aside, and every loan valued unsecured."""
    with pytest.raises(TapeError, match="0 of 2 rows .*2 rows name none"):
        read(loans("K1", "K2"), items("", " "), on_error="quarantine")
    with pytest.raises(TapeError, match="1 of 3 rows .*1 rows name none; 'k2': the tape has 'K2'"):
        read(loans("K1", "K2"), items("K1", "", "k2"), on_error="quarantine")


def test_items_on_the_rows_of_their_loans_need_no_join(read: Reader) -> None:
    wide = f"{HEADER},抵押物类型,评估价值\nA,sme,10,2026-01-31,land,5\n,sme,10,2026-01-31,land,6\n"
    assert read(wide, on_error="quarantine").joins == ()
