"""The limitation clock. docs/model.md section 4.2."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.codes import LIMITATION_STREAM
from npl_sim.kernels.rng import draw

__all__ = ["is_time_barred"]

MOST_RESTARTS = 200


@compiled
def is_time_barred(loan, period, reach, filed_at, paying, trial):
    """Say whether the claim has run out when it is filed; `paying`: part payments or a promise restarted it.

    Between restarts nothing but the time of the *last* event that reached the debtor matters, so
    one draw settles a whole period, however many contacts it holds.
    """
    expiry = loan["limitation_left"]
    if filed_at > loan["long_stop_left"]:
        return True
    if math.isinf(expiry) or math.isinf(period):
        return False
    if expiry < 0.0:
        # What was time-barred at the valuation date is not revived by paying a part of it.
        return True
    if paying:
        return False
    begin = max(0.0, expiry - period)
    for step in range(MOST_RESTARTS):
        if expiry >= filed_at:
            return False
        reached = 1.0 - math.exp(-reach * (expiry - begin))
        w0, w1, _, _ = draw(trial, loan["key"], LIMITATION_STREAM, step)
        if w0 >= reached:
            return True
        # From the last reach to the old expiry nothing happened: only what lies beyond is open.
        begin = expiry
        expiry += math.log(1.0 - w1 * reached) / reach + period
    return False
