"""Limitation clocks of the second method: last days of claims and judgments, loan by loan."""

from __future__ import annotations

import calendar
import math
from collections.abc import Sequence
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from npl_sim.core.errors import known
from npl_sim.dcf.law import MONTH, rules_in_force
from npl_sim.legal.limitation import LimitationRule

if TYPE_CHECKING:
    from npl_sim.study.model import Study


@cache
def ends(begin: date, months: float) -> date:
    """Return the last day of a period of months; a part of a month counts as whole days."""
    whole = math.floor(months + 1e-6)
    count = begin.year * 12 + begin.month - 1 + whole
    year, month = divmod(count, 12)
    day = min(begin.day, calendar.monthrange(year, month + 1)[1])
    return date(year, month + 1, day) + timedelta(
        days=max(0, math.floor((months - whole) * MONTH + 1e-6))
    )


@cache
def left(valuation: date, last: date) -> float:
    """Return the calendar months to a last day; below 0 after it. [months]"""
    whole = (last.year - valuation.year) * 12 + last.month - valuation.month
    if ends(valuation, whole) > last:
        whole -= 1
    low, high = ends(valuation, whole), ends(valuation, whole + 1)
    return whole + (last - low).days / (high - low).days


def _last_day(
    rules: Sequence[LimitationRule], start: date, due: date, valuation: date, stop: float | None
) -> date | None:
    """Return the last day of a claim; none without limitation."""
    known = rules_in_force(rules, valuation)
    if not known:
        return None
    last = ends(start, known[0].months)
    for rule in known[1:]:
        if rule.effective is not None and (last >= rule.effective or start >= rule.effective):
            last = ends(start, rule.months)
    return last if stop is None else min(last, ends(due, stop))


def time_left(study: Study, frame: pd.DataFrame, policy: np.ndarray) -> tuple[np.ndarray, ...]:
    """Return the months to the end of limitation, long stop and enforcement window. [months]

    Parameters
    ----------
    study, frame
        The study and the loans of its tape.
    policy
        Row of the policy of each loan.
    """
    names = (
        "default_date",
        "maturity_date",
        "acceleration_date",
        "last_interruption_date",
        "stage_date",
    )
    days = [[None if pd.isna(d) else d.date() for d in pd.to_datetime(frame[n])] for n in names]
    others = [frame[n] for n in ("age_months", "days_past_due", "limitation_left_months")]
    rows = zip(*days, *others, frame["stage"].astype(str), policy, strict=True)
    left_of = [_one(study, _Row(*row)) for row in rows]
    return tuple(np.array([months[k] for months in left_of], np.float64) for k in range(3))


class _Row(NamedTuple):
    """Tape data on the clocks of one loan; `stated` are its months left, NaN for none."""

    default: date | None
    matures: date | None
    declared: date | None
    event: date | None
    stage_date: date | None
    age: float
    past_due: float
    stated: float
    stage: str
    policy: int


def _one(study: Study, row: _Row) -> tuple[float, float, float]:
    """Return the months left to one loan: limitation, long stop, window."""
    today, legal, default, event = study.valuation_date, study.legal, row.default, row.event
    if default is None:
        cut_off = study.tape.cut_off_date or today
        late = math.nan if math.isnan(row.past_due) else row.past_due + (today - cut_off).days
        close = abs(late / MONTH - row.age) < 0.05
        default = today - timedelta(days=math.floor(late)) if close else ends(today, -row.age)
    due = max(
        default, min((d for d in (row.declared, row.matures) if d is not None), default=default)
    )
    start = due if event is None else max(due, event)
    stop = legal.limitation_long_stop_months
    last = _last_day(legal.limitation, start, due, today, stop)
    claim = math.inf if last is None else left(today, last)
    longest = math.inf if stop is None or not legal.limitation else left(today, ends(due, stop))
    window = math.inf
    if row.stage == "judged" and legal.enforcement_window_months is not None:
        window = _window(study, row.stage_date or today, event, row.policy)
    return (claim if math.isnan(row.stated) else row.stated), longest, window


def _window(study: Study, judged: date, event: date | None, policy: int) -> float:
    """Return the months left to apply for enforcement; below 0 if the policy is late."""
    terms, today = study.policies[policy].enforcement, study.valuation_date
    perform, delay = (terms.performance_window, terms.application_delay) if terms else (0.0, 0.0)
    opened = ends(judged, perform)
    opened = opened if event is None else max(opened, event)
    months = study.legal.enforcement_window_months
    months = known(months, "months")
    last = ends(opened, months)
    return left(today, last) if max(today, ends(judged, perform + delay)) <= last else -1.0
