"""Placeholder ids, large borrowers and empty cells are reported by value."""

from __future__ import annotations

from pathlib import Path

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape import TapeSpec, read_tape
from npl_sim.tape.keys import is_placeholder
from tests.tape.conftest import HEADER, VALUATION, Reader

CASES = Path(__file__).parents[3] / "shared/cases"


FULL = "loan_id,product,principal,accrued_interest,default_date,stage"


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "00",
        "000000",
        "0.0",
        "99",
        "999999",
        "9999999999",
        "123456",
        "1234567890",
        "111111",
        "XXX",
        "xxxx",
        "test",
    ]
    + [
        "TEST1",
        "dummy",
        "待定",
        "未知",
        "不详",
        "Unknown",
        "N/A",
        "n.d.",
        "ND1",
        "?",
        "???",
        "－",
        "０",
        "９９９９",
        "T B D",
    ],
)
def test_ids_that_name_nobody(text: str) -> None:
    assert is_placeholder(text, {text, "K17"})


@pytest.mark.parametrize(
    "text", ["1", "9", "17", "B0", "A999", "Rossi", "张三", "100", "1235", "12", "x", "F001"]
)
def test_ids_that_name_somebody(text: str) -> None:
    assert not is_placeholder(text, {text, "K17"})


def test_nines_are_a_number_where_the_tape_counts() -> None:
    assert not is_placeholder("999", {str(i) for i in range(900, 1000)})
    assert not is_placeholder("00099", {f"{i:05d}" for i in range(200)})


def borrowers(*ids: str) -> str:
    head = "loan_id,borrower_id,product,principal,default_date\n"
    return head + "".join(f"L{i},{b},sme,10,2026-01-31\n" for i, b in enumerate(ids))


def test_placeholder_borrowers_are_reported_by_value(read: Reader) -> None:
    text = borrowers("0", "0", "0", "待补", "待补", "B1", "B1", "999999", "K", "K")
    table = read(text)
    finding = [f for f in table.findings if f.name == "borrower_id"]
    assert [(f.value, f.count, f.gbv) for f in finding] == [("0", 3, 30.0), ("待补", 2, 20.0)]
    # One loan under 999999 is a borrower of its own either way.
    assert table.loans["borrower_id"].tolist() == [
        "L0",
        "L1",
        "L2",
        "L3",
        "L4",
        "B1",
        "B1",
        "999999",
        "K",
        "K",
    ]
    kept = read(text, confirmed=["borrower_id"])
    assert kept.loans["borrower_id"].tolist()[:5] == ["0", "0", "0", "待补", "待补"]
    assert "confirmed" in next(f.expected for f in kept.findings if f.name == "borrower_id")


def test_placeholder_groups_are_no_group(read: Reader) -> None:
    head = "loan_id,group_id,product,principal,default_date\n"
    text = (
        head + "A,0,sme,1,2026-01-31\nB,0,sme,1,2026-01-31\nC,G,sme,1,2026-01-31\nD,G,sme,1,"
        "2026-01-31\n"
    )
    assert read(text).loans["group_id"].tolist() == ["", "", "G", "G"]


def test_a_borrower_of_a_quarter_of_the_loans_is_reported(read: Reader) -> None:
    few = borrowers(*["R"] * 3, *(f"b-{i}-{i}" for i in range(9)))
    assert not [f for f in read(few).findings if f.name == "borrower_share"]
    finding = [
        f
        for f in read(borrowers(*["R"] * 4, *(f"b-{i}-{i}" for i in range(8)))).findings
        if f.name == "borrower_share"
    ]
    assert [(f.value, f.count, f.gbv) for f in finding] == [("R", 4, 40.0)]
    assert "4 of 12" in finding[0].expected
    assert not [
        f for f in read(borrowers("R", "R", "R", "S")).findings if f.name == "borrower_share"
    ]


def test_dormant_loans_with_collateral_are_reported_by_value(read: Reader) -> None:
    text = (
        f"{FULL}\n1,sme,100,5,2026-01-31,dormant\n2,sme,70,0,2026-01-31,dormant\n3,sme,9,0,"
        f"2026-01-31,judged\n"
    )
    items = "loan_id,kind,appraisal_value\n1,land,80\n1,land,20\n3,land,4\n"
    (finding,) = [r for r in read(text, items).other_readings if r.name == "dormant"]
    assert (finding.count, finding.gbv) == (1, 105.0)
    assert "appraised at 100.00" in finding.read


def test_confirmed_names_that_no_finding_bears_are_reported(read: Reader) -> None:
    text = f"{HEADER}\nA,sme,100,2026-01-31\n"
    table = read(text, confirmed=["absent.fee", "absent.region"])
    finding = [f for f in table.findings if "that some finding bears" in f.expected]
    assert [f.value for f in finding] == ["absent.fee"]
    assert "did you mean 'absent.fees'" in finding[0].expected


def test_shared_cases() -> None:
    folder = CASES / "robustness/01_column_lost"
    if not folder.is_dir():
        pytest.skip("the shared cases are not beside this checkout")
    with pytest.raises(TapeError, match="no column for stage"):
        read_tape(TapeSpec(loans=folder / "tape.csv"), VALUATION)
    table = read_tape(
        TapeSpec(loans=folder / "tape.csv", defaults={"stage": "collection"}), VALUATION
    )
    assert "absent.accrued_interest" in {f.name for f in table.findings}
    loans = CASES / "environment/L4_borrower_0/loans.csv"
    table = read_tape(TapeSpec(loans=loans), VALUATION)
    assert table.loans["borrower_id"].nunique() == 10
    assert [f.count for f in table.findings if f.name == "borrower_id"] == [10]


def test_empty_cells_of_collateral_are_counted(read: Reader) -> None:
    items = (
        "loan_id,kind,region,appraisal_value,lien_rank,prior_liens\n"
        "A,land,,5,,\nA,land,east,5,1,0\nA,land,east,5,2,\n"
    )
    table = read(f"{HEADER}\nA,sme,100,2026-01-31\n", items)
    finding = {f.name: (f.count, f.gbv) for f in table.findings if f.name.startswith("blank.")}
    # Row 4 has a rank above 1: its empty lien is reported.
    assert finding == dict.fromkeys(
        ("blank.region", "blank.lien_rank", "blank.prior_liens"), (1, 100.0)
    )
    assert [f.row for f in table.findings if "ranks first" in f.expected] == [4]


@pytest.mark.parametrize(
    "product", ["unsecured", "Personal Unsecured Loan", "non-secured", "无抵押贷款", "sme"]
)
def test_products_that_need_no_collateral(read: Reader, product: str) -> None:
    assert not [
        f for f in read(f"{HEADER}\nA,{product},1,2026-01-31\n").findings if f.name == "unsecured"
    ]


@pytest.mark.parametrize(
    ("columns", "row", "assumed"),
    [
        ("principal,gbv", "100,120", "what gbv leaves after principal and fees is taken"),
        ("principal", "100", "0 is assumed"),
    ],
)
def test_absent_interest_says_where_it_is_taken_from(
    read: Reader, columns: str, row: str, assumed: str
) -> None:
    table = read(
        f"loan_id,product,{columns},default_date,stage\n1,sme,{row},2024-01-31,collection\n"
    )
    finding = {f.name: f.expected for f in table.findings}
    assert assumed in finding["absent.accrued_interest"]
    assert not any(
        "what gbv leaves" in t for name, t in finding.items() if name != "absent.accrued_interest"
    )
