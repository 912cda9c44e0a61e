"""Proposals on workbooks of the tests' own: what is found, what is asked, and what an answer does."""

from __future__ import annotations

import dataclasses
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xlsxwriter

from npl_sim.core.errors import TableError, TapeError
from npl_sim.tape.proposal.propose import propose
from npl_sim.tape.proposal.section import tape_section
from npl_sim.tape.spec import TapeSpec
from npl_sim.tape.synthetic import write_tape
from npl_sim.tape.table import read_tape
from tests.builders.bank_files import Form, write_bank_files

CASES = Path(__file__).parents[3] / "shared" / "cases" / "bank_workbooks"
VALUATION = date(2026, 6, 30)
HEAD = ["借据编号", "客户名称", "业务品种", "本金余额", "利息", "逾期日期", "诉讼状态"]
ROWS = [
    ["A1", "甲", "个人消费贷款", 52_000.5, 310.25, "2024-03-01", "未诉"],
    ["A2", "乙", "个人消费贷款", 41_000.0, 120.0, "2023-05-17", "执行中"],
    ["A3", "丙", "个人住房按揭贷款", 930_000.0, 8_000.75, "2022-11-30", "终本"],
]
ITEM_HEAD = ["借据编号", "押品类型", "坐落", "评估价值", "抵押顺位"]
ITEMS = [["A3", "住宅", "浙江省杭州市某某路9号", 1_200_000.0, "第一顺位"]]


def book(path, **sheets):
    """Write a workbook of rows by sheet; a name that ends in _hidden is hidden."""
    file = xlsxwriter.Workbook(path)
    for name, rows in sheets.items():
        sheet = file.add_worksheet(name.removesuffix("_hidden"))
        for i, row in enumerate(rows):
            sheet.write_row(i, 0, row)
        if name.endswith("_hidden"):
            sheet.hide()
        else:
            sheet.activate()  # else the first sheet cannot be hidden
    file.close()
    return path


def loans(*rows, head=HEAD):
    return [head, *rows]


def column(rows, head, values):
    """Return rows with one more column."""
    return [[*row, value] for row, value in zip(rows, values, strict=True)], [*HEAD, head]


def read(proposal, folder, answers={}, **more):
    section = tape_section(proposal, folder, answers) | more
    spec = TapeSpec.model_validate({**section, "currency": "CNY"})
    return read_tape(spec.resolve(folder), VALUATION)


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


def test_a_unit_that_nothing_states_is_asked_with_the_likely_one_first(tmp_path):
    rows = [[r[0], r[1], r[2], r[3] / 1e4, r[4] / 1e4, *r[5:]] for r in ROWS]
    items = [[*ITEMS[0][:3], 120.0, "第一顺位"]]
    path = book(tmp_path / "a.xlsx", 贷款=loans(*rows), 押品=[ITEM_HEAD, *items])
    proposal = propose([path])
    question = proposal.question("unit.loans")
    assert question.default == "10000"
    table = read(proposal, tmp_path)
    assert table.loans["principal"].sum() == pytest.approx(1_023_000.5)
    assert table.collateral["appraisal_value"].tolist() == [1_200_000.0]
    assert tape_section(proposal, tmp_path, {"unit.loans": "1000"})["amount_unit"] == 1000


def test_dates_that_no_column_settles_are_asked(tmp_path):
    rows = [
        [*r[:5], day, r[6]]
        for r, day in zip(ROWS, ("03/04/2024", "05/06/2023", "07/08/2022"), strict=True)
    ]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*rows))])
    assert proposal.question("date_order").default == "dmy"
    days = read(proposal, tmp_path).loans["default_date"].dt.strftime("%m-%d").tolist()
    assert days == ["04-03", "06-05", "08-07"]
    days = read(proposal, tmp_path, {"date_order": "mdy"}).loans["default_date"]
    assert days.dt.strftime("%m-%d").tolist() == ["03-04", "05-06", "07-08"]


def test_a_doubled_header_is_asked_and_read_by_position(tmp_path):
    head = ["借据编号", "业务品种", "本金余额", "本金余额", "逾期日期", "诉讼状态"]
    rows = [[r[0], r[2], r[3], 2 * r[3], r[5], r[6]] for r in ROWS]
    title = [["资产包（单位：元）"]]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=[*title, head, *rows])])
    question = proposal.question("duplicate.loans.principal")
    assert [one.key for one in question.options] == ["3", "4"]
    assert read(proposal, tmp_path).loans["principal"].tolist() == [r[3] for r in ROWS]
    other = read(proposal, tmp_path, {question.id: "4"})
    assert other.loans["principal"].tolist() == [2 * r[3] for r in ROWS]


def test_a_missing_stage_is_asked(tmp_path):
    rows = [row[:-1] for row in ROWS]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*rows, head=HEAD[:-1]))])
    assert set(read(proposal, tmp_path).loans["stage"]) == {"collection"}
    table = read(proposal, tmp_path, {"stage.missing": "enforcement"})
    assert set(table.loans["stage"]) == {"enforcement"}


def test_paused_enforcement_and_the_day_of_filing_are_asked(tmp_path):
    rows, head = column(ROWS, "立案日期", ["", "2023-09-01", "2023-02-01"])
    path = book(tmp_path / "a.xlsx", 贷款=loans(*rows, head=head), 押品=[ITEM_HEAD, *ITEMS])
    proposal = propose([path])
    filing, paused = proposal.question("filing_date"), proposal.question("stage.dormant")
    assert (filing.count, filing.default) == (2, "filing")
    assert (paused.count, paused.default, paused.confirms) == (1, "dormant", ("dormant",))
    table = read(proposal, tmp_path, {"filing_date": "enforcement_date"})
    assert table.loans["stage_date"].dt.date.tolist()[1] == date(2023, 9, 1)
    table = read(proposal, tmp_path, {"stage.dormant": "enforcement"})
    assert table.loans["stage"].tolist()[2] == "enforcement"
    section = tape_section(proposal, tmp_path, {"stage.dormant": "dormant"})
    assert section["confirmed"] == ["dormant"]


def test_unknown_codes_are_marked_and_asked(tmp_path):
    rows = [[*r[:6], stage] for r, stage in zip(ROWS, ("甲阶段", "甲阶段", "执行中"), strict=True)]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*rows))])
    code = next(c for c in proposal.codes if c.code == "甲阶段")
    assert (code.count, code.value, code.confidence) == (2, None, "low")
    assert read(proposal, tmp_path).loans["stage"].tolist() == [
        "collection",
        "collection",
        "enforcement",
    ]
    table = read(proposal, tmp_path, {"stage.甲阶段": "litigation"})
    assert table.loans["stage"].tolist()[0] == "litigation"


def test_a_hidden_sheet_and_a_copy_are_not_read_but_asked_about(tmp_path):
    more = [["B1", "丁", "个人消费贷款", 70_000.0, 5.0, "2024-01-05", "未诉"]]
    path = book(
        tmp_path / "a.xlsx",
        旧表_hidden=loans(*more),
        贷款=loans(*ROWS),
        副本=loans(*ROWS[:2]),
    )
    proposal = propose([path])
    used = {sheet.sheet: sheet.used for sheet in proposal.sheets}
    assert used == {"旧表": False, "贷款": True, "副本": False}
    assert len(read(proposal, tmp_path).loans) == 3
    both = read(proposal, tmp_path, {"sheet.a.xlsx[旧表]": "read"})
    assert both.loans["loan_id"].tolist() == ["A1", "A2", "A3", "B1"]
    copy = read(proposal, tmp_path, {"sheet.a.xlsx[副本]": "read"})
    assert copy.loans["loan_id"].tolist() == ["A1", "A2"]


def test_one_file_and_one_sheet_per_branch_form_one_table(tmp_path):
    first = book(tmp_path / "杭州.xlsx", 一部=loans(ROWS[0]), 二部=loans(ROWS[1]))
    second = book(tmp_path / "宁波.xlsx", 三部=loans(ROWS[2]))
    proposal = propose([first, second])
    section = tape_section(proposal, tmp_path)
    assert section["loans"] == ["杭州.xlsx", "宁波.xlsx"]
    assert section["sheet"] == ["一部", "二部", "三部"]
    assert read(proposal, tmp_path).loans["loan_id"].tolist() == ["A1", "A2", "A3"]


def test_the_court_s_appraisal_is_asked(tmp_path):
    items = [["A3", "住宅", "某路", 1_200_000.0, 900_000.0]]
    head = [*ITEM_HEAD[:4], "法院评估价"]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*ROWS), 押品=[head, *items])])
    assert proposal.question("appraisal").default == "bank"
    assert read(proposal, tmp_path).collateral["appraisal_value"].tolist() == [1_200_000.0]
    table = read(proposal, tmp_path, {"appraisal": "court"})
    assert table.collateral["appraisal_value"].tolist() == [900_000.0]


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


def test_a_currency_that_nothing_states_is_asked(tmp_path):
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
    with pytest.raises(TapeError, match=r"no such question; the questions are"):
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
