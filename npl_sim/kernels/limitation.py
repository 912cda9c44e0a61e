"""Limitation clock of a claim before it is filed. docs/model.md section 4.2."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.codes import LIMITATION_STREAM
from npl_sim.kernels.rng import draw

MOST_RESTARTS = 200


@compiled
def is_time_barred(path, filed_at, paying):
    """Return whether the limitation period has run out when the claim is filed.

    Only the time of the last event that reached the debtor matters. One draw therefore settles a
    whole period, however many contacts it holds.

    Parameters
    ----------
    path
        Context of the loan.
    filed_at
        Time of filing. [months]
    paying
        Whether partial payments or a promise restarted the clock.
    """
    loan, period = path.loan, path.terms["limitation_months"]
    reach = path.collection.reach[path.row]
    expiry = loan["limitation_left"]
    if filed_at > loan["long_stop_left"]:
        return True
    if math.isinf(expiry) or math.isinf(period):
        return False
    if expiry < 0.0:
        # A partial payment does not revive a claim that was time-barred at the valuation date.
        return True
    if paying:
        return False
    begin = max(0.0, expiry - period)
    for step in range(MOST_RESTARTS):
        if expiry >= filed_at:
            return False
        chance = 1.0 - math.exp(-reach * (expiry - begin))
        w0, w1, _, _ = draw(path.replicate, loan["key"], LIMITATION_STREAM, step)
        if w0 >= chance:
            return True
        # Nothing happened from the last restart to the old expiry. Only later times are open.
        begin = expiry
        expiry += math.log(1.0 - w1 * chance) / reach + period
    return False
