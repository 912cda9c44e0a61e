"""Warnings on dates of a deal: month ends, stub periods, estimated holidays."""

from __future__ import annotations

from collections.abc import Iterator

from npl_sim.core.errors import counted
from npl_sim.core.fields import DAYS_PER_MONTH
from npl_sim.core.issues import Issue, warning_at
from npl_sim.securitization.checks.terms import placed_conditions
from npl_sim.securitization.dates import DealDates, deal_dates, month_end, years_365
from npl_sim.securitization.holidays import first_estimated
from npl_sim.securitization.terms.calendar import PointsPlan
from npl_sim.securitization.terms.conditions import FromPayment, inner
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.triggers import DateTrigger

LONGEST_DEAL, LONGEST_WAIT = 50.0, 2.0
"""Lives, and times from cut-off to closing, above which dates are probably typing errors.
[years]"""
SHORT_FIRST, LONG_FIRST, SHORT_LAST = 0.15, 2.0, 0.25
"""First and last periods, over the regular one, at which they are warned of; real first periods go
down to a sixth."""


def date_warnings(deal: Deal) -> Iterator[Issue]:
    """Warn of dates that are probably unintended."""
    dates = deal_dates(deal)
    yield from _month_ends(deal)
    yield from _spans(deal)
    yield from _stubs(deal, dates)
    yield from _never(deal, dates)


def _month_ends(deal: Deal) -> Iterator[Issue]:
    first = deal.schedule.first_payment
    end = month_end(first)
    if deal.schedule.end_of_month and first != end:
        yield warning_at(
            ("schedule", "first_payment"),
            f"got {first}, which end_of_month moves to {end}; expected the last day of a month, "
            "or no end_of_month",
        )
    stated = "end_of_month" in deal.schedule.model_fields_set
    if not stated and first == end and first.day < 31:
        yield warning_at(
            ("schedule", "first_payment"),
            f"got {first}, a month end, but later payments are on day {first.day}; expected "
            "end_of_month: true, or false to confirm",
        )


def _spans(deal: Deal) -> Iterator[Issue]:
    years = years_365(deal.closing_date, deal.legal_final)
    if years > LONGEST_DEAL:
        yield warning_at(
            ("legal_final",),
            f"got {deal.legal_final}, {years:.0f} years after closing_date {deal.closing_date}; "
            f"expected at most {LONGEST_DEAL:g}",
        )
    wait = years_365(deal.cutoff_date, deal.closing_date)
    if wait > LONGEST_WAIT:
        yield warning_at(
            ("cutoff_date",),
            f"got {deal.cutoff_date}, {wait:.1f} years before closing_date {deal.closing_date}; "
            f"expected at most {LONGEST_WAIT:g}",
        )
    if deal.schedule.frequency_months > 12:
        yield warning_at(
            ("schedule", "frequency_months"),
            f"got {deal.schedule.frequency_months}; expected a payment each year or more often",
        )


def _stubs(deal: Deal, dates: DealDates) -> Iterator[Issue]:
    months = deal.schedule.frequency_months
    regular = months * DAYS_PER_MONTH
    first = (dates.unadjusted[0] - deal.closing_date).days
    if not SHORT_FIRST * regular <= first <= LONG_FIRST * regular:
        yield warning_at(
            ("schedule", "first_payment"),
            f"got {dates.unadjusted[0]}, {first:,} days after closing_date {deal.closing_date}; "
            f"expected a first period near {months} months (frequency_months)",
        )
    if len(dates) > 1:
        before = dates.unadjusted[-2]
        last = (deal.legal_final - before).days
        if last < SHORT_LAST * regular:
            yield warning_at(
                ("legal_final",),
                f"got {deal.legal_final}, {counted(last, 'day')} after the payment date of "
                f"{before}; expected a last period near {months} months (frequency_months)",
            )


def holiday_warnings(deal: Deal) -> Iterator[Issue]:
    """Warn of payment dates in years without announced holidays."""
    dates = deal_dates(deal)
    if deal.schedule.calendar != "china_interbank" or deal.schedule.business_day == "unadjusted":
        return
    found = first_estimated(dates.payment)
    if found is not None:
        day, first, last = found
        count = sum(not first <= d.year <= last for d in dates.payment)
        yield warning_at(
            ("schedule", "calendar"),
            f"china_interbank has announced holidays of {first} to {last}; {count} of "
            f"{len(dates)} payment dates, from {day} on, use estimates and may move",
        )


def _never(deal: Deal, dates: DealDates) -> Iterator[Issue]:
    """Warn of terms that begin only after the last payment date."""
    last = len(dates)
    for i, trigger in enumerate(deal.triggers):
        if trigger.first_test > last:
            yield warning_at(
                ("triggers", i, "first_test"),
                f"got {trigger.first_test}; expected at most {last}, the number of payment dates",
            )
        if isinstance(trigger, DateTrigger) and trigger.date > dates.payment[-1]:
            yield warning_at(
                ("triggers", i, "date"),
                f"got {trigger.date}; expected a date by the last payment on {dates.payment[-1]}",
            )
    call = deal.clean_up_call
    if call is not None and call.first_date >= last:
        yield warning_at(
            ("clean_up_call", "first_date"),
            f"got {call.first_date}, but nothing is collected after payment {last}, the last; "
            "expected a lower number",
        )
    for where, condition in placed_conditions(deal):
        for part in inner(condition):
            if isinstance(part, FromPayment) and part.number > last:
                yield warning_at(
                    where,
                    f"got from_payment {part.number}; expected at most {last}, the number of "
                    "payment dates",
                )
    plan = deal.business_plan
    if isinstance(plan, PointsPlan) and plan.points[-1].date < dates.collection[1]:
        yield warning_at(
            ("business_plan", "points"),
            f"the last is of {plan.points[-1].date}, before the first collection period ends on "
            f"{dates.collection[1]}; expected a plan over the life of the deal",
        )
