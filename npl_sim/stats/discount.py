"""Payment times and present values of monthly cash."""

from __future__ import annotations

import numpy as np

__all__ = ["discount_factors", "payment_years", "present_value"]


def discount_factors(rate: float, months: int, cash_timing: str = "month_end") -> np.ndarray:
    """Return the discount factor of each month, shape (months + 1,).

    Parameters
    ----------
    rate
        Effective annual rate, above -1. [per year]
    months
        Last month.
    cash_timing
        ``month_end``: month m is paid at m/12 years; ``mid_month``: at (m - 1/2)/12. Month 0 is the
        valuation date under both.
    """
    at = np.arange(months + 1, dtype=np.float64)
    if cash_timing == "mid_month":
        at[1:] -= 0.5
    return (1.0 + rate) ** (-at / 12.0)


def payment_years(months: int, cash_timing: str = "month_end") -> np.ndarray:
    """Return when the cash of each month is paid, in years, shape (months + 1,).

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


def present_value(net: np.ndarray, rate: float, cash_timing: str = "month_end") -> np.ndarray:
    """Return the present value of each scenario in package currency, shape (scenarios,).

    Parameters
    ----------
    net
        Cash by scenario and month, month 0 first, shape (scenarios, months + 1). [package currency]
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
    value: np.ndarray = np.einsum(
        "sm,m->s", net, discount_factors(rate, net.shape[1] - 1, cash_timing)
    )
    return value
