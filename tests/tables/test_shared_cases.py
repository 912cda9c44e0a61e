"""Inputs that once went wrong, where the folder of cases is at hand."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.body import Request
from npl_sim.tables.cell_types import CellError, Percent, cell_text
from npl_sim.tables.files import read_raw

CASES = Path(__file__).parents[3] / "shared" / "cases"
pytestmark = pytest.mark.skipif(
    not CASES.is_dir(), reason=f"needs the folder of cases, {CASES.name}, beside the project"
)


def known(headers: tuple[str, ...]) -> int:
    return sum(h in ("loan_id", "principal", "借据编号", "本金余额", "押品编号") for h in headers)


def column(case: str, header: str) -> list[object]:
    raw = read_raw("loans", CASES / case)
    return raw.frame[raw.headers.index(header)].tolist()


def test_error_cells() -> None:
    liens = column("tapes/A1_xlsx_error_cells_collateral/err_coll.xlsx", "prior_liens")
    interest = column("tapes/A2_xlsx_error_cells_interest/err_interest.xlsx", "accrued_interest")
    assert CellError("#N/A") in liens and all(
        isinstance(v, CellError) for v in liens if v == "#N/A"
    )
    assert isinstance(interest[0], CellError) and interest[0] == "#DIV/0!"


def test_serials_ids_and_percentages() -> None:
    raw = read_raw("loans", CASES / "tapes/A6_xlsx_1904_serials_general/d1904_general.xlsx")
    assert raw.epoch == date(1904, 1, 1)
    assert "E+15" in cell_text(column("tapes/A7_xlsx_ids_of_16_digits/ids16.xlsx", "loan_id")[0])
    rates = column("tapes/A9_xlsx_percent_cells_rates_in_percent/loans.xlsx", "contract_rate")
    assert all(isinstance(v, Percent) for v in rates)


def test_a_bank_workbook() -> None:
    path = next((CASES / "bank_workbooks").glob("*.xlsx"))
    loans = read_raw("loans", path, Request(sheet="贷款清单", known=known))
    assert loans.header_row == 2 and "单位：万元" in loans.above[0][1][0]
    assert (8, 9, 3) in loans.merged and (189, 191, 2) in loans.merged
    named = loans.frame[3][(loans.rows >= 171) & (loans.rows <= 174)]
    assert named.nunique() == 1 and named.iloc[0]
    assert read_raw("collateral", path, Request(sheet="押品清单", known=known)).header_row == 2


def test_a_stated_separator_a_cut_file_and_a_title() -> None:
    raw = read_raw("loans", CASES / "tapes/G1_sep_line/loans.csv")
    assert raw.headers[0] == "loan_id" and raw.header_row == 2
    cut = read_raw("loans", CASES / "robustness/05_cut_file/tape.csv")
    assert [f.severity for f in cut.findings] == ["error"] and "cut in transfer" in cut.findings[
        0
    ].expected
    raw = read_raw("loans", CASES / "tapes/C1_unit_in_title_row/loans.csv", Request(header_row=3))
    assert any("单位：万元" in text for _, message in raw.above for text in message)


def test_sparse_workbooks() -> None:
    begin = time.monotonic()
    with pytest.raises(TableError, match="XFD1048576"):
        read_raw("loans", CASES / "robustness/07_sparse_workbook/sparse.xlsx")
    assert read_raw(
        "loans", CASES / "robustness/07_sparse_workbook/strayXFD2400.xlsx"
    ).frame.shape == (2400, 15)
    assert time.monotonic() - begin < 4
