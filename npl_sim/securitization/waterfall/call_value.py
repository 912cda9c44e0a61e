"""Value of the package to the call holder, without look-ahead. docs/deals.md section 4."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from npl_sim.securitization.collections import Collections
from npl_sim.securitization.dates import DealDates
from npl_sim.securitization.terms.claims import Fee, OfCollections
from npl_sim.securitization.terms.deal import Deal
from npl_sim.stats.discount import discount_factor

__all__ = ["CallValues", "call_values"]

EQUAL = 1e-9
"""Relative spread of collections so far below which scenarios count as equal."""


@dataclass(frozen=True)
class CallValues:
    """What a caller would collect after each payment date; K dates and S scenarios."""

    left: np.ndarray
    """Present value on the date of the scenario's later collections less the servicer's share,
    shape (K, S). [package currency]"""
    estimate: np.ndarray
    """The caller's estimate of it on the date, shape (K, S). [package currency]"""

    def mapped(self, change: Callable[[np.ndarray], np.ndarray]) -> CallValues:
        """Return the values with both tables changed, such as a part of the scenarios."""
        return CallValues(change(self.left), change(self.estimate))


def call_values(deal: Deal, dates: DealDates, cash: Collections) -> CallValues | None:
    """Return what the package is worth to a caller; none where the deal has no call.

    Parameters
    ----------
    deal, dates
        The deal and its dates.
    cash
        Collections of all scenarios.

    Notes
    -----
    The estimate is the lower of two, and at least 0. The first is the mean remaining value, scaled
    by the scenario's net collections so far over their mean. The second regresses the remaining
    value on net collections so far over all scenarios (Longstaff and Schwartz 2001, with one state
    variable). It is 0 if the scenario collects nothing more: a buyer knows that a closed package
    is closed.
    """
    if deal.clean_up_call is None:
        return None
    left = _left(_callers_cash(deal, cash), dates.years, deal.clean_up_call.required_return)
    so_far = np.cumsum(cash.net, axis=0)
    estimate = np.minimum(_scaled(left, so_far), _regressed(left, so_far))
    return CallValues(left, np.where(left > 0.0, np.maximum(estimate, 0.0), 0.0))


def _callers_cash(deal: Deal, cash: Collections) -> np.ndarray:
    """Return net collections less the servicing fee, shape (K, S). [package currency]"""
    result = cash.net
    for claim in deal.claims:
        if isinstance(claim, Fee) and claim.role == "servicer":
            for part in claim.amounts:
                if isinstance(part, OfCollections):
                    base = cash.received if part.base == "gross" else np.maximum(cash.net, 0.0)
                    result = result - part.share * base
    return result


def _left(callers: np.ndarray, years: np.ndarray, rate: float) -> np.ndarray:
    """Return the present value on each date of the cash of later dates, shape (K, S)."""
    left = np.zeros_like(callers)
    for k in range(len(years) - 2, -1, -1):
        left[k] = (left[k + 1] + callers[k + 1]) * discount_factor(rate, years[k + 1] - years[k])
    return left


def _scaled(left: np.ndarray, so_far: np.ndarray) -> np.ndarray:
    """Return the mean remaining value, scaled by collections so far if their mean is positive."""
    mean = so_far.mean(axis=1, keepdims=True)
    scale = np.divide(so_far, mean, out=np.ones_like(so_far), where=mean > 0.0)
    return np.asarray(left.mean(axis=1, keepdims=True) * scale)


def _regressed(left: np.ndarray, so_far: np.ndarray) -> np.ndarray:
    """Return the regression of the remaining value on collections so far; flat if constant."""
    mean = so_far.mean(axis=1, keepdims=True)
    away = so_far - mean
    spread = (away**2).mean(axis=1, keepdims=True)
    slope = np.divide(
        (away * left).mean(axis=1, keepdims=True),
        spread,
        out=np.zeros_like(mean),
        where=spread > (EQUAL * mean) ** 2,
    )
    return np.asarray(left.mean(axis=1, keepdims=True) + slope * away)
