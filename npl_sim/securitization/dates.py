"""Payment dates, accrual periods and collection periods of a deal. docs/deals.md section 1.

Day counts and the calendars of Europe are QuantLib's; the holidays of China are dated data
(`holidays`).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from npl_sim.core.errors import DealError
from npl_sim.core.packages import optional_package
from npl_sim.securitization.holidays import BusinessDays, china_interbank, moved
from npl_sim.securitization.terms.calendar import CollectionLag, Schedule
from npl_sim.securitization.terms.deal import Deal


def _quantlib() -> Any:
    return optional_package("QuantLib", "the calendar of a deal", "deal", DealError)


def month_end(day: date) -> date:
    """Return the last day of the month of a date."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def add_months(day: date, months: int, end_of_month: bool = False) -> date:
    """Return a date so many months later; a day that its month does not have becomes the last.

    Parameters
    ----------
    day
        Date.
    months
        Months, of either sign. [months]
    end_of_month
        Whether to take the last day of the month that is reached.
    """
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    last = calendar.monthrange(years, month + 1)[1]
    return date(years, month + 1, last if end_of_month else min(day.day, last))


def years_365(start: date, end: date) -> float:
    """Return the years between two dates, of 365 days each."""
    return (end - start).days / 365.0


def _day_counter(name: str) -> Any:
    ql = _quantlib()
    return {
        "act_360": lambda: ql.Actual360(),
        "act_365": lambda: ql.Actual365Fixed(),
        "act_act": lambda: ql.ActualActual(ql.ActualActual.ISDA),
        "30_360": lambda: ql.Thirty360(ql.Thirty360.BondBasis),
        "30e_360": lambda: ql.Thirty360(ql.Thirty360.EurobondBasis),
    }[name]()


def _ql_date(day: date) -> Any:
    return _quantlib().Date(day.day, day.month, day.year)


def year_fraction(day_count: str, start: date, end: date) -> float:
    """Return the years between two dates under a day count (see `calendarwords.DayCount`)."""
    return float(_day_counter(day_count).yearFraction(_ql_date(start), _ql_date(end)))


def _business_days(name: str) -> BusinessDays:
    """Return the business days of a calendar."""
    if name == "china_interbank":
        return china_interbank
    ql = _quantlib()
    calendar = {
        "italy": lambda: ql.Italy(ql.Italy.Settlement),
        "target": lambda: ql.TARGET(),
        "weekends": lambda: ql.WeekendsOnly(),
        "none": lambda: ql.NullCalendar(),
    }[name]()
    return lambda day: bool(calendar.isBusinessDay(_ql_date(day)))


def _adjusted(days: list[date], schedule: Schedule) -> list[date]:
    is_business_day = _business_days(schedule.calendar)
    return [moved(day, schedule.business_day, is_business_day) for day in days]


@dataclass(frozen=True)
class DealDates:
    """Dates of a deal; K payment dates."""

    closing: date
    """Issue of the notes."""
    unadjusted: tuple[date, ...]
    payment: tuple[date, ...]
    """Payment dates before and after they are moved to business days, K of each."""
    accrual: tuple[date, ...]
    """Ends of the interest periods, the first being closing, K + 1."""
    collection: tuple[date, ...]
    """Ends of the collection periods, the first being the cut-off, K + 1."""

    def __len__(self) -> int:
        """Return the number of payment dates."""
        return len(self.payment)

    def fractions(self, day_count: str) -> np.ndarray:
        """Return the year fraction of each interest period, shape (K,)."""
        counter = _day_counter(day_count)
        days = [_ql_date(d) for d in self.accrual]
        return np.array([counter.yearFraction(a, b) for a, b in zip(days, days[1:], strict=False)])

    @property
    def years(self) -> np.ndarray:
        """Years of 365 days from closing to each payment date, shape (K,)."""
        return np.array([years_365(self.closing, d) for d in self.payment])


def _collection_end(day: date, lag: CollectionLag) -> date:
    end = add_months(day, -lag.months) - timedelta(days=lag.days)
    return month_end(end) if lag.to_month_end else end


def deal_dates(deal: Deal) -> DealDates:
    """Return the dates of a deal.

    Raises
    ------
    DealError
        If payment dates or collection periods do not rise, or a period ends after its payment
        date.
    """
    schedule = deal.schedule
    regular: list[date] = []
    while True:
        day = add_months(
            schedule.first_payment, len(regular) * schedule.frequency_months, schedule.end_of_month
        )
        if day >= deal.legal_final:
            break
        regular.append(day)
    days = [*regular, deal.legal_final]
    payment = _adjusted(days, schedule)
    ends = [_collection_end(day, schedule.collection_lag) for day in days]
    collection = (deal.cutoff_date, *ends)
    _expect_rising(deal, payment)
    _expect_collecting(deal, days, collection)
    for end, day in zip(ends, days, strict=True):
        if end > day:
            raise DealError(
                f"deal {deal.name!r}: the collection period of the payment on {day} ends on "
                f"{end}; expected it by the payment date: raise collection_lag"
            )
    accrued = payment if schedule.accrual == "adjusted" else days
    return DealDates(
        deal.closing_date, tuple(days), tuple(payment), (deal.closing_date, *accrued), collection
    )


def _expect_rising(deal: Deal, payment: list[date]) -> None:
    """Refuse two payment dates that fall on one business day, or one that is not after closing."""
    for a, b in zip((deal.closing_date, *payment), payment, strict=False):
        if b > a:
            continue
        if b == payment[-1]:
            raise DealError(
                f"deal {deal.name!r}: legal_final: got {deal.legal_final}, paid on {b}, not "
                f"after the payment of {a}; expected a later date, or that payment date"
            )
        raise DealError(
            f"deal {deal.name!r}: schedule.first_payment: got {deal.schedule.first_payment}, "
            f"and a payment on {b} is not after {a}; "
            "expected payment dates that rise from closing_date"
        )


def _expect_collecting(deal: Deal, days: list[date], ends: tuple[date, ...]) -> None:
    """Refuse collection periods without a day."""
    lag = deal.schedule.collection_lag
    lag_text = f"{lag.months} months, {lag.days} days" + (
        ", to_month_end" if lag.to_month_end else ""
    )
    for day, a, b in zip(days, ends, ends[1:], strict=False):
        if b > a:
            continue
        if a == deal.cutoff_date:
            raise DealError(
                f"deal {deal.name!r}: schedule.collection_lag: got {lag_text}: collections of "
                f"the payment on {day} end on {b}, not after cutoff_date {a}; expected a "
                "shorter lag"
            )
        raise DealError(
            f"deal {deal.name!r}: legal_final: got {deal.legal_final}, but collections of the "
            f"last two payments end on {b} (schedule.collection_lag: {lag_text}); expected a "
            "later legal_final"
        )
