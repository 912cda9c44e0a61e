"""Calendar months as tables write them, and months counted from a date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from npl_sim.tables.periods import (
    calendar_month,
    counted_month,
    has_no_year,
    month_anniversary,
    month_number,
    whole_months,
)


@pytest.mark.parametrize(
    "text", ["2024-02", "2024/2", "2024年2月", "Feb 2024", "feb-24", "febbraio 2024", "202402"]
)
def test_a_month_is_its_last_day(text):
    assert calendar_month(text) == date(2024, 2, 29)


@pytest.mark.parametrize("text", ["", "loan", "2024-13", "13/2024", "99", "1234567"])
def test_other_texts_are_no_month(text):
    assert calendar_month(text) is None


def test_numbers_of_months():
    assert [counted_month(t) for t in ("M12", "month 3", "第3期", "x")] == [12, 3, 3, None]
    assert [counted_month(t) for t in ("第7月", "7个月", "7月", "7月份")] == [7, 7, None, None]
    assert [has_no_year(t) for t in ("7月", "12月份", "2026年7月", "7")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("start", [date(2026, 6, 30), date(2026, 2, 28), date(2026, 1, 31)])
def test_month_ends_stay_month_ends(start):
    day = month_anniversary(start, 13)
    assert (day + timedelta(days=1)).day == 1


@pytest.mark.parametrize("start", [date(2026, 6, 30), date(2026, 1, 15), date(2026, 1, 30)])
def test_each_day_lies_in_the_month_whose_end_it_does_not_pass(start):
    for days in range(-40, 800):
        day = start + timedelta(days=days)
        m = month_number(start, day)
        assert month_anniversary(start, m - 1) < day <= month_anniversary(start, m)
        n = whole_months(start, day)
        assert month_anniversary(start, n) <= day < month_anniversary(start, n + 1)
