"""Holidays of the Chinese interbank market: announced years against a second source, later years
by rule."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import QuantLib as ql

from npl_sim.securitization.dates import deal_dates
from npl_sim.securitization.holidays import (
    _announced,
    _data,
    china_interbank,
    first_estimated,
    moved,
)
from tests.builders.deals import deal

ANNOUNCED = range(2016, 2027)


def days_of(year):
    return [date(year, 1, 1) + timedelta(days=n) for n in range(365)]


@pytest.mark.parametrize("year", ANNOUNCED)
def test_announced_years_agree_with_quantlib(year):
    """A library that lists these years agrees on every day, working weekends included."""
    theirs = ql.China(ql.China.IB)
    for day in days_of(year):
        assert china_interbank(day) == theirs.isBusinessDay(
            ql.Date(day.day, day.month, day.year)
        ), day


def test_every_announced_year_has_its_notice():
    rows = _data()["announced"]
    assert [r["year"] for r in rows] == list(ANNOUNCED) == sorted(_announced())
    for row in rows:
        assert date(row["year"] - 1, 10, 1) <= row["notice"] < date(row["year"], 1, 1)
        assert row["source"].startswith("gov.cn/")
        weekend = {
            date(row["year"], *map(int, d.split("-"))).weekday() >= 5 for d in row["worked"]
        }
        assert weekend == {True}


def test_estimates_of_known_years_are_near_the_notices(monkeypatch):
    """Without its notice a year since 2020 loses few weekdays; the statutory days are all
    found."""
    from npl_sim.securitization import holidays

    monkeypatch.setattr(holidays, "_announced", dict)
    for year, statutory in (
        (
            2025,
            [
                "01-01",
                "01-28",
                "01-29",
                "01-30",
                "01-31",
                "04-04",
                "05-01",
                "05-02",
                "06-02",
                "10-01",
                "10-02",
                "10-03",
                "10-06",
                "10-08",
            ],
        ),
        (
            2026,
            [
                "01-01",
                "02-16",
                "02-17",
                "02-18",
                "02-19",
                "04-06",
                "05-01",
                "06-19",
                "09-25",
                "10-01",
                "10-02",
            ],
        ),
    ):
        theirs = set(_holidays(year, _announced()[year].holidays))
        ours = {d for d in days_of(year) if d.weekday() < 5 and not china_interbank(d)}
        assert {date.fromisoformat(f"{year}-{d}") for d in statutory} <= ours
        assert len(theirs ^ ours) <= 2


def _holidays(year, days):
    return [d for d in days if d.year == year and d.weekday() < 5]


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        ("2027-01-01", False),
        ("2027-02-05", False),
        ("2027-02-12", False),
        ("2027-02-15", True),
        ("2027-04-05", False),
        ("2027-05-03", False),
        ("2027-05-06", True),
        ("2027-06-09", False),
        ("2027-09-15", False),
        ("2027-10-07", False),
        ("2027-10-08", True),
        ("2028-01-03", False),
        ("2028-10-06", False),
        ("2028-10-09", True),
        ("2031-10-08", False),
        ("2040-10-01", False),
        ("2033-01-31", False),
        ("2033-01-28", True),
    ],
)
def test_later_years_by_rule(day, open_):
    assert china_interbank(date.fromisoformat(day)) is open_


def test_lunar_dates_lie_where_the_moon_puts_them():
    """Months of 29.530588 days from the new moon of 6 January 2000, 18:14 UTC: within a day of
    true new moon in China."""
    epoch, month = date(2000, 1, 7), 29.530588

    def age(day):
        return ((day - epoch).days + 0.0 + 0.4) % month

    for year, row in _data()["estimated"]["lunar"].items():
        spring, boat, autumn = (date.fromisoformat(f"{year}-{d}") for d in row)
        assert date(year, 1, 21) <= spring <= date(year, 2, 21)
        assert min(age(spring), month - age(spring)) < 1.2, year
        assert 117 <= (boat - spring).days <= 153 and (boat - spring).days not in range(124, 147)
        assert (autumn - boat).days in (*range(97, 100), *range(126, 130)), year


def test_dates_of_a_deal_do_not_fall_into_estimated_holidays():
    d = deal(
        closing_date="2026-09-30",
        cutoff_date="2026-06-30",
        legal_final="2030-10-01",
        schedule={
            "first_payment": "2027-10-01",
            "frequency_months": 12,
            "calendar": "china_interbank",
        },
    )
    assert [str(x) for x in deal_dates(d).payment] == [
        "2027-10-08",
        "2028-10-09",
        "2029-10-08",
        "2030-10-08",
    ]
    assert first_estimated(deal_dates(d).payment) == (date(2027, 10, 8), 2016, 2026)
    assert first_estimated([date(2026, 12, 31)]) is None


@pytest.mark.parametrize("rule", ["following", "modified_following", "preceding", "unadjusted"])
@pytest.mark.parametrize("name", ["TARGET", "WeekendsOnly"])
def test_dates_move_as_quantlib_moves_them(rule, name):
    theirs = getattr(ql, name)()
    named = {
        "following": ql.Following,
        "modified_following": ql.ModifiedFollowing,
        "preceding": ql.Preceding,
        "unadjusted": ql.Unadjusted,
    }

    def q(day):
        return ql.Date(day.day, day.month, day.year)

    for day in days_of(2027):
        right = theirs.adjust(q(day), named[rule])
        found = moved(day, rule, lambda d: theirs.isBusinessDay(q(d)))
        assert q(found) == right
