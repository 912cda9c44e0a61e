"""Fees, limitation and court queue of the second method, from the terms of a legal regime."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

import numpy as np

from npl_sim.legal.fees import FeeSchedule
from npl_sim.legal.limitation import LimitationRule

MONTH = 365.25 / 12.0
"""Length of a month. [days]"""


def fee(schedule: FeeSchedule, amounts: np.ndarray) -> np.ndarray:
    """Return the fee on each amount. [package currency]"""
    amounts = np.maximum(np.asarray(amounts, dtype=np.float64), 0.0)
    total = np.zeros(amounts.shape)
    begin = 0.0
    for bracket in schedule.brackets:
        end = math.inf if bracket.up_to is None else bracket.up_to
        # Every amount is in the first bracket; later ones apply above their lower end.
        in_bracket = (amounts > begin) | (begin == 0.0)
        total += np.where(
            in_bracket, bracket.fixed + bracket.rate * (np.minimum(amounts, end) - begin), 0.0
        )
        begin = end
    return total if schedule.cap is None else np.minimum(total, schedule.cap)


def rules_in_force(rules: Sequence[LimitationRule], valuation: date) -> list[LimitationRule]:
    """Return the limitation rules in force on the valuation date."""
    return [r for r in rules if r.effective is None or r.effective <= valuation]


def full_period(rules: Sequence[LimitationRule], valuation: date) -> float:
    """Return the period of a clock from the valuation date; infinite without one. [months]"""
    known = rules_in_force(rules, valuation)
    return float(known[-1].months) if known else math.inf


def time_barred(
    filed: np.ndarray, left: np.ndarray, period: float, reach: np.ndarray
) -> np.ndarray:
    """Return the probability that a claim is time-barred at filing.

    Contacts that restart the clock are a Poisson process from the valuation date on. A claim
    expires one full period after the last contact. A(t) is the probability that it is alive. It
    drops by exp(-reach min(left, period)) at the first expiry. After that and after one period,
    A'(t) = -reach A(t - period) exp(-reach period).

    Parameters
    ----------
    filed, left
        Month of filing, and months until the claim expires, shape (loans,). [months]
    period
        Full period. [months]
    reach
        Rate of contacts that restart the clock, shape (loans,). [per month]
    """
    certain = (left < 0.0).astype(np.float64)
    open_clock = (left >= 0.0) & (left < filed) & math.isfinite(period)
    if not open_clock.any():
        return certain
    until, first, rate = filed[open_clock], left[open_clock], reach[open_clock]
    step = 0.05
    times = np.arange(0.0, until.max() + step / 2, step)
    alive = np.ones((len(times), len(until)))
    back = round(period / step)
    for i in range(1, len(times)):
        lived = alive[i - 1].copy()
        if i - back >= 1:
            mean = 0.5 * (alive[i - back] + alive[i - back - 1])
            drop = step * rate * np.exp(-rate * period) * mean
            lived -= np.where(times[i] > first, drop, 0.0)
        unheard = np.exp(-rate * np.minimum(first, period))
        lived -= np.where((first <= times[i]) & (first > times[i - 1]), unheard, 0.0)
        if i == 1:
            lived -= np.where(first == 0.0, 1.0, 0.0)
        alive[i] = np.maximum(lived, 0.0)
    at = np.minimum(np.round(until / step).astype(int), len(times) - 1)
    certain[open_clock] = 1.0 - alive[at, np.arange(len(until))]
    return certain


def queue(filing: np.ndarray, regions: np.ndarray, a_month: float, horizon: int) -> np.ndarray:
    """Return the wait of each case behind others of the package, as in a fluid queue. [months]

    Parameters
    ----------
    filing
        Planned month of filing, below 0 for none, shape (loans,).
    regions
        Region of each loan.
    a_month
        Capacity of one region's courts. [cases per month]
    horizon
        Last month.
    """
    wait = np.zeros(len(filing))
    for region in np.unique(regions):
        here = (regions == region) & (filing >= 0) & (filing <= horizon)
        behind = 0.0
        for month in range(horizon + 1):
            at = here & (filing == month)
            behind = max(0.0, behind + at.sum() - a_month)
            wait[at] = behind / a_month
    return wait
