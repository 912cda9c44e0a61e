"""Files of flows as people send them: each gives the right cash, or an error that names the
cell."""

from __future__ import annotations

from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pytest

from npl_sim.core.errors import DealError
from npl_sim.securitization.cash_table import read_flows
from tests.builders.cash_tables import flows_of_table

ZERO = date(2026, 6, 30)
DAYS = (date(2026, 7, 31), date(2026, 8, 31))


def flows(path, text, encoding="utf-8", currency=""):
    path.write_bytes(text.encode(encoding))
    return read_flows(path, ZERO, currency)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("date;received;costs\n31/07/2026;1.234,50;0,5\n31/08/2026;2.000;1\n", "utf-8"),
        ("date;received;costs\r\n31.07.2026;1234,5;0,50\r\n31.08.2026;2000;1,0\r\n", "utf-8-sig"),
        ("date\treceived\tcosts\n2026-07-31\t1234.5\t.5\n2026-08-31\t2e3\t1\n", "utf-16"),
        (
            'date,received,costs\n,,\n7/31/2026,"1,234.50",0.5\n,,\n8/31/2026,"2,000",1\n\n',
            "utf-8",
        ),
        ("date,received,costs\n2026年7月31日,1234.5,0.5\n2026年8月31日,2000元,1\n", "gbk"),
        ("date,received,costs\n46234,1234.5,0.5\n46265,2000,1\n", "utf-8"),
        ("Month, Received ,COSTS\n1,1234.5,0.5\n2,2000,1\n", "utf-8"),
        ("month,costs,received,\n2.0,1,2000,\n1.0,0.5,1234.5,\n", "utf-8"),
        ("month|received|costs\n1|1234.5|0.5\n2|2000|1\n", "utf-8"),
        (
            "date,kind,amount\n20260731,Voluntary,1234.5\n20260731,TAX,-0.5\n"
            "20260831,sale,2000\n20260831,tax,-1\n",
            "ascii",
        ),
    ],
)
def test_customary_notations(tmp_path, text, encoding):
    found = flows(tmp_path / "f.csv", text, encoding)
    assert found.dates == DAYS and found.notes == ()
    assert found.received.tolist() == [[1234.5, 2000.0]] and found.costs.tolist() == [[0.5, 1.0]]


@pytest.mark.parametrize(
    ("text", "expected_text"),
    [
        (
            "date;received\n2026-07-31;1.234\n",
            "row 2, received: got '1.234', which is 1.234 or 1,234",
        ),
        (
            "date;received\n\n01/07/2026;5\n",
            "row 3, date: got '01/07/2026', which is 2026-07-01 or 2026-01-07",
        ),
        ("date,received\n2026-07-31,5\n2026-08-31,#N/A\n", "row 3, received: got '#N/A'"),
        (
            "date,received\n2026-07-31,5\n2026-08-31,\n",
            "row 3, received: got ''; expected an amount, 0 where",
        ),
        ("date,received\n2026-07-31,5\nTotal,5\n", "row 3, date: got 'Total'"),
        ("month,received\n202607,5\n", "row 2, month: got '202607'; expected months from month 0"),
        (
            "scenario,month,received\nbase,1,5\n",
            "row 2, scenario: got 'base'; expected the number of a scenario",
        ),
        ("scenario,month,received\n0,1,5\n,2,5\n", "row 3, scenario: got ''"),
        ("month,received\n1,\x1b[31m\n", r"got '\x1b[31m'"),
        ("month,received\n1,¥5\n", "row 2, received: got '¥5'"),
        ("month,received\n1,$5\n", "row 2, received: got '$5'; expected an amount in EUR"),
        ("month,s1,s2\n1,5,6\n", "unknown column 's1'"),
        ("month,received,currency\n1,5,EUR\n", "unknown column 'currency'"),
        ("日期,回收\n2026-07-31,5\n", "unknown column '日期'"),
        (
            "month,kind,amount\n1,voluntry,5\n",
            "row 2: unknown kind 'voluntry'; did you mean 'voluntary'?",
        ),
        (
            "month,amount\n1,5\n",
            "has the columns month, amount; expected either the columns kind and amount",
        ),
        (
            "received\n5\n",
            "has the columns received; expected either a column month or a column date",
        ),
        (
            "month,received\n1,5\n1,6\n",
            "rows 2, 3: the same month, and the table has no column scenario",
        ),
    ],
)
def test_what_cannot_be_read_names_the_cell(tmp_path, text, expected_text):
    with pytest.raises(DealError) as caught:
        flows(tmp_path / "f.csv", text, currency="EUR")
    assert str(caught.value).startswith(f"{tmp_path / 'f.csv'}: ") and expected_text in str(
        caught.value
    )


def test_long_values_are_shortened(tmp_path):
    for text in (
        f"month,received\n1,{'9' * 100_000}x\n",
        f"month,received,{'q' * 20_000}\n1,2,3\n",
        f"month,kind,amount\n1,{'q' * 20_000},3\n",
    ):
        with pytest.raises(DealError) as caught:
            flows(tmp_path / "f.csv", text)
        assert len(str(caught.value)) < 700


def test_a_workbook_of_flows(tmp_path):
    book = openpyxl.Workbook()
    for row in (
        ["date", "received", "costs"],
        [date(2026, 7, 31), 1234.567, 0],
        [date(2026, 8, 31), "1,250.50", 2],
    ):
        book.active.append(row)
    book.save(tmp_path / "f.xlsx")
    found = read_flows(tmp_path / "f.xlsx", ZERO)
    assert found.dates == DAYS and found.received.tolist() == [[1234.567, 1250.5]]
    book.active["B3"] = True
    book.save(tmp_path / "f.xlsx")
    with pytest.raises(
        DealError, match=r"f.xlsx\[Sheet\]: row 3, received: got 'true'; expected a number"
    ):
        read_flows(tmp_path / "f.xlsx", ZERO)


@pytest.mark.parametrize(
    ("cells", "expected_text"),
    [
        ([True, False], "row 2, received: got 'true'"),
        (pd.to_datetime(["2026-01-01", "2026-02-01"]), "row 2, received: got '2026-01-01'"),
        (pd.to_timedelta([1, 2], "D"), "row 2, received: got '1 day, 0:00:00'"),
        (
            [5.0, 1e300],
            "row 3, received: got '1.00000000000000E+300'; expected a value at least -1e+15 and "
            "at most 1e+15",
        ),
        ([5, 10**18], "row 3, received: got"),
        (np.array([1.0, np.inf], dtype=np.float32), "row 3, received: got 'inf'"),
        (pd.array([5, None], dtype="Int64"), "row 3, received: got ''"),
        (["5", "x"], "row 3, received: got 'x'"),
    ],
)
def test_types_of_parquet_that_are_no_amounts(tmp_path, cells, expected_text):
    pd.DataFrame({"month": [1, 2], "received": cells}).to_parquet(tmp_path / "f.parquet")
    with pytest.raises(DealError) as caught:
        read_flows(tmp_path / "f.parquet", ZERO)
    assert expected_text in str(caught.value)


def test_an_index_of_rows_is_no_column(tmp_path):
    table = pd.DataFrame({"scenario": [0, 1], "month": [1, 1], "received": [5.0, 6.0]}).iloc[::-1]
    table.to_parquet(tmp_path / "f.parquet")
    assert read_flows(tmp_path / "f.parquet", ZERO).received.tolist() == [[5.0], [6.0]]


def test_scenarios_numbered_by_row_are_reported():
    table = pd.DataFrame({"scenario": [0, 1, 2], "month": [1, 2, 3], "received": 5.0})
    assert "each of the 3 scenarios has a single row" in flows_of_table(table, ZERO).notes[0]


def test_too_many_scenarios_by_dates_are_refused(monkeypatch):
    monkeypatch.setattr("npl_sim.tables.cash_table.MOST_GIB", 0.001)
    days = pd.date_range("2026-07-01", periods=200).strftime("%Y-%m-%d")
    table = pd.DataFrame({"scenario": range(200), "date": days, "received": 1.0})
    with pytest.raises(
        DealError, match="200 scenarios and 200 different dates or months, which take"
    ):
        flows_of_table(table, ZERO)
