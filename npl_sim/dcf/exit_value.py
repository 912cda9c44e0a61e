"""Exit value of open claims: sale at a date, or value at the horizon.

docs/model.md section 4.8.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from npl_sim.core.layout import Kind
from npl_sim.dcf.context import Claims, OpenClaims, PolicyContext


def capped(mean: np.ndarray, sd: np.ndarray, floor: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return E[max(0, min(V - floor, most))] of a lognormal V: two Black-Scholes calls.

    Parameters
    ----------
    mean, sd
        Mean of V and standard deviation of its log.
    floor, most
        Deduction, and cap.
    """
    return call(mean, sd, floor) - call(mean, sd, floor + most)


def call(mean: np.ndarray, sd: np.ndarray, strike: np.ndarray) -> np.ndarray:
    """Return E[max(0, V - strike)] of a lognormal V; `sd` broadcasts against the others."""
    if not strike.any():
        return np.array(np.broadcast_to(mean, np.broadcast_shapes(mean.shape, strike.shape)))
    sd = np.maximum(sd, 1e-9)
    d = np.maximum(mean, 1e-300) / np.maximum(strike, 1e-300)
    with np.errstate(divide="ignore"):
        np.log(d, out=d)
    d /= sd
    d += sd / 2.0
    np.copyto(d, np.inf, where=~(strike > 0.0))
    value = special.ndtr(d)
    value *= mean
    d -= sd
    special.ndtr(d, out=d)
    endless = np.isinf(strike)
    d *= np.where(endless, 0.0, strike)
    value -= d
    np.copyto(value, 0.0, where=endless)
    return np.asarray(value)


def worth_now(
    context: PolicyContext, rows: np.ndarray, slot: int, t: np.ndarray, late: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and log standard deviation of an item's value, shape (rows, times) each.

    Parameters
    ----------
    context
        Policy and loans.
    rows
        Loans.
    slot
        Position of the item.
    t
        Times, shape (times,). [months]
    late
        Delay at which the index is read: it is that of the month's end. [months]
    """
    items = context.items
    shift, variance = np.zeros((len(rows), len(t))), np.zeros((len(rows), len(t)))
    for k in np.unique(items.index[rows, slot]):
        here = items.index[rows, slot] == k
        factor = context.market.indices[k]
        months = np.arange(len(factor.shift))
        shift[here] = np.interp(t + late, months, factor.shift)
        variance[here] = np.interp(t + late, months, factor.variance)
    drift = np.array(
        [context.collateral[n].drift_volatility ** 2 / 12.0 for n in items.terms[rows, slot]]
    )
    mean = items.value[rows, slot][:, None] * np.exp(shift)
    sd = np.sqrt(items.error[rows, slot][:, None] ** 2 + variance + drift[:, None] * t)
    return mean, sd


def secured_part(context: PolicyContext, rows: np.ndarray, owed: np.ndarray) -> np.ndarray:
    """Return the expected part of a claim that each unsold item covers at the end.

    Parameters
    ----------
    context
        Policy and loans.
    rows
        Loan of each claim.
    owed
        Claims. [package currency]

    Returns
    -------
    numpy.ndarray
        Shape (claims, items), each item taken by itself.
    """
    parts = np.zeros((len(rows), context.items.most))
    t = np.array([float(context.end)])
    for slot in range(context.items.most):
        has = context.items.terms[rows, slot] != ""
        if has.any():
            mean, sd = worth_now(context, rows[has], slot, t)
            most = np.minimum(context.items.cap[rows[has], slot], owed[has])
            parts[has, slot] = capped(
                mean[:, 0], sd[:, 0], context.items.liens[rows[has], slot], most
            )
    return parts


def leave(
    context: PolicyContext,
    claims: Claims,
    mass: np.ndarray,
    owed: np.ndarray,
    unsold: np.ndarray | float = 1.0,
    pledged: np.ndarray | None = None,
) -> None:
    """Post the sale price or residual value of claims that are open at the end.

    Parameters
    ----------
    context
        Policy and loans.
    claims, mass, owed
        Claims, their probability, and their amount at the end. [package currency]
    unsold
        Probability that each item is still unsold, shape (claims, items).
    pledged
        Amount of claims with an unsold item; defaults to `owed`. [package currency]
    """
    if len(mass) == 0:
        return
    if context.insolvent is not None:
        items = np.broadcast_to(unsold, (len(mass), context.items.most))
        context.insolvent.append(OpenClaims(claims.rows, owed, mass, items))
        return
    sale = context.policy.sale
    cash = np.zeros((len(mass), context.end + 1))
    if not context.sold or sale is None:
        cash[:, -1] = mass * context.policy.residual_share * owed
        context.post(Kind.RESIDUAL, claims.rows, cash)
        return
    parts = secured_part(context, claims.rows, owed if pledged is None else pledged)
    secured = np.minimum((parts * unsold).sum(axis=1), owed)
    years = (
        (context.loans.age[claims.rows] + context.end) / sale.half_life if sale.half_life else 0.0
    )
    unsecured = sale.unsecured_price * 2.0 ** -np.asarray(years) * (owed - secured)
    price = unsecured + sale.secured_price * secured
    cash[:, -1] = mass * price * (1.0 - sale.bulk_discount) * _market_level(context)
    context.post(Kind.SALE, claims.rows, cash)


def leave_plan(context: PolicyContext, rows: np.ndarray, worth: np.ndarray) -> None:
    """Post the sale price or residual value of plans in progress at the end."""
    if context.insolvent is not None:
        items = np.ones((len(rows), context.items.most))
        context.insolvent.append(OpenClaims(rows, worth, np.ones(len(rows)), items))
        return
    sale = context.policy.sale
    cash = np.zeros((len(rows), context.end + 1))
    sold = context.sold and sale is not None
    if sold and sale is not None:
        worth = worth * (1.0 - sale.bulk_discount) * _market_level(context)
    cash[:, -1] = worth
    context.post(Kind.SALE if sold else Kind.RESIDUAL, rows, cash)


def _market_level(context: PolicyContext) -> float:
    """Return the effect of a stress on sale prices through cooperation."""
    sale = context.policy.sale
    loading = 0.0 if sale is None else sale.cooperation_loading
    return math.exp(loading * float(context.market.cooperation.shift[context.end]))
