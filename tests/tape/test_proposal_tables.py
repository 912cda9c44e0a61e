"""Proposals on several tables and files: guarantors, joins, branches with other headers."""

from __future__ import annotations

import pytest

from npl_sim.tape.proposal.propose import propose
from npl_sim.tape.proposal.section import tape_section
from tests.builders.small_banks import HEAD, ITEM_HEAD, ITEMS, ROWS, book, loans, read


def test_guarantors_have_a_sheet_of_their_own(tmp_path):
    backers = [["借据编号", "保证人名称", "保证金额"], ["A1", "某公司", 30_000.0]]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*ROWS), 保证=backers)])
    section = tape_section(proposal, tmp_path)
    assert section["guarantor_sheet"] == "保证"
    table = read(proposal, tmp_path)
    assert table.guarantors["guarantor_id"].tolist() == ["某公司"]
    assert table.guarantors["cap"].tolist() == [30_000.0]


def test_a_file_that_joins_items_to_loans_is_found(tmp_path):
    texts = {
        "loans.csv": "contract_identifier,product_type,principal_balance,date_of_default,status\n"
        "A1,mortgage,200000.50,2024-05-20,litigation\nA2,mortgage,150000.25,2024-05-21,filed\n",
        "items.csv": "protection_identifier,type_of_property,latest_valuation_amount\n"
        "P1,residential,300000.75\n",
        "joins.csv": "contract_identifier,protection_identifier\nA1,P1\nA2,P1\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    proposal = propose([tmp_path / name for name in texts], currency="EUR")
    assert [sheet.role for sheet in proposal.sheets] == ["loans", "collateral", "relationships"]
    assert tape_section(proposal, tmp_path)["relationships"] == "joins.csv"
    table = read(proposal, tmp_path)
    assert sorted(table.collateral["loan_id"]) == ["A1", "A2"]
    assert len(table.bank_columns("collateral")) == 2


def test_branches_that_spell_a_header_in_known_ways_form_one_table(tmp_path):
    other = [{"本金余额": "剩余本金", "借据编号": "合同编号"}.get(name, name) for name in HEAD]
    first = book(tmp_path / "a.xlsx", 贷款=loans(*ROWS[:2]))
    second = book(tmp_path / "b.xlsx", 贷款=loans(ROWS[2], head=other), 押品=[ITEM_HEAD, *ITEMS])
    proposal = propose([first, second])
    principal = proposal.field("loans", "principal")
    assert (principal.headers, principal.alternatives) == (("本金余额",), ("剩余本金",))
    assert principal.confidence == "medium" and "2 different headers" in principal.reason
    table = read(proposal, tmp_path)
    assert table.loans["principal"].tolist() == [row[3] for row in ROWS]


def test_a_loan_list_by_borrower_is_read_by_the_borrower(tmp_path):
    head = ["客户编号", *HEAD[1:]]
    proposal = propose([book(tmp_path / "a.xlsx", 贷款=loans(*ROWS, head=head))])
    field = proposal.field("loans", "loan_id")
    assert (field.headers, field.confidence) == (("客户编号",), "low")
    assert proposal.question("field.loans.loan_id").default == "客户编号"
    assert read(proposal, tmp_path).loans["loan_id"].tolist() == ["A1", "A2", "A3"]


@pytest.mark.parametrize("header", ["借款编号", "借据流水编号"])
def test_an_id_of_loans_by_another_name_is_read_in_every_file(tmp_path, header):
    """The position in the list is no id, and the list of a second branch counts."""
    head = ["序号", header, *HEAD[1:]]
    items = [[header, *ITEM_HEAD[1:]], *ITEMS]
    first = book(
        tmp_path / "a.xlsx", 贷款=loans([1, *ROWS[0]], [2, *ROWS[2]], head=head), 押品=items
    )
    other = [1, "B1", *ROWS[0][1:]], [2, "B2", *ROWS[1][1:]]
    second = book(tmp_path / "b.xlsx", 贷款=loans(*other, head=head))
    table = read(propose([first, second]), tmp_path)
    assert table.loans["loan_id"].tolist() == ["A1", "A3", "B1", "B2"]
    assert table.collateral["loan_id"].tolist() == ["A3"]


def test_balances_that_are_left_out_are_reported(tmp_path):
    first = book(tmp_path / "a.xlsx", 贷款=loans(*ROWS))
    second = book(tmp_path / "b.xlsx", 贷款=loans(*ROWS, head=["名称", *HEAD[1:]]))
    sheets = propose([first, second]).sheets
    assert [sheet.role for sheet in sheets] == ["loans", "other"]
    assert "NOT in the price" in sheets[1].reason
