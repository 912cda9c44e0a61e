"""What enforcement brings to a loan, in order of time. docs/model.md section 4.6."""

from __future__ import annotations

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.context import Package

__all__ = [
    "ACCEPTANCE",
    "ASSET",
    "AUCTION_SALE",
    "EVENT",
    "GUARANTEE",
    "REVIVAL",
    "most_events",
    "schedule",
]

EVENT = np.dtype(
    [
        ("at", np.float64),  # time [months]
        ("what", np.int64),  # AUCTION_SALE, ...
        ("row", np.int64),  # of the item or guarantor in the package; else not used
        ("amount", np.float64),  # bid, reserve, worth [currency], or share of what is owed then
    ]
)
"""One event of enforcement that may bring something, known before what is owed then is known."""

AUCTION_SALE = 0
ACCEPTANCE = 1
GUARANTEE = 2
ASSET = 3
REVIVAL = 4


def most_events(package: Package) -> int:
    """Return how many events one loan of the package may have."""
    loans, terms = package.loans, package.terms
    items = (loans["item_end"] - loans["item_begin"]).max(initial=0)
    guarantors = (loans["guarantor_end"] - loans["guarantor_begin"]).max(initial=0)
    assets = (terms["asset_end"] - terms["asset_begin"]).max(initial=0)
    return int(items + guarantors + assets) + 1


@compiled
def schedule(events, count, at, what, row, amount):
    """Insert an event by time, behind those of the same time; return the new number of events."""
    i = count
    while i > 0 and events[i - 1]["at"] > at:
        events[i]["at"] = events[i - 1]["at"]
        events[i]["what"] = events[i - 1]["what"]
        events[i]["row"] = events[i - 1]["row"]
        events[i]["amount"] = events[i - 1]["amount"]
        i -= 1
    events[i]["at"] = at
    events[i]["what"] = what
    events[i]["row"] = row
    events[i]["amount"] = amount
    return count + 1
