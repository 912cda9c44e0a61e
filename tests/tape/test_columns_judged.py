"""Columns that only as columns show what went wrong: mixed rates, swapped dates, a cut last
line, guarded ids."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape import LoanTable
from tests.tape.conftest import HEADER, Reader, errors

RATE = f"{HEADER},contract_rate"
COLLATERAL = "loan_id,collateral_id,kind,appraisal_value,抵押顺位"


def book(*rows: list[Any], percent: str = "") -> bytes:
    """Return a workbook of one sheet, one of its cells shown in percent."""
    made = openpyxl.Workbook()
    sheet = made.active
    for row in rows:
        sheet.append(row)
    if percent:
        sheet[percent].number_format = "0.00%"
    content = io.BytesIO()
    made.save(content)
    return content.getvalue()


def test_a_rate_in_percent_among_shares_is_refused(read: Reader) -> None:
    """5 beside 5% and 0.05 was 500 % a year."""
    text = f"{RATE}\n" + "".join(
        f"A{i},sme,100,2024-03-15,{r}\n" for i, r in enumerate(("5%", "0.05", "5"))
    )
    with pytest.raises(TapeError, match=r"row 4, contract_rate: '5'; expected one notation"):
        read(text, on_error="quarantine")
    assert read(text, confirmed=["rates_in_percent"]).loans["contract_rate"].tolist() == [
        0.05,
        0.05,
        5.0,
    ]


def test_a_number_among_percent_cells_is_refused(read: Reader) -> None:
    day = date(2024, 3, 15)
    rows = [
        ["A1", "sme", 100, day, 0.05],
        ["A2", "sme", 100, day, 0.06],
        ["A3", "sme", 100, day, 5],
    ]
    with pytest.raises(TapeError, match=r"row 4, contract_rate: '5'; expected one notation"):
        read(book(RATE.split(","), *rows, percent="E2"), suffix=".xlsx")


def _dated(read: Reader, days: list[date | str], **terms: Any) -> LoanTable:
    rows = [[f"A{i}", "sme", 100, day] for i, day in enumerate(days)]
    return read(book(HEADER.split(","), *rows), suffix=".xlsx", **terms)


@pytest.mark.parametrize(
    "cells",
    [
        [date(2024, 1, 3), date(2024, 2, 5), date(2024, 6, 11)],  # 3 January stood for 1 March
        [date(2024, 1, 3), date(2024, 2, 3), date(2024, 6, 3)],
    ],
)
def test_dates_that_a_spreadsheet_swapped_are_refused(
    read: Reader, cells: list[date | str]
) -> None:
    days = [*cells, "13/03/2024", "14/03/2024"]
    table = _dated(read, [*days, "2024-03-20"], on_error="quarantine")
    assert errors(table) == [("default_date", 2)]
    assert len(table.loans) == 3


def test_dates_that_were_not_swapped_are_read(read: Reader) -> None:
    cells: list[date | str] = [date(2024, 1, 3), date(2024, 2, 5), date(2024, 6, 11)]
    assert not errors(_dated(read, [*cells, date(2024, 1, 25), "13/03/2024", "14/03/2024"]))
    assert not errors(_dated(read, [*cells, "13/03/2024", "04/03/2024", "14/03/2024"]))
    firsts: list[date | str] = [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)]
    assert not errors(_dated(read, [*firsts, "30/06/2024", "31/12/2024"]))


@pytest.mark.parametrize(
    "cells", [("100000", "2000"), ("2024-03-15", "2024-03-1"), ("7.50", "100.25", "230")]
)
def test_a_last_cell_that_seems_cut_is_reported(read: Reader, cells: tuple[str, ...]) -> None:
    """A file cut within its last amount: 200000 became 2000, in a row with as many cells as
    every other."""
    head = f"{HEADER},note\n"
    rows = "\n".join(f"A{i},sme,100,2024-03-15,{cell}" for i, cell in enumerate(cells))
    finding = [f for f in read(head + rows).findings if "line end" in f.expected]
    assert [(f.row, f.value) for f in finding] == [(len(cells) + 1, cells[-1])]
    assert not [f for f in read(f"{head}{rows}\n").findings if "line end" in f.expected]


def test_ids_guarded_by_a_formula_are_their_text(read: Reader) -> None:
    for cell in ('="0001"', '"=""0001"""'):
        table = read(f"{HEADER}\n{cell},sme,100,2024-03-15\nA2,sme,1,2024-03-15\n")
        assert table.loans["loan_id"].tolist() == ["0001", "A2"]


def test_amounts_and_ranks_in_text(read: Reader) -> None:
    table = read(
        f"{HEADER}\nA1,mortgage,3千万,2024-03-15\nA2,mortgage,1.5千万元,2024-03-15\n",
        f"{COLLATERAL}\nA1,c1,residential,500,一\nA2,c2,residential,500,第二顺位抵押\n",
    )
    assert table.loans["principal"].tolist() == [3e7, 1.5e7]
    assert table.collateral["lien_rank"].tolist() == [1, 2]


def test_marks_of_further_currencies(read: Reader) -> None:
    text = (
        f'{HEADER}\nA1,sme,"₹ 12,50,000",2024-03-15\nA2,sme,"Rs. '
        f'1,00,000.50",2024-03-15\nA3,sme,INR 5,2024-03-15\n'
    )
    assert read(text, currency="INR").loans["principal"].tolist() == [1_250_000.0, 100_000.5, 5.0]
    refused = read(f"{text}A4,sme,10,2024-03-15\n", currency="CNY", on_error="quarantine")
    assert refused.loans["loan_id"].tolist() == ["A4"]


def test_a_decimal_comma_in_a_rate_draws_the_right_advice(read: Reader) -> None:
    with pytest.raises(TapeError, match="for numbers such as 12,5% set decimal to ','"):
        read(f'{RATE}\nA1,sme,100,2024-03-15,"12,5%"\n')


def test_a_share_among_percent_is_refused(read: Reader) -> None:
    """0.12 under a header in percent, beside 12 and 11, was 0.12 %."""
    rows = "".join(f"A{i},sme,100,2024-03-15,{r}\n" for i, r in enumerate(("12", "0.12", "11")))
    with pytest.raises(
        TapeError, match=r"row 3, contract_rate \(.*\): '0.12'; expected one notation"
    ):
        read(f"{HEADER},contract_rate (%)\n{rows}")
    shares = rows.replace(",12\n", ",0.12\n").replace(",11\n", ",0.003\n")
    assert read(f"{RATE}\n{shares}").loans["contract_rate"].tolist() == [0.12, 0.12, 0.003]
