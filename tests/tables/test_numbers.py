"""Numbers are read by column: notation, thousands or decimals, types of workbook cells."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from npl_sim.tables.cell_types import ERROR_CELL, NO_VALUE, CellError, Percent
from npl_sim.tables.columns import Cells, Column, Notation
from npl_sim.tables.numbers import OWN_UNIT, THREE_DIGITS, THREE_DIGITS_STATED, read_numbers

AMOUNT = Column("principal", "amount", "An amount.", "package currency")
SIGNED = replace(AMOUNT, minimum=-1e15)
RATE = Column("contract_rate", "rate", "A rate.", "per year", maximum=10.0)
POINT, COMMA = Notation(), Notation(decimal=",", decimal_stated=True)


def read(
    cells: list[object], column: Column = AMOUNT, notation: Notation = POINT, dtype: object = "str"
) -> Cells:
    return read_numbers(pd.Series(cells, dtype=dtype), column, notation)


def faulty(cells: Cells) -> set[int]:
    return {int(i) for bad in cells.errors.values() for i in np.flatnonzero(bad)}


def finding(cells: Cells) -> set[str]:
    return {expected for expected, bad in cells.errors.items() if bad.any()}


@pytest.mark.parametrize(
    ("text", "decimal", "value"),
    [
        ("1 250 000,00", ",", 1_250_000.0),
        ("1\u00a0250\u00a0000,00", ",", 1_250_000.0),
        ("1\u202f250\u202f000,5", ",", 1_250_000.5),
        ("1'250'000.50", ".", 1_250_000.5),
        ("1\u2019250\u2019000", ".", 1_250_000.0),
        ("12,50,000", ".", 1_250_000.0),
        ("1,12,50,000.25", ".", 11_250_000.25),
        ("1.250.000,75", ",", 1_250_000.75),
        ("１，２５０．５", ".", 1250.5),
        ("850000-", ".", -850_000.0),
        ("(850,000)", ".", -850_000.0),
    ],
)
def test_groupings(text: str, decimal: str, value: float) -> None:
    cells = read([text], SIGNED, Notation(decimal=decimal, decimal_stated=True))
    assert cells.values[0] == value
    assert faulty(cells) == set()


@pytest.mark.parametrize(
    "text", ["1 25 000", "1'250 000", "12,5,000", "80000 CR", "1 250 000.00.0", "12 50", "1,2500"]
)
def test_groupings_that_mean_nothing_are_refused(text: str) -> None:
    assert faulty(read([text, "5"])) == {0}


@pytest.mark.parametrize(
    ("cells", "bad"),
    [
        (["850.000", "1250.000", "32.000"], {0, 1, 2}),
        (["850", "900", "1.250"], {2}),  # a mixed column: only numbers above 999 bear the mark
        (["850.000", "1.250.000", "32.000"], {0, 1, 2}),
        (["€ 850.000", "32.000 €"], {0, 1}),
        (["850.000", "12.50"], set()),  # two decimals settle the mark
        (["0.125", "850.000"], set()),
        (["1234.5", "1.25"], set()),
    ],
)
def test_thousands_or_decimals(cells: list[object], bad: set[int]) -> None:
    found = read(cells)
    assert faulty(found) == bad
    if bad:
        assert THREE_DIGITS in finding(found)


def test_a_stated_mark_is_taken_and_reported() -> None:
    found = read(["850.000", "32.000"], notation=Notation(decimal_stated=True))
    assert list(found.values) == [850.0, 32.0]
    assert faulty(found) == set()
    assert found.warnings[THREE_DIGITS_STATED].all()
    assert list(read(["850.000", "32.000"], notation=COMMA).values) == [850_000.0, 32_000.0]
    # The other way round: a stated comma and English thousands.
    assert read(["850,000", "32,000"], notation=COMMA).warnings[THREE_DIGITS_STATED].all()
    assert THREE_DIGITS in finding(read(["850,000"], notation=Notation(decimal=",")))


def test_rates_may_have_three_decimals() -> None:
    assert faulty(read(["0.125", "5.250"], RATE, Notation(rates_in_percent=True))) == set()


def test_days_have_no_decimals() -> None:
    assert faulty(read(["1.200", "90"], Column("days_past_due", "number", "Days.", "days"))) == {0}


@pytest.mark.parametrize("text", ["1.234,56", "1.250.000", "12,5"])
def test_decimal_commas_get_the_advice(text: str) -> None:
    assert any("set decimal to ','" in expected for expected in finding(read([text])))


@pytest.mark.parametrize(
    "word",
    [
        "#N/A",
        "#REF!",
        "#DIV/0!",
        "#VALUE!",
        "#NAME?",
        "#NUM!",
        "#NULL!",
        "#RIF!",
        "#NV",
        "Err:502",
        "####",
        NO_VALUE,
    ],
)
@pytest.mark.parametrize("column", [AMOUNT, RATE])
def test_errors_of_a_spreadsheet_are_errors(word: str, column: Column) -> None:
    for cells in (read([word, "0.5"], column), read([CellError(word), 0.5], column, dtype=object)):
        assert faulty(cells) == {0}
        assert not cells.empty.any()
        assert finding(cells) == {ERROR_CELL}


def test_types_of_workbook_cells() -> None:
    percent = read(
        [Percent(0.05), 5.0, "6%", None, "7"], RATE, Notation(rates_in_percent=True), object
    )
    assert list(percent.values[[0, 1, 2, 4]]) == pytest.approx([0.05, 0.05, 0.06, 0.07])
    assert list(percent.empty) == [False, False, False, True, False]
    assert finding(read([Percent(0.05), 850000.0], dtype=object)) == {
        "a number: the cell shows a percentage"
    }
    assert faulty(read([True, datetime(2024, 1, 1), 3.0], dtype=object)) == {0, 1}
    # The number cells of a workbook carry no mark of their own.
    assert list(read([1234.5, "1.234,5"], notation=COMMA, dtype=object).values) == [1234.5, 1234.5]


def test_units_of_cells_and_columns() -> None:
    assert list(read(["12万", "3亿元", "5元"]).values) == [120_000.0, 3e8, 5.0]
    assert finding(read(["12万", "5"], notation=Notation(amount_unit=1e4))) == {OWN_UNIT}


def test_marks_of_another_currency() -> None:
    cells = read(["$5", "€5", "5 EUR", "R$ 5", "5"], notation=Notation(currency="EUR"))
    assert faulty(cells) == {0, 3}  # a dollar is no euro


def test_native_columns() -> None:
    found = read_numbers(pd.Series([1.0, np.nan, np.inf]), AMOUNT, POINT)
    assert list(found.empty) == [False, True, False]
    assert faulty(found) == {2}
    assert faulty(read_numbers(pd.Series([True, False]), AMOUNT, POINT)) == {0, 1}
    assert faulty(read_numbers(pd.Series(pd.to_datetime(["2024-01-01"])), AMOUNT, POINT)) == {0}


def test_bounds() -> None:
    assert faulty(read(["-1", "0", "1e15", "1.1e15"])) == {0, 3}
