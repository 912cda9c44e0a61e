"""Cash accumulator of the vectorized peer: claims, cash and quantiles over arrays of paths."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.core.layout import FEES, Kind, Stage

__all__ = ["Accumulator", "Claim", "Quantiles", "fee", "month_of"]

FINE = 8192
"""Cells of a quantile table. Finer than the engine's body, without its tables for the tails."""

FLUSH_AT = 1 << 20
"""Entries gathered before they are added to the flows."""


def month_of(t: np.ndarray) -> np.ndarray:
    """Return the month that covers each time."""
    return np.maximum(np.ceil(t - 1e-9), 0.0).astype(np.int64)


def fee(schedule: np.void, amount: np.ndarray) -> np.ndarray:
    """Return the fee that a schedule charges on each amount."""
    assert schedule.dtype == FEES
    n = int(schedule["brackets"])
    if n == 0:
        return np.zeros_like(amount)
    upper = schedule["upper"][: n - 1]
    lower = np.concatenate([[0.0], upper])
    row = np.searchsorted(upper, amount, side="left")
    due = schedule["base"][row] + schedule["rate"][row] * (amount - lower[row])
    return np.where(amount > 0.0, np.minimum(due, schedule["cap"]), 0.0)


class Quantiles:
    """Quantile tables of the engine on one even grid, so that one gather returns a value."""

    def __init__(self, tables: np.ndarray) -> None:
        edges = np.arange(FINE + 1) / FINE
        edges[0], edges[-1] = 2.0**-33, 1.0 - 2.0**-33
        self.start = np.stack([_engine_quantile(t, edges) for t in tables])
        self.step = np.diff(self.start, append=self.start[:, -1:])

    def __call__(self, row: int, u: np.ndarray) -> np.ndarray:
        x = u * FINE
        cell = x.astype(np.int64)
        return self.start[row].take(cell) + (x - cell) * self.step[row].take(cell)


def _engine_quantile(table: np.ndarray, u: np.ndarray) -> np.ndarray:
    cells = table.shape[1]
    part = np.zeros(len(u), dtype=np.int64)
    x = u * cells
    near = np.minimum(u, 1.0 - u)
    for level in (1, 2, 3):
        inside = near < 16.0**-level
        part[inside] = 2 * level - 1 + (u[inside] > 0.5)
        x[inside] = near[inside] * cells * 16.0**level
    cell = np.minimum(x.astype(np.int64), cells - 1)
    low, high = table[part, cell, 0], table[part, cell, 1]
    return low + (x - cell) * (high - low)


@dataclass(slots=True)
class Claim:
    """Claims of some paths as dense columns; `put` writes them back to where they came from.

    Attributes
    ----------
    principal, interest_and_fees, default_interest
        Amounts owed.
    accrued_to
        Time to which interest has accrued.
    whole
        Amount owed at the valuation date.
    rate
        Interest rate. [per month]
    default_interest_from
        Time from which default interest accrues.
    delay_rate
        Rate of default interest. [per month]
    """

    principal: np.ndarray
    interest_and_fees: np.ndarray
    default_interest: np.ndarray
    accrued_to: np.ndarray
    whole: np.ndarray
    rate: np.ndarray
    default_interest_from: np.ndarray
    delay_rate: float

    def take(self, at: np.ndarray) -> Claim:
        """Return the claims of some rows, as a copy."""
        columns = (
            self.principal,
            self.interest_and_fees,
            self.default_interest,
            self.accrued_to,
            self.whole,
            self.rate,
            self.default_interest_from,
        )
        return Claim(*(c.take(at) for c in columns), self.delay_rate)

    def put(self, at: np.ndarray, rows: Claim) -> None:
        """Write rows back."""
        self.principal[at], self.interest_and_fees[at] = rows.principal, rows.interest_and_fees
        self.default_interest[at], self.accrued_to[at] = rows.default_interest, rows.accrued_to

    @property
    def owed(self) -> np.ndarray:
        return self.principal + self.interest_and_fees + self.default_interest

    @property
    def is_paid(self) -> np.ndarray:
        return self.owed <= 1e-6 * self.whole

    def accrue(self, t: np.ndarray | float) -> None:
        """Accrue interest up to time `t`."""
        gap = np.maximum(t - self.accrued_to, 0.0)
        self.interest_and_fees += self.principal * self.rate * gap
        if self.delay_rate > 0.0:
            overdue = np.maximum(t - np.maximum(self.accrued_to, self.default_interest_from), 0.0)
            self.default_interest += self.principal * self.delay_rate * overdue
        self.accrued_to += gap

    def pay(self, amount: np.ndarray) -> None:
        """Apply payments of at most the amount owed.

        They cover interest and fees first, then principal, then default interest.
        """
        interest = np.minimum(amount, self.interest_and_fees)
        self.interest_and_fees -= interest
        rest = amount - interest - self.principal
        self.principal = np.maximum(-rest, 0.0)
        self.default_interest = np.maximum(self.default_interest - np.maximum(rest, 0.0), 0.0)

    def scale(self, share: np.ndarray | float) -> None:
        """Reduce claims without default interest to a share."""
        self.principal *= share
        self.interest_and_fees *= share


class Accumulator:
    """Cash of a tile: flows by scenario, sums by path of the current chunk, stages by month."""

    def __init__(
        self, scenarios: int, groups: int, discount: np.ndarray, servicing: float
    ) -> None:
        self.months = len(discount) - 1
        self.discount, self.servicing = discount, servicing
        self.running_discount = np.concatenate([[0.0], np.cumsum(discount)])
        self.running_month_discount = np.concatenate([[0], np.cumsum(np.arange(self.months + 1))])
        self.flows = np.zeros((scenarios, groups, len(Kind), self.months + 1))
        self.stages = np.zeros((len(Stage), self.months + 1))
        self._cells: list[np.ndarray] = []
        self._amounts: list[np.ndarray] = []
        self._waiting = 0

    def open(self, scenario: np.ndarray, group: np.ndarray, gbv: np.ndarray) -> None:
        """Begin a chunk of paths."""
        columns = self.months + 1
        self.base = (scenario * self.flows.shape[1] + group) * (len(Kind) * columns)
        self.gbv = gbv
        self.present, self.received, self.costs, self.received_month = np.zeros((4, len(gbv)))

    def _enter(
        self, paths: np.ndarray, kind: Kind, month: np.ndarray | int, amount: np.ndarray
    ) -> None:
        self._cells.append(self.base.take(paths) + (kind * (self.months + 1) + month))
        self._amounts.append(amount)
        self._waiting += len(amount)
        if self._waiting > FLUSH_AT:
            self.flush()

    def flush(self) -> None:
        """Add the entries gathered so far to the flows."""
        if self._cells:
            cells, amounts = np.concatenate(self._cells), np.concatenate(self._amounts)
            flat = self.flows.reshape(-1)
            flat += np.bincount(cells, weights=amounts, minlength=flat.size)
        self._cells, self._amounts, self._waiting = [], [], 0

    def receive(
        self,
        paths: np.ndarray,
        kind: Kind,
        month: np.ndarray | int,
        amount: np.ndarray,
        contingent: float,
    ) -> None:
        """Add receipts and the lawyer's share of them. Each path may occur once in `paths`."""
        self._enter(paths, kind, month, amount)
        kept = amount * (1.0 - self.servicing)
        self.received[paths] += amount
        self.received_month[paths] += amount * month
        self.costs[paths] -= amount * self.servicing
        self.present[paths] += kept * self.discount[month]
        if contingent > 0.0:
            self.post(paths, Kind.LAWYER, month, -contingent * amount)

    def post(
        self, paths: np.ndarray, kind: Kind, month: np.ndarray | int, amount: np.ndarray
    ) -> None:
        """Add costs (negative) or refunds. Each path may occur once in `paths`."""
        self._enter(paths, kind, month, amount)
        self.present[paths] += amount * self.discount[month]
        self.costs[paths] += amount

    def receive_monthly(
        self,
        paths: np.ndarray,
        kind: Kind,
        first: np.ndarray,
        last: np.ndarray,
        amount: np.ndarray,
    ) -> None:
        """Add the same receipt in each month from `first` to `last`."""
        count = np.maximum(last - first + 1, 0)
        some = count > 0
        paths, first, last, amount, count = (x[some] for x in (paths, first, last, amount, count))
        start = np.cumsum(count) - count
        month = np.arange(count.sum()) - np.repeat(start - first, count)
        cell = np.repeat(self.base[paths] + kind * (self.months + 1), count) + month
        self._cells.append(cell)
        self._amounts.append(np.repeat(amount, count))
        self._waiting += len(cell)
        kept = amount * (1.0 - self.servicing)
        self.received[paths] += amount * count
        self.costs[paths] -= amount * count * self.servicing
        self.received_month[paths] += amount * (
            self.running_month_discount[last + 1] - self.running_month_discount[first]
        )
        self.present[paths] += kept * (
            self.running_discount[last + 1] - self.running_discount[first]
        )

    def distribute(
        self,
        paths: np.ndarray,
        claim: Claim,
        kind: Kind,
        month: np.ndarray,
        proceeds: np.ndarray,
        costs: dict[Kind, np.ndarray],
        cap: np.ndarray | float,
        contingent: float,
    ) -> None:
        """Distribute proceeds to costs and claims; the debtor bears costs that a surplus pays."""
        total = sum(costs.values())
        due = np.minimum(claim.owed, cap)
        gross = np.maximum(np.minimum(proceeds, due), 0.0)
        net = np.maximum(np.minimum(proceeds - total, due), 0.0)
        self.receive(paths, kind, month, gross, 0.0)
        borne = np.flatnonzero(gross > net)
        share = (gross - net)[borne] / total[borne]
        for what, cost in costs.items():
            self.post(paths[borne], what, month[borne], -cost[borne] * share)
        if contingent > 0.0:
            self.post(paths, Kind.LAWYER, month, -contingent * net)
        claim.pay(net)

    def move(self, paths: np.ndarray, old: int, new: np.ndarray, month: np.ndarray) -> None:
        """Count paths that changed stage out of `old` and into `new`."""
        columns = self.months + 1
        gbv = self.gbv.take(paths)
        self.stages[old] -= np.bincount(month, weights=gbv, minlength=columns)
        cells = np.bincount(new * columns + month, weights=gbv, minlength=self.stages.size)
        self.stages += cells.reshape(self.stages.shape)
