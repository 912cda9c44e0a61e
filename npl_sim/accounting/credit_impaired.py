"""Amortized cost of purchased credit-impaired loans.

The loans are measured at fair value when they are bought, which is the price with transaction
costs (IFRS 9 5.1.1). The credit-adjusted effective interest rate discounts the cash expected at
that date, after expected credit losses, to this amount (IFRS 9 Appendix A, B5.4.7).

Interest income is that rate on the amortized cost from the first day (IFRS 9 5.4.1(a)). Later
changes of the expected cash, discounted at the same rate, are a gain or a loss (5.5.13, 5.5.14,
B5.4.6). CAS 22 (2017) has the same rules: article 39 for interest income, article 49 for the
changes of lifetime expected losses.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.stats.irr import IrrStatus, irr
from npl_sim.valuation.roll_forward import RollForward, roll_forward


@dataclass(frozen=True)
class CreditImpaired:
    """Amortized cost of a package that was bought credit-impaired."""

    rate: float
    """Credit-adjusted effective interest rate; NaN if there is none. [per year]"""
    statement: RollForward | None
    """Opening, interest income, collections, revaluation, closing; None without a rate."""
    reason: str = ""
    """Why there is no statement; empty if there is one."""


def credit_impaired(
    price: float,
    plan: np.ndarray,
    actual: np.ndarray,
    forecast: np.ndarray | None,
    timing: str = "month_end",
) -> CreditImpaired:
    """Return the amortized cost from the purchase to the last month with cash.

    Parameters
    ----------
    price
        Price paid, transaction costs included. [package currency]
    plan
        Cash expected at the purchase, shape (months + 1,). [package currency]
    actual
        Cash received in months 1 to the last, shape (months elapsed,). [package currency]
    forecast
        Cash expected now, of which months after the last count, shape of `plan`; None if it is
        not determined. [package currency]
    timing
        ``month_end`` or ``mid_month``.
    """
    found = irr(plan[None, :], price, timing)
    if found.status[0] != IrrStatus.SOLVED:
        reason = {
            IrrStatus.NO_OUTLAY: "the price paid is not above 0",
            IrrStatus.NEVER: "the plan is worth less than the price at every rate",
            IrrStatus.LOST: "the plan has no cash",
            IrrStatus.ABOVE: "the plan is worth more than the price at every rate",
        }[IrrStatus(int(found.status[0]))]
        return CreditImpaired(float("nan"), None, reason)
    rate = float(found.rate[0])
    return CreditImpaired(rate, roll_forward(plan, actual, forecast, rate, timing, price))
