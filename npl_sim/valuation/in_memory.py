"""Sums of the simulated flows that fit in memory beside them.

The flows may be as large as memory allows and may be a view whose axes lie in another order, so
they are never copied whole: a block of scenarios at a time is summed along the axes not wanted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
import pandas as pd

from npl_sim.cashflows.package_cash import PackageCash
from npl_sim.cashflows.sums import reduced
from npl_sim.stats.discount import present_value
from npl_sim.stats.irr import Irr, IrrSolver
from npl_sim.stats.sample import Sample
from npl_sim.valuation.recovery import Life, recovery_curve, weighted_life

__all__ = ["Cash", "InMemorySums", "reduce_flows"]

BLOCK_CELLS = 2_000_000
"""Cells of the flows read at a time (16 MB)."""


class Cash(Protocol):
    """What a valuation asks of the cash of all scenarios, held in memory or not (see `InMemorySums`)."""

    @property
    def net_total(self) -> np.ndarray:
        """Undiscounted net cash of each scenario, or of each draw of it."""

    @property
    def received_total(self) -> np.ndarray:
        """Undiscounted receipts of each scenario, or of each draw of it."""

    @property
    def pv_by_kind(self) -> np.ndarray:
        """Present value by scenario and kind, the mean of its draws."""

    @property
    def pv_by_group(self) -> np.ndarray:
        """Present value by scenario and group, the mean of its draws."""

    def present_values(self, rate: float, timing: str) -> np.ndarray:
        """Return the present value of each scenario, or of each draw of it, at a rate."""

    def rates_of_return(self, outlays: Sequence[float], timing: str) -> list[Irr | None]:
        """Return the rates of return of all scenarios at each outlay."""

    def life(self, timing: str, levels: Iterable[float], confidence: float) -> Life:
        """Return the weighted average life of the cash."""

    def recovery(self, gbv: float, levels: Iterable[float]) -> pd.DataFrame:
        """Return the recovery curve."""


@dataclass(frozen=True)
class InMemorySums:
    """What valuation needs of the flows of each scenario.

    Attributes
    ----------
    sample
        Weighted scenarios.
    net, received
        Net cash and receipts, draws of a scenario side by side, shape (scenarios x draws, months + 1).
        [package currency]
    pv_by_kind
        Present value along the kind axis of the flows, mean over the draws, shape (scenarios, kinds).
        [package currency]
    pv_by_group
        Present value of each group, mean over the draws, shape (scenarios, groups). [package currency]
    """

    sample: Sample
    net: np.ndarray
    received: np.ndarray
    pv_by_kind: np.ndarray
    pv_by_group: np.ndarray

    @cached_property
    def net_total(self) -> np.ndarray:
        """Undiscounted net cash, shape (scenarios,) or (scenarios, draws). [package currency]"""
        return self.sample.by_scenario(self.net.sum(axis=1))

    @cached_property
    def received_total(self) -> np.ndarray:
        """Undiscounted receipts, shape (scenarios,) or (scenarios, draws). [package currency]"""
        return self.sample.by_scenario(self.received.sum(axis=1))

    def present_values(self, rate: float, timing: str) -> np.ndarray:
        """Return present values at a rate, shape (scenarios,) or (scenarios, draws). [package currency]"""
        return self.sample.by_scenario(present_value(self.net, rate, timing))

    def rates_of_return(self, outlays: Sequence[float], timing: str) -> list[Irr | None]:
        """Return the rates of return of all scenarios at each outlay; none where nothing is laid out."""
        solver = IrrSolver(self.net, timing)
        return [solver.solve(outlay) if outlay > 0.0 else None for outlay in outlays]

    def life(self, timing: str, levels: Iterable[float], confidence: float) -> Life:
        """Return the weighted average life of the cash."""
        return weighted_life(self.sample, self.received, self.net, timing, levels, confidence)

    def recovery(self, gbv: float, levels: Iterable[float]) -> pd.DataFrame:
        """Return the recovery curve."""
        return recovery_curve(self.sample, self.received, self.net, gbv, levels)


def reduce_flows(flows: PackageCash, discount: np.ndarray) -> InMemorySums:
    """Return the sums of the flows, scenario by scenario.

    Parameters
    ----------
    flows
        Simulated cash of the package.
    discount
        Discount factor of each month, shape (months + 1,).
    """
    cash, receipt = flows.world_flows, flows.is_receipt
    scenarios, months, kinds, groups = cash.shape
    net, received = np.zeros((scenarios, months)), np.zeros((scenarios, months))
    by_kind, by_group = np.empty((scenarios, kinds)), np.empty((scenarios, groups))
    block = max(1, BLOCK_CELLS // max(1, months * kinds * groups))
    for first in range(0, scenarios, block):
        part = slice(first, first + block)
        by_kind[part], by_group[part] = reduced(
            cash[part], receipt, discount, net[part], received[part]
        )
    if flows.draws > 1:
        net, received = flows.all_net(), flows.all_received()
    return InMemorySums(flows.sample, net, received, by_kind, by_group)
