"""Limitation clock of a claim before it is filed. docs/model.md section 4.2."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.block_draws import draw_lane
from npl_sim.kernels.codes import LIMITATION_STREAM, LITIGATION
from npl_sim.kernels.collection import BY_PAYER

MOST_RESTARTS = 200


@compiled
def is_time_barred(block, s, reach):
    """Return whether the limitation period has run out when the claim of lane `s` is filed.

    Only the time of the last event that reached the debtor matters. One draw therefore settles a
    whole period, however many contacts it holds.

    Parameters
    ----------
    block
        Context of the loan.
    s
        The lane.
    reach
        Rate of events that restart the clock. [per month]
    """
    loan, period = block.loan, block.terms["limitation_months"]
    filed_at, expiry = block.lanes["time"][s], loan["limitation_left"]
    if filed_at > loan["long_stop_left"]:
        return True
    if math.isinf(expiry) or math.isinf(period):
        return False
    if expiry < 0.0:
        # A partial payment does not revive a claim that was time-barred at the valuation date.
        return True
    if block.lanes["entry"][s] == BY_PAYER:
        return False
    begin = max(0.0, expiry - period)
    for step in range(MOST_RESTARTS):
        if expiry >= filed_at:
            return False
        chance = 1.0 - math.exp(-reach * (expiry - begin))
        w0, w1, _, _ = draw_lane(block, s, loan["key"], LIMITATION_STREAM, step)
        if w0 >= chance:
            return True
        # Nothing happened from the last restart to the old expiry. Only later times are open.
        begin = expiry
        expiry += math.log(1.0 - w1 * chance) / reach + period
    return False


@compiled
def check_limitation(block, reach, filed_at):
    """Fill whether the claims that collection files in a month (-1: none) are time-barred."""
    lanes, loan, terms = block.lanes, block.loan, block.terms
    expiry = loan["limitation_left"]
    in_time = math.isinf(terms["limitation_months"]) or 0.0 <= filed_at <= expiry
    if filed_at < 0 or (in_time and filed_at <= loan["long_stop_left"]):
        return
    for s in range(block.width):
        if lanes["stage"][s] == LITIGATION:
            lanes["barred"][s] = 1 if is_time_barred(block, s, reach) else 0
