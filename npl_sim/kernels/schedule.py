"""What enforcement brings to a loan, in order of time. docs/model.md section 4.6."""

from __future__ import annotations

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.context import Package
from npl_sim.kernels.lanes import WIDTH

__all__ = [
    "ACCEPTANCE",
    "ASSET",
    "AUCTION_SALE",
    "EVENT",
    "GUARANTEE",
    "NOTHING",
    "REVIVAL",
    "clear",
    "in_order",
    "most_events",
]

EVENT = np.dtype(
    [
        ("at", np.float64, (WIDTH,)),  # time [months]
        ("amount", np.float64, (WIDTH,)),  # bid, reserve, worth [currency], or share of the claim
        ("what", np.int64, (WIDTH,)),  # AUCTION_SALE, ...; NOTHING where nothing comes
    ]
)
"""What one item, guarantor or asset class may bring in each lane of enforcement.

It is known before what is owed then is known.
"""

NOTHING = -1
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
def clear(event, count):
    """Mark an event as coming in no lane."""
    for i in range(count):
        event["what"][i] = NOTHING


@compiled
def in_order(events, order, rows, i):
    """List the events of entry `i` by time, and by row at the same time. Return their number."""
    count = 0
    for row in range(rows):
        if events[row]["what"][i] == NOTHING:
            continue
        at, place = events[row]["at"][i], count
        while place > 0 and events[order[place - 1]]["at"][i] > at:
            order[place] = order[place - 1]
            place -= 1
        order[place] = row
        count += 1
    return count
