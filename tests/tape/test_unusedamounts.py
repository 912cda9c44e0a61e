"""Amounts that no column reads: part of the claim or not, and stated claims that they explain."""

from __future__ import annotations

import numpy as np
import pytest

from npl_sim.core.errors import TapeError
from npl_sim.tape import LoanTable
from tests.tape.conftest import Reader

ROWS = ("100,1,20,5,{0}", "200,2,0,0,{1}", "300,,30,,{2}")


def tape(
    read: Reader, header: str, gbv: tuple[float, float, float] | None = None, **terms: object
) -> LoanTable:
    rows = [
        f"{i},sme,2024-01-31,collection,{row.format(*(gbv or ('', '', '')))}"
        for i, row in enumerate(ROWS, 1)
    ]
    last = "gbv" if gbv else "remark"
    text = (
        f"loan_id,product,default_date,stage,principal,{header},{last}\n" + "\n".join(rows) + "\n"
    )
    return read(text, **terms)


@pytest.mark.parametrize(
    "header",
    [
        "表内利息,表外利息,罚息",
        "balance sheet interest,default interest,penalties",
        "interessi,interessi di mora,spese",
    ],
)
def test_unread_parts_of_the_claim_are_another_reading(read: Reader, header: str) -> None:
    names = header.split(",")
    table = tape(read, header, columns={"accrued_interest": names[0]})
    (reading,) = table.other_readings
    assert (reading.name, reading.count) == ("unused_amounts", 2)
    assert np.array_equal(reading.loans["accrued_interest"], [26.0, 2.0, 30.0])
    assert np.array_equal(reading.loans["gbv"], [126.0, 202.0, 330.0])
    assert f"'{names[1]}' (50.00)" in reading.read and f"'{names[2]}' (5.00)" in reading.read


@pytest.mark.parametrize(
    "header", ["x,利率浮动,已还利息", "x,paid interest,contract amount", "x,合同金额,评分"]
)
def test_other_amounts_are_not(read: Reader, header: str) -> None:
    assert tape(read, header, columns={"accrued_interest": "x"}).other_readings == ()


def test_a_stated_claim_that_agrees_settles_it(read: Reader) -> None:
    table = tape(
        read, "表内利息,表外利息,罚息", (101, 202, 300), columns={"accrued_interest": "表内利息"}
    )
    assert table.other_readings == ()
    assert not [f for f in table.findings if f.column.startswith("gbv")]


def test_a_stated_claim_names_the_columns_that_explain_it(read: Reader) -> None:
    terms = {"columns": {"accrued_interest": "表内利息"}, "on_error": "quarantine"}
    with pytest.raises(TapeError) as caught:
        tape(read, "表内利息,表外利息,罚息", (126, 202, 330), **terms)
    assert "the sum of its parts, which most rows disagree with (by 55.00 in all)" in str(
        caught.value
    )
    assert "the difference is the sum of the unused '表外利息', '罚息'" in str(caught.value)
    whole = tape(
        read,
        "表内利息,表外利息,罚息",
        (126, 202, 330),
        columns={"accrued_interest": ["表内利息", "表外利息", "罚息"]},
    )
    assert list(whole.loans["gbv"]) == [126.0, 202.0, 330.0]
    assert not [f for f in whole.findings if f.column.startswith("gbv")]


def test_a_difference_that_nothing_explains(read: Reader) -> None:
    with pytest.raises(TapeError) as caught:
        tape(read, "表内利息,x,y", (500, 600, 700), columns={"accrued_interest": "表内利息"})
    assert "most rows disagree" in str(caught.value) and "the difference is" not in str(
        caught.value
    )
    table = tape(
        read,
        "表内利息,x,y",
        (500, 600, 700),
        columns={"accrued_interest": "表内利息"},
        confirmed=["gbv"],
    )
    assert list(table.loans["gbv"]) == [101.0, 202.0, 300.0]


def test_a_single_row_that_differs_is_a_warning(read: Reader) -> None:
    table = tape(read, "表内利息,x,y", (150, 202, 300), columns={"accrued_interest": "表内利息"})
    assert [(f.severity, f.rows) for f in table.findings if f.column == "gbv"] == [
        ("warning", (2,))
    ]


def test_parts_rounded_in_ten_thousands_need_not_add_up_to_the_cent(read: Reader) -> None:
    """9.25 = 5.50 + 0.12 + 3.63 in ten thousands may be 100 yuan apart."""
    text = "loan_id,product,default_date,stage,principal,a,gbv\n" + "".join(
        f"{i},sme,2024-01-31,collection,5.50,0.12,5.63\n" for i in range(4)
    )
    table = read(text, columns={"accrued_interest": "a"}, amount_unit=10000)
    assert not [f for f in table.findings if f.column.startswith("gbv")]


def test_items_behind_unknown_liens_and_liens_that_were_not_read(read: Reader) -> None:
    loans = (
        "loan_id,product,default_date,stage,principal\n1,sme,2024-01-31,collection,100\n2,sme,"
        "2024-01-31,collection,50\n"
    )
    items = (
        "loan_id,kind,appraisal_value,lien_rank,prior_liens,higher ranking "
        "debt\n1,land,80,2,,\n2,land,70,2,5,\n2,land,60,1,,33\n"
    )
    readings = {r.name: r for r in read(loans, items).other_readings}
    assert set(readings) == {"prior_liens", "unused_liens"}
    assert np.array_equal(readings["prior_liens"].collateral["prior_liens"], [0.0, 5.0, 0.0])
    assert (readings["prior_liens"].gbv, readings["prior_liens"].examples) == (100.0, "1")
    assert (readings["unused_liens"].count, readings["unused_liens"].gbv) == (1, 50.0)
    assert np.array_equal(readings["unused_liens"].collateral["prior_liens"], [80.0, 5.0, 33.0])


def many(read: Reader, apart: int, by: float, principal: float = 100.0) -> LoanTable:
    """Return ten loans, `apart` of which state a claim that differs from its parts by `by`."""
    rows = [
        f"{i},sme,2024-01-31,collection,{principal:.2f},0,"
        f"{principal + (by if i < apart else 0.0):.2f}"
        for i in range(10)
    ]
    return read(
        "loan_id,product,default_date,stage,principal,accrued_interest,gbv\n"
        + "\n".join(rows)
        + "\n"
    )


def test_up_to_half_of_the_rows_may_differ(read: Reader) -> None:
    for apart in (3, 5):
        table = many(read, apart, 7.0)
        assert [(f.severity, f.count) for f in table.findings if f.column == "gbv"] == [
            ("warning", apart)
        ]
    with pytest.raises(TapeError, match="most rows disagree with .by 42.00 in all."):
        many(read, 6, 7.0)


def test_large_claims_may_differ_by_a_millionth(read: Reader) -> None:
    assert not [f for f in many(read, 10, 900.0, 1e9).findings if f.column == "gbv"]
    with pytest.raises(TapeError, match="most rows disagree"):
        many(read, 10, 1100.0, 1e9)
