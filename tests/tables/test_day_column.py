"""Dates of cash: one order, one time zone, no time that may hide another day, and none far from
the deal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest

from npl_sim.core.errors import TableError
from npl_sim.tables.cash_file import table_of_raw
from npl_sim.tables.day_column import read_days
from tests.builders.cash_tables import table_of_frame

ZERO = date(2026, 6, 30)
TWO = pd.to_datetime(["2026-07-31", "2026-12-31"])


def days(cells, reference=ZERO):
    return read_days(table_of_frame(pd.DataFrame({"date": cells}), "t"), "date", reference)


@pytest.mark.parametrize(
    "cells",
    [
        ["2026-07-31", "2026-12-31"],
        ["2026/7/31", "2026年12月31日"],
        ["31/07/2026", "31.12.2026"],
        ["07/31/2026", "12/31/2026"],
        ["20260731", "20261231"],
        [20260731, 20261231],
        [46234, 46387],
        ["46234", "46387.0"],
        ["2026-07-31 00:00:00", "2026-12-31T00:00"],
        ["2026-07-31T00:00:00+08:00", "2026-12-31T00:00:00+08:00"],
        ["2026-07-31T00:00:00Z", "2026-12-31 00:00:00+00:00"],
        [date(2026, 7, 31), datetime(2026, 12, 31)],
        TWO,
        TWO.astype("datetime64[ns]"),
        TWO.tz_localize("Europe/Rome"),
        TWO.tz_localize("Asia/Shanghai"),
        pd.Series(TWO.tz_localize("Asia/Shanghai").to_pydatetime(), dtype=object),
        pd.Categorical(["2026-07-31", "2026-12-31"]),
    ],
)
def test_dates_in_any_customary_form(cells):
    found, notes = days(cells)
    assert found.tolist() == [date(2026, 7, 31), date(2026, 12, 31)] and notes == []


EAST = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("cells", "text"),
    [
        (["2026-02-30"], "row 2, date: got '2026-02-30'; expected a date such as"),
        (["2026-07-31", None], "row 3, date: got ''; expected a date such as"),
        ([pd.NaT, TWO[0]], "row 2, date: got ''; expected a date"),
        (["2026-07-31", "many"], "row 3, date: got 'many'"),
        ([True], "row 2, date: got 'true'"),
        (
            ["0202-03-31"],
            "row 2, date: got '0202-03-31'; expected a date from 1950-01-01 to 2126-12-31",
        ),
        (["1949-12-31"], "expected a date from 1950-01-01"),
        (["1899-12-31"], "expected a date from 1950-01-01"),
        (["2127-01-01"], "to 2126-12-31"),
        (["9999-12-31"], "to 2126-12-31"),
        (["31/07/2026", "07/31/2026"], "expected one order of day and month"),
        (["01/07/2026"], "which is 2026-07-01 or 2026-01-07"),
        (
            ["2026-07-30T16:00:00Z"],
            "row 2, date: got '2026-07-30T16:00:00Z'; expected a date without a time",
        ),
        (
            ["2026-07-31", "2026-07-30 16:00:00"],
            "row 3, date: got '2026-07-30 16:00:00'; expected a date without",
        ),
        (["46233.6666666667"], "expected a date without a time"),
        (["2026-07-31T24:00:00Z"], "expected a date without a time"),
        (["2026-07-31T00:00+08:00", "2026-07-31T00:00Z"], "expected dates in one time zone"),
        (
            ["2026-07-31T00:00+08:00", "2026-07-31"],
            "row 3, date: got '2026-07-31'; expected dates in one time zone",
        ),
        (["2026-07-30T16:20:31Z"], "expected a date without a time"),
        (
            TWO.tz_localize("Asia/Shanghai").tz_convert("UTC"),
            "row 2, date: got '2026-07-30 16:00:00'",
        ),
        (
            [datetime(2026, 7, 31, tzinfo=EAST), datetime(2026, 7, 31, tzinfo=UTC)],
            "in one time zone",
        ),
        (
            [datetime(2026, 7, 30, 22), datetime(2026, 10, 30, 23)],
            "expected a date without a time",
        ),
    ],
)
def test_dates_that_may_be_another_day_are_refused(cells, text):
    with pytest.raises(TableError, match="^t: row ") as caught:
        days(pd.Series(cells) if not isinstance(cells, list) else pd.Series(cells, dtype=object))
    assert text in str(caught.value)


def test_times_of_day_are_dropped_and_reported():
    found, notes = days(["2026-07-31 16:21:05", "2026-07-31", "2026-08-31 09:00"])
    assert found.tolist() == [date(2026, 7, 31)] * 2 + [date(2026, 8, 31)]
    assert notes == ["t: date: times of day were dropped in 2 rows (first: row 2)"]


def test_unlikely_dates_are_reported():
    _, notes = days(["2026-07-31", "2062-07-31", "2015-12-31"])
    assert notes == [
        "t: row 3, date: got '2062-07-31'; expected a date from 10 years before to 30 "
        "years after 2026-06-30 [2 rows]"
    ]
    assert days(["2016-01-01", "2056-12-31"])[1] == []
    assert days(["1990-12-31"], None)[1] == []


def test_without_a_reference_dates_of_this_and_the_next_century_are_read():
    assert days(["2199-12-31"], None)[0].tolist() == [date(2199, 12, 31)]
    with pytest.raises(TableError, match="to 2200-01-01"):
        days(["2206-12-31"], None)
    assert days(["2026-07-31"], date(9990, 1, 1))[0].tolist() == [date(2026, 7, 31)]


def test_serials_of_a_workbook_that_counts_from_1904_are_refused():
    raw = replace(
        table_of_frame(
            pd.DataFrame({"date": pd.Series(["2026-07-31", 44772], dtype=object)}), "t"
        ).raw,
        epoch=date(1904, 1, 1),
        rows=np.array([5, 6]),
    )
    with pytest.raises(
        TableError, match="row 6, date: got '44772'; expected a cell formatted as a date"
    ):
        read_days(table_of_raw(raw, "t"), "date", ZERO)
