"""Proposals on workbooks of the tests' own: sheets, columns, units and codes that are found."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from npl_sim.core.errors import TableError, TapeError
from npl_sim.tape.proposal.propose import propose
from npl_sim.tape.proposal.section import tape_section
from npl_sim.tape.synthetic import write_tape
from tests.builders.bank_files import write_bank_files
from tests.builders.bank_forms import Form
from tests.builders.small_banks import (
    HEAD,
    ITEM_HEAD,
    ITEMS,
    ROWS,
    VALUATION,
    book,
    column,
    loans,
    read,
)

CASES = Path(__file__).parents[3] / "shared" / "cases" / "bank_workbooks"


def test_a_canonical_tape_needs_no_mapping(tmp_path):
    write_tape(tmp_path, loans=50, seed=3, valuation_date=VALUATION)
    paths = [tmp_path / f"package{name}.csv" for name in ("", "_collateral", "_guarantors")]
    proposal = propose([path for path in paths if path.exists()])
    section = tape_section(proposal, tmp_path)
    files = {k: v for k, v in section.items() if not k.endswith("header_row")}
    assert files == {
        "loans": "package.csv",
        "collateral": "package_collateral.csv",
        "guarantors": "package_guarantors.csv",
    }
    found = [f for f in proposal.fields if f.headers]
    assert {f.confidence for f in found} == {"high"}
    assert all(f.headers == (f.field,) for f in found)
    assert proposal.columns == ()
    assert {q.id for q in proposal.questions} <= {"currency", "cut_off_date"}


def test_sheets_have_roles_and_a_summary_is_none(tmp_path):
    summary = [["业务品种", "户数", "本金余额"], ["个人消费贷款", 2, 93_000.5]]
    repaid = [["借据编号", "还款日期", "本金"]] + [
        ["A1", f"2024-0{i}-01", 10.0] for i in range(1, 9)
    ]
    path = book(
        tmp_path / "a.xlsx", 汇总=summary, 贷款=loans(*ROWS), 押品=[ITEM_HEAD, *ITEMS], 还款=repaid
    )
    proposal = propose([path])
    roles = {sheet.sheet: (sheet.role, sheet.used) for sheet in proposal.sheets}
    assert roles == {
        "汇总": ("other", False),
        "贷款": ("loans", True),
        "押品": ("collateral", True),
        "还款": ("other", False),
    }
    table = read(proposal, tmp_path)
    assert table.loans["principal"].tolist() == [52_000.5, 41_000.0, 930_000.0]
    assert table.collateral["appraisal_value"].tolist() == [1_200_000.0]


def test_columns_without_a_known_header_are_found_by_their_codes(tmp_path):
    head = [{"诉讼状态": "进度X", "业务品种": "类别Y"}.get(name, name) for name in HEAD]
    item_head = [{"押品类型": "Z"}.get(name, name) for name in ITEM_HEAD]
    path = book(tmp_path / "a.xlsx", 贷款=loans(*ROWS, head=head), 押品=[item_head, *ITEMS])
    proposal = propose([path])
    stage, kind = proposal.field("loans", "stage"), proposal.field("collateral", "kind")
    assert (stage.headers, stage.confidence) == (("进度X",), "medium")
    assert "100% of the cells are codes of stage" in stage.reason
    assert kind.headers == ("Z",)
    table = read(proposal, tmp_path)
    assert table.loans["product"].tolist() == ["consumer", "consumer", "mortgage"]
    assert table.collateral["kind"].tolist() == ["residential"]


def test_examples_shares_and_unread_columns_are_listed(tmp_path):
    rows, head = column(ROWS, "案号", ["(2024)执1号", "", "(2024)执3号"])
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*rows, head=head))])
    stage = proposal.field("loans", "stage")
    assert (stage.headers, stage.filled, stage.examples) == (
        ("诉讼状态",),
        1.0,
        ("未诉", "执行中", "终本"),
    )
    unread = {c.header: c for c in proposal.columns}
    assert unread["案号"].meaning == "Case number"
    assert unread["案号"].filled == pytest.approx(2 / 3)
    assert unread["客户名称"].meaning == "Name of the borrower"
    missing = proposal.field("loans", "maturity_date")
    assert missing.headers == () and missing.default == "the day of default"


def test_parts_of_interest_add_up_and_a_total_among_them_is_left_out(tmp_path):
    head = [
        "借据编号",
        "业务品种",
        "本金余额",
        "表内利息",
        "表外利息",
        "欠息",
        "逾期日期",
        "诉讼状态",
    ]
    rows = [
        [f"A{i}", "个人消费贷款", 5e4, 10.0 + i, 20.5, 30.5 + i, "2024-03-01", "未诉"]
        for i in range(9)
    ]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*rows, head=head))])
    interest = proposal.field("loans", "accrued_interest")
    assert interest.headers == ("表内利息", "表外利息")
    assert {c.header: c.explains for c in proposal.columns} == {"欠息": "a sum of other columns"}
    assert read(proposal, tmp_path).loans["accrued_interest"].tolist() == [
        30.5 + i for i in range(9)
    ]


def test_an_unnamed_amount_that_explains_the_total_is_read(tmp_path):
    head = [
        "借据编号",
        "业务品种",
        "本金余额",
        "表内利息",
        "甲类款项",
        "债权合计",
        "逾期日期",
        "诉讼状态",
    ]
    rows = [
        [f"A{i}", "个人消费贷款", 5e4, 10.25, 100.0 + i, 50_110.25 + i, "2024-03-01", "未诉"]
        for i in range(9)
    ]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*rows, head=head))])
    fees = proposal.field("loans", "fees")
    assert fees.headers == ("甲类款项",)
    assert "100%" in fees.reason
    table = read(proposal, tmp_path)
    assert table.loans["gbv"].tolist() == [50_110.25 + i for i in range(9)]


def test_places_are_mapped_to_the_regions_of_the_market(tmp_path):
    rows, head = column(ROWS, "省份", ["浙江省", "四川", "某地"])
    path = book(tmp_path / "a.xlsx", 贷款=loans(*rows, head=head), 押品=[ITEM_HEAD, *ITEMS])
    proposal = propose([path], market_regions=("east", "central"))
    codes = {c.code: c for c in proposal.codes if c.field == "region"}
    assert codes["浙江省"].value == "east" and codes["浙江省"].note == ""
    assert codes["四川"].value == "west" and "no index for west" in codes["四川"].note
    assert codes["某地"].value is None and "(*)" in codes["某地"].note
    table = read(proposal, tmp_path)
    assert table.loans["region"].tolist() == ["east", "west", "某地"]
    assert table.collateral["region"].tolist() == ["east"]  # the address tells it


def test_a_currency_that_nothing_states_is_open(tmp_path):
    head = ["Loan ID", "Product", "Principal", "Default date", "Status"]
    rows = [
        ["A1", "sme", 90_000.0, "2024-05-20", "litigation"],
        ["A2", "sme", 8e4, "2024-05-21", "filed"],
    ]
    proposal = propose([book(tmp_path / "a.xlsx", Loans=[head, *rows])])
    assert proposal.currency == "" and proposal.jurisdiction == ""
    assert {"currency", "jurisdiction"} <= {q.id for q in proposal.questions}
    named = propose([tmp_path / "a.xlsx"], currency="EUR", jurisdiction="italy")
    assert named.currency == "EUR" and named.question("currency") is None


def test_answers_must_exist(tmp_path):
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*ROWS))])
    with pytest.raises(TapeError, match=r"no such question; expected one of"):
        tape_section(proposal, tmp_path, {"unit": "1"})
    with pytest.raises(TapeError, match=r"got 'never'; expected one of"):
        tape_section(proposal, tmp_path, {proposal.questions[0].id: "never"})


def test_files_without_loans_are_refused(tmp_path):
    path = book(tmp_path / "a.xlsx", 押品=[ITEM_HEAD, *ITEMS])
    with pytest.raises(
        TapeError, match=r"a\.xlsx\[押品\]: it has ids of loans and values of items"
    ):
        propose([path])
    with pytest.raises(TableError, match="no such file|not found|does not exist"):
        propose([tmp_path / "none.xlsx"])


def test_merged_cells_and_a_unit_row_are_read(tmp_path):
    rng = np.random.default_rng(5)
    bank = write_bank_files(tmp_path, rng, Form(unit_at="row", merged=True, middle=True))
    proposal = propose(bank.paths)
    (sheet,) = proposal.of("loans")
    assert sheet.merged_cells > 0 and sheet.unit == 1e4
    table = read(proposal, tmp_path)
    assert table.loans["borrower_id"].tolist() == bank.loans["borrower_id"].tolist()
    assert table.loans["principal"].sum() == pytest.approx(bank.loans["principal"].sum())


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not beside the project")
def test_the_chinese_workbook_of_the_cases_is_read_right():
    proposal = propose([CASES / "资产包2026-3.xlsx"])
    assert (proposal.currency, proposal.jurisdiction) == ("CNY", "china")
    assert proposal.cut_off_date == VALUATION
    assert proposal.field("loans", "accrued_interest").headers == ("表内利息", "表外利息")
    assert {q.id for q in proposal.questions} == {"filing_date", "stage.dormant"}
    table = read(proposal, CASES, on_error="quarantine")
    raw = pd.read_excel(
        CASES / "资产包2026-3.xlsx",
        sheet_name="贷款清单",
        header=1,
        dtype=object,
        engine="openpyxl",
    )
    raw = raw[raw["借据编号"].isin(table.loans["loan_id"])].reset_index(drop=True)
    texts = raw[["本金余额", "表内利息", "表外利息", "垫付费用"]].fillna(0).astype(str)
    parts = texts.apply(lambda c: c.str.replace(",", "").astype(float)).sum(axis=1)
    assert len(table.loans) == len(raw) > 280
    assert np.allclose(table.loans["gbv"], 1e4 * parts, atol=0.01)


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not beside the project")
def test_the_italian_extract_of_the_cases_is_read_right():
    proposal = propose([CASES / "crediti.csv", CASES / "immobili.csv"])
    assert proposal.jurisdiction == "italy"
    assert proposal.question("currency").default == "EUR"
    section = tape_section(proposal, CASES)
    assert section["decimal"] == ","
    table = read(proposal, CASES)
    raw = pd.read_csv(
        CASES / "crediti.csv",
        sep=";",
        encoding="cp1252",
        decimal=",",
        thousands=".",
        dtype={"NDG": str},
    )
    raw = raw[raw["NDG"].notna()]
    assert len(table.loans) == len(raw) == 300
    assert table.loans["gbv"].sum() == pytest.approx(raw["GBV"].sum())
    assert set(table.loans["region"]) <= {"nord_ovest", "nord_est", "centro", "sud", "isole"}


def test_records_of_a_proposal_are_frozen(tmp_path):
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*ROWS))])
    with pytest.raises(dataclasses.FrozenInstanceError):
        proposal.currency = "EUR"
