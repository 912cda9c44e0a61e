"""Estimates of experts that replace loan paths, and manual cash. docs/experts.md.

Order of events for a loan with an estimate, in each lane:

1. A draw chooses the lanes whose path the estimate replaces.
2. Two scores give recovery and months. Their region, group and borrower parts have opposite signs.
3. The receipt and its cost are posted, and the loan moves from its stage to closed.
4. The lane ends at time 0, so no stage of the model reaches it (`lanes.pack`).
"""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of, post, receive
from npl_sim.kernels.block_draws import draw_lane
from npl_sim.kernels.codes import (
    BORROWER_STREAM,
    CLOSED,
    EXPERT_STREAM,
    GROUP_STREAM,
    LAST_RECEIPT,
    LAWYER,
)
from npl_sim.kernels.draws import normal
from npl_sim.kernels.lanes import move

__all__ = ["close_replaced", "post_manual", "replace_paths"]

LEAST_WIDTH = 1e-12
"""Relative width below which a triangular distribution is a single value."""


@compiled(callable=True)
def triangular(ends, u):
    """Return the quantile at `u` of the triangular distribution with these ends and mode."""
    low, mode, high = ends[0], ends[1], ends[2]
    width = high - low
    if width <= LEAST_WIDTH * max(1.0, abs(mode)):
        return mode
    at_mode = (mode - low) / width
    if u < at_mode:
        return low + math.sqrt(u * width * (mode - low))
    return high - math.sqrt((1.0 - u) * width * (high - mode))


@compiled(separate=True)
def shared_score(block, estimate, s):
    """Return what region, group and borrower add to the scores; high is good for the lender."""
    shares = block.package.correlation[0]
    score = 0.0
    if shares["region"] > 0.0:
        u, _, _, _ = draw_lane(block, s, estimate["region_key"], GROUP_STREAM, 1)
        score -= math.sqrt(shares["region"]) * normal(u)
    if shares["group"] > 0.0 and estimate["group_key"] != 0:
        u, _, _, _ = draw_lane(block, s, estimate["group_key"], GROUP_STREAM, 0)
        score -= math.sqrt(shares["group"]) * normal(u)
    if shares["borrower"] > 0.0:
        u, _, _, _ = draw_lane(block, s, estimate["borrower"], BORROWER_STREAM, 0)
        score -= math.sqrt(shares["borrower"]) * normal(u)
    return score


@compiled
def own_weight(package, estimate):
    """Return the weight of an estimate's own normals in its scores."""
    shares = package.correlation[0]
    shared = shares["region"] + shares["borrower"]
    if estimate["group_key"] != 0:
        shared += shares["group"]
    return math.sqrt(max(0.0, 1.0 - shared))


@compiled
def replace_path(block, estimate, s, uniforms):
    """Post the estimate's receipt and cost in lane `s`, and take the lane out of the model."""
    lanes, horizon = block.lanes, block.cash.discount.shape[0] - 1
    own, shared = own_weight(block.package, estimate), shared_score(block, estimate, s)
    recovered = 0.5 * math.erfc(-(shared + own * normal(uniforms[0])) / math.sqrt(2.0))
    waited = 0.5 * math.erfc(-(own * normal(uniforms[1]) - shared) / math.sqrt(2.0))
    total = triangular(estimate["recovery"], recovered) * estimate["share"]
    amount = min(max(total - estimate["ahead"], 0.0), estimate["cap"])
    month = min(month_of(triangular(estimate["months"], waited)), horizon)
    if amount > 0.0:
        receive(block, s, estimate["kind"], month, amount)
    cost = estimate["cost"] + estimate["cost_share"] * amount
    if cost > 0.0:
        post(block, s, LAWYER, month, -cost)
    move(block, s, block.loan["stage"], CLOSED, month)
    lanes["replaced"][s] = 1
    lanes["end"][s] = 0
    lanes["exit_month"][s] = 0


@compiled(separate=True)
def replace_paths(block):
    """Replace the loan's path in the lanes that the estimate's draw chooses."""
    estimate = block.package.estimates[block.loan["estimate_begin"]]
    for s in range(block.width):
        block.lanes["replaced"][s] = 0
        chosen, recovered, waited, _ = draw_lane(block, s, estimate["key"], EXPERT_STREAM, 0)
        if chosen < estimate["weight"]:
            replace_path(block, estimate, s, (recovered, waited))


@compiled
def close_replaced(block):
    """Close the lanes that the estimate replaced, and restore their end for the next loan."""
    lanes, policy = block.lanes, block.loan["policy"]
    horizon = block.cash.discount.shape[0] - 1
    for s in range(block.width):
        if lanes["replaced"][s] != 0:
            leaves = block.exit[s, policy]
            lanes["stage"][s] = CLOSED
            lanes["exit_month"][s] = leaves if leaves >= 0 else horizon
            lanes["end"][s] = lanes["exit_month"][s]


@compiled
def post_manual(block):
    """Post the loan's manual cash, which is the same in all lanes."""
    for row in range(block.loan["manual_begin"], block.loan["manual_end"]):
        entry = block.package.manual[row]
        for s in range(block.width):
            if entry["kind"] <= LAST_RECEIPT:
                receive(block, s, entry["kind"], entry["month"], entry["amount"])
            else:
                post(block, s, entry["kind"], entry["month"], entry["amount"])
