"""Numbers, dates and codes as tapes write them."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from npl_sim.tables.columns import Cells, Column, Notation
from npl_sim.tape.cells import read_column
from npl_sim.tape.schema import LOANS

BY_NAME = {column.name: column for column in LOANS}
FREE = Column("x", "amount", "Any amount.", minimum=-1e15)


def cells(name: str, *texts: str, **notation: object) -> Cells:
    return read_column(BY_NAME[name], pd.Series(list(texts), dtype="str"), Notation(**notation))


def number(text: str, decimal: str = ".") -> float:
    found = read_column(FREE, pd.Series([text], dtype="str"), Notation(decimal))
    bad = any(f[0] for f in found.errors.values())
    return math.nan if bad else float(found.values[0])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12.0),
        ("0012.50", 12.5),
        (" 1,234,567.89 ", 1234567.89),
        ("１，２３４．５", 1234.5),
        ("¥1,200.00", 1200.0),
        ("￥-5", -5.0),
        ("1200元", 1200.0),
        ("(1,200.50)", -1200.5),
        ("-3.5", -3.5),
        ("\u22123.5", -3.5),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("0.1", 0.1),
        ("123456789012.34", 123456789012.34),
    ],
)
def test_numbers(text: str, value: float) -> None:
    assert number(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "1e400",
        "inf",
        "-Infinity",
        "0x10",
        "1_000",
        "12,5",
        "1,23",
        "1.234,56",
        "1 2",
        "=1+1",
        "#REF!",
    ]
    + ["十", "--5", "(-5)", "1.2.3", "%", "12%", "9" * 400],
)
def test_what_is_no_number(text: str) -> None:
    assert math.isnan(number(text))


def test_decimal_commas() -> None:
    assert number("1.234,56", ",") == 1234.56
    assert number("12,5", ",") == 12.5
    assert math.isnan(number("1,234.56", ","))


@pytest.mark.parametrize("text", ["", " ", "-", "NaN", "NULL", "n/a", "无", "\u3000"])
def test_empty_cells(text: str) -> None:
    found = cells("principal", text)
    assert found.empty[0]
    assert not any(bad[0] for bad in found.errors.values())


def test_negative_zero_is_zero() -> None:
    assert math.copysign(1.0, cells("principal", "-0").values[0]) == 1.0


def test_rates() -> None:
    found = cells("contract_rate", "12%", "0.12", "１２％")
    assert found.values.tolist() == [0.12, 0.12, 0.12]
    found = cells("contract_rate", "12", "12%", rates_in_percent=True)
    assert found.values.tolist() == [0.12, 0.12]
    assert any(bad[0] for bad in cells("contract_rate", "12").errors.values())


def test_amount_unit_scales_amounts_only() -> None:
    assert cells("principal", "1.5", amount_unit=1e4).values[0] == 15000.0
    assert cells("age_months", "1.5", amount_unit=1e4).values[0] == 1.5


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-31",
        "2024/1/31",
        "2024.01.31",
        "20240131",
        "2024年1月31日",
        "31.01.2024",
        "1/31/2024",
    ]
    + ["45322", "45322.5", "2024-01-31 13:45:00", "2024-01-31T00:00:00Z", "２０２４－０１－３１"],
)
def test_dates(text: str) -> None:
    assert cells("default_date", text).values[0] == pd.Timestamp("2024-01-31")


@pytest.mark.parametrize(
    "text", ["2024-02-30", "20241301", "31/1/24", "2024", "2024-01", "0000-00-00", "1", "x"]
)
def test_what_is_no_date(text: str) -> None:
    found = cells("default_date", text)
    assert np.isnat(found.values.to_numpy()[0])
    assert any(bad[0] for bad in found.errors.values())


def test_ambiguous_dates_ask_for_the_order() -> None:
    found = cells("default_date", "03/04/2024", "04/04/2024")
    assert [e for e, bad in found.errors.items() if bad.tolist() == [True, False]] == [
        "a date whose order is known: set date_format to dmy or mdy"
    ]
    assert cells("default_date", "03/04/2024", date_format="dmy").values[0].month == 4
    assert cells("default_date", "03/04/2024", date_format="mdy").values[0].month == 3


def test_stages_and_flags() -> None:
    found = cells("stage", "未诉", "已诉", "已判决", "执行中", "终本", "重组", "Judged", "")
    assert found.values.tolist() == (
        [
            "collection",
            "litigation",
            "judged",
            "enforcement",
            "dormant",
            "plan",
            "judged",
            "collection",
        ]
    )
    unknown = cells("stage", "litigaton")
    assert any("did you mean 'litigation'" in expected for expected in unknown.errors)
    assert cells("arbitration_clause", "是", "N", "1", "").values.tolist() == [
        True,
        False,
        True,
        False,
    ]
    assert any(bad[0] for bad in cells("arbitration_clause", "maybe").errors.values())


def test_ids_keep_zeros_and_lose_what_cannot_be_seen() -> None:
    found = cells("loan_id", " 007\t", "\ufeffA\u200b", "\u3000")
    assert found.values.tolist() == ["007", "A", ""]
    assert any(bad[0] for bad in cells("loan_id", "x" * 300).errors.values())


def test_value_map_comes_before_known_codes() -> None:
    raw = pd.Series(["S1", "s2", "已诉"], dtype="str")
    found = read_column(BY_NAME["stage"], raw, Notation(), {"S1": "plan", "S2": "执行中"})
    assert found.values.tolist() == ["plan", "enforcement", "litigation"]
