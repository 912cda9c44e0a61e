"""Every format and encoding gives the same table, and what cannot be read says why."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from openpyxl import Workbook

from npl_sim.core.errors import TapeError
from npl_sim.tape import TapeSpec, read_tape
from tests.tape.conftest import HEADER, VALUATION, Reader, errors, stated

ROWS = "001,consumer,1200.50,2025-01-31\n002,sme,3000000,2024-12-31\n"
CSV = f"{HEADER}\n{ROWS}"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_separators_encodings_and_line_ends(
    read: Reader, separator: str, encoding: str, line_end: str
) -> None:
    text = CSV.replace(",", separator).replace("consumer", "消费贷").replace("\n", line_end)
    loans = read(text.encode(encoding)).loans
    assert loans["loan_id"].tolist() == ["001", "002"]
    assert loans["product"].tolist() == ["consumer", "sme"]
    assert loans["gbv"].tolist() == [1200.50, 3_000_000.0]


def test_workbook_and_parquet_equal_csv(tmp_path: Path, read: Reader) -> None:
    book = Workbook()
    sheet = book.active
    sheet.append(HEADER.split(","))
    sheet.append(["001", "consumer", 1200.5, pd.Timestamp("2025-01-31").to_pydatetime()])
    sheet.append(["002", "sme", 3_000_000, pd.Timestamp("2024-12-31").date()])
    book.save(tmp_path / "t.xlsx")
    frame = pd.DataFrame(
        {
            "loan_id": ["001", "002"],
            "product": pd.Categorical(["consumer", "sme"]),
            "principal": [1200.5, 3e6],
            "default_date": pd.to_datetime(["2025-01-31", "2024-12-31"]),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    plain = read(CSV)
    for name in ("t.xlsx", "t.parquet"):
        other = read_tape(stated(loans=tmp_path / name), VALUATION)
        pd.testing.assert_frame_equal(other.loans, plain.loans)
        assert other.reconciliation == plain.reconciliation


def test_typed_parquet_cells(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "loan_id": [17, 18, 19],
            "product": ["a", "b", None],
            "principal": [1.0, float("inf"), None],
            "days_past_due": pd.array([90, None, 91], dtype="Int64"),
            "arbitration_clause": [True, False, True],
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    spec = stated(loans=tmp_path / "t.parquet", on_error="quarantine")
    table = read_tape(spec, VALUATION)
    assert table.loans["loan_id"].tolist() == ["17"]
    assert table.loans["arbitration_clause"].tolist() == [True]
    assert {c for c, _ in errors(table)} == {"product", "principal", "default_date"}


def test_sheets_of_one_workbook(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["a title that is no header"])
    book.active.append([])
    for row in ([*HEADER.split(",")], [7, "sme", 100, 45657], ["8", "sme", 5, "20240630"]):
        book.active.append(row)
    items = book.create_sheet("抵押物")
    items.append(["合同号", "抵押物类型", "评估价值", "评估日期"])
    items.append([7, "住宅", 500, 46000])
    path = tmp_path / "t.xlsx"
    book.save(path)
    terms: dict[str, Any] = {"loans": path, "collateral": path, "header_row": 3, "sheet": "Sheet"}
    with pytest.raises(TapeError, match="抵押物"):
        read_tape(stated(**terms, collateral_sheet="other"), VALUATION)
    spec = stated(**terms | {"header_row": 1}, collateral_sheet="抵押物")
    with pytest.raises(TapeError, match="no column for loan_id"):
        read_tape(spec, VALUATION)
    table = read_tape(stated(loans=path, header_row=2, sheet="Sheet"), VALUATION)
    assert table.loans["loan_id"].tolist() == ["7", "8"]
    assert str(table.loans["default_date"][0].date()) == "2024-12-31"


def test_ids_that_a_spreadsheet_damaged(tmp_path: Path, read: Reader) -> None:
    book = Workbook()
    book.active.append(HEADER.split(","))
    book.active.append([6222021234567890123, "sme", 1, 45657])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(TapeError, match="all its digits"):
        read_tape(stated(loans=tmp_path / "t.xlsx"), VALUATION)
    with pytest.raises(TapeError, match="all its digits"):
        read(f"{HEADER}\n6.22202E+18,sme,1,2024-01-01\n")


def test_western_text_is_not_taken_for_chinese(read: Reader) -> None:
    text = CSV.replace("consumer", "crédito pessoal").encode("cp1252")
    with pytest.raises(TapeError, match="line 2 is neither UTF-8 nor Chinese"):
        read(text)
    assert read(text, encoding="cp1252").loans["product"][0] == "crédito_pessoal"
    with pytest.raises(TapeError, match="line 2 is not utf-8"):
        read(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("content", "suffix", "expected"),
    [
        (b"", ".csv", "is empty"),
        (b"\n\n\n", ".csv", "no row of headers"),
        (b"loan_id,product,principal,default_date\n", ".csv", "no rows"),
        (b"PK\x03\x04 zip", ".csv", "not a readable workbook"),
        (b"not a workbook", ".xlsx", "not a readable workbook"),
        (b"not parquet", ".parquet", "not a readable Parquet"),
        (b"%PDF", ".pdf", "unknown format"),
        (b"\xff\xfea", ".csv", "UTF-16"),
        (CSV.replace("consumer", '"consumer').encode(), ".csv", "unmatched quotation marks"),
    ],
)
def test_unreadable_files(read: Reader, content: bytes, suffix: str, expected: str) -> None:
    with pytest.raises(TapeError, match=expected):
        read(content, suffix=suffix)


def test_missing_file_and_folder(tmp_path: Path) -> None:
    spec = stated(loans=Path("none.csv"), collateral=Path(".")).resolve(tmp_path)
    with pytest.raises(TapeError) as caught:
        read_tape(spec, VALUATION)
    assert "no such file" in str(caught.value)
    assert "is a folder" in str(caught.value)


@pytest.mark.parametrize(
    ("suffix", "module", "finding"),
    [
        (".xlsx", "python_calamine", r"npl_sim\[excel\]"),
        (".xls", "xlrd", r"npl_sim\[excel\]"),
    ],
)
def test_missing_optional_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str, module: str, finding: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    path = tmp_path / f"t{suffix}"
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "Workbook".encode("utf-16-le")
    path.write_bytes(ole if suffix == ".xls" else b"x")
    with pytest.raises(TapeError, match=finding):
        read_tape(TapeSpec(loans=path), VALUATION)


def test_rows_of_another_width(read: Reader) -> None:
    text = (
        f"{HEADER},note\n1,sme,10,2024-01-31,a,b\n2,sme,10\n3,sme,10,2024-01-31,,\n\n4,sme,1,"
        f"2024-01-31,\n"
    )
    table = read(text, on_error="quarantine")
    assert table.loans["loan_id"].tolist() == ["3", "4"]
    assert table.quarantine["row"].tolist() == [2, 3]
    assert "6 cells" in table.quarantine["reasons"][0]


def test_line_breaks_in_cells_are_reported(read: Reader) -> None:
    text = (
        f'{HEADER},note\n1,sme,10,2024-01-31,"a\n2,sme,10,2024-01-31,b"\n3,sme,"1,000",'
        f'2024-01-31,"say ""x"""\n'
    )
    table = read(text)
    assert len(table.loans) == 2
    assert any("line per row" in f.expected and f.row == 2 for f in table.findings)


def test_damaged_characters_are_reported(read: Reader) -> None:
    table = read(CSV.replace("consumer", "con\ufffdsumer"))
    assert any("whole characters" in f.expected for f in table.findings)


def test_as_many_cells_too_many_as_too_few(read: Reader) -> None:
    text = f"{HEADER},n\n1,sme,10,2024-01-31\n2,sme,10,2024-01-31,x,y\n3,sme,1,2024-01-31,\n"
    table = read(text, on_error="quarantine")
    assert table.loans["loan_id"].tolist() == ["1", "3"]
    assert [f.rows for f in table.findings if "cells as in the headers" in f.expected] == [
        (3,),
        (2,),
    ]


def test_numbers_of_a_workbook_have_no_decimal_mark(tmp_path: Path) -> None:
    """With decimal: "," a text cell 1.234 means 1234, a number cell 1.234 is 1.234 all the
    same."""
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["loan_id", "product", "principal", "age_months"])
    sheet.append(["1", "sme", 1.234, 6])
    sheet.append(["2", "sme", "1.234", 6])
    sheet.append(["3", "sme", "1.234,56", 6.5])
    book.save(tmp_path / "t.xlsx")
    table = read_tape(stated(loans=tmp_path / "t.xlsx", decimal=","), VALUATION)
    assert table.loans["principal"].tolist() == [1.234, 1234.0, 1234.56]
    assert table.loans["age_months"].tolist() == [6.0, 6.0, 6.5]


@pytest.mark.parametrize(
    ("amount", "currency", "wrong"),
    [
        ("€100", "CNY", True), ("100 EUR", "CNY", True), ("(USD 100)", "EUR", True),
        ("元100", "EUR", True), ("100 brl", "CNY", True),
        ("¥100", "CNY", False), ("¥100", "JPY", False), ("$100", "USD", False),
        ("$100", "HKD", False), ("RMB 100", "CNY", False),
        ("€100", "EUR", False), ("-€5", "CNY", True),
    ],
)  # fmt: skip
def test_a_mark_of_another_currency_is_an_error(
    read: Reader, amount: str, currency: str, wrong: bool
) -> None:
    rows = f"loan_id,product,principal,fees,age_months\n1,sme,1000,{amount},5\n2,sme,50,,5\n"
    table = read(rows, currency=currency, on_error="quarantine")
    finding = [f for f in table.findings if "another currency's mark" in f.expected]
    assert bool(finding) == wrong
    if wrong:
        assert finding[0].column == "fees" and finding[0].row == 2 and len(table.loans) == 1
