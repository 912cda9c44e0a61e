"""Sums of the cash of each scenario over kinds and groups: the one order of additions for all."""

from __future__ import annotations

import numpy as np

__all__ = ["discounted", "net_and_received"]


def net_and_received(cash: np.ndarray, receipt: np.ndarray, net: np.ndarray, received: np.ndarray) -> None:
    """Fill net cash and receipts of some scenarios, shape (scenarios, months + 1). [package currency]

    Parameters
    ----------
    cash
        Amounts, shape (scenarios, months + 1, kinds, groups), in any order in memory. [package currency]
    receipt
        Which kinds are receipts.
    net, received
        Arrays to fill; `received` must come as zeros.
    """
    costs = np.zeros_like(net)
    for k in range(cash.shape[2]):
        # A view of one kind: no copy, whatever the order in memory.
        total = cash[:, :, k, :].sum(axis=2)
        side = received if receipt[k] else costs
        side += total
    np.add(received, costs, out=net)


def discounted(cash: np.ndarray, discount: np.ndarray) -> np.ndarray:
    """Return present values by kind and group, shape (scenarios, kinds, groups). [package currency]"""
    value: np.ndarray = np.einsum("smkg,m->skg", cash, discount)
    return value
