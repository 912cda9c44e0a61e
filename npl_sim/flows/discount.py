"""Monthly discount factors."""

from __future__ import annotations

import numpy as np

__all__ = ["discount_factors"]


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
