"""What is an error, what is a warning, and what follows from an error."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape import format_findings
from tests.tape.conftest import HEADER, Reader, errors, warnings

GOOD = "G,sme,100,2024-01-31"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("1,sme,abc,2024-01-31", "principal"),
        ("1,sme,,2024-01-31", "principal"),
        ("1,sme,-5,2024-01-31", "principal"),
        ("1,sme,0,2024-01-31", "gbv"),
        ("1,sme,1e400,2024-01-31", "principal"),
        ("1,sme,1e16,2024-01-31", "principal"),
        ("1,sme,10,31-31-2024", "default_date"),
        ("1,sme,10,2026-07-01", "default_date"),
        ("1,sme,10,", "default_date"),
        ("1,,10,2024-01-31", "product"),
        (" ,sme,10,2024-01-31", "loan_id"),
        ("G,sme,10,2024-01-31", "loan_id"),
    ],
)
def test_errors_of_loans(read: Reader, row: str, column: str) -> None:
    table = read(f"{HEADER}\n{row}\nH,sme,100,2024-01-31\n{GOOD}\n", on_error="quarantine")
    assert column in {c for c, _ in errors(table)}
    assert 2 in table.quarantine["row"].tolist()
    assert "H" in table.loans["loan_id"].tolist()
    with pytest.raises(TapeError, match=r"loans.csv row 2, .*expected"):
        read(f"{HEADER}\n{row}\nH,sme,100,2024-01-31\n{GOOD}\n")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("stage", "moon"),
        ("responsiveness", "0"),
        ("accrued_interest", "-1"),
        ("contract_rate", "-0.1"),
    ]
    + [
        ("stage_date", "2026-07-01"),
        ("last_interruption_date", "2026-07-01"),
        ("days_past_due", "-1"),
    ]
    + [("arbitration_clause", "perhaps"), ("contract_rate", "18.25"), ("fees", "=1+1")],
)
def test_errors_of_other_loan_columns(read: Reader, column: str, value: str) -> None:
    table = read(
        f"{HEADER},{column}\n{GOOD},{value}\nH,sme,1,2024-01-31,\n",
        on_error="quarantine",
        confirmed=["rates_in_percent"],
    )
    assert errors(table) == [(column, 2)]


def test_all_errors_come_together_and_are_counted(read: Reader) -> None:
    rows = "".join(f"{i},sme,x,2027-01-01\n" for i in range(250))
    table = read(f"{HEADER}\n{rows}{GOOD}\n", on_error="quarantine")
    assert {(f.column, f.count) for f in table.findings if f.severity == "error"} == {
        ("principal", 250),
        ("default_date", 250),
    }
    text = format_findings(table.findings)
    assert "[250 rows; also 3, 4, 5, 6, ...]" in text
    noted = sum(f.count for f in table.findings if f.severity == "warning")
    assert text.split("\n")[-1] == f"500 errors and {noted:,} warnings"
    assert "more sorts" in format_findings(table.findings, limit=1)
    assert format_findings([]) == "no findings"


@pytest.mark.parametrize(
    ("header", "row", "column"),
    [
        ("gbv", "120", "gbv"),
        ("contract_rate", "0.4", "contract_rate"),
        ("contract_rate", "1.5", "contract_rate"),
        ("days_past_due", "10", "days_past_due"),
        ("age_months", "3", "age_months"),
        ("stage", "judged", "stage_date"),
        ("accrued_interest", "", "accrued_interest"),
    ],
)
def test_warnings_of_loans(read: Reader, header: str, row: str, column: str) -> None:
    table = read(f"{HEADER},{header}\n{GOOD},{row}\n", confirmed=["rates_in_percent"])
    assert column in warnings(table)


def test_quiet_tape_has_no_findings(read: Reader) -> None:
    table = read(
        "loan_id,product,principal,accrued_interest,fees,gbv,contract_rate,default_date,"
        "days_past_due,"
        "age_months,last_interruption_date,stage,stage_date\n"
        "1,sme,100,10,1.01,111.01,0.12,2026-01-01,180,5.9,2026-02-01,judged,2026-05-01\n",
        defaults={
            **dict.fromkeys(("borrower_id", "segment", "region", "group_id"), "x"),
            "five_class": "loss",
            **dict.fromkeys(("arbitration_clause", "documents_missing"), "no"),
            **dict.fromkeys(("joint_debtors", "responsiveness", "monthly_capacity"), 1),
            "penalty_rate": 0.1,
        },
    )
    assert table.findings == ()


def test_old_dates_and_giants_are_warned_of(read: Reader) -> None:
    table = read(f"{HEADER}\n1,sme,100,1960-01-01\n2,sme,100,2024-01-31\n3,sme,1e6,2024-01-31\n")
    assert {(f.column, f.row) for f in table.findings} >= {("default_date", 2), ("gbv", 4)}


def test_gbv_alone(read: Reader) -> None:
    table = read("loan_id,product,gbv,interest,age_months\n1,sme,100,30,5\n2,sme,50,,5\n")
    assert table.loans["principal"].tolist() == [70.0, 50.0]
    assert table.loans["gbv"].tolist() == [100.0, 50.0]
    bad = read(
        "loan_id,product,gbv,interest,age_months\n1,sme,100,130,5\n2,sme,,0,5\n3,sme,5,0,5\n",
        on_error="quarantine",
    )
    assert bad.loans["loan_id"].tolist() == ["3"]


def test_age_comes_from_what_there_is(read: Reader) -> None:
    table = read(
        "loan_id,product,principal,age_months,default_date,days_past_due\n"
        "1,sme,1,7,2026-01-01,\n2,sme,1,,2025-06-30,\n3,sme,1,,,365.25\n",
        cut_off_date="2026-05-31",
    )
    month = 365.25 / 12
    assert table.loans["age_months"].tolist() == pytest.approx(
        [7.0, 12.0, 12.0 + 30 / month], abs=0.01
    )


ITEMS = "collateral_id,loan_id,kind,appraisal_value,appraisal_date,prior_liens,lien_rank"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("a,G,land,-1,2026-01-01,0,1", "appraisal_value"),
        ("a,G,land,5,2026-01-01,-1,1", "prior_liens"),
        ("a,G,land,5,2026-01-01,0,1.5", "lien_rank"),
        ("a,G,land,5,2026-01-01,0,0", "lien_rank"),
        ("b,G,land,5,2026-01-01,0,1", "collateral_id"),
    ],
)
def test_a_faulty_item_sets_its_loan_aside(read: Reader, row: str, column: str) -> None:
    items = f"{ITEMS}\n{row}\nb,G,land,7,2026-01-01,0,1\nc,H,land,9,2026-01-01,0,1\n"
    guarantors = "loan_id,cap\nG,5\nH,\n"
    table = read(
        f"{HEADER}\n{GOOD}\nH,sme,1,2024-01-31\n", items, guarantors, on_error="quarantine"
    )
    assert {c for c, _ in errors(table)} == {column}
    assert table.loans["loan_id"].tolist() == ["H"]
    assert table.collateral["collateral_id"].tolist() == ["c"]
    assert table.guarantors["loan_id"].tolist() == ["H"]
    assert table.quarantine["file"].tolist() == [
        "loans.csv",
        "collateral.csv",
        "collateral.csv",
        "guarantors.csv",
    ]
    assert (
        table.quarantine["reasons"][0] == "set aside with its loan: collateral.csv row 2 is faulty"
    )


def test_orphans_go_alone(read: Reader) -> None:
    loans = f"{HEADER}\n{GOOD}\n"
    good = "".join(f"a{i},G,land,5,2026-01-01,0,1\n" for i in range(9))
    items = f"{ITEMS}\na,NOBODY,land,5,2026-01-01,0,1\n{good}"
    backers = "guarantor_id,loan_id,cap\nx,NOBODY,-5\n" + "".join(f"g{i},G,9\n" for i in range(9))
    table = read(loans, items, backers, on_error="quarantine")
    assert ("loan_id", 2) in errors(table)
    assert len(table.loans) == 1
    assert len(table.collateral) == len(table.guarantors) == 9
    assert len(table.quarantine) == 2


def test_warnings_of_items(read: Reader) -> None:
    items = (
        f"{ITEMS}\na,G,,,2026-01-01,0,1\nb,G,land,5,,0,1\nc,G,land,5,2020-01-01,0,1\n"
        "d,G,land,5,2026-07-30,0,1\ne,G,land,5,2026-01-01,,2\nd,H,land,5,2026-01-01,0,1\n"
    )
    table = read(f"{HEADER}\n{GOOD}\nH,sme,100,2024-01-31\n", items, collateral_scope="loan")
    finding = {
        (f.column, f.row) for f in table.findings if f.file == "collateral.csv" and f.row > 1
    }
    assert finding == {
        *(("appraisal_value", 2), ("kind", 2), ("appraisal_date", 3), ("appraisal_date", 4)),
        *(("appraisal_date", 5), ("prior_liens", 6)),
    }
    assert table.collateral["appraisal_value"][0] == 0.0
    assert table.collateral["kind"][0] == "other"
    assert (
        len(
            read(
                f"{HEADER}\n{GOOD}\n", items.replace("d,H", "f,G"), stale_appraisal_months=100
            ).findings
        )
        > 0
    )


def test_collateral_inherits_region_and_gets_ids(read: Reader) -> None:
    table = read(
        f"{HEADER},region\n{GOOD},East\n",
        "loan_id,kind,appraisal_value,secured_cap\nG,land,5,\nG,Land Use,6,7\n",
        "loan_id\nG\nG\n",
    )
    assert table.collateral["collateral_id"].tolist() == ["G/1", "G/2"]
    assert table.collateral["kind"].tolist() == ["land", "land_use"]
    assert table.collateral["region"].tolist() == ["east", "east"]
    assert table.collateral["secured_cap"].isna().tolist() == [True, False]
    assert table.guarantors["guarantor_id"].tolist() == ["G/g1", "G/g2"]
    assert table.loans["guaranteed"].tolist() == [True]


def test_too_many_items(read: Reader) -> None:
    items = "loan_id,kind,appraisal_value\n" + "G,land,1\n" * 63
    with pytest.raises(TapeError, match="at most 62 items"):
        read(f"{HEADER}\n{GOOD}\n", items)


def test_a_stated_claim_above_principal_without_interest_is_not_lost(read: Reader) -> None:
    """Without an interest column, the claim above principal and fees is reported interest."""
    table = read(
        "loan_id,product,gbv,principal,fees,age_months\n1,sme,130,100,10,5\n2,sme,90,100,"
        "0,5\n3,sme,,50,0,5\n"
    )
    assert table.loans["accrued_interest"].tolist() == [20.0, 0.0, 0.0]
    assert table.loans["gbv"].tolist() == [130.0, 100.0, 50.0]
    finding = [f for f in table.findings if "taken as gbv less principal and fees" in f.expected]
    assert len(finding) == 1 and finding[0].count == 1
