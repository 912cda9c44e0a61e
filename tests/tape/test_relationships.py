"""A relationship file joins loans and items many to many."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import TapeError
from npl_sim.reports.account import account_text
from tests.tape.conftest import HEADER, Reader

LOANS = f"{HEADER}\nK1,sme,100,2026-01-31\nK2,sme,300,2026-01-31\nK3,sme,50,2026-01-31\n"
ITEMS = (
    "protection_identifier,kind,appraisal_value,appraisal_date,secured_cap\n"
    "P1,land,80,2026-01-01,\nP2,land,40,2026-01-01,30\n"
)
LINKS = "contract_identifier,protection_identifier\nK1,P1\nK2,P1\nK2,P2\n"


def test_items_are_shared_over_their_loans(read: Reader) -> None:
    table = read(LOANS, ITEMS, relationships=LINKS)
    found = table.collateral[["collateral_id", "loan_id", "appraisal_value"]].to_numpy().tolist()
    assert found == [["P1", "K1", 20.0], ["P1", "K2", 60.0], ["P2", "K2", 40.0]]
    assert [(j.role, j.rows, j.met) for j in table.joins] == [
        ("relationships", 3, 3),
        ("collateral", 2, 2),
    ]
    assert "relationships: 3 of 3 rows (100.0%)" in account_text(table.reconciliation, "CNY")
    account = table.reconciliation.collateral
    assert account is not None
    assert account.balances
    assert account.cents_in == 12_000
    finding = [f for f in table.findings if f.name == "loan_without_item"]
    assert [(f.count, f.values, f.gbv) for f in finding] == [(1, ("K3",), 50.0)]
    assert "relationships" in {s.role for s in table.sources}


@pytest.mark.parametrize(
    "header",
    [
        "loan_id,collateral_id",
        "Loan Identifier,Protection Identifier",
        "合同编号,押品编号",
        "借据号,抵押物编号",
        "Loan No,collateral number",
    ],
)
def test_headers_of_a_relationship_file(read: Reader, header: str) -> None:
    links = LINKS.replace("contract_identifier,protection_identifier", header)
    assert len(read(LOANS, ITEMS, relationships=links).collateral) == 3


def test_an_allocated_amount_caps_the_item_for_its_loan(read: Reader) -> None:
    links = "loan_id,collateral_id,secured amount\nK1,P1,15\nK2,P1,\nK2,P2,99\n"
    caps = read(LOANS, ITEMS, relationships=links).collateral["secured_cap"]
    assert caps.fillna(-1).tolist() == [15.0, -1.0, 30.0]


def test_an_item_that_no_row_names_is_reported_and_counts_nothing(read: Reader) -> None:
    items = (
        ITEMS
        + "".join(f"Q{i},land,9,2026-01-01,\n" for i in range(8))
        + "ALONE,land,1000,2026-01-01,\n"
    )
    links = LINKS + "".join(f"K3,Q{i}\n" for i in range(8))
    table = read(LOANS, items, relationships=links)
    assert "ALONE" not in table.collateral["collateral_id"].tolist()
    finding = [f for f in table.findings if f.name == "item_without_loan"]
    assert [(f.count, f.values) for f in finding] == [(1, ("ALONE",))]
    assert table.quarantine["reasons"].tolist() == ["belongs to no loan"]


def many(extra: str) -> tuple[str, str, str]:
    """Return a tape of which nine relationships meet, and one more is given."""
    loans = LOANS + "".join(f"N{i},sme,10,2026-01-31\n" for i in range(9))
    items = ITEMS + "".join(f"Q{i},land,9,2026-01-01,\n" for i in range(9))
    return loans, items, LINKS + "".join(f"N{i},Q{i}\n" for i in range(9)) + extra


def test_a_row_with_an_unknown_item_sets_its_loan_aside(read: Reader) -> None:
    loans, items, links = many("K3,P9\n")
    with pytest.raises(
        TapeError,
        match=r"relationships.csv row 14, collateral_id .*: 'P9'; .* nearest id to 'P9' is",
    ):
        read(loans, items, relationships=links)
    table = read(loans, items, relationships=links, on_error="quarantine")
    assert "K3" not in table.loans["loan_id"].tolist()
    assert len(table.loans) == 11
    assert "relationships.csv" in table.quarantine["file"].tolist()


def test_a_row_with_an_unknown_loan_does_not_give_the_item_to_the_others(read: Reader) -> None:
    loans, items, links = many("ELSEWHERE,P1\n")
    table = read(loans, items, relationships=links, on_error="quarantine")
    # P1 secures K1 and K2, and a loan whose claim is not known.
    assert not {"K1", "K2"} & set(table.loans["loan_id"])
    loans, items, links = many("n5,P2\n")
    table = read(loans, items, relationships=links, on_error="quarantine")
    assert "N5" not in table.loans["loan_id"].tolist()


@pytest.mark.parametrize(
    ("loans", "items", "links", "finding"),
    [
        (LOANS, ITEMS, LINKS + "K1,P1\n", "a pair of loan and item that occurs once"),
        (LOANS, ITEMS, LINKS + "K1,\n", "a value in every row"),
        (LOANS, ITEMS + "P1,land,80,2026-01-01,\n", LINKS, "an id that occurs in one row only"),
        (LOANS, ITEMS, LINKS.replace("K", "k"), "0 of 3 rows"),
        (LOANS, ITEMS, LINKS.replace("P", "P-"), "'P-1': the tape has 'P1'"),
        (
            LOANS,
            ITEMS,
            "loan_id,x\nK1,P1\n",
            "no column for collateral_id; the headers are 'loan_id', 'x'",
        ),
        (
            LOANS,
            ITEMS,
            "loan_id,protektion ident\nK1,P1\n",
            "nearest header is 'protektion ident'",
        ),
        (
            LOANS,
            ITEMS,
            "loan number,contract_identifier,collateral_id\nK1,K1,P1\n",
            "may each be loan_id",
        ),
        (
            LOANS,
            "loan_id," + ITEMS.replace("\nP", "\nK1,P"),
            LINKS,
            "beside the relationship file",
        ),
        (LOANS, ITEMS.replace("protection_identifier", "x"), LINKS, "no column for collateral_id"),
    ],
)
def test_what_cannot_be_joined(
    read: Reader, loans: str, items: str, links: str, finding: str
) -> None:
    with pytest.raises(TapeError, match=finding):
        read(loans, items, relationships=links)


def test_ids_of_a_relationship_file_name_one_item(read: Reader) -> None:
    with pytest.raises(TapeError, match="collateral_scope: loan"):
        read(LOANS, ITEMS, relationships=LINKS, collateral_scope="loan")
    with pytest.raises(TapeError, match="relationships: .* expected a collateral file"):
        read(LOANS, None, relationships=LINKS)


def test_an_item_of_an_unknown_loan_alone_is_set_aside(read: Reader) -> None:
    loans, items, links = many("ELSEWHERE,ZZ\n")
    table = read(
        loans, items + "ZZ,land,9,2026-01-01,\n", relationships=links, on_error="quarantine"
    )
    assert "ZZ" not in table.collateral["collateral_id"].tolist()
    assert len(table.loans) == 12
