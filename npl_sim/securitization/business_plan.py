"""The business plan: cumulative net collections expected at the end of each collection period."""

from __future__ import annotations

import numpy as np

from npl_sim.securitization.collections import Collections
from npl_sim.securitization.dates import DealDates
from npl_sim.securitization.terms.calendar import MeanPlan
from npl_sim.securitization.terms.deal import Deal


def plan_by_period(deal: Deal, dates: DealDates, cash: Collections) -> np.ndarray | None:
    """Return the plan at cut-off and the end of each period, shape (K + 1,); None without plan.

    Parameters
    ----------
    deal, dates
        The deal and its dates.
    cash
        Collections of all scenarios, whose mean is the plan of kind `mean`.
    """
    plan = deal.business_plan
    if plan is None:
        return None
    if isinstance(plan, MeanPlan):
        mean = cash.net.mean(axis=1) * plan.factor
        return np.concatenate([[0.0], np.cumsum(mean)])
    days = [deal.cutoff_date.toordinal(), *(p.date.toordinal() for p in plan.points)]
    sums = [0.0, *(p.cumulative for p in plan.points)]
    return np.interp([d.toordinal() for d in dates.collection], days, sums)


def plan_total(deal: Deal, by_period: np.ndarray) -> float:
    """Return the total of the plan, after the last collection period too. [package currency]"""
    plan = deal.business_plan
    if plan is None or isinstance(plan, MeanPlan):
        return float(by_period[-1])
    return plan.points[-1].cumulative
