"""Remaining collections, money multiple and rate of return at the price paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.analysis.track.forecast import LEVELS, Forecast
from npl_sim.analysis.track.plan import Plan
from npl_sim.stats.irr import IrrStatus, irr
from npl_sim.stats.weighted import Distribution

WINDOWS = (84, 120)
"""Ends of the estimated remaining collections, from the valuation date. [months]"""


@dataclass(frozen=True)
class Remaining:
    """Estimated remaining collections up to a month. [package currency]

    NaN is not determined: the horizon ends before, or no scenario is near.
    """

    window: int
    """Last month, from the valuation date."""
    planned_at_start: float
    """Receipts of the plan from month 1."""
    planned: float
    """Receipts of the plan after the months elapsed."""
    forecast: float
    """Receipts given what came."""
    se: float
    """Standard error of the forecast."""
    low: float
    """Quantile at 5 %."""
    high: float
    """Quantile at 95 %."""
    net: float
    """Forecast after costs."""


@dataclass(frozen=True)
class Returns:
    """What the package earns at the price paid, on one basis."""

    price: float
    """Price paid with its costs. [package currency]"""
    collected: float
    """Cash to date. [package currency]"""
    plan_multiple: float
    """All cash of the plan over the price."""
    multiple: float
    """Cash to date and forecast of the rest over the price; NaN if not determined."""
    plan_irr: float
    """Rate of return of the plan's mean cash; NaN if there is none. [per year]"""
    irr: float
    """Rate of return of cash to date and forecast; NaN if not determined. [per year]"""
    irr_low: float
    """Quantile of the rates of the near scenarios at 5 %. [per year]"""
    irr_high: float
    """Quantile of the rates of the near scenarios at 95 %. [per year]"""


def remaining_collections(plan: Plan, forecast: Forecast) -> tuple[Remaining, ...]:
    """Return estimated remaining collections at `WINDOWS`, without the residual at the horizon.

    Parameters
    ----------
    plan, forecast
        Cash of the plan, and the forecast of the rest.
    """
    return tuple(_remaining(plan, forecast, window) for window in WINDOWS)


def _remaining(plan: Plan, forecast: Forecast, window: int) -> Remaining:
    last, near = plan.elapsed, forecast.near
    if window > plan.months or window <= last:
        return Remaining(window, *(np.nan,) * 7)
    residual = plan.residual if window == plan.months else np.zeros(len(plan.residual))
    average = plan.sample.average
    rest = slice(last + 1, window + 1)
    at_start = average(plan.receipts[:, 1 : window + 1].sum(axis=1) - residual)
    planned = average(plan.receipts[:, rest].sum(axis=1) - residual)
    if not near.determined:
        return Remaining(window, float(at_start), float(planned), *(np.nan,) * 5)
    received = plan.open_receipts[:, rest].sum(axis=1) - residual
    low, high = (near.quantile(received, level) for level in LEVELS)
    net = received - plan.open_costs[:, rest].sum(axis=1)
    return Remaining(
        window,
        float(at_start),
        float(planned),
        float(near.mean(received)),
        near.error(received),
        low,
        high,
        float(near.mean(net)),
    )


def returns(
    price: float, plan: Plan, forecast: Forecast, actual: np.ndarray, net: bool, timing: str
) -> Returns:
    """Return money multiple and rate of return at the price paid.

    Parameters
    ----------
    price
        Price paid with its costs. [package currency]
    plan, forecast
        Cash of the plan, and the forecast of the rest.
    actual
        Cash of the months elapsed, shape (months elapsed,). [package currency]
    net
        Whether cash is after costs; else it is receipts.
    timing
        ``month_end`` or ``mid_month``.
    """
    last, near = plan.elapsed, forecast.near
    planned = forecast.plan_receipts - (forecast.plan_costs if net else 0.0)
    collected = float(actual.sum())
    plan_multiple = float(planned.sum()) / price if price > 0.0 else np.nan
    plan_irr = _rate(planned, price, timing)
    if not near.determined or not price > 0.0:
        nothing = (np.nan,) * 4
        return Returns(price, collected, plan_multiple, nothing[0], plan_irr, *nothing[1:])
    cash = plan.open_receipts - (plan.open_costs if net else 0.0)
    used = near.weights > 0.0
    paths = cash[used].copy()
    paths[:, 0] = 0.0
    paths[:, 1 : last + 1] = actual
    mean = np.tensordot(near.weights[used], paths, axes=(0, 0))
    rates = irr(paths, price, timing).censored()
    law = Distribution(rates, near.weights[used])
    return Returns(
        price,
        collected,
        plan_multiple,
        float(mean.sum()) / price,
        plan_irr,
        _rate(mean, price, timing),
        law.quantile(LEVELS[0]),
        law.quantile(LEVELS[1]),
    )


def _rate(cash: np.ndarray, price: float, timing: str) -> float:
    found = irr(cash[None, :], price, timing)
    solved = found.status[0] in (IrrStatus.SOLVED, IrrStatus.LOST)
    return float(found.rate[0]) if solved else float("nan")
