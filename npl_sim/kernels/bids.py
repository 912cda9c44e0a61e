"""Bids of one auction in many lanes: best and second-best valuation. docs/model.md 4.6.

The valuations of a Poisson number of bidders are the points of a Poisson process. The probability
of a tail beyond the best valuation, times the mean number of bidders, is the first arrival of a
process at unit rate. That of the second-best is the second arrival.
"""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.block_draws import draw_block, exp_block, minus_log_block, normal_block
from npl_sim.kernels.codes import COLLATERAL_STREAM
from npl_sim.kernels.item_value import EXPONENT, VALUE, value_block

BEST_DRAW, SECOND_DRAW, PLACE, DEFAULTS = range(4, 8)
"""Rows of draws of one auction."""
SHARED = 10
"""Row of the normal that all valuations of an item share."""
BEST, SECOND = range(15, 17)
"""Rows of valuations. [currency] 0 without such a bidder."""
TAIL, NORMAL, LATER = range(24, 27)
"""Rows of the probability of the tail beyond a valuation, its normal, and the next arrival."""

SMALLEST = 2.0**-33
"""Smallest probability of a tail."""
NOBODY = 2.0
"""Mark of a tail without a bidder, above any probability."""


@compiled
def floor_of(item, auction):
    """Return what a price must exceed: prior liens, and costs under the no-surplus rule."""
    if auction["surplus_required"] != 0:
        return item["liens"] / (1.0 - auction["cost"] - auction["tax"])
    return item["liens"]


@compiled
def fill_tails(lanes, auction, count, draw, arrival):
    """Fill row `TAIL` from the arrivals of bidders, or from the draw without their number."""
    w, rounds, bidders = lanes["w"], lanes["round"], auction["bidders"]
    for k in range(count):
        mean = bidders[rounds[k]]
        tail = w[draw, k] if mean == math.inf else w[arrival, k] / mean
        w[TAIL, k] = NOBODY if mean != math.inf and w[arrival, k] >= mean else tail


@compiled
def fill_valuations(lanes, auction, count, to):
    """Fill row `to` with the valuations at the tails in row `TAIL`; 0 where nobody bids."""
    w = lanes["w"]
    kept, s = 1.0 - auction["forced_sale_discount"], auction["bid_volatility"]
    for k in range(count):
        w[to, k] = w[VALUE, k] * kept if w[TAIL, k] < NOBODY else 0.0
    if s == 0.0:
        return
    for k in range(count):
        w[TAIL, k] = max(SMALLEST, min(w[TAIL, k], 1.0 - SMALLEST))
    normal_block(lanes, count, TAIL, NORMAL)
    common = s * math.sqrt(auction["bid_correlation"])
    own = s * math.sqrt(1.0 - auction["bid_correlation"])
    for k in range(count):
        w[EXPONENT, k] = common * w[SHARED, k] - own * w[NORMAL, k] - 0.5 * s * s
    exp_block(lanes, count, EXPONENT, to)


@compiled
def counts_bidders(auction):
    """Return whether a round has a mean number of bidders."""
    for r in range(auction["rounds"]):
        if auction["bidders"][r] != math.inf:
            return True
    return False


@compiled
def bid_block(block, item, auction, count, j):
    """Fill the rows of best and second-best valuation in auction `j` of the listed lanes.

    Where the number of bidders is not known, two bidders have the same valuation.
    """
    lanes = block.lanes
    w, number, key = lanes["w"], lanes["some_number"], item["key"]
    step = 8 + 2 * j
    draw_block(block.replicate, lanes, number, count, key, COLLATERAL_STREAM, step, BEST_DRAW)
    value_block(block, item, lanes["some"], count, VALUE)
    counted = counts_bidders(auction)
    if counted:
        minus_log_block(lanes, count, BEST_DRAW, LATER)
    fill_tails(lanes, auction, count, BEST_DRAW, LATER)
    fill_valuations(lanes, auction, count, BEST)
    if not counted:
        for k in range(count):
            w[SECOND, k] = w[BEST, k]
        return
    minus_log_block(lanes, count, SECOND_DRAW, SECOND)
    for k in range(count):
        w[LATER, k] += w[SECOND, k]
    fill_tails(lanes, auction, count, BEST_DRAW, LATER)
    fill_valuations(lanes, auction, count, SECOND)
