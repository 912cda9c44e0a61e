"""Payment dates, day counts and collection periods."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.core.errors import DealError, NplSimError
from npl_sim.securitization.collections import DatedFlows, allot, from_package
from npl_sim.securitization.dates import add_months, deal_dates, year_fraction
from tests.builders.deals import deal


def scheduled(**schedule):
    return deal(
        closing_date="2024-01-15",
        legal_final=schedule.pop("legal_final", "2024-12-31"),
        schedule={"first_payment": "2024-01-31", "frequency_months": 1, "calendar": "none"}
        | schedule,
    )


def test_months_are_counted_from_the_first_date():
    assert add_months(date(2024, 1, 31), 1) == date(2024, 2, 29)
    assert add_months(date(2024, 3, 31), -1) == date(2024, 2, 29)
    assert add_months(date(2024, 4, 30), 1, end_of_month=True) == date(2024, 5, 31)
    days = deal_dates(scheduled(legal_final="2024-04-10")).unadjusted
    assert days == (date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 10))
    ends = deal_dates(
        scheduled(first_payment="2024-02-29", end_of_month=True, legal_final="2024-04-30")
    )
    assert ends.unadjusted == (date(2024, 2, 29), date(2024, 3, 31), date(2024, 4, 30))


def test_holidays_move_payment_dates():
    # Easter Monday 2024 is 1 April, 25 April is a holiday in Italy only, 26 January 2025 a working
    # Sunday in China.
    def moved(calendar, day, business_day="following"):
        d = deal(
            schedule={
                "first_payment": day,
                "frequency_months": 60,
                "calendar": calendar,
                "business_day": business_day,
            }
        )
        return deal_dates(d).payment[0]

    assert moved("target", "2024-04-01") == date(2024, 4, 2)
    assert moved("target", "2024-04-25") == date(2024, 4, 25)
    assert moved("italy", "2024-04-25") == date(2024, 4, 26)
    assert moved("china_interbank", "2025-01-26") == date(2025, 1, 26)
    assert moved("weekends", "2025-01-26") == date(2025, 1, 27)
    assert moved("china_interbank", "2024-10-01") == date(2024, 10, 8)
    assert moved("weekends", "2024-03-31", "modified_following") == date(2024, 3, 29)
    assert moved("weekends", "2024-03-31", "preceding") == date(2024, 3, 29)


def test_day_counts():
    start, end = date(2023, 12, 31), date(2024, 2, 29)
    assert year_fraction("act_360", start, end) == pytest.approx(60 / 360)
    assert year_fraction("act_365", start, end) == pytest.approx(60 / 365)
    assert year_fraction("act_act", start, end) == pytest.approx(1 / 365 + 59 / 366)
    assert year_fraction("30_360", start, end) == pytest.approx(59 / 360)
    assert year_fraction("30e_360", date(2024, 1, 31), date(2024, 3, 31)) == pytest.approx(
        60 / 360
    )


def test_interest_runs_to_the_date_that_the_schedule_says():
    deal_terms = {"first_payment": "2024-03-31", "calendar": "weekends", "frequency_months": 3}
    adjusted = deal_dates(scheduled(**deal_terms)).accrual
    plain = deal_dates(scheduled(**deal_terms, accrual="unadjusted")).accrual
    assert adjusted[:2] == (date(2024, 1, 15), date(2024, 4, 1))
    assert plain[:2] == (date(2024, 1, 15), date(2024, 3, 31))


def test_the_collection_period_ends_before_the_payment():
    lag = {"months": 1, "to_month_end": True}
    ends = deal_dates(
        scheduled(first_payment="2024-03-26", collection_lag=lag, legal_final="2024-04-26")
    ).collection
    assert ends == (date(2023, 12, 31), date(2024, 2, 29), date(2024, 3, 31))
    with pytest.raises(DealError, match="ends on 2024-03-31; expected it by the payment date"):
        deal_dates(
            scheduled(
                first_payment="2024-03-26",
                collection_lag={"to_month_end": True},
                legal_final="2024-04-26",
            )
        )
    with pytest.raises(
        DealError,
        match=r"schedule.collection_lag: got 3 months, 0 days: collections of the payment on "
        r"2024-02-26 end on 2023-11-26",
    ):
        deal_dates(scheduled(first_payment="2024-02-26", collection_lag={"months": 3}))


def test_dates_that_do_not_rise_name_the_key():
    lag = {"months": 1, "to_month_end": True}
    with pytest.raises(
        DealError, match=r"legal_final: got 2024-03-31, but collections of the last two payments"
    ):
        deal_dates(
            scheduled(first_payment="2024-03-26", collection_lag=lag, legal_final="2024-03-31")
        )
    # 30 and 31 March 2024 are a Saturday and Easter Sunday, Monday is a holiday: both are paid on
    # 2 April.
    with pytest.raises(
        DealError, match=r"legal_final: got 2024-03-31, paid on 2024-04-02, not after"
    ):
        deal_dates(
            scheduled(
                first_payment="2024-03-30",
                legal_final="2024-03-31",
                calendar="target",
                business_day="following",
            )
        )


def monthly(scenarios=1, months=14):
    days = tuple(add_months(date(2023, 11, 30), m, True) for m in range(months))
    x = np.arange(1.0, months + 1)[None, :] * np.ones((scenarios, 1))
    return DatedFlows(days, x, 0.1 * x)


@pytest.mark.parametrize("owner", ["deal", "seller"])
def test_collections_by_period(owner):
    # Cash of November 2023 to December 2024: 1, 2, ..., 14. Cut-off end of December, closing
    # mid-February.
    d = deal(
        closing_date="2024-02-15",
        interim_collections=owner,
        legal_final="2024-11-30",
        schedule={
            "first_payment": "2024-03-31",
            "frequency_months": 3,
            "calendar": "none",
            "collection_lag": {"days": 10},
        },
        collection_account={"kind": "fixed", "rate": 0.02},
    )
    dates = deal_dates(d)
    cash = allot(monthly(), d, dates)
    # Periods end 21 Mar, 20 Jun, 20 Sep and, before the legal final date, 20 Nov.
    assert cash.before_cutoff == pytest.approx([0.9 * 3])
    interim = 3.0 if owner == "deal" else 0.0
    assert cash.received[:, 0] == pytest.approx([interim + 4, 5 + 6 + 7, 8 + 9 + 10, 11 + 12])
    assert cash.to_seller == pytest.approx([0.9 * (3 - interim)])
    assert cash.after_last == pytest.approx([0.9 * (13 + 14)])
    # Cash of January waits from closing, of February from its end, to 31 March.
    expected = interim * year_fraction("30_360", date(2024, 2, 15), date(2024, 3, 31))
    expected += 4 * year_fraction("30_360", date(2024, 2, 29), date(2024, 3, 31))
    assert cash.receipt_years[0, 0] == pytest.approx(expected)


def test_simulated_flows_are_dated_and_parted():
    flows = np.zeros((2, 4, 3, 1))
    flows[0, :, 0, 0] = (0, 10, 20, 30)  # voluntary
    flows[0, :, 1, 0] = (0, -1, 3, -2)  # court fees, with a refund in month 2
    flows[0, :, 2, 0] = (0, -1, -2, -3)  # servicing, a tenth of receipts
    package = PackageCash(
        amounts=flows,
        kinds=("voluntary", "court_fee", "servicing"),
        groups=("g",),
        group_gbv=np.array([100.0]),
        mean_by_kind=np.zeros((4, 20, 1)),
        loans=None,
        stage_gbv=np.zeros((9, 4)),
        discount_rate=0.1,
        cash_timing="month_end",
        seed=1,
        servicing_rate=0.1,
    )
    dated = from_package(package, date(2024, 2, 29), leave_out=["servicing"])
    assert dated.dates[1:] == (date(2024, 3, 31), date(2024, 4, 30), date(2024, 5, 31))
    assert dated.received[0].tolist() == [0, 10, 23, 30]
    assert dated.costs[0].tolist() == [0, 1, 0, 2]
    assert from_package(package, date(2024, 2, 29)).costs[0].tolist() == [0, 2, 0, 5]
    with pytest.raises(
        NplSimError,
        match="'service'; expected kinds of cost that these flows keep: court_fee, servicing",
    ):
        from_package(package, date(2024, 2, 29), leave_out=["service"])
