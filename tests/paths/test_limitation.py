"""When claims run out: the transition of periods, the long stop, and the law of the valuation date."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from npl_sim.base import DAYS_PER_MONTH
from npl_sim.paths.legal import LegalRegime
from npl_sim.paths.limitation import (
    LimitationRule,
    limitation_expiry_date,
    limitation_left,
    period_months,
)

TWO = LimitationRule(months=24, source="two years")
THREE = LimitationRule(effective=date(2017, 10, 1), months=36, source="three years")
CHINA = (TWO, THREE)
LATER = date(2018, 6, 30)


def days(*texts):
    return np.array(texts, dtype="datetime64[D]")


def months_between(earlier, later):
    return (np.datetime64(later) - np.datetime64(earlier)).astype(int) / DAYS_PER_MONTH


def test_a_claim_expired_before_the_new_rule_stays_dead_and_a_running_one_moves():
    left = limitation_left(CHINA, days("2015-09-30", "2015-10-02", "2018-01-01"), LATER)
    assert left == pytest.approx(
        [
            24 - months_between("2015-09-30", LATER),  # dead at 24 months
            36 - months_between("2015-10-02", LATER),  # runs 36 months from the same start
            36 - months_between("2018-01-01", LATER),
        ]
    )
    assert left[0] < 0 < left[1] < left[2]


def test_expiry_dates_say_the_same():
    ends = limitation_expiry_date(CHINA, days("2015-09-30", "2015-10-02", "2018-01-01"), LATER)
    assert ends.tolist() == [date(2017, 9, 29), date(2018, 10, 1), date(2020, 12, 31)]


def test_the_law_is_that_of_the_valuation_date():
    start = days("2016-01-01")
    assert period_months(CHINA, date(2017, 9, 30)) == 24
    assert period_months(CHINA, date(2017, 10, 1)) == 36
    before = limitation_left(CHINA, start, date(2017, 9, 30))
    assert before == pytest.approx(24 - months_between("2016-01-01", "2017-09-30"))


def test_without_rules_in_force_claims_do_not_run_out():
    start = days("1990-01-01", "NaT")
    assert np.isposinf(limitation_left((), start, LATER)).all()
    assert np.isposinf(limitation_left((THREE,), start, date(2010, 1, 1))).all()
    assert np.isnat(limitation_expiry_date((), start, LATER)).all()
    assert period_months((), LATER) == period_months((THREE,), date(2010, 1, 1)) == float("inf")


def test_the_long_stop_counts_from_default_whatever_restarts_the_clock():
    since, default = days("2018-01-01", "2018-01-01", "2018-01-01"), days("1999-01-01", "2010-01-01", "NaT")
    left = limitation_left(CHINA, since, LATER, 240, default)
    stop = 240 - months_between("1999-01-01", LATER)
    free = 36 - months_between("2018-01-01", LATER)
    assert left == pytest.approx([stop, free, free])
    assert limitation_left(CHINA, since, LATER, 12) == pytest.approx(12 - months_between("2018-01-01", LATER))


def test_a_series_with_gaps_is_read_as_an_array_is():
    series = pd.Series(pd.to_datetime(["2018-01-01", None]), index=[7, 3])
    left = limitation_left(CHINA, series, LATER, 240, series)
    assert isinstance(left, np.ndarray)
    assert left[0] == limitation_left(CHINA, days("2018-01-01"), LATER)[0] and np.isnan(left[1])


def test_a_default_whole_months_ago_leaves_whole_months():
    ages = np.arange(36)
    start = pd.Timestamp(LATER) - pd.to_timedelta(ages * DAYS_PER_MONTH, unit="D")
    assert (limitation_left((TWO,), start.to_series(), LATER) == 24 - ages).all()


@given(st.integers(0, 20_000), st.floats(1, 300), st.floats(1, 300), st.integers(0, 20_000))
def test_one_claim_after_the_words_of_the_rule(start, older, newer, effective):
    """A plain reading of the transition for one claim, in days."""
    first = date.fromordinal(date(1970, 1, 1).toordinal() + effective)
    rules = (
        LimitationRule(months=older, source=""),
        LimitationRule(effective=first, months=newer, source=""),
    )
    since = np.array([start], dtype="datetime64[D]")
    dead = start < effective and start + older * DAYS_PER_MONTH <= effective
    expected = start + (older if dead else newer) * DAYS_PER_MONTH
    now = date(2030, 1, 1)
    today = (now - date(1970, 1, 1)).days
    assert limitation_left(rules, since, now)[0] * DAYS_PER_MONTH == pytest.approx(expected - today, abs=1e-4)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ({"limitation": [THREE, TWO]}, "has no date"),
        ({"limitation": [THREE, THREE]}, "do not rise"),
        ({"limitation_long_stop_months": 240}, "without a rule in limitation"),
        ({"limitation": [{"months": -1, "source": ""}]}, "greater than or equal to 0"),
    ],
)
def test_rules_out_of_order_are_refused(words, part):
    with pytest.raises(ValidationError, match=part):
        LegalRegime.model_validate(words)
