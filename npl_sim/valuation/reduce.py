"""Sums of the simulated flows that fit in memory beside them.

The flows may be as large as memory allows and may be a view whose axes lie in another order, so
they are never copied whole: a block of scenarios at a time is summed along the axes not wanted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.flows.package import PackageFlows
from npl_sim.flows.sums import discounted, net_and_received

__all__ = ["CashSums", "reduce_flows"]

BLOCK_CELLS = 2_000_000
"""Cells of the flows read at a time (16 MB)."""


@dataclass(frozen=True)
class CashSums:
    """What valuation needs of the flows of each scenario.

    Attributes
    ----------
    net, received
        Net cash and receipts, shape (scenarios, months + 1). [package currency]
    pv_by_kind
        Present value along the kind axis of the flows, shape (scenarios, kinds). [package currency]
    pv_by_group
        Present value of each group, shape (scenarios, groups). [package currency]
    """

    net: np.ndarray
    received: np.ndarray
    pv_by_kind: np.ndarray
    pv_by_group: np.ndarray

    @property
    def pv(self) -> np.ndarray:
        """Present value of each scenario in package currency, shape (scenarios,)."""
        total: np.ndarray = self.pv_by_group.sum(axis=1)
        return total


def reduce_flows(flows: PackageFlows, discount: np.ndarray) -> CashSums:
    """Return the sums of the flows, scenario by scenario.

    Parameters
    ----------
    flows
        Simulated cash of the package.
    discount
        Discount factor of each month, shape (months + 1,).
    """
    cash, receipt = flows.flows, flows.is_receipt
    scenarios, months, kinds, groups = cash.shape
    sums = CashSums(
        net=np.zeros((scenarios, months)),
        received=np.zeros((scenarios, months)),
        pv_by_kind=np.empty((scenarios, kinds)),
        pv_by_group=np.empty((scenarios, groups)),
    )
    block = max(1, BLOCK_CELLS // max(1, months * kinds * groups))
    for first in range(0, scenarios, block):
        part = slice(first, first + block)
        net_and_received(cash[part], receipt, sums.net[part], sums.received[part])
        pv = discounted(cash[part], discount)
        sums.pv_by_kind[part] = pv.sum(axis=2)
        sums.pv_by_group[part] = pv.sum(axis=1)
    return sums
