"""A title: performance by the debtor, and the application for enforcement. docs/model.md section 4.5."""

from __future__ import annotations

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf.context import Desk
from npl_sim.dcf.enforce import enforce
from npl_sim.dcf.exit_value import leave
from npl_sim.dcf.grid import Times, by_month, then
from npl_sim.dcf.litigate import Title
from npl_sim.dcf.payments import delay_rate
from npl_sim.dcf.quantile_functions import midpoints, probability_by, quantiles
from npl_sim.policy.distributions import certain

__all__ = ["judge"]


def judge(desk: Desk, title: Title, elapsed: np.ndarray | None = None) -> None:
    """Follow titles: performed, enforced, or left to lie.

    Parameters
    ----------
    desk
        The policy.
    title
        Claims with their title.
    elapsed
        Time since judgment of loans that stand there on the tape; none: judged on the walk. [months]
    """
    words, claims, times = desk.enforcement, title.claims, title.times
    count = len(claims.rows)
    if count == 0:
        return
    gone = np.zeros(count)
    if elapsed is not None:
        gone = np.where(elapsed > 0.0, probability_by(words.perform_delay, elapsed), 0.0)
    performs = words.perform * (1.0 - gone) / (1.0 - gone * words.perform)
    performed = then(times, desk.durations(words.perform_delay, None, count, elapsed)).scaled(
        performs
    )
    since = np.zeros(count) if elapsed is None else elapsed
    waited = _beyond(words.perform_delay, words.performance_window, since)
    extra = claims.principal * delay_rate(desk) * waited
    receipts = by_month(performed, claims.owed(desk.at) + extra[:, None])
    desk.post(Kind.PERFORMANCE, claims.rows, receipts)
    desk.lawyer_share(claims.rows, receipts)

    owed_late = claims.owed_at(np.full(count, float(desk.end)))
    unpaid = times.scaled(1.0 - performs)
    waiting = by_month(times).sum(axis=1) * performs - by_month(performed).sum(axis=1)
    leave(desk, claims, np.maximum(waiting, 0.0), owed_late)
    applies = _applies(desk, claims.rows, elapsed)
    if desk.policy.enforcement is None:
        applies = np.zeros(count)
    until = np.maximum(words.performance_window + words.apply_delay - since, 0.0)
    by_until, inverse = np.unique(until, return_inverse=True)
    for i, wait in enumerate(by_until):
        here = inverse.reshape(-1) == i
        step = desk.durations(certain(float(wait)), None, int(here.sum()))
        applied = then(Times(unpaid.mass[here], unpaid.smooth), step).scaled(applies[here])
        open_mass = by_month(unpaid).sum(axis=1)[here] - by_month(applied).sum(axis=1)
        leave(desk, claims.take(here), np.maximum(open_mass, 0.0), owed_late[here])
        enforce(desk, claims.take(here), applied, title.bound, title.frozen[here], None)


def _beyond(words: object, window: float, since: np.ndarray) -> np.ndarray:
    """Return the mean of what a delay exceeds a window by, counted from the valuation date on."""
    values = quantiles(words, midpoints())
    unique, inverse = np.unique(since, return_inverse=True)
    means = []
    for s in unique:
        later = values[values > s] if (values > s).any() else values[-1:]
        means.append(float((np.maximum(later - max(window, s), 0.0)).mean()))
    return np.array(means)[inverse.reshape(-1)]


def _applies(desk: Desk, rows: np.ndarray, elapsed: np.ndarray | None) -> np.ndarray:
    """Return the probability that enforcement is applied for in time, or that lateness is not pleaded."""
    words, window = desk.enforcement, desk.study.legal.enforcement_window_months
    if window is None:
        return np.ones(len(rows))
    late = np.full(len(rows), words.apply_delay > window)
    if elapsed is not None:
        late |= desk.loans.window_left[rows] < 0.0
    return np.where(late, 1.0 - desk.litigation.defence_raised, 1.0)
