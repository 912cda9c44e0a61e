"""Currencies and units that only a number format shows."""

from __future__ import annotations

import pickle
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tables.cell_types import Marked, cell_text
from npl_sim.tables.columns import Column, Notation
from npl_sim.tables.files import read_raw
from npl_sim.tables.number_format import mark_of
from npl_sim.tables.numbers import read_numbers
from npl_sim.tape import TapeSpec, read_tape
from tests.tape.conftest import VALUATION

AMOUNT = Column("principal", "amount", "An amount.", "package currency")


@pytest.mark.parametrize(
    ("code", "mark"),
    [
        ("#,##0.00 [$€-2]", "€"),
        ("[$$-409]#,##0.00", "$"),
        ("[$USD] #,##0", "USD"),
        ('"¥"#,##0.00;"¥"-#,##0.00', "¥"),
        ('"US$"#,##0', "US$"),
        ("_-* #,##0.00 €_-;-* #,##0.00 €_-", "€"),
        ("\\€#,##0", "€"),
        ('0.00"万元"', "万元"),
        ('#,##0" EUR"', "EUR"),
        ("[$-409]d/m/yyyy", ""),
        ("General", ""),
        ("#,##0.00_);(#,##0.00)", ""),
        ('0" days"', "days"),  # no currency: nobody heeds it
        ('0!.0,"万"', ""),  # shows 85 for a stored 850,000
        ('#,##0,"k€"', ""),
        ('"€"', ""),
        ("0.00%", ""),
        ('[Red]#,##0;"(€)"0', ""),
    ],
)
def test_what_a_format_shows_beside_its_numbers(code: str, mark: str) -> None:
    assert mark_of(code) == mark


def workbook(path: Path, formats: list[str], value: float = 850.0) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["loan_id", "product", "principal", "default_date", "stage"])
    for i, code in enumerate(formats, 1):
        sheet.append([f"A{i}", "sme", value, "2024-01-31", "collection"])
        sheet.cell(i + 1, 3).number_format = code
    book.save(path)
    return path


def test_amounts_shown_in_another_currency_are_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ['"¥"#,##0', "#,##0 [$€-2]", "[$$-409]#,##0", "0"])
    cells = read_raw("loans", path).frame[2].tolist()
    assert [getattr(cell, "mark", "") for cell in cells] == ["¥", "€", "$", ""]
    with pytest.raises(TapeError) as caught:
        read_tape(TapeSpec(loans=path, currency="CNY"), VALUATION)
    assert (
        "row 3, principal: '850'; expected an amount in CNY: the cell is shown in another "
        "currency [2 rows; also 4]" in str(caught.value)
    )
    table = read_tape(TapeSpec(loans=path, currency="CNY", on_error="quarantine"), VALUATION)
    assert list(table.loans["loan_id"]) == ["A1", "A4"]
    assert list(table.loans["principal"]) == [850.0, 850.0]


def test_units_that_a_format_shows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "t.xlsx", ['0.00"万元"', "0"], 85.0)
    assert list(read_tape(TapeSpec(loans=path), VALUATION).loans["principal"]) == [850_000.0, 85.0]
    whole = workbook(tmp_path / "w.xlsx", ['0.00"万元"', '0"万"'], 85.0)
    assert (
        list(read_tape(TapeSpec(loans=whole, amount_unit=10000), VALUATION).loans["principal"])
        == [850_000.0] * 2
    )
    with pytest.raises(TapeError, match="this cell states a unit of its own"):
        read_tape(TapeSpec(loans=whole, amount_unit=1000), VALUATION)


def test_other_columns_take_no_heed_of_marks() -> None:
    rate = Column("contract_rate", "rate", "A rate.", "per year", maximum=10.0)
    found = read_numbers(
        pd.Series([Marked(0.05, "€"), 0.06], dtype=object), rate, Notation(currency="CNY")
    )
    assert list(found.values) == [0.05, 0.06] and not any(
        bad.any() for bad in found.errors.values()
    )


def test_a_marked_number_is_a_number() -> None:
    cell = Marked(850.0, "€")
    assert cell == 850.0 and cell_text(cell) == "850"
    again = pickle.loads(pickle.dumps(cell))
    assert (float(again), again.mark) == (850.0, "€")
    found = read_numbers(pd.Series([cell], dtype=object), AMOUNT, Notation(currency="EUR"))
    assert found.values[0] == 850.0 and not any(bad.any() for bad in found.errors.values())
