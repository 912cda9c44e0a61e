"""Columns of a tape: several headers for one amount, headers switched off, codes, damaged ids,
errors of cells."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from npl_sim.core.errors import TapeError
from npl_sim.tape import TapeSpec
from npl_sim.tape.headers import known_headers, match_headers
from tests.tape.conftest import HEADER, Reader, errors

INTEREST = (
    "loan_id,product,principal,表内利息,表外利息,default_date,stage\n1,sme,100,1,20,2024-01-31,"
    "collection\n2,sme,100,,,2024-01-31,collection\n3,sme,100,,7,2024-01-31,collection\n"
)


def test_several_headers_add_up(read: Reader) -> None:
    table = read(INTEREST, columns={"accrued_interest": ["表内利息", "表外利息"]})
    assert list(table.loans["accrued_interest"]) == [21.0, 0.0, 7.0]
    assert list(table.loans["gbv"]) == [121.0, 100.0, 107.0]
    assert not [f for f in table.findings if "not used" in f.expected]


def test_a_part_that_cannot_be_read_leaves_the_amount_unknown(read: Reader) -> None:
    table = read(
        INTEREST.replace("1,20", "1,#REF!"),
        columns={"accrued_interest": ["表内利息", "表外利息"]},
        on_error="quarantine",
    )
    assert errors(table) == [("accrued_interest (表外利息)", 2)]
    assert list(table.loans["loan_id"]) == ["2", "3"]


def test_totals_of_columns_that_add_up_are_compared(read: Reader) -> None:
    terms = {"columns": {"accrued_interest": ["表内利息", "表外利息"]}}
    assert not [
        f
        for f in read(INTEREST + "合计,,300,1,27,,\n", **terms).findings
        if "sum of the rows" in f.expected
    ]
    assert [
        f.value
        for f in read(INTEREST + "合计,,300,1,28,,\n", **terms).findings
        if "sum of the rows" in f.expected
    ] == ["29.00"]


@pytest.mark.parametrize(
    "columns",
    [
        {"product": ["a", "b"]},
        {"accrued_interest": []},
        {"loan_id": ["a"]},
        {"default_date": ["a", "b"]},
    ],
)
def test_only_amounts_add_up(columns: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="expected one header, or several for an amount"):
        TapeSpec(loans="x.csv", columns=columns)  # type: ignore[arg-type]


def test_one_header_has_one_meaning(read: Reader) -> None:
    with pytest.raises(
        TapeError,
        match="header '表内利息' is given for accrued_interest and for fees; expected one",
    ):
        read(INTEREST, columns={"accrued_interest": ["表内利息", "表外利息"], "fees": "表内利息"})
    with pytest.raises(TapeError, match="header '表内利息' is given twice for accrued_interest"):
        read(INTEREST, columns={"accrued_interest": ["表内利息", "表内利息"]})


def test_null_switches_a_column_off(read: Reader) -> None:
    text = f"{HEADER},stage,fees\n1,sme,100,2024-01-31,collection,5\n"
    assert read(text).loans["gbv"][0] == 105.0
    off = read(text, columns={"fees": None})
    assert off.loans["gbv"][0] == 100.0
    assert [f.value for f in off.findings if "not used" in f.expected] == ["fees"]
    with pytest.raises(TapeError, match="no column for product"):
        read(text, columns={"product": None})


def test_the_day_of_filing_is_no_date_of_judgment() -> None:
    match = match_headers("loans", ("借据号", "产品", "本金", "违约日期", "立案日期"), {})
    assert match.at["filing_date"] == 4
    assert "stage_date" not in match.at


def test_percent_signs_in_headers(read: Reader) -> None:
    text = (
        "loan_id,product,principal,default_date,stage,执行利率(%),罚息利率\n1,sme,100,2024-01-31,"
        "collection,6.5,0.12\n"
    )
    loan = read(text).loans.iloc[0]
    assert (loan["contract_rate"], loan["penalty_rate"]) == (pytest.approx(0.065), 0.12)
    with pytest.raises(
        TapeError, match="contract_rate: its header shows a percent sign, the study says"
    ):
        read(text, rates_in_percent=False)


@pytest.mark.parametrize(
    "column",
    [
        "loan_id",
        "borrower_id",
        "product",
        "segment",
        "region",
        "stage",
        "five_class",
        "arbitration_clause",
        "default_date",
        "days_past_due",
        "contract_rate",
        "fees",
    ],
)
@pytest.mark.parametrize("word", ["#REF!", "#n/a", "#DIV/0!"])
def test_an_error_cell_is_an_error_in_every_column(read: Reader, column: str, word: str) -> None:
    cells = {
        "loan_id": "A1",
        "product": "sme",
        "principal": "100",
        "default_date": "2024-01-31",
        "stage": "collection",
    }
    sound = ",".join([*cells, *([] if column in cells else [column])])
    bad = {**cells, column: word}
    good = {**cells, "loan_id": "A2", **({} if column in cells else {column: ""})}
    table = read(
        f"{sound}\n{','.join(bad.values())}\n{','.join(good.values())}\n", on_error="quarantine"
    )
    assert (column, 2) in errors(table)
    finding = [f for f in table.findings if f.severity == "error" and f.column == column]
    assert finding[0].value == word and "shows an error here" in finding[0].expected
    assert list(table.loans["loan_id"]) == ["A2"]


@pytest.mark.parametrize(
    ("cell", "rank"),
    [
        ("第一顺位", 1),
        ("第二顺位", 2),
        ("首位", 1),
        ("2nd", 2),
        ("II grado", 2),
        ("3", 3),
        ("1.0", 1),
    ],
)
def test_ranks_in_text(read: Reader, cell: str, rank: int) -> None:
    items = f"loan_id,kind,appraisal_value,prior_liens,抵押顺位\n1,residential,5,1,{cell}\n"
    table = read(f"{HEADER},stage\n1,sme,100,2024-01-31,collection\n", items)
    assert table.collateral["lien_rank"][0] == rank


def test_unknown_ranks_and_classes_are_refused(read: Reader) -> None:
    items = "loan_id,kind,appraisal_value,抵押顺位\n1,residential,5,轮候\n"
    with pytest.raises(TapeError, match="lien_rank .抵押顺位.: '轮候'; expected a number"):
        read(f"{HEADER}\n1,sme,100,2024-01-31\n", items)
    with pytest.raises(
        TapeError, match="five_class: '呆账'; expected one of normal, special_mention"
    ):
        read(f"{HEADER},five_class\n1,sme,100,2024-01-31,呆账\n")
    mapped = read(
        f"{HEADER},five_class,stage\n1,sme,100,2024-01-31,呆账,未诉\n",
        value_map={"five_class": {"呆账": "loss"}},
    )
    assert mapped.loans["five_class"][0] == "loss"


@pytest.mark.parametrize("text", ["6.22848E+15", "6228480012345678.0", "1e+16"])
def test_ids_that_lost_their_digits(read: Reader, text: str) -> None:
    with pytest.raises(TapeError, match="an id with all its digits"):
        read(f"{HEADER}\n{text},sme,100,2024-01-31\n")


def test_ids_that_became_numbers_are_reported(read: Reader) -> None:
    table = read(
        f"{HEADER},stage\n1001.0,sme,100,2024-01-31,collection\n6228480012345678,sme,1,"
        f"2024-01-31,collection\n"
    )
    assert [f.row for f in table.findings if "without .0" in f.expected] == [2]


def test_headers_that_are_known_are_counted() -> None:
    count = known_headers("loans", {"fees": ("杂费", "罚金")})
    assert count(("借据号", "本金余额（万元）", "杂费", "罚金", "评估价值", "x", "")) == 5
    assert count(("某银行不良贷款清单",)) == 0
