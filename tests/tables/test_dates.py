"""Dates are read by column: order, patterns, serials, placeholders, instants."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from npl_sim.tables.cell_types import ERROR_CELL
from npl_sim.tables.columns import Cells, Notation
from npl_sim.tables.dates import (
    BOTH_ORDERS,
    FIRST_OF_MONTH,
    INSTANT,
    NO_DAY,
    ORDER,
    SHORT_YEAR,
    read_dates,
)

AUTO = Notation()


def read(cells: list[str], notation: Notation = AUTO) -> Cells:
    return read_dates(pd.Series(cells, dtype="str"), notation)


def days(cells: Cells) -> list[str]:
    return ["" if pd.isna(v) else f"{v:%Y-%m-%d}" for v in cells.values]


def finding(cells: Cells) -> dict[str, set[int]]:
    return {k: set(np.flatnonzero(v).tolist()) for k, v in cells.errors.items() if v.any()}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-3-5", "2024-03-05"),
        ("20240305", "2024-03-05"),
        ("2024年3月5日", "2024-03-05"),
        ("15-Mar-2024", "2024-03-15"),
        ("15 March 2024", "2024-03-15"),
        ("Mar 15, 2024", "2024-03-15"),
        ("15 marzo 2024", "2024-03-15"),
        ("2024-03-15 00:00:00", "2024-03-15"),
        ("2024-03-15T00:00:00+08:00", "2024-03-15"),
        ("31/12/2023", "2023-12-31"),
        ("05.05.2024", "2024-05-05"),
    ],
)
def test_notations_that_need_no_order(text: str, day: str) -> None:
    found = read([text])
    assert days(found) == [day]
    assert finding(found) == {}


def test_two_orders_in_one_column_are_refused() -> None:
    found = read(["31/12/2023", "12/31/2023", "05/05/2024", "2024-01-31"])
    assert finding(found) == {BOTH_ORDERS: {0, 1, 2}}
    # A stated order leaves those that do not fit it.
    assert set(finding(read(["31/12/2023", "12/31/2023"], replace(AUTO, date_format="dmy")))) == {
        "a date such as 2024-01-31, 2024/1/31 or 20240131"
    }


def test_one_order_settles_the_doubtful() -> None:
    found = read(["25/04/2024", "03/04/2024", "2024-01-31"])
    assert days(found) == ["2024-04-25", "2024-04-03", "2024-01-31"]
    (note,) = found.warnings
    assert "day/month/year" in note and list(found.warnings[note]) == [False, True, False]
    assert days(read(["04/25/2024", "03/04/2024"])) == ["2024-04-25", "2024-03-04"]


def test_a_column_that_settles_nothing_is_refused() -> None:
    assert finding(read(["03/04/2024", "05/05/2024"])) == {ORDER: {0}}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Apr-2013", NO_DAY),
        ("2024年3月", NO_DAY),
        ("202403", NO_DAY),
        ("15-Mar-24", SHORT_YEAR),
        ("15/03/24", SHORT_YEAR),
    ],
)
def test_notations_that_need_a_pattern(text: str, expected: str) -> None:
    assert finding(read([text])) == {expected: {0}}


def test_patterns() -> None:
    month = read(["Apr-2013", "dic-2014", "2015-06-30"], replace(AUTO, date_format="%b-%Y"))
    assert days(month) == ["2013-04-01", "2014-12-01", "2015-06-30"]
    assert list(month.warnings[FIRST_OF_MONTH]) == [True, True, False]
    assert days(read(["15-Mar-24"], replace(AUTO, date_format="%d-%b-%y"))) == ["2024-03-15"]
    assert days(read(["032024"], replace(AUTO, date_format="%m%Y"))) == ["2024-03-01"]
    assert days(read(["2024年3月"], replace(AUTO, date_format="%Y年%m月"))) == ["2024-03-01"]
    assert len(finding(read(["Foo-2013"], replace(AUTO, date_format="%b-%Y")))) == 1


def test_serials_count_from_the_epoch_of_the_workbook() -> None:
    assert days(read(["45366"])) == ["2024-03-15"]
    assert days(read(["43904"], replace(AUTO, epoch=date(1904, 1, 1)))) == ["2024-03-15"]


def test_placeholders_are_empty_where_the_study_says_so() -> None:
    stated = replace(AUTO, placeholders=frozenset({date(1900, 1, 1)}))
    found = read(["1900-01-01", "01/01/1900", "2024-01-31"], stated)
    assert list(found.empty) == [True, True, False]
    assert days(found) == ["", "", "2024-01-31"]
    assert not read(["1900-01-01"]).empty.any()


def test_errors_of_a_spreadsheet() -> None:
    found = read(["#N/A", "#REF!", "", "2024-01-31"])
    assert finding(found) == {ERROR_CELL: {0, 1}}
    assert list(found.empty) == [False, False, True, False]


def test_instants_are_no_dates() -> None:
    """Midnight in Shanghai is 16:00 the day before in UTC."""
    assert finding(read(["2024-03-14T16:00:00Z", "2024-03-14 00:00:00Z"])) == {INSTANT: {0}}
    zoned = pd.Series(pd.to_datetime(["2024-03-14T16:00Z", None, "2024-03-15T16:00Z"]))
    assert finding(read_dates(zoned, AUTO)) == {INSTANT: {0, 2}}
    local = read_dates(zoned.dt.tz_convert("Asia/Shanghai"), AUTO)
    assert days(local) == ["2024-03-15", "", "2024-03-16"] and finding(local) == {}
    naive = pd.Series(pd.to_datetime(["2024-03-14T16:00", "2024-03-15T16:00"]))
    assert finding(read_dates(naive, AUTO)) == {INSTANT: {0, 1}}
    assert (
        finding(
            read_dates(pd.Series(pd.to_datetime(["2024-03-14T09:30", "2024-03-15T16:00"])), AUTO)
        )
        == {}
    )


def test_texts_at_one_time_of_day_are_instants_too() -> None:
    assert finding(read(["2024-03-14 16:00:00", "2024-03-15 16:00:00", ""])) == {INSTANT: {0, 1}}
    assert finding(read(["2024-03-14 16:00:00", "2024-03-15"])) == {}
    assert finding(read(["2024-03-14 16:00:00"])) == {}


def test_old_years_are_read_as_they_stand() -> None:
    """A plausible range is a check of the tape, which says so; here nothing is repaired."""
    assert [v.year for v in read(["0202-03-15", "9999-12-31"]).values] == [202, 9999]
