"""What the cells of a table settle of its notation, and what they leave open."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.cell_types import Percent, shown
from npl_sim.tables.evidence import date_order, decimal_mark, written
from npl_sim.tables.findings import FindingLog


def mark(*cells, shares=()):
    rows = np.arange(2, 2 + max(len(cells), len(shares)))
    columns = {"received": pd.Series(cells, dtype=object)} if cells else {}
    return decimal_mark(
        "t", columns, rows, {"rate": pd.Series(shares, dtype=object)} if shares else None
    )


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("1,234.50", "2.000"), "."),
        (("1.234,50", "2,000"), ","),
        (("12.5", "1.234"), "."),
        (("12,5", "1.234"), ","),
        (("1234.567",), "."),
        (("0.500", "1.234"), "."),
        (("-0,500", "1.234"), ","),
        (("1,234,567", "2,345"), "."),
        (("1.234.567", "2.345"), ","),
        (("12,50,000",), "."),
        (("1 250.500",), "."),
        (("1\u00a0250\u00a0000,50",), ","),
        (("1'250'000.50",), "."),
        (("(1.234,50)",), ","),
        (("¥1,234.50",), "."),
        (("１，２３４．５",), "."),
        (("1.5e6",), "."),
        (("1200", "many", ""), "."),
        ((), "."),
    ],
)
def test_one_cell_settles_the_decimal_mark_of_all(cells, found):
    assert mark(*cells) == found
    assert mark(*cells[::-1]) == found


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (("1200", "850.000"), "row 3, received: got '850.000', which is 850.000 or 850,000"),
        (("1,234", "5"), "row 2, received: got '1,234', which is 1.234 or 1,234"),
        (("-1.234",), "which is 1.234 or 1,234"),
        (("€ 12.500",), "which is 12.500 or 12,500"),
        (
            ("1.234,5", "12.5"),
            "row 2, received: got '1.234,5', and row 3, received: got "
            "'12.5'; expected one "
            "decimal mark",
        ),
        (("12.5", "1,234,567", "1.234.567"), "expected one decimal mark in the whole table"),
    ],
)
def test_what_is_open_or_contradictory_is_refused(cells, text):
    with pytest.raises(TableError, match="^t: ") as caught:
        mark(*cells)
    assert text in str(caught.value)


def test_three_digits_of_a_share_are_decimals_and_settle_the_amounts():
    assert mark("1.234", shares=("12,125",)) == ","
    assert mark("1.234", shares=("0.020",)) == "."
    assert mark(shares=("12.125", "3.500")) == "."


def test_numbers_of_a_workbook_have_no_notation():
    """123.456 in a number cell is no text; beside it 1.234,50 settles the comma, and Percent and
    true stay text."""
    assert mark(123.456, "1.234,50", Decimal("0.5"), np.float64(1.5)) == ","
    kept = written(
        pd.Series([1.5, "x", True, Percent(0.05), Decimal(2), None], dtype=object)
    ).tolist()
    assert kept == ["", "x", True, 0.05, "", None]


def order(*cells):
    return date_order("t", "date", pd.Series(cells, dtype="str"), np.arange(2, 2 + len(cells)))


@pytest.mark.parametrize(
    ("cells", "found"),
    [
        (("31/12/2026", "01/02/2027"), "dmy"),
        (("01/02/2027", "12/31/2026"), "mdy"),
        (("05.07.2026", "13.07.2026"), "dmy"),
        (("2026-07-31", "7/7/2026"), "auto"),
        (("2026-07-31", "many", "46234"), "auto"),
        (("12/12/2026", "30/02/2027"), "auto"),
        (("13/12/2026", "12/12/2026"), "dmy"),
        (("12/13/2026", "12/11/2026"), "mdy"),
        (("31/12/2026 09:30", "01/02/2027"), "dmy"),
    ],
)
def test_one_date_settles_the_order_of_all(cells, found):
    assert order(*cells) == found


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (
            ("2026-07-31", "01/07/2026", "01/08/2026"),
            "row 3, date: got '01/07/2026', which is 2026-07-01 or 2026-01-07",
        ),
        (("12/11/2026",), "row 2, date: got '12/11/2026', which is 2026-11-12 or 2026-12-11"),
        (
            ("11/12/2026", "12/12/2026"),
            "row 2, date: got '11/12/2026', which is 2026-12-11 or 2026-11-12",
        ),
        (
            ("31/12/2026", "12/31/2026"),
            "row 2, date: got '31/12/2026', and row 3, date: got '12/31/2026'",
        ),
    ],
)
def test_dates_with_two_readings_are_refused(cells, text):
    with pytest.raises(TableError) as caught:
        order(*cells)
    assert text in str(caught.value)


def test_values_are_shortened_and_escaped():
    assert shown("\x1b[31mred\x07") == r"'\x1b[31mred\x07'"
    assert len(shown("9" * 100_000)) == 82 and shown("9" * 81).endswith("...'")
    assert shown("9" * 80) == repr("9" * 80)


def test_the_reason_of_a_row_and_its_finding_show_a_short_value():
    """A cell of 10,000 characters made a reason of 10,000 in the file of rows set aside."""
    log = FindingLog("t.csv", np.array([2]))
    log.error("kind", [True], ["\x1b" + "x" * 10_000], "a name")
    (reason,) = log.reasons[2]
    assert reason == f"kind: '\\x1b{'x' * 76}...'; expected a name"
    assert log.findings[0].text == f"'\\x1b{'x' * 76}...'; expected a name"
