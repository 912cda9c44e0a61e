"""Leaving: sale at a date, or the horizon. docs/model.md section 4.8."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from npl_sim.core.layout import Kind
from npl_sim.dcf.context import Claims, Desk

__all__ = ["capped", "leave", "leave_plan", "secured_part", "worth_now"]


def capped(mean: np.ndarray, sd: np.ndarray, floor: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Return E[max(0, min(V - floor, most))] of a lognormal V, a difference of two Black-Scholes calls.

    Parameters
    ----------
    mean, sd
        Mean of V and standard deviation of its log.
    floor, most
        What is taken off, and the most that is counted.
    """
    return call(mean, sd, floor) - call(mean, sd, floor + most)


def call(mean: np.ndarray, sd: np.ndarray, strike: np.ndarray) -> np.ndarray:
    """Return E[max(0, V - strike)] of a lognormal V."""
    sd = np.maximum(sd, 1e-9)
    with np.errstate(divide="ignore", invalid="ignore"):
        d = np.where(
            strike > 0.0,
            (np.log(np.maximum(mean, 1e-300) / np.maximum(strike, 1e-300))) / sd + sd / 2.0,
            np.inf,
        )
        first = mean * special.ndtr(d)
        second = np.where(np.isfinite(strike), strike, 0.0) * special.ndtr(d - sd)
    return np.asarray(np.where(np.isinf(strike), 0.0, first - second))


def worth_now(
    desk: Desk, rows: np.ndarray, slot: int, t: np.ndarray, late: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Return mean and log deviation of an item's value at times, shape (rows, times) each.

    Parameters
    ----------
    desk
        The policy.
    rows
        Loans.
    slot
        Position of the item.
    t
        Times, shape (times,). [months]
    late
        How long after its time the index is read: it is that of the month's end. [months]
    """
    items = desk.items
    shift, variance = np.zeros((len(rows), len(t))), np.zeros((len(rows), len(t)))
    for k in np.unique(items.index[rows, slot]):
        here = items.index[rows, slot] == k
        factor = desk.world.indices[k]
        months = np.arange(len(factor.shift))
        shift[here] = np.interp(t + late, months, factor.shift)
        variance[here] = np.interp(t + late, months, factor.variance)
    drift = np.array(
        [desk.collateral[n].drift_volatility ** 2 / 12.0 for n in items.terms[rows, slot]]
    )
    mean = items.value[rows, slot][:, None] * np.exp(shift)
    sd = np.sqrt(items.error[rows, slot][:, None] ** 2 + variance + drift[:, None] * t)
    return mean, sd


def secured_part(desk: Desk, rows: np.ndarray, owed: np.ndarray) -> np.ndarray:
    """Return, item by item, the expected part of a claim that an unsold item covers at the end.

    Parameters
    ----------
    desk
        The policy.
    rows
        Loan of each claim.
    owed
        Claims. [package currency]

    Returns
    -------
    numpy.ndarray
        Shape (claims, items), each item taken by itself.
    """
    parts = np.zeros((len(rows), desk.items.most))
    t = np.array([float(desk.end)])
    for slot in range(desk.items.most):
        has = desk.items.terms[rows, slot] != ""
        if has.any():
            mean, sd = worth_now(desk, rows[has], slot, t)
            most = np.minimum(desk.items.cap[rows[has], slot], owed[has])
            parts[has, slot] = capped(
                mean[:, 0], sd[:, 0], desk.items.liens[rows[has], slot], most
            )
    return parts


def leave(
    desk: Desk,
    claims: Claims,
    mass: np.ndarray,
    owed: np.ndarray,
    unsold: np.ndarray | float = 1.0,
    pledged: np.ndarray | None = None,
) -> None:
    """Post what claims that are still open at the end are sold for, or count for.

    Parameters
    ----------
    desk
        The policy.
    claims, mass, owed
        Claims, their probability, and what each owes at the end. [package currency]
    unsold
        Probability that each item is still unsold, shape (claims, items).
    pledged
        What is owed where an item is unsold; none: `owed`. [package currency]
    """
    if len(mass) == 0:
        return
    words = desk.policy.sale
    cash = np.zeros((len(mass), desk.end + 1))
    if not desk.sold or words is None:
        cash[:, -1] = mass * desk.policy.residual_share * owed
        desk.post(Kind.RESIDUAL, claims.rows, cash)
        return
    parts = secured_part(desk, claims.rows, owed if pledged is None else pledged)
    secured = np.minimum((parts * unsold).sum(axis=1), owed)
    years = (desk.loans.age[claims.rows] + desk.end) / words.half_life if words.half_life else 0.0
    price = (
        words.unsecured_price * 2.0 ** -np.asarray(years) * (owed - secured)
        + words.secured_price * secured
    )
    cash[:, -1] = mass * price * (1.0 - words.bulk_discount) * _mood(desk)
    desk.post(Kind.SALE, claims.rows, cash)


def leave_plan(desk: Desk, rows: np.ndarray, worth: np.ndarray) -> None:
    """Post what plans that still run at the end are sold for, or count for. [package currency]"""
    words = desk.policy.sale
    cash = np.zeros((len(rows), desk.end + 1))
    sold = desk.sold and words is not None
    if sold and words is not None:
        worth = worth * (1.0 - words.bulk_discount) * _mood(desk)
    cash[:, -1] = worth
    desk.post(Kind.SALE if sold else Kind.RESIDUAL, rows, cash)


def _mood(desk: Desk) -> float:
    words = desk.policy.sale
    loading = 0.0 if words is None else words.cooperation_loading
    return math.exp(loading * float(desk.world.cooperation.shift[desk.end]))
