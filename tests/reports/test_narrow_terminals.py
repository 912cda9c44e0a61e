"""Every table of the terminal keeps its names and its numbers, however narrow the terminal is."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

import npl_sim.reports
from npl_sim.reports.table import ready_table
from npl_sim.reports.writers.terminal import StackedTable

WIDTHS = (30, 40, 50, 60, 80, 120)

HEADER = ["", "value", "% of\nGBV", "95% from", "to", "std error"]
ROWS = [
    ["mean", "1,234,567.89", "33.45%", "1,200,000.00", "1,300,000.00", "12,345.678"],
    [
        "mean of the worst 5% of scenarios",
        "234,567.89",
        "3.45%",
        "200,000.00",
        "300,000.00",
        "2,345.678",
    ],
    ["quantile 5%", "-34,567.89", "-0.45%", "-200,000.00", "-30,000.00", "-"],
]


def table_of(header, rows, plain=False, total=False, texts=None):
    return StackedTable(ready_table("", header, rows, total, texts), plain)


def printed(renderable, width, terminal=True):
    out = io.StringIO()
    console = Console(
        file=out, width=width, force_terminal=terminal, color_system=None, highlight=False
    )
    console.print(renderable)
    return out.getvalue()


def check(table, width, text):
    """Each row's full name comes before each of its numbers; no line is wider than the
    terminal."""
    assert all(len(line.rstrip()) <= width for line in text.splitlines()), text
    options = text.split()
    for row in table.table.rows:
        for cell in row[1:]:
            assert all(part in options for part in cell.split()) or cell in text, (cell, text)
        if table.table.columns[0].kind == "text":
            squeezed = re.sub(r"\s", "", text)
            assert all(part[:4] in squeezed for part in row[0].split()), (row[0], text)
    for column in table.table.columns:
        assert all(part[:3] in text for part in column.name.split()), (column.name, text)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("terminal", [True, False], ids=["terminal", "plain"])
def test_names_and_numbers_stay(width, terminal):
    table = table_of(HEADER, ROWS, plain=not terminal, total=True)
    text = printed(table, width, terminal)
    check(table, width, text)
    blocks = text.split("mean of the" if width >= 50 else "mean")
    if width <= 60:
        assert len(blocks) > 2  # the names are in front of each block


def test_a_table_that_fits_is_one_block():
    text = printed(table_of(HEADER, ROWS, plain=False), 120)
    assert text.count("quantile 5%") == 1
    narrow = printed(table_of(HEADER, ROWS, plain=False), 60)
    assert narrow.count("quantile 5%") > 1
    # as many columns as fit: two numbers of 12 characters and the names in 60
    assert "1,234,567.89   33.45%" in re.sub(
        r" +", lambda m: "   " if len(m[0]) > 1 else " ", narrow
    )


@pytest.mark.parametrize("width", WIDTHS)
def test_a_table_of_numbers_has_its_first_column_in_each_block(width):
    header = ["to\nmonth", *(f"net\n{p}%" for p in range(8))]
    rows = [[str(12 * i), *(f"{i}{p}.5%" for p in range(8))] for i in range(1, 4)]
    table = table_of(header, rows, plain=False, texts=())
    text = printed(table, width)
    check(table, width, text)
    assert text.count(" 12 ") + text.count("\n12 ") >= (2 if width < 60 else 1)


@pytest.mark.parametrize("width", WIDTHS)
def test_a_long_header_is_wrapped_and_its_numbers_are_not(width):
    header = ["date", "collections below 80 % of the business plan", "interest unpaid"]
    table = table_of(
        header, [["2026-12-31", "0.812 (0.799, 0.888)", "1.000 (1.000, 1.000)"]], plain=False
    )
    text = printed(table, width)
    assert all(len(line.rstrip()) <= max(width, 36) for line in text.splitlines())
    assert text.count("2026-12-31") >= 1
    flat = re.sub(r"\s+", " ", text)
    assert width < 40 or "0.812 (0.799, 0.888)" in flat


@pytest.mark.parametrize("width", WIDTHS)
def test_text_columns_are_wrapped(width):
    header = ["tranche", "what binds", "size"]
    rows = [
        [
            "senior notes",
            "the expected loss of its rating under the second stress",
            "150,000,000.00",
        ]
    ]
    table = table_of(header, rows, plain=False, texts=("tranche", "what binds"))
    text = printed(table, width)
    assert "150,000,000.00" in text and "senior" in text
    assert "what" in text and re.sub(r"\s", "", "rating") in re.sub(r"\s", "", text)


def test_chinese_names_count_by_the_width_that_they_take():
    rows = [["住宅抵押贷款组合一号", "1,234.5", "2,345.6"], ["合计", "1,234.5", "2,345.6"]]
    for width in (24, 30, 40):
        text = printed(table_of(["", "price", "GBV"], rows, plain=False), width)
        assert "1,234.5" in text and "2,345.6" in text and "住宅" in text


def test_every_table_of_a_summary_goes_through_it():
    """No module builds a table of rich by itself."""
    from pathlib import Path

    root = Path(npl_sim.reports.__file__).parent
    users = {
        p.name
        for p in root.rglob("*.py")
        if "from rich.table import" in p.read_text(encoding="utf-8")
    }
    assert users == {"terminal.py"}


def test_no_row_is_no_fault():
    assert "price" in printed(table_of(["", "price"], []), 40)
