"""Absent columns, empty cells and placeholder borrowers are reported with their defaults."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape import LoanTable, TapeSpec, read_tape
from npl_sim.tape.keys import is_placeholder
from tests.tape.conftest import HEADER, VALUATION, Reader

CASES = Path(__file__).parents[3] / "shared/cases"
FULL = "loan_id,product,principal,accrued_interest,default_date,stage"
ROW = "1,sme,100,5,2026-01-31,judged"


def plain(tmp_path: Path, text: str, **terms: object) -> LoanTable:
    """Read a tape of which nothing is stated."""
    path = tmp_path / "loans.csv"
    path.write_text(text, encoding="utf-8")
    return read_tape(TapeSpec(loans=path, **terms), VALUATION)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("header", "row", "finding"),
    [
        ("loan_id,product,principal,default_date", "1,sme,100,2026-01-31", "no column for stage"),
        (
            "loan_id,product,gbv,default_date,stage",
            "1,sme,100,2026-01-31,judged",
            "no column for principal",
        ),
        (
            "loan_id,product,principal,stage",
            "1,sme,100,judged",
            "no column for default_date or days_past_due",
        ),
    ],
)
@pytest.mark.parametrize("mode", ["stop", "quarantine"])
def test_columns_without_which_a_tape_is_refused(
    tmp_path: Path, header: str, row: str, finding: str, mode: str
) -> None:
    with pytest.raises(TapeError, match=finding):
        plain(tmp_path, f"{header}\n{row}\n", on_error=mode)


def test_all_that_is_missing_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(TapeError) as caught:
        plain(tmp_path, "loan_id,gbv,状态描述\n1,5,x\n")
    for finding in ("product", "default_date", "'状态描述'"):
        assert finding in str(caught.value)


def test_a_missing_stage_is_reported_with_the_errors_of_cells(tmp_path: Path) -> None:
    text = (
        "loan_id,product,gbv,default_date,状态描述\n1,sme,#REF!,2024-13-01,x\n2,sme,5,2024-01-01,"
        "x\n"
    )
    with pytest.raises(TapeError) as caught:
        plain(tmp_path, text, on_error="quarantine")
    for finding in (
        "no column for stage",
        "no column for principal",
        "'状态描述'",
        "'#REF!'",
        "'2024-13-01'",
    ):
        assert finding in str(caught.value)


def test_the_study_may_state_them(tmp_path: Path) -> None:
    table = plain(
        tmp_path,
        "loan_id,product,gbv,age_months\n1,sme,100,5\n",
        defaults={"stage": "litigation", "accrued_interest": 30},
    )
    assert table.loans["principal"].tolist() == [70.0]
    assert table.loans["stage"].tolist() == ["litigation"]
    assert not {"absent.stage", "absent.accrued_interest"} & {f.name for f in table.findings}


@pytest.mark.parametrize(
    ("column", "assumed"),
    [
        ("accrued_interest", "0 is assumed"),
        ("fees", "0 is assumed"),
        ("contract_rate", "no interest accrues"),
        ("penalty_rate", "contract_rate is taken"),
        ("region", "all is taken"),
        ("segment", "the product is taken"),
        ("borrower_id", "a borrower of its own"),
        ("last_interruption_date", "limitation is taken to run from default"),
        ("joint_debtors", "1 is assumed"),
        ("responsiveness", "1 is assumed"),
        ("arbitration_clause", "no is assumed"),
        ("documents_missing", "no is assumed"),
        ("group_id", "no loan is taken to belong to a group"),
        ("monthly_capacity", "no capacity is known"),
        ("five_class", "no class is known"),
    ],
)
def test_an_absent_column_is_reported_with_its_gbv(
    read: Reader, column: str, assumed: str
) -> None:
    text = f"{HEADER}\nA,sme,100,2026-01-31\nB,sme,50,2026-01-31\n"
    finding = [f for f in read(text).findings if f.name == f"absent.{column}"]
    assert len(finding) == 1
    assert (finding[0].severity, finding[0].column) == ("warning", column)
    assert finding[0].gbv == 150.0 or (
        math.isnan(finding[0].gbv) and "GBV 150.00" in finding[0].expected
    )
    assert assumed in finding[0].expected
    value = {"region": "east", "last_interruption_date": "2026-02-01", "five_class": "loss"}.get(
        column, "1"
    )
    given = f"{HEADER},{column}\nA,sme,100,2026-01-31,{value}\n"
    assert not [
        f
        for f in read(given, confirmed=["rates_in_percent"]).findings
        if f.name == f"absent.{column}"
    ]


def test_absent_columns_of_collateral_touch_the_loans_that_have_some(read: Reader) -> None:
    text = f"{HEADER}\nA,sme,100,2026-01-31\nB,sme,50,2026-01-31\n"
    table = read(text, "loan_id,kind,appraisal_value\nB,land,5\n", "loan_id\nA\n")
    finding = {(f.file, f.name): f for f in table.findings if f.name.startswith("absent.")}
    assert finding["collateral.csv", "absent.prior_liens"].gbv == 50.0
    assert (
        "nothing is taken to rank before us"
        in finding["collateral.csv", "absent.prior_liens"].expected
    )
    assert finding["collateral.csv", "absent.secured_cap"].gbv == 50.0
    assert finding["guarantors.csv", "absent.cap"].gbv == 100.0


def test_secured_products_without_collateral_are_reported(read: Reader) -> None:
    text = (
        f"{HEADER}\nA,Housing "
        f"mortgage,100,2026-01-31\nB,unsecured,50,2026-01-31\nC,住房按揭,7,2026-01-31\n"
    )
    finding = [f for f in read(text).findings if f.name == "unsecured"]
    assert [(f.count, f.gbv, f.values) for f in finding] == [
        (2, 107.0, ("Housing mortgage", "住房按揭"))
    ]
    table = read(text, "loan_id,kind,appraisal_value\nA,land,5\n")
    assert [(f.count, f.gbv) for f in table.findings if f.name == "unsecured"] == [(1, 7.0)]


@pytest.mark.parametrize(
    ("column", "filled", "assumed"),
    [
        ("borrower_id", "B1", "a borrower of its own"),
        ("region", "east", "all is taken"),
        ("segment", "retail", "the product is taken"),
        ("stage", "judged", "collection is taken"),
        ("penalty_rate", "0.1", "contract_rate is taken"),
        ("joint_debtors", "2", "1 is taken"),
    ],
)
def test_empty_cells_of_keys_are_counted(
    read: Reader, column: str, filled: str, assumed: str
) -> None:
    rows = [filled, "", " ", filled]
    text = f"{HEADER},{column}\n" + "".join(
        f"{i},sme,{10 * (i + 1)},2026-01-31,{cell}\n" for i, cell in enumerate(rows)
    )
    finding = [f for f in read(text).findings if f.name == f"blank.{column}"]
    assert [(f.count, f.gbv, f.value, f.severity) for f in finding] == [(2, 50.0, "", "warning")]
    assert assumed in finding[0].expected


@pytest.mark.parametrize("mode", ["stop", "quarantine"])
@pytest.mark.parametrize("stages", [("", "", ""), ("judged", "", " ")])
def test_empty_stages_of_much_of_the_tape_stop(
    tmp_path: Path, stages: tuple[str, ...], mode: Any
) -> None:
    path = tmp_path / "loans.csv"
    path.write_text(
        f"{HEADER},stage\n" + "".join(f"{i},sme,10,2026-01-31,{s}\n" for i, s in enumerate(stages))
    )
    spec = TapeSpec(loans=path, on_error=mode)
    with pytest.raises(
        TapeError, match=r"a stage for at least 80% of the balances(.|\n)*\[blank.stage\]"
    ):
        read_tape(spec, VALUATION)
    for terms in ({"confirmed": ["blank.stage"]}, {"defaults": {"stage": "collection"}}):
        assert len(read_tape(spec.model_copy(update=terms), VALUATION).loans) == 3


def test_few_empty_stages_are_a_warning(read: Reader) -> None:
    text = f"{HEADER},stage\n0,sme,10,2026-01-31,\n1,sme,90,2026-01-31,judged\n"
    finding = [f for f in read(text).findings if f.name == "blank.stage"]
    assert [(f.severity, f.gbv) for f in finding] == [("warning", 10.0)]


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
