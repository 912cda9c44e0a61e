"""Headers in two languages, headers that clash, and words of the specification."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from npl_sim.core.errors import TapeError
from npl_sim.tape import TapeSpec
from npl_sim.tape.headers import match_headers
from npl_sim.tape.schema import SCHEMAS
from npl_sim.tape.templates import ALIASES, header_key
from tests.tape.conftest import HEADER, Reader

CHINESE = (
    "合同号,客户号,产品,本金余额（万元）,利息(万元),费用,逾期天数,五级分类,诉讼状态,最近催收日期\n"
    "00017,C1,信用卡,1.5,0.25,0,400,损失,未诉,2025年3月1日\n"
)


@pytest.mark.parametrize("encoding", ["utf-8", "gbk"])
def test_chinese_tape(read: Reader, encoding: str) -> None:
    loan = read(CHINESE.encode(encoding), amount_unit=10000).loans.iloc[0]
    assert loan["loan_id"] == "00017"
    assert loan["gbv"] == 17500.0
    assert (loan["product"], loan["five_class"], loan["stage"]) == (
        "credit_card",
        "loss",
        "collection",
    )
    assert loan["age_months"] == pytest.approx(400 / 365.25 * 12)


def test_a_unit_in_a_header_must_agree(read: Reader) -> None:
    with pytest.raises(TapeError, match="states a unit of 10,000, the study's amount_unit of 1"):
        read(CHINESE, amount_unit=1)


def test_eba_template(read: Reader) -> None:
    table = read(
        "counterparty_identifier,loan_identifier,product_type,principal_balance,"
        "accrued_interest_balance_on_book,other_balances,days_in_pastdue,current_interest_rate\n"
        "P1,L1,4,100.5,10,1,200,3.5\n",
        rates_in_percent=True,
        value_map={"product": {4: "mortgage"}},
    )
    loan = table.loans.iloc[0]
    assert (loan["borrower_id"], loan["product"], loan["gbv"]) == ("P1", "mortgage", 111.5)
    assert loan["contract_rate"] == pytest.approx(0.035)


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "loan_idd,product,principal,default_date",
            "no column for loan_id; the nearest header is 'loan_idd'",
        ),
        ("loan_id,product,default_date,x", "no column for principal or gbv"),
        (
            "loan_id,product,principal,x",
            "no column for default_date or days_past_due or age_months",
        ),
        (
            "合同号,借据号,product,principal,default_date",
            "'合同号' .column 1., '借据号' .column 2. may each be",
        ),
        ("loan_id,product,principal,Principal ,default_date", "may each be principal"),
        ("loan_id,product,principal,default_date,principal", "may each be principal"),
    ],
)
def test_headers_that_cannot_be_used(read: Reader, header: str, expected: str) -> None:
    with pytest.raises(TapeError, match=expected):
        read(header + "\n" + ",".join("1" * len(header.split(","))) + "\n")


def test_explicit_headers_come_first(read: Reader) -> None:
    text = "合同号,借据号,product,principal,default_date\nA,B,sme,1,2024-01-01\n"
    assert read(text, columns={"loan_id": "借据号"}).loans["loan_id"][0] == "B"
    with pytest.raises(TapeError, match="no header '借据', which the study gives for loan_id"):
        read(text, columns={"loan_id": "借据"})


def test_all_files_are_faulted_together(read: Reader) -> None:
    with pytest.raises(TapeError) as caught:
        read(
            "loan_id\n1\n",
            collateral="a,b\n1,2\n",
            guarantors="x\n1\n",
            defaults={"stage": "nowhere"},
            cut_off_date="2027-01-01",
        )
    text = str(caught.value)
    for part in (
        "no column for product",
        "collateral.csv",
        "guarantors.csv",
        "defaults.stage",
        "cut_off",
    ):
        assert part in text


def test_unused_columns_are_named_once(read: Reader) -> None:
    table = read(f"{HEADER},shoe_size,,\n1,sme,10,2024-01-31,44,x,\n")
    finding = [f for f in table.findings if "not used" in f.expected]
    assert len(finding) == 1
    assert finding[0].value == "shoe_size, column 6 without a header"


def test_defaults_fill_missing_columns_only(read: Reader) -> None:
    text = "loan_id,principal,default_date\n1,10,2024-01-31\n"
    table = read(text, defaults={"product": "Housing Loan", "arbitration_clause": True, "fees": 2})
    loan = table.loans.iloc[0]
    assert (loan["product"], loan["gbv"], bool(loan["arbitration_clause"])) == (
        "housing_loan",
        12.0,
        True,
    )


@pytest.mark.parametrize(
    "terms",
    [
        {"columns": {"princpal": "x"}},
        {"defaults": {"loan_id": "x"}},
        {"value_map": {"nothing": {}}},
        {"encoding": "klingon"},
        {"amount_unit": 0},
        {"surprise": 1},
    ],
)
def test_terms_that_are_refused(terms: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TapeSpec(loans=Path("x.csv"), **terms)  # type: ignore[arg-type]


def test_resolve_leaves_absolute_paths(tmp_path: Path) -> None:
    spec = TapeSpec(loans=Path("a.csv"), collateral=tmp_path / "b.csv").resolve(Path("/study"))
    assert spec.loans == Path("/study/a.csv")
    assert spec.collateral == tmp_path / "b.csv"
    assert spec.guarantors is None


@pytest.mark.parametrize("role", list(SCHEMAS))
def test_no_alias_has_two_meanings(role: str) -> None:
    names: dict[str, str] = {c.name: c.name for c in SCHEMAS[role]}  # type: ignore[index]
    for column, aliases in ALIASES[role].items():  # type: ignore[index]
        assert column in names
        for alias in aliases:
            assert names.setdefault(header_key(alias), column) == column


def test_aliases_are_compared_loosely() -> None:
    match = match_headers("guarantors", ("CONTRACT  No", "Maximum-Amount [EUR]"), {})
    assert match.at == {"loan_id": 0, "cap": 1}
