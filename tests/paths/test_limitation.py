"""Last days of claims and judgments, worked by hand: the calendar, the transition, the long stop,
the window.
"""

from __future__ import annotations

import calendar
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.legal.calendar_months import add_months, months_until
from npl_sim.legal.limitation import (
    LimitationRule,
    claim_due,
    last_day_of_window,
    limitation_expiry_date,
    limitation_left,
    long_stop_day,
    period_months,
)
from npl_sim.legal.regime import LegalRegime

TWO = LimitationRule(months=24, source="two years")
THREE = LimitationRule(effective=date(2017, 10, 1), months=36, source="three years")
CHINA = (TWO, THREE)
ITALY = (LimitationRule(months=120, source="ten years"),)
LATER = date(2018, 6, 30)


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


def ends(rules, since, valuation, *more):
    return limitation_expiry_date(rules, days(since), valuation, *more)[0].item()


@pytest.mark.parametrize(
    ("begin", "months", "end"),
    [
        # Civil Code 202: the day of the same number, else the last day of the month.
        ("2024-01-31", 36, "2027-01-31"),
        ("2024-02-28", 36, "2027-02-28"),
        ("2024-02-29", 36, "2027-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2023-02-28", 12, "2024-02-28"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2025-08-31", 6, "2026-02-28"),
        ("2024-12-31", 2, "2025-02-28"),
        ("2026-06-30", -4, "2026-02-28"),
        ("2026-06-30", 0, "2026-06-30"),
        # Half a month is 15 whole days of 15.2.
        ("2026-06-30", 0.5, "2026-07-15"),
        ("2026-06-30", -0.5, "2026-06-14"),
        ("1968-02-29", 24, "1970-02-28"),
    ],
)
def test_a_period_ends_by_the_calendar(begin, months, end):
    assert add_months(days(begin), months)[0] == np.datetime64(end)


def test_a_day_that_is_not_known_stays_so():
    assert np.isnat(add_months(days("NaT", "2024-01-31"), 36)).tolist() == [True, False]


@given(st.dates(date(1950, 1, 1), date(2090, 1, 1)), st.integers(-600, 600))
def test_a_period_against_a_plain_reading(begin, months):
    year, month = divmod(begin.year * 12 + begin.month - 1 + months, 12)
    expected = date(year, month + 1, min(begin.day, calendar.monthrange(year, month + 1)[1]))
    assert add_months(np.array([begin], dtype="datetime64[D]"), months)[0].item() == expected


@given(
    st.dates(date(2000, 1, 1), date(2050, 1, 1)), st.integers(-4000, 4000), st.integers(-130, 130)
)
def test_a_month_of_the_simulation_comes_in_time_exactly_where_its_calendar_day_does(
    today, offset, month
):
    """No claim is lost by rounding: month m is in time where today plus m calendar months is no
    later than the last day.
    """
    last = today + timedelta(days=offset)
    left = months_until(today, np.array([last], dtype="datetime64[D]"))[0]
    day = add_months(np.array([today], dtype="datetime64[D]"), month)[0].item()
    assert (month <= left) == (day <= last)
    assert (left < 0.0) == (last < today) and (left == 0.0) == (last == today)


def test_months_until_by_hand():
    found = months_until(date(2026, 6, 30), days("2029-06-30", "2026-06-29", "2026-07-15", "NaT"))
    assert found == pytest.approx([36.0, -1 / 31, 0.5, np.inf])  # 15 of the 30 days to 30 July


def test_a_claim_lives_on_its_last_day_and_dies_the_day_after():
    """Civil Code 188, 201, 202: three years from 2024-03-01 end with 2027-03-01."""
    start = days("2024-03-01")
    assert limitation_left(CHINA, start, date(2027, 3, 1))[0] == 0.0
    assert limitation_left(CHINA, start, date(2027, 3, 2))[0] < 0.0
    assert limitation_left(CHINA, start, date(2027, 2, 28))[0] > 0.0


@pytest.mark.parametrize(
    ("since", "end"),
    [
        ("2015-09-30", "2017-09-30"),  # ran out the day before the new law
        (
            "2015-10-01",
            "2018-10-01",
        ),  # Fa Shi (2018) 12: its last day is 2017-10-01, so it had not run out
        ("2015-10-02", "2018-10-02"),
        ("2018-01-01", "2021-01-01"),
    ],
)
def test_the_transition_to_three_years(since, end):
    assert ends(CHINA, since, LATER) == date.fromisoformat(end)


def test_italy_counts_ten_years():
    """Codice civile 2946 and 2963: ten years, by the calendar."""
    assert ends(ITALY, "2016-02-29", date(2025, 4, 1)) == date(2026, 2, 28)
    assert (
        limitation_left(ITALY, days("2015-04-01", "2015-03-31"), date(2025, 4, 1)).tolist()[0]
        == 0.0
    )
    assert limitation_left(ITALY, days("2015-03-31"), date(2025, 4, 1))[0] < 0.0


def test_the_law_is_that_of_the_valuation_date():
    assert period_months(CHINA, date(2017, 9, 30)) == 24
    assert period_months(CHINA, date(2017, 10, 1)) == 36
    assert ends(CHINA, "2016-01-01", date(2017, 9, 30)) == date(2018, 1, 1)
    assert ends(CHINA, "2016-01-01", date(2017, 10, 1)) == date(2019, 1, 1)


def test_without_rules_in_force_claims_do_not_run_out():
    start = days("1990-01-01", "NaT")
    assert np.isposinf(limitation_left((), start, LATER)).all()
    assert np.isposinf(limitation_left((THREE,), start, date(2010, 1, 1))).all()
    assert np.isnat(limitation_expiry_date((), start, LATER)).all()
    assert period_months((), LATER) == period_months((THREE,), date(2010, 1, 1)) == float("inf")


def test_no_claim_runs_before_it_is_due():
    """Civil Code 188: from the breach; a payment or demand before it starts nothing."""
    assert ends(CHINA, "2015-01-01", LATER, None, days("2016-03-01")) == date(2019, 3, 1)
    assert ends(CHINA, "2016-05-01", LATER, None, days("2016-03-01")) == date(2019, 5, 1)


@pytest.mark.parametrize(
    ("default", "matures", "declared", "due"),
    [
        ("2024-03-31", "NaT", "NaT", "2024-03-31"),
        ("2024-03-31", "2040-06-20", "NaT", "2040-06-20"),  # Civil Code 189
        ("2024-03-31", "2040-06-20", "2025-01-10", "2025-01-10"),
        ("2024-03-31", "NaT", "2025-01-10", "2025-01-10"),
        (
            "2024-03-31",
            "2023-06-20",
            "NaT",
            "2024-03-31",
        ),  # matured before the default that is stated
        ("2024-03-31", "2040-06-20", "2023-01-10", "2024-03-31"),
        ("2024-03-31", "2024-06-20", "2025-01-10", "2024-06-20"),  # declared due after it was due
    ],
)
def test_installments_run_out_from_the_last_due_date(default, matures, declared, due):
    assert claim_due(days(default), days(matures), days(declared))[0] == np.datetime64(due)


def test_the_long_stop_counts_from_the_day_the_claim_was_due():
    """Civil Code 188: twenty years, whatever restarts the clock."""
    assert ends(CHINA, "2018-01-01", LATER, 240, days("1998-06-30")) == date(2018, 6, 30)
    assert limitation_left(CHINA, days("2018-01-01"), LATER, 240, days("1998-06-30"))[0] == 0.0
    assert limitation_left(CHINA, days("2018-01-01"), LATER, 240, days("1998-06-29"))[0] < 0.0
    assert ends(CHINA, "2018-01-01", LATER, 240, days("2010-01-01")) == date(2021, 1, 1)
    assert ends(CHINA, "2018-01-01", LATER, 12) == date(2019, 1, 1)
    assert long_stop_day(days("2004-02-29"), 240)[0] == np.datetime64("2024-02-29")
    assert np.isnat(long_stop_day(days("2004-02-29"), None)[0])


@pytest.mark.parametrize(
    ("opened", "event", "end"),
    [
        ("2014-09-01", "2017-06-01", "2019-06-01"),
        ("2014-09-16", "NaT", "2016-09-16"),
        ("2014-09-16", "2014-08-31", "2016-09-16"),  # before the judgment: restarts nothing
        ("2014-09-16", "2014-09-01", "2016-09-16"),
        ("2014-09-16", "2014-09-10", "2016-09-16"),  # within the time for performance
        ("2014-09-16", "2014-09-17", "2016-09-17"),
        ("2024-02-29", "NaT", "2026-02-28"),
    ],
)
def test_the_window_to_apply_for_enforcement(opened, event, end):
    """Civil Procedure Law 250: two years from the last day for performance; interruption
    applies.
    """
    found = last_day_of_window(days(opened), days(event), 24)
    assert found[0] == np.datetime64(end)
    assert np.isnat(last_day_of_window(days(opened), days(event), None)[0])


def test_italy_s_judgment_lapses_after_ten_years():
    """Codice civile 2953, interrupted as in 2943."""
    window = [
        last_day_of_window(days("2012-05-31"), days(e), 120)[0] for e in ("NaT", "2019-11-30")
    ]
    assert window == [np.datetime64("2022-05-31"), np.datetime64("2029-11-30")]


def test_a_series_with_gaps_is_read_as_an_array_is():
    series = pd.Series(pd.to_datetime(["2018-01-01", None]), index=[7, 3])
    left = limitation_left(CHINA, series, LATER, 240, series)
    assert isinstance(left, np.ndarray)
    assert left[0] == limitation_left(CHINA, days("2018-01-01"), LATER)[0] and np.isnan(left[1])


@given(
    st.dates(date(1970, 1, 1), date(2024, 1, 1)),
    st.integers(1, 300),
    st.integers(1, 300),
    st.dates(date(1970, 1, 1), date(2024, 1, 1)),
)
def test_one_claim_after_the_text_of_the_rule(start, older, newer, effective):
    """A plain reading of the transition for one claim: time-barred where its last day is before
    the new rule.
    """
    rules = (
        LimitationRule(months=older, source=""),
        LimitationRule(effective=effective, months=newer, source=""),
    )
    since = np.array([start], dtype="datetime64[D]")
    first = add_months(since, older)[0].item()
    dead = start < effective and first < effective
    expected = first if dead else add_months(since, newer)[0].item()
    assert limitation_expiry_date(rules, since, date(2060, 1, 1))[0].item() == expected


def test_fractions_of_a_month_are_days():
    rules = (LimitationRule(months=1.25, source=""),)
    assert ends(rules, "2026-01-31", date(2026, 2, 1)) == date(2026, 2, 28) + timedelta(
        days=int(DAYS_PER_MONTH / 4)
    )


@pytest.mark.parametrize(
    ("terms", "part"),
    [
        ({"limitation": [THREE, TWO]}, "has no date"),
        ({"limitation": [THREE, THREE]}, "do not rise"),
        ({"limitation_long_stop_months": 240}, "without a rule in limitation"),
        ({"limitation": [{"months": -1, "source": ""}]}, "greater than or equal to 0"),
    ],
)
def test_rules_out_of_order_are_refused(terms, part):
    with pytest.raises(ValidationError, match=part):
        LegalRegime.model_validate(terms)
