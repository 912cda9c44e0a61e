"""Forecast of the rest, given the cash that came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from npl_sim.analysis.track.plan import Plan
from npl_sim.stats.near_scenarios import Near, near_scenarios
from npl_sim.stats.risk import Estimate

LEVELS = (0.05, 0.95)
"""Levels of the range of a forecast."""


@dataclass(frozen=True)
class Forecast:
    """Cash expected after the months elapsed."""

    near: Near
    """Scenarios near the cash that came, and their weights."""
    plan_receipts: np.ndarray
    """Mean receipts of the plan, shape (months + 1,). [package currency]"""
    plan_costs: np.ndarray
    """Mean costs of the plan, positive, shape (months + 1,). [package currency]"""
    receipts: np.ndarray | None
    """Mean receipts given what came, of which months after the last count; None if it is not
    determined. [package currency]"""
    costs: np.ndarray | None
    """Mean costs given what came; None if it is not determined. [package currency]"""
    rest: Estimate | None
    """Receipts after the months elapsed, with the error of the simulation. Low and high are the
    5 % and 95 % quantiles of the scenarios, not an interval of the mean. [package currency]"""
    rest_of_all: float
    """The same mean with closed loans counted as open; NaN if it is not determined.
    [package currency]"""
    by_attribute: Mapping[str, list[tuple[str, float, float]]]
    """Receipts of the rest by attribute and value: plan, and forecast (NaN if not determined)."""


def forecast_rest(plan: Plan, received: float) -> Forecast:
    """Return the forecast of the rest from the scenarios near the cash that came.

    Parameters
    ----------
    plan
        Cash of the plan by scenario.
    received
        Receipts of the whole months elapsed. [package currency]
    """
    last = plan.elapsed
    weights = plan.sample.weights
    to_date = plan.receipts[:, 1 : last + 1].sum(axis=1)
    near = near_scenarios(weights, to_date, received)
    means = [plan.sample.average(part) for part in (plan.receipts, plan.costs)]
    splits = dict(plan.splits)
    if plan.kinds is not None:
        splits["kind"] = plan.kinds
    by_attribute = {
        name: [
            (
                value,
                float(weights @ column),
                float(near.mean(column)) if near.determined else np.nan,
            )
            for value, column in zip(split.names, split.rest.T, strict=True)
        ]
        for name, split in splits.items()
    }
    if not near.determined:
        return Forecast(near, means[0], means[1], None, None, None, np.nan, by_attribute)
    rest = plan.open_receipts[:, last + 1 :].sum(axis=1)
    low, high = (near.quantile(rest, level) for level in LEVELS)
    value = Estimate(float(near.mean(rest)), near.error(rest), low, high, LEVELS[1] - LEVELS[0])
    receipts, costs = near.mean(plan.open_receipts), near.mean(plan.open_costs)
    of_all = float(near.mean(plan.receipts[:, last + 1 :].sum(axis=1)))
    return Forecast(near, means[0], means[1], receipts, costs, value, of_all, by_attribute)
