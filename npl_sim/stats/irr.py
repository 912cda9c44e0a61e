"""Internal rates of return of many scenarios at once.

The IRR of a scenario is the highest effective annual rate at which its cash is still worth the
outlay: ``sup {r : PV(r) >= outlay}``. If all payments precede all receipts, it is the only root.
Costs after the last receipt add a second root near -100 %, which has no economic meaning. The
highest root is the return on the outlay, and it falls as the outlay grows. Roots are bracketed on
a grid of log(1 + r). Two roots closer than its step (0.1) may be missed.

Roots are searched in (-0.9999, 100], that is, up to 10,000 % a year.

========== ======= =============================================================================
status     rate    meaning
========== ======= =============================================================================
SOLVED     root    the highest root.
LOST       -1      no month has a net receipt: the outlay is lost.
NEVER      NaN     receipts are worth less than the outlay at every rate in range.
ABOVE      NaN     receipts are worth the outlay even at the highest rate in range.
NO_OUTLAY  NaN     the outlay is 0 or negative, so there is no return on it.
========== ======= =============================================================================
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from npl_sim.stats.discount import payment_years

LOWEST_RATE = -0.9999
HIGHEST_RATE = 100.0

STEP = 0.1
"""Step of the grid for the search of roots, in log(1 + r)."""

TOLERANCE = 1e-13
NEWTON_STEPS, MOST_STEPS = 12, 80

BLOCK = 4096
"""Scenarios refined together; it affects memory but not the result."""


class IrrStatus(IntEnum):
    """Outcome of the search for a rate (see the module)."""

    SOLVED = 0
    LOST = 1
    NEVER = 2
    ABOVE = 3
    NO_OUTLAY = 4


@dataclass(frozen=True)
class Irr:
    """Internal rates of return.

    Attributes
    ----------
    rate
        Effective annual rate, shape (scenarios,); -1 or NaN by status. [per year]
    status
        `IrrStatus` code, shape (scenarios,).
    several
        Whether the grid shows more than one root, shape (scenarios,).
    """

    rate: np.ndarray
    status: np.ndarray
    several: np.ndarray

    def censored(self) -> np.ndarray:
        """Return rates that can be ranked and averaged, shape (scenarios,). [per year]

        LOST and NEVER count as -1, ABOVE as the highest rate in range.
        """
        rate = np.where(self.status == IrrStatus.NEVER, -1.0, self.rate)
        return np.where(self.status == IrrStatus.ABOVE, HIGHEST_RATE, rate)


def _grid(years: np.ndarray) -> np.ndarray:
    """Return the rising grid of log(1 + r), which includes 0."""
    # A horizon beyond about 70 years would overflow at -99.99 %, so the grid starts higher.
    low = max(math.log1p(LOWEST_RATE), -650.0 / max(float(years[-1]), 1.0))
    high = math.log1p(HIGHEST_RATE)
    below = np.linspace(low, 0.0, math.ceil(-low / STEP) + 1)
    above = np.linspace(0.0, high, math.ceil(high / STEP) + 1)
    return np.concatenate([below, above[1:]])


class IrrSolver:
    """Solver for rates of return of the same cash at different outlays.

    Parameters
    ----------
    net
        Cash by scenario and month after the outlay, shape (scenarios, months + 1).
        [package currency]
    cash_timing
        ``month_end`` or ``mid_month``.
    years
        Payment time of each column, rising from 0; defaults to months. [years]
    """

    def __init__(
        self, net: np.ndarray, cash_timing: str = "month_end", years: np.ndarray | None = None
    ) -> None:
        self._net = np.asarray(net, dtype=np.float64)
        self._years = (
            payment_years(self._net.shape[1] - 1, cash_timing) if years is None else years
        )
        self._grid = _grid(self._years)
        self._value = self._net @ np.exp(-np.outer(self._years, self._grid))
        self._paid = (self._net > 0.0).any(axis=1)

    def solve(self, outlay: float) -> Irr:
        """Return the rates at which `outlay` (package currency), paid at month 0, is earned."""
        scenarios = len(self._net)
        rate = np.full(scenarios, np.nan)
        if not outlay > 0.0:
            status = np.full(scenarios, IrrStatus.NO_OUTLAY, dtype=np.int64)
            return Irr(rate, status, np.zeros(scenarios, dtype=bool))
        earned = self._value >= outlay
        several = np.count_nonzero(np.diff(earned, axis=1), axis=1) > 1
        # The root lies above the last grid point at which the outlay is earned.
        last = earned.shape[1] - 1 - np.argmax(earned[:, ::-1], axis=1)
        any_earned = earned.any(axis=1)
        status = np.where(any_earned, IrrStatus.SOLVED, IrrStatus.NEVER).astype(np.int64)
        status[earned[:, -1]] = IrrStatus.ABOVE
        status[~self._paid] = IrrStatus.LOST
        rate[~self._paid] = -1.0
        rows = np.flatnonzero(status == IrrStatus.SOLVED)
        for part in np.array_split(rows, len(rows) // BLOCK + 1):
            rate[part] = np.expm1(self._refine(part, last[part], outlay))
        return Irr(rate, status, several)

    def _refine(self, rows: np.ndarray, cell: np.ndarray, outlay: float) -> np.ndarray:
        """Return log(1 + r) at the root in each row's cell, by Newton steps inside a bracket."""
        net = self._net[rows]
        low, high = self._grid[cell].copy(), self._grid[cell + 1].copy()
        at_low, at_high = self._value[rows, cell], self._value[rows, cell + 1]
        root = low + (high - low) * (at_low - outlay) / (at_low - at_high)
        todo = np.arange(len(rows))
        for step in range(MOST_STEPS):
            if todo.size == 0:
                break
            terms = net[todo] * np.exp(-np.outer(root[todo], self._years))
            excess = terms.sum(axis=1) - outlay
            slope = -(terms @ self._years)
            earned = excess >= 0.0
            low[todo] = np.where(earned, root[todo], low[todo])
            high[todo] = np.where(earned, high[todo], root[todo])
            with np.errstate(divide="ignore", invalid="ignore"):
                new = root[todo] - excess / slope
            inside = (new >= low[todo]) & (new <= high[todo]) & (step < NEWTON_STEPS)
            new = np.where(inside, new, 0.5 * (low[todo] + high[todo]))
            new = np.where(excess == 0.0, root[todo], new)
            moved = np.abs(new - root[todo])
            root[todo] = new
            width = high[todo] - low[todo]
            todo = todo[(np.minimum(moved, width) > TOLERANCE) & (excess != 0.0)]
        return root


def irr(net: np.ndarray, outlay: float, cash_timing: str = "month_end") -> Irr:
    """Return the rate of return of each scenario on an outlay at month 0 (see the module).

    Parameters
    ----------
    net
        Cash by scenario and month after the outlay, shape (scenarios, months + 1).
        [package currency]
    outlay
        Price with its costs, a positive amount. [package currency]
    cash_timing
        ``month_end`` or ``mid_month``.
    """
    return IrrSolver(net, cash_timing).solve(outlay)
