"""Titles: performance by the debtor, and application for enforcement.

docs/model.md section 4.5.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf.context import PolicyContext
from npl_sim.dcf.enforce import enforce
from npl_sim.dcf.exit_value import leave
from npl_sim.dcf.filing import Title
from npl_sim.dcf.grid import Times, by_month, convolve
from npl_sim.dcf.payments import delay_rate
from npl_sim.dcf.quantile_functions import midpoints, probability_by, quantiles
from npl_sim.policy.distributions import certain


def judge(context: PolicyContext, title: Title, elapsed: np.ndarray | None = None) -> None:
    """Post the cash of titles: performed, enforced, or open until the end.

    Parameters
    ----------
    context
        Policy and loans.
    title
        Claims with their title.
    elapsed
        Time since judgment of loans judged on the tape; none for later judgments. [months]
    """
    terms, claims, times = context.enforcement, title.claims, title.times
    count = len(claims.rows)
    if count == 0:
        return
    passed = np.zeros(count)
    if elapsed is not None:
        passed = np.where(elapsed > 0.0, probability_by(terms.performance_delay, elapsed), 0.0)
    chance = terms.performance_probability
    performs = chance * (1.0 - passed) / (1.0 - passed * chance)
    delay = context.durations(terms.performance_delay, None, count, elapsed)
    performed = convolve(times, delay).scaled(performs)
    since = np.zeros(count) if elapsed is None else elapsed
    waited = _beyond(terms.performance_delay, terms.performance_window, since)
    extra = claims.principal * delay_rate(context) * waited
    receipts = by_month(performed, claims.owed(context.at) + extra[:, None])
    context.post(Kind.PERFORMANCE, claims.rows, receipts)
    context.lawyer_share(claims.rows, receipts)

    owed_at_end = context.owed_at_end(claims)
    unpaid = times.scaled(1.0 - performs)
    waiting = by_month(times).sum(axis=1) * performs - by_month(performed).sum(axis=1)
    leave(context, claims, np.maximum(waiting, 0.0), owed_at_end)
    applies = _applies(context, claims.rows, elapsed)
    if context.policy.enforcement is None:
        applies = np.zeros(count)
    until = np.maximum(terms.performance_window + terms.application_delay - since, 0.0)
    by_until, inverse = np.unique(until, return_inverse=True)
    for i, wait in enumerate(by_until):
        here = inverse.reshape(-1) == i
        step = context.durations(certain(float(wait)), None, int(here.sum()))
        part = Times(unpaid.mass[here], unpaid.smooth)
        applied = convolve(part, step).scaled(applies[here])
        open_mass = by_month(unpaid).sum(axis=1)[here] - by_month(applied).sum(axis=1)
        leave(context, claims.take(here), np.maximum(open_mass, 0.0), owed_at_end[here])
        enforce(context, replace(title.take(here), times=applied), None)


def _beyond(distribution: object, window: float, since: np.ndarray) -> np.ndarray:
    """Return the mean excess of a delay over a window, from the valuation date on."""
    values = quantiles(distribution, midpoints())
    unique, inverse = np.unique(since, return_inverse=True)
    means = []
    for s in unique:
        later = values[values > s] if (values > s).any() else values[-1:]
        means.append(float((np.maximum(later - max(window, s), 0.0)).mean()))
    return np.array(means)[inverse.reshape(-1)]


def _applies(context: PolicyContext, rows: np.ndarray, elapsed: np.ndarray | None) -> np.ndarray:
    """Return the probability of an application in time or of no plea of lateness."""
    terms, window = context.enforcement, context.study.legal.enforcement_window_months
    if window is None:
        return np.ones(len(rows))
    late = np.full(len(rows), terms.application_delay > window)
    if elapsed is not None:
        late |= context.loans.window_left[rows] < 0.0
    return np.where(late, 1.0 - context.litigation.defense_raised, 1.0)
