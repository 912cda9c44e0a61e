"""Simulated cash of a package in memory, by scenario, month, kind and group."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from npl_sim.cashflows.facts import CashFacts
from npl_sim.cashflows.protocol import CashBlock
from npl_sim.cashflows.sums import by_side, net_and_received, reduced
from npl_sim.stats.discount import discount_factors

BLOCK_CELLS = 2_000_000
"""Amounts that are read at a time (16 MB), so that a package is never copied whole."""


@dataclass(frozen=True, kw_only=True)
class PackageCash(CashFacts):
    """Simulated cash of a package in memory, with the moments of its loans."""

    amounts: np.ndarray
    """Cash, receipts positive and costs negative, shape (scenarios, months + 1, kinds, groups);
    month 0 is the valuation date. [package currency]"""
    replicates: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 2, 0)))
    """Receipts and costs of the package in further draws of single loans in the same scenarios,
    shape (scenarios, draws - 1, 2, months + 1). [package currency]"""
    replicate_mean: np.ndarray = field(default_factory=lambda: np.empty((0, 0, 0, 0)))
    """Mean cash over the draws of each scenario, shape of `amounts`; empty without `replicates`.
    Read it as `mean_amounts`. [package currency]"""
    short_rate: np.ndarray = field(default_factory=lambda: np.empty((0, 0)))
    """Short rate by scenario and month, shape (scenarios, months + 1); empty if it is not
    simulated. [per year]"""

    streams_from = None

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return self.amounts.shape[0]

    @property
    def months(self) -> int:
        """Horizon. [months]"""
        return self.amounts.shape[1] - 1

    @property
    def draws(self) -> int:
        """Draws of the package in each scenario; 1 without replicates."""
        return 1 + self.replicates.shape[1]

    @property
    def has_short_rate(self) -> bool:
        """Whether the short rate is simulated."""
        return self.short_rate.size > 0

    @property
    def mean_amounts(self) -> np.ndarray:
        """Mean cash over the draws of each scenario, shape of `amounts`. [package currency]"""
        return self.replicate_mean if self.draws > 1 else self.amounts

    @property
    def by_kind(self) -> np.ndarray:
        """Cash of the first draw by kind, shape (scenarios, months + 1, kinds), all groups."""
        return self.amounts.sum(axis=3)

    @property
    def by_group(self) -> np.ndarray:
        """Net cash of the first draw by group, shape (scenarios, months + 1, groups)."""
        return self.amounts.sum(axis=2)

    def first(self, name: str) -> np.ndarray:
        """Return ``net`` or ``received`` of each first draw, shape (scenarios, months + 1)."""
        return self._totals[name]

    @cached_property
    def _totals(self) -> dict[str, np.ndarray]:
        net, received = (np.zeros(self.amounts.shape[:2]) for _ in range(2))
        net_and_received(self.amounts, self.is_receipt, net, received)
        return {"net": net, "received": received}

    def every(self, name: str) -> np.ndarray:
        """Return ``net`` or ``received`` of every draw, shape (scenarios x draws, months + 1)."""
        first = self.first(name)
        if self.draws == 1:
            return first
        return with_replicates(first, self.replicates, name).reshape(-1, self.months + 1)

    def by_draw(self, name: str) -> Iterator[tuple[slice, np.ndarray]]:
        """Yield ``net`` or ``received`` of all scenarios as one block."""
        cash = self.every(name).reshape(self.scenarios, self.draws, self.months + 1)
        yield slice(0, self.scenarios), cash

    def blocks(self, rate: float, timing: str) -> Iterator[CashBlock]:
        """Yield the cash by blocks of scenarios, with its present values by kind and group.

        Parameters
        ----------
        rate
            Effective annual rate. [per year]
        timing
            ``month_end`` or ``mid_month``.
        """
        cash, discount = self.mean_amounts, discount_factors(rate, self.months, timing)
        scenarios, months, kinds, groups = cash.shape
        net, received = (np.zeros((scenarios, months)) for _ in range(2))
        drawn = [self.every(name) for name in ("net", "received")] if self.draws > 1 else []
        step = max(1, BLOCK_CELLS // max(1, months * kinds * groups))
        for begin in range(0, scenarios, step):
            part = slice(begin, min(begin + step, scenarios))
            by_kind, by_group = reduced(
                cash[part], self.is_receipt, discount, net[part], received[part]
            )
            rows = slice(part.start * self.draws, part.stop * self.draws)
            both = [x[rows] for x in drawn] or [net[part], received[part]]
            net_, received_ = (x.reshape(-1, self.draws, months) for x in both)
            yield CashBlock(part, net_, received_, by_kind, by_group)
        if self.draws == 1:
            # Cache the sums, so that the cash is not read again.
            self.__dict__.setdefault("_totals", {"net": net, "received": received})

    def stored_columns(self) -> Iterator[dict[str, np.ndarray]]:
        """Yield the columns to store by blocks of scenarios: receipts and costs by group."""
        columns = {"amounts": self.amounts}
        if self.draws > 1:
            columns |= {"replicate_mean": self.replicate_mean, "replicates": self.replicates}
        if self.has_short_rate:
            columns["short_rate"] = self.short_rate
        step = max(1, BLOCK_CELLS // max(1, self.amounts[:1].size))
        for begin in range(0, self.scenarios, step):
            block = {name: x[begin : begin + step] for name, x in columns.items()}
            for name in {"amounts", "replicate_mean"} & set(block):
                block[name] = by_side(block[name], self.is_receipt)
            yield block


def with_replicates(first: np.ndarray, replicates: np.ndarray, name: str) -> np.ndarray:
    """Return net cash or receipts of all draws, shape (scenarios, draws, months + 1).

    Parameters
    ----------
    first
        Net cash or receipts of the first draw, shape (scenarios, months + 1). [package currency]
    replicates
        Receipts and costs of the further draws, shape (scenarios, draws - 1, 2, months + 1).
    name
        ``net`` or ``received``.
    """
    others = replicates.sum(axis=2) if name == "net" else replicates[:, :, 0]
    return np.concatenate([first[:, None], others], axis=1)
