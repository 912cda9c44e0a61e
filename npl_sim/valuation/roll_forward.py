r"""Roll-forward of a present value from one date to a later one, exact to the cent.

The monthly rate is :math:`i = (1 + r)^{1/12} - 1`. Cash :math:`C_m` is paid a share :math:`d` of
a month before the end of its month: 0 at ``month_end``, one half at ``mid_month``.

.. math:: I_m = V_{m-1} i - C_m ((1 + i)^d - 1), \quad V_m = V_{m-1} + I_m - C_m .

:math:`I_m` is the unwinding of the discount, or the interest income. If the cash is that of the
forecast, :math:`V_m` is the present value of the rest. At the last month, the value of the new
forecast replaces it. The difference has two parts: cash above or below the forecast, and the
change of the forecast of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.cashflows.cents import whole_cents
from npl_sim.stats.discount import present_value


@dataclass(frozen=True)
class RollForward:
    """Statement of a value from month 0 to the last month with cash. [cents]"""

    rate: float
    """Effective annual rate. [per year]"""
    opening: int
    """Value at month 0."""
    interest: np.ndarray
    """Unwinding of the discount in each month, shape (months,)."""
    cash: np.ndarray
    """Cash received in each month, shape (months,)."""
    planned: int
    """Value at the end of the rest of the old forecast."""
    closing: int | None
    """Value at the end of the rest of the new forecast; None if it is not determined."""

    @property
    def balances(self) -> np.ndarray:
        """Value at the end of each month before revaluation, month 0 first."""
        steps = np.concatenate([[self.opening], self.interest - self.cash])
        return np.asarray(np.cumsum(steps))

    @property
    def carried(self) -> int:
        """Value at the end before revaluation."""
        return int(self.balances[-1])

    @property
    def from_cash(self) -> int:
        """Gain from cash above the forecast, with its return; negative below."""
        return self.planned - self.carried

    @property
    def from_forecast(self) -> int | None:
        """Gain from a higher forecast of the rest; None if it is not determined."""
        return None if self.closing is None else self.closing - self.planned

    @property
    def revaluation(self) -> int | None:
        """Sum of both gains; None if it is not determined."""
        return None if self.closing is None else self.closing - self.carried

    def months(self) -> pd.DataFrame:
        """Return one row a month: opening + interest - collections + revaluation = closing."""
        balances = self.balances
        revaluation = np.zeros(len(self.cash), dtype=np.int64)
        if self.revaluation is not None and len(revaluation):
            revaluation[-1] = self.revaluation
        return pd.DataFrame(
            {
                "month": np.arange(1, len(self.cash) + 1),
                "opening": balances[:-1] / 100.0,
                "interest": self.interest / 100.0,
                "collections": self.cash / 100.0,
                "revaluation": revaluation / 100.0,
                "closing": (balances[1:] + revaluation) / 100.0,
            }
        )


def value_of_rest(cash: np.ndarray, month: int, rate: float, timing: str) -> float:
    """Return the value at the end of a month of the cash after it. [package currency]

    Parameters
    ----------
    cash
        Cash by month, month 0 first, shape (months + 1,). [package currency]
    month
        Month to whose end the cash is discounted.
    rate
        Effective annual rate. [per year]
    timing
        ``month_end`` or ``mid_month``.
    """
    rest = np.concatenate([[0.0], cash[month + 1 :]])
    return float(present_value(rest[None, :], rate, timing)[0])


def roll_forward(
    plan: np.ndarray,
    actual: np.ndarray,
    forecast: np.ndarray | None,
    rate: float,
    timing: str = "month_end",
    opening: float | None = None,
) -> RollForward:
    """Roll the value of a plan forward by the cash that came, and revalue it.

    Parameters
    ----------
    plan
        Cash expected at month 0, shape (months + 1,). [package currency]
    actual
        Cash received in months 1 to the last, shape (months elapsed,). [package currency]
    forecast
        New forecast, of which months after the last count, shape of `plan`; None if it is not
        determined. [package currency]
    rate
        Effective annual rate of the plan. [per year]
    timing
        ``month_end`` or ``mid_month``.
    opening
        Value at month 0; defaults to the present value of the plan. [package currency]
    """
    last = len(actual)
    start = value_of_rest(plan, 0, rate, timing) + plan[0] if opening is None else opening
    growth = (1.0 + rate) ** (1.0 / 12.0)
    early = 0.5 if timing == "mid_month" else 0.0
    cash = whole_cents(actual * 100.0)
    interest = np.zeros(last, dtype=np.int64)
    balance = int(whole_cents(start * 100.0))
    first = balance
    for m in range(last):
        earned = balance * (growth - 1.0) - float(cash[m]) * (growth**early - 1.0)
        interest[m] = int(whole_cents(earned))
        balance += int(interest[m]) - int(cash[m])
    planned = int(whole_cents(100.0 * value_of_rest(plan, last, rate, timing)))
    closing = None
    if forecast is not None:
        closing = int(whole_cents(100.0 * value_of_rest(forecast, last, rate, timing)))
    return RollForward(rate, first, interest, cash, planned, closing)
