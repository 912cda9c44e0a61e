"""Tables of cash: columns found by name, cells read or refused, titles and merged cells judged."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.cash_file import open_table, table_of_raw
from npl_sim.tables.cash_table import check_size, shown_names
from npl_sim.tables.cell_types import CellError, Percent
from npl_sim.tables.columns import Column, Notation
from npl_sim.tables.files import RawFile, Source
from npl_sim.tables.findings import Finding
from tests.builders.cash_tables import table_of_frame

KNOWN = ("month", "received", "costs")
RECEIVED = Column("received", "amount", "Cash.", minimum=-1e15)


def table(columns, currency=""):
    return table_of_frame(pd.DataFrame(columns), "t", currency)


def raw(**changes):
    frame = pd.DataFrame({0: ["1", "2"], 1: ["5", "6"]})
    source = Source("flows", "t.xlsx[Cash]", "", 2)
    return replace(RawFile(source, ("month", "received"), frame, np.array([4, 5]), 3), **changes)


def test_headers_are_read_in_any_case_and_spacing():
    found = table(
        {
            " Month ": [1],
            "Short Rate": [0.1],
            "closed-pv": [1],
            "__index_level_0__": [7],
            "": [None],
        }
    )
    assert list(found.cells) == ["month", "short_rate", "closed_pv"] and found.rows.tolist() == [2]


@pytest.mark.parametrize(
    ("columns", "text"),
    [
        ({"month": [1], "": ["x"]}, "column 2 has no header"),
        ({"month": [1], "Month": ["x"]}, "column 'month' occurs twice"),
    ],
)
def test_columns_that_cannot_be_separated_are_refused(columns, text):
    with pytest.raises(TableError, match=text):
        table(columns)


@pytest.mark.parametrize(
    "title",
    [
        "单位：万元",
        "EUR million",
        "Amounts in EUR '000",
        "(in k€)",
        "importi in migliaia",
        "Unit: 1",
        "$m",
    ],
)
def test_a_title_that_states_a_unit_is_refused(title):
    with pytest.raises(
        TableError, match="t: row 1, above the headers: got .*expected amounts in whole units"
    ):
        table_of_raw(raw(above=((1, (title,)),)), "t")


def test_other_titles_are_reported():
    found = table_of_raw(raw(above=((1, ("Cash forecast", "2026\x1b")),)), "t")
    assert found.notes == (r"t: row 1, above the headers, was not used: 'Cash forecast 2026\x1b'",)
    assert found.place("received", 1) == "t: row 5, received: got '6'"


def test_findings_of_the_reader_reach_the_user():
    odd = Finding("warning", "t", "", "one line per row", 3, (7,), ("x" * 200,))
    assert table_of_raw(raw(findings=(odd,)), "t").notes == (
        f"t: row 7: '{'x' * 77}...'; expected one line per row [3 rows]",
    )
    with pytest.raises(TableError, match="t: row 7: 'cut'; expected whole rows"):
        table_of_raw(
            raw(findings=(Finding("error", "t", "", "whole rows", 1, (7,), ("cut",)),)), "t"
        )


def test_a_merged_amount_is_refused_and_a_merged_scenario_is_not():
    merged = table_of_raw(raw(merged=((4, 5, 1),)), "t")
    with pytest.raises(TableError, match="t: row 4, received: a cell that is merged"):
        merged.numbers(RECEIVED, Notation())
    assert table_of_raw(raw(merged=((4, 5, 0),)), "t").numbers(RECEIVED, Notation()).tolist() == [
        5.0,
        6.0,
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("many", "got 'many'; expected a number"),
        (True, "got 'true'; expected a number"),
        (np.True_, "got 'true'; expected a number"),
        (pd.Timestamp("2026-07-31"), "got '2026-07-31'; expected a number"),
        (pd.Timedelta("1D"), "got '1 days 00:00:00'; expected a number"),
        (Percent(0.05), "got '5%'; expected a number"),
        (CellError("#REF!"), "got '#REF!'; expected"),
        (None, "got ''; expected an amount, 0 where there is none; it is empty"),
        (float("nan"), "it is empty"),
        (float("inf"), "got 'inf'; expected a number"),
        (1.1e15, "at most 1e+15"),
        (-1.1e15, "at least -1e+15"),
        (10**18, "at most 1e+15"),
        ("1e400", "got '1e400'"),
        ([1.0], r"got '[1.0]'"),
        (b"5", "got \"b'5'\""),
    ],
)
def test_what_is_no_amount_is_refused_in_its_row(cell, text):
    for beside in (5.0, "5"):
        with pytest.raises(TableError, match=r"^t: row 3, received: ") as caught:
            table({"received": pd.Series([beside, cell, beside], dtype=object)}).numbers(
                RECEIVED, Notation()
            )
        assert text in str(caught.value)


def test_numbers_keep_their_value_beside_text_with_a_comma():
    """123.456 in a number cell stays 123.456 where the text beside it has decimal commas."""
    mixed = table({"received": pd.Series([123.456, "1.234,50", -7], dtype=object)})
    assert mixed.mark(["received"]) == ","
    assert mixed.numbers(RECEIVED, Notation(decimal=",")).tolist() == [123.456, 1234.5, -7.0]


@pytest.mark.parametrize(
    ("cells", "currency", "text"),
    [
        (["$1", "2"], "EUR", "row 2, received: got '$1'; expected an amount in EUR"),
        (["1", "¥2"], "EUR", "row 3, received: got '¥2'; expected an amount in EUR"),
        (
            ["€1", "$2"],
            "",
            "row 3, received: got '$2'; expected one currency in the column; "
            "another cell "
            "bears 'EUR'",
        ),
    ],
)
def test_amounts_in_another_currency_are_refused(cells, currency, text):
    with pytest.raises(TableError) as caught:
        table({"received": cells}, currency).numbers(RECEIVED, Notation(currency=currency))
    assert text in str(caught.value)


def test_amounts_that_bear_the_currency_are_read():
    assert table({"received": ["$1", "2"]}, "USD").numbers(
        RECEIVED, Notation(currency="USD")
    ).tolist() == [1, 2]
    yuan = table({"received": ["¥1", "￥2", "3元", "RMB 4", "CNY5"]}).numbers(RECEIVED, Notation())
    assert yuan.tolist() == [1, 2, 3, 4, 5]
    assert table({"received": ["€1,000.50"]}).numbers(RECEIVED, Notation()).tolist() == [1000.5]


@pytest.mark.parametrize(
    "cell", ["1.5", "-1", "1,200", "x", "", True, 1.5, 1201, "202607", pd.Timestamp("2026-07-31")]
)
def test_what_is_no_whole_number_is_refused(cell):
    with pytest.raises(
        TableError, match="row 3, month: got .*expected months, a whole number from 0 to 1,200"
    ):
        table({"month": pd.Series([1, cell], dtype=object)}).whole("month", 1200, "months")


def test_whole_numbers_in_any_type():
    for cells in (
        [1, 2],
        [1.0, 2.0],
        ["1", "2"],
        ["1.0", " 2 "],
        ["001", "2,0"],
        pd.array([1, 2], "Int64"),
    ):
        assert table({"month": cells}).whole("month", 1200, "months").tolist() == [1, 2]


def test_a_table_too_large_for_memory_is_refused():
    check_size("t", 10_000, 1_200, 8)
    with pytest.raises(
        TableError,
        match="40,000 scenarios and 40,000 different dates or months, which take 59.6 GiB",
    ):
        check_size("t", 40_000, 40_000, 5)


def test_long_lists_of_columns_are_cut():
    assert shown_names(["x" * 500, "a\x1b"]) == f"{'x' * 77}..., a\\x1b"
    assert shown_names(range(40)).endswith("11 and 28 more")


def test_files_that_are_none(tmp_path):
    with pytest.raises(TableError, match=r"none\\x1b.csv: no such file"):
        open_table("flows", tmp_path / "none\x1b.csv", KNOWN)
    with pytest.raises(TableError, match="cannot be read"):
        open_table("flows", tmp_path / ("n" * 300 + ".csv"), KNOWN)
    (tmp_path / "l.csv").write_bytes("month,received\n1,évalué\n".encode("latin-1"))
    with pytest.raises(TableError, match="has no such key: save it as UTF-8"):
        open_table("flows", tmp_path / "l.csv", KNOWN)
