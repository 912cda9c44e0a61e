"""Payment times, discount factors and present values of monthly cash."""

from __future__ import annotations

from typing import TypeVar

import numpy as np

Years = TypeVar("Years", float, np.ndarray)


def discount_factor(rate: float, years: Years) -> Years:
    """Return the discount factor (1 + rate)^-years.

    Parameters
    ----------
    rate
        Effective annual rate, above -1. [per year]
    years
        Time of payment. [years]
    """
    return (1.0 + rate) ** -years


def payment_years(months: int, cash_timing: str = "month_end") -> np.ndarray:
    """Return the payment time of each month, shape (months + 1,). [years]

    Parameters
    ----------
    months
        Last month.
    cash_timing
        ``month_end``: month m is paid at m/12; ``mid_month``: at (m - 1/2)/12. Month 0 is the
        valuation date under both.
    """
    at = np.arange(months + 1, dtype=np.float64)
    if cash_timing == "mid_month":
        at[1:] -= 0.5
    return at / 12.0


def discount_factors(rate: float, months: int, cash_timing: str = "month_end") -> np.ndarray:
    """Return the discount factor of each month, shape (months + 1,).

    Parameters
    ----------
    rate
        Effective annual rate, above -1. [per year]
    months, cash_timing
        As for `payment_years`.
    """
    return discount_factor(rate, payment_years(months, cash_timing))


def present_value(net: np.ndarray, rate: float, cash_timing: str = "month_end") -> np.ndarray:
    """Return the present value of each scenario, shape (scenarios,). [package currency]

    Parameters
    ----------
    net
        Cash by scenario and month, month 0 first, shape (scenarios, months + 1). [package
        currency]
    rate
        Effective annual rate, above -1. [per year]
    cash_timing
        ``month_end`` or ``mid_month`` (see `payment_years`).

    Raises
    ------
    ValueError
        If the rate is not above -1.
    """
    if not rate > -1.0:
        raise ValueError(f"rate: {rate!r}; expected an effective annual rate above -1")
    # einsum and not a matrix product: the order of its additions does not depend on threads.
    return np.einsum("sm,m->s", net, discount_factors(rate, net.shape[1] - 1, cash_timing))
