"""Dates of a deal, section 1 of docs/deals.md, by hand; a deal's holidays come from QuantLib."""

from __future__ import annotations

import calendar
import math
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import QuantLib as ql

__all__ = ["act_365", "dates_of", "fraction", "months_later"]


def months_later(day: date, months: int) -> date:
    """Return the same day some months later or earlier; a day that the month lacks becomes its
    last."""
    number = day.year * 12 + day.month - 1 + months
    year, month = divmod(number, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def month_end(day: date) -> date:
    """Return the last day of a date's month."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def act_365(start: date, end: date) -> float:
    """Return years of 365 days between two dates."""
    return (end - start).days / 365.0


def fraction(day_count: str, start: date, end: date) -> float:
    """Return the year fraction between two dates, `start` not after `end`."""
    if start > end:
        return -fraction(day_count, end, start)
    days = (end - start).days
    if day_count == "act_360":
        return days / 360.0
    if day_count == "act_365":
        return days / 365.0
    if day_count == "act_act":  # ISDA: days in leap years by 366, the others by 365
        total = 0.0
        for year in range(start.year, end.year + 1):
            begins, ends = max(start, date(year, 1, 1)), min(end, date(year + 1, 1, 1))
            total += (ends - begins).days / (366.0 if calendar.isleap(year) else 365.0)
        return total
    d1, d2 = start.day, end.day
    d1 = 30 if d1 == 31 else d1
    if day_count == "30_360":  # bond basis: the end is cut only where the start is a 30th
        d2 = 30 if d2 == 31 and d1 == 30 else d2
    elif day_count == "30e_360":
        d2 = 30 if d2 == 31 else d2
    else:
        raise AssertionError(day_count)
    return ((end.year - start.year) * 360 + (end.month - start.month) * 30 + (d2 - d1)) / 360.0


def _is_business_day(day: date, name: str) -> bool:
    if name == "none":
        return True
    if name == "weekends":
        return day.weekday() < 5
    calendars = {
        "china_interbank": lambda: ql.China(ql.China.IB),
        "italy": lambda: ql.Italy(),
        "target": lambda: ql.TARGET(),
    }
    return bool(calendars[name]().isBusinessDay(ql.Date(day.day, day.month, day.year)))


def _moved(day: date, calendar_name: str, rule: str) -> date:
    def visit(by: int) -> date:
        found = day
        while not _is_business_day(found, calendar_name):
            found += timedelta(days=by)
        return found

    if rule == "unadjusted":
        return day
    if rule == "preceding":
        return visit(-1)
    later = visit(+1)
    if rule == "modified_following" and later.month != day.month:
        return visit(-1)
    return later


def dates_of(deal: Any) -> SimpleNamespace:
    """Return lists that are counted from 0 as in the contract: t[0] is closing, t[k] payment date
    k.

    u, t, a, c are dates; y[k] is the deal's year fraction of period k; count is K.
    """
    deal_terms = deal.schedule
    u = [deal.closing_date]
    number = 0
    while True:
        day = months_later(deal_terms.first_payment, number * deal_terms.frequency_months)
        day = month_end(day) if deal_terms.end_of_month else day
        if day >= deal.legal_final:
            break
        u.append(day)
        number += 1
    u.append(deal.legal_final)
    t = [deal.closing_date] + [
        _moved(day, deal_terms.calendar, deal_terms.business_day) for day in u[1:]
    ]
    a = t if deal_terms.accrual == "adjusted" else u
    c = [deal.cutoff_date]
    for day in u[1:]:
        end = months_later(day, -deal_terms.collection_lag.months) - timedelta(
            days=deal_terms.collection_lag.days
        )
        c.append(month_end(end) if deal_terms.collection_lag.to_month_end else end)
    y = [math.nan] + [fraction(deal.day_count, a[k - 1], a[k]) for k in range(1, len(a))]
    return SimpleNamespace(u=u, t=t, a=a, c=c, y=y, count=len(u) - 1)
