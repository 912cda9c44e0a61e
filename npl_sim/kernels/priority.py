"""Rank of our claim on an item: another court's earlier seizure, and other creditors' claims.

docs/model.md section 4.6.
"""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import owed
from npl_sim.kernels.block_draws import draw_block, quantile_block
from npl_sim.kernels.codes import COLLATERAL_STREAM

WAITLIST_STEP = 7
"""Step of the draws of an item that another court seized first."""
OWN = 2
"""Row of the draw of our own court's time, among those of the item."""
SALE, TRANSFER, TRANSFER_DELAY = range(4, 7)
"""Rows of those draws."""
TIME, HANDED_OVER = 11, 13
"""Rows of the other court's time and of the time after our request. [months]"""


@compiled
def await_other_court(block, item, count, on_tape):
    """Fill row `TIME` with the wait from the application until a court appraises the item.

    The court that seized the item first disposes of it, or hands it to ours on request. It is
    never sooner than our court alone.
    """
    lanes, terms, tables = block.lanes, block.terms, block.package.quantiles
    w, key, elapsed, spent = lanes["w"], item["key"], 0.0, 0.0
    draw_block(
        block.replicate, lanes, lanes["number"], count, key, COLLATERAL_STREAM, WAITLIST_STEP, SALE
    )
    if on_tape:
        elapsed, spent = item["elapsed_elsewhere"], block.loan["stage_elapsed"]
        for i in range(count):
            w[SALE, i] = elapsed + w[SALE, i] * (1.0 - elapsed)
        elapsed = item["elapsed_probability"]
        for i in range(count):
            w[OWN, i] = elapsed + w[OWN, i] * (1.0 - elapsed)
    quantile_block(lanes, count, tables, terms["other_court_sale_duration"], SALE, TIME)
    quantile_block(
        lanes, count, tables, terms["other_court_transfer_duration"], TRANSFER_DELAY, HANDED_OVER
    )

    asks_after = max(0.0, terms["waitlist_transfer_months"] - spent)
    for i in range(count):
        slowness = lanes["slowness"][i]
        wait = max(0.0, w[TIME, i] - spent) * slowness
        handed = w[TRANSFER, i] < terms["other_court_transfer_probability"]
        if handed and wait > asks_after:
            wait = min(wait, asks_after + w[HANDED_OVER, i] * slowness)
        w[TIME, i] = wait
    seizure = block.package.auctions[item["terms"]]["seizure_duration"]
    quantile_block(lanes, count, tables, seizure, OWN, HANDED_OVER)
    for i in range(count):
        alone = max(0.0, w[HANDED_OVER, i] - spent) * lanes["slowness"][i]
        w[TIME, i] = max(w[TIME, i], alone)


@compiled
def share_of_proceeds(claim, item):
    """Return our share of what the ordinary creditors of an item divide between them."""
    beside = item["claims_beside"]
    return claim / (claim + beside) if beside > 0.0 else 1.0


@compiled
def share_at_sale(block, s, item):
    """Return our share of the proceeds of an item that is sold now in lane `s`."""
    return share_of_proceeds(owed(block.lanes, s), item)
