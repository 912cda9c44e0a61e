"""Sums of the cash of each scenario over kinds and groups, in a fixed order of additions.

In each group, receipts are added kind by kind, and so are costs. The kernel uses the same order if
it stores only receipts and costs. The groups are then added in their order. The bits therefore do
not depend on the stored detail.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np


def add_receipts_and_costs(
    cash: np.ndarray, receipt: np.ndarray, received: np.ndarray, costs: np.ndarray
) -> None:
    """Add receipts and costs of some scenarios to arrays of shape (scenarios, months + 1).

    Unit: package currency.

    Parameters
    ----------
    cash
        Amounts, shape (scenarios, months + 1, kinds, groups), in any order in memory. [package
        currency]
    receipt
        Whether each kind is a receipt.
    received, costs
        Arrays to add to; they must be zero.
    """
    for own in _groups(cash, receipt):
        received += own[:, 0]
        costs += own[:, 1]


def _groups(cash: np.ndarray, receipt: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the receipts and costs of each group, shape (scenarios, 2, months + 1)."""
    scenarios, months, kinds, groups = cash.shape
    for g in range(groups):
        own = np.zeros((scenarios, 2, months))
        for k in range(kinds):
            own[:, 0 if receipt[k] else 1] += cash[:, :, k, g]
        yield own


def by_side(cash: np.ndarray, receipt: np.ndarray) -> np.ndarray:
    """Return receipts and costs by group, shape (scenarios, months + 1, 2, groups).

    Parameters
    ----------
    cash, receipt
        As for `add_receipts_and_costs`.
    """
    return np.stack([group.transpose(0, 2, 1) for group in _groups(cash, receipt)], axis=3)


def net_and_received(
    cash: np.ndarray, receipt: np.ndarray, net: np.ndarray, received: np.ndarray
) -> None:
    """Fill net cash and receipts of some scenarios, shape (scenarios, months + 1).

    Unit: package currency.

    Parameters
    ----------
    cash, receipt
        As for `add_receipts_and_costs`.
    net, received
        Arrays to fill; `received` must be zero.
    """
    costs = np.zeros_like(net)
    add_receipts_and_costs(cash, receipt, received, costs)
    np.add(received, costs, out=net)


def reduced(
    cash: np.ndarray,
    receipt: np.ndarray,
    discount: np.ndarray,
    net: np.ndarray,
    received: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Fill net cash and receipts of some scenarios, and return their present values.

    Unit: package currency.

    Parameters
    ----------
    cash, receipt, net, received
        As for `net_and_received`.
    discount
        Discount factor of each month.

    Returns
    -------
    tuple
        Present values by kind, shape (scenarios, kinds), and by group, of receipts and costs,
        shape (scenarios, groups).
    """
    costs = np.zeros_like(net)
    by_group = np.empty((len(cash), cash.shape[3]))
    for g, own in enumerate(_groups(cash, receipt)):
        received += own[:, 0]
        costs += own[:, 1]
        by_group[:, g] = np.einsum("skm,m->sk", own, discount).sum(axis=1)
    np.add(received, costs, out=net)
    return np.einsum("smkg,m->skg", cash, discount).sum(axis=2), by_group
