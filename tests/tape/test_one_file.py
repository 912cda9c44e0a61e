"""One row per collateral item, lines of totals, and repeated ids."""

from __future__ import annotations

import pytest

from npl_sim.core.errors import TapeError
from tests.tape.conftest import HEADER, Reader, errors

WIDE = f"{HEADER},抵押物类型,评估价值,抵押物所在地"


def test_rows_of_one_loan_become_items(read: Reader) -> None:
    text = (
        f"{WIDE}\n1,sme,100,2024-01-31,住宅,50,East\n1,sme,100.00,2024/1/31,土地,60,\n2,sme,7,"
        f"2024-01-31,,,\n"
    )
    table = read(text)
    assert table.loans["loan_id"].tolist() == ["1", "2"]
    assert table.collateral["collateral_id"].tolist() == ["1/1", "1/2"]
    assert table.collateral["kind"].tolist() == ["residential", "land"]
    account = table.reconciliation
    assert (account.loans.rows_in, account.loans.rows_loaded, account.loans_loaded) == (3, 3, 2)
    assert account.gbv_in == account.gbv_loaded == 107.0


@pytest.mark.parametrize(
    "second",
    [
        "1,sme,101,2024-01-31,land,60,",
        "1,sme,100,2024-01-31,,,",
        "1,sme,100,2024-01-31,住宅,50,",
        "1,sme,100,2024-01-31,land,-60,",
    ],
)
def test_rows_that_do_not_agree(read: Reader, second: str) -> None:
    text = f"{WIDE}\n1,sme,100,2024-01-31,住宅,50,\n{second}\n2,sme,7,2024-01-31,,,\n"
    table = read(text, on_error="quarantine")
    assert table.loans["loan_id"].tolist() == ["2"]
    assert table.quarantine["row"].tolist() == [2, 3]
    assert len(table.collateral) == 0
    assert table.reconciliation.collateral is not None
    assert table.reconciliation.collateral.rows_quarantined >= 1


def test_without_collateral_columns_a_repeat_is_an_error(read: Reader) -> None:
    row = "1,sme,100,2024-01-31\n"
    table = read(f"{HEADER}\n{row}{row}2,sme,1,2024-01-31\n", on_error="quarantine")
    assert table.reconciliation.gbv_quarantined == 200.0
    assert errors(table) == [("loan_id", 2)]


@pytest.mark.parametrize(
    "total", ["合计,,107,", "Total,,107,", ",,107,", ",total:,107,", "TOTAL,,1,"]
)
def test_lines_of_totals(read: Reader, total: str) -> None:
    table = read(f"{HEADER}\n1,sme,100,2024-01-31\n2,sme,7,2024-01-31\n{total}\n")
    assert len(table.loans) == 2
    assert table.reconciliation.loans.total_rows == 1
    assert any("line of totals" in f.expected for f in table.findings)
    missing = [f for f in table.findings if "rows may be missing" in f.expected]
    assert bool(missing) == (",1," in total)


def test_totals_only(read: Reader) -> None:
    with pytest.raises(TapeError, match="no rows but lines of totals"):
        read(f"{HEADER}\nTotal,,107,\n")


def test_a_loan_without_id_is_no_total(read: Reader) -> None:
    table = read(f"{HEADER}\n1,sme,100,2024-01-31\n,sme,100,2024-01-31\n", on_error="quarantine")
    assert table.reconciliation.loans.rows_quarantined == 1


def test_no_loan_left(read: Reader) -> None:
    with pytest.raises(TapeError, match="no loan is left"):
        read(f"{HEADER}\n1,sme,x,2024-01-31\n", on_error="quarantine")
