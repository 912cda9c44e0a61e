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
    "COVERED_ACCEPTANCE",
    "EVENT",
    "FORFEIT",
    "GUARANTEE",
    "NOTHING",
    "REVIVAL",
    "accepting_rounds",
    "clear",
    "in_order",
    "item_rows",
    "most_events",
]

EVENT = np.dtype(
    [
        ("at", np.float64, (WIDTH,)),  # time [months]
        (
            "amount",
            np.float64,
            (WIDTH,),
        ),  # price, reserve, worth [currency], or share of the claim
        ("owner", np.int64),  # item or guarantor, as its row in the package
        ("what", np.int64, (WIDTH,)),  # AUCTION_SALE, ...; NOTHING where nothing comes
    ]
)
"""What one item, guarantor or asset class may bring in each lane of enforcement.

It is known before what is owed then is known.
"""

NOTHING = -1
AUCTION_SALE = 0
ACCEPTANCE = 1
"""The creditor pays in cash what the item is worth above the debt."""
GUARANTEE = 2
ASSET = 3
REVIVAL = 4
COVERED_ACCEPTANCE = 5
"""The creditor accepts only an item worth no more than the debt."""
FORFEIT = 6
"""Deposit of a winner who did not pay."""


@compiled(callable=True)
def accepting_rounds(auction, before):
    """Return how many rounds before round `before` may end in acceptance against the debt."""
    count = 0
    for r in range(before):
        count += 1 if auction["acceptance"][r] > 0.0 else 0
    return count


@compiled(callable=True)
def item_rows(auction):
    """Return how many rows of events an item has: acceptances, a deposit, and the sale last."""
    rows = accepting_rounds(auction, auction["rounds"]) * (auction["reauctions"] + 1)
    return rows + (2 if auction["winner_default_probability"] > 0.0 else 1)


def most_events(package: Package) -> int:
    """Return how many events one loan of the package may have."""
    loans, terms = package.loans, package.terms
    rows = np.array([item_rows(auction) for auction in package.auctions], dtype=np.int64)
    ends = np.concatenate([[0], np.cumsum(rows[package.items["terms"]])])
    items = (ends[loans["item_end"]] - ends[loans["item_begin"]]).max(initial=0)
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
