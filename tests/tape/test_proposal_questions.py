"""Open readings of a bank's workbook: what the question is, its default, and what answers do."""

from __future__ import annotations

from datetime import date

import pytest

from npl_sim.tape.proposal.propose import propose
from npl_sim.tape.proposal.section import tape_section
from npl_sim.tape.proposal.vocabulary import by_pattern
from tests.builders.small_banks import HEAD, ITEM_HEAD, ITEMS, ROWS, book, column, loans, read


def test_a_unit_that_nothing_states_is_a_question_with_the_likely_one_first(tmp_path):
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


def test_units_far_from_the_claims_are_no_other_reading(tmp_path):
    """Claims of 1,000 in their title; items without a unit, twice the claims in thousands."""
    head = [*HEAD[:3], "Principal (thousand)", *HEAD[4:]]
    rows = [[*r[:4], 0.0, *r[5:]] for r in ROWS]
    items = [[r[0], "住宅", "某路9号", r[3] * 2.0, "第一顺位"] for r in rows]
    path = book(tmp_path / "a.xlsx", 贷款=loans(*rows, head=head), 押品=[ITEM_HEAD, *items])
    question = propose([path]).question("unit.collateral")
    assert question.default == "1000"
    assert "100000000" not in [option.key for option in question.options]


def test_dates_that_no_column_settles_are_open(tmp_path):
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


def test_a_doubled_header_is_open_and_read_by_position(tmp_path):
    head = ["借据编号", "业务品种", "本金余额", "本金余额", "逾期日期", "诉讼状态"]
    rows = [[r[0], r[2], r[3], 2 * r[3], r[5], r[6]] for r in ROWS]
    title = [["资产包（单位：元）"]]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=[*title, head, *rows])])
    question = proposal.question("duplicate.loans.principal")
    assert [one.key for one in question.options] == ["3", "4"]
    assert read(proposal, tmp_path).loans["principal"].tolist() == [r[3] for r in ROWS]
    other = read(proposal, tmp_path, {question.id: "4"})
    assert other.loans["principal"].tolist() == [2 * r[3] for r in ROWS]


def test_a_missing_stage_is_open(tmp_path):
    rows = [row[:-1] for row in ROWS]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*rows, head=HEAD[:-1]))])
    assert set(read(proposal, tmp_path).loans["stage"]) == {"collection"}
    table = read(proposal, tmp_path, {"stage.missing": "enforcement"})
    assert set(table.loans["stage"]) == {"enforcement"}


def test_paused_enforcement_and_the_day_of_filing_are_open(tmp_path):
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


def test_unknown_codes_are_marked_and_open(tmp_path):
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


def test_a_hidden_sheet_and_a_copy_are_not_read_but_open_about(tmp_path):
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


def test_the_court_s_appraisal_is_open(tmp_path):
    items = [["A3", "住宅", "某路", 1_200_000.0, 900_000.0]]
    head = [*ITEM_HEAD[:4], "法院评估价"]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*ROWS), 押品=[head, *items])])
    assert proposal.question("appraisal").default == "bank"
    assert read(proposal, tmp_path).collateral["appraisal_value"].tolist() == [1_200_000.0]
    table = read(proposal, tmp_path, {"appraisal": "court"})
    assert table.collateral["appraisal_value"].tolist() == [900_000.0]


@pytest.mark.parametrize(
    ("code", "stage"),
    [
        ("Not filed", "collection"),
        ("Suit not yet filed", "collection"),
        ("No legal action", "collection"),
        ("Filed in court", "litigation"),
        ("Enforcement terminated", "dormant"),
        ("Judgment not enforced", "judged"),
        ("Under enforcement", "enforcement"),
    ],
)
def test_a_code_that_denies_a_stage_is_not_read_as_that_stage(code, stage):
    assert by_pattern("stage", code) == stage
