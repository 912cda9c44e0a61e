"""Enforcement: events applied in order of time to the amount owed. docs/model.md 4.6."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import (
    accrue,
    is_paid,
    month_of,
    owed,
    pay,
    post,
)
from npl_sim.kernels.assets import either, schedule_assets
from npl_sim.kernels.auction import auction_item
from npl_sim.kernels.block_draws import draw_block, quantile_block
from npl_sim.kernels.codes import (
    CLOSED,
    DEFICIENCY,
    DORMANT,
    ENFORCEMENT,
    ENFORCEMENT_STREAM,
    ENFORCING,
    GUARANTOR,
    GUARANTOR_STREAM,
    LAWYER,
)
from npl_sim.kernels.collateral_sale import accept, forfeit, sell
from npl_sim.kernels.fees import Costs, distribute, fee, receive_with_lawyer
from npl_sim.kernels.garnishment import garnish
from npl_sim.kernels.lanes import move, pack
from npl_sim.kernels.schedule import (
    ACCEPTANCE,
    ASSET,
    AUCTION_SALE,
    COVERED_ACCEPTANCE,
    FORFEIT,
    GUARANTEE,
    REVIVAL,
    clear,
    in_order,
    item_rows,
)

ONE = np.uint64(1)

PAYS, SHARE, DELAY = range(3)
"""Rows of draws of a guarantor."""
REVIVES, REVIVAL_DELAY, REVIVAL_SHARE = range(3)
"""Rows of draws of a resumption after no asset was found."""
SHARED, WAITED = range(4, 6)
"""Rows of the share of the claim that is paid, and of the wait. [months]"""
SEARCH, INCOME = 18, 19
"""Rows of draws of the enforcement itself: words 2 and 3 of their address."""
SEARCHED = 20
"""Row of the months of the search for assets."""


@compiled
def schedule_guarantors(block, count, row):
    """Schedule the payment of each guarantor, as a share of the amount owed at that time."""
    loan, terms, lanes, package = block.loan, block.terms, block.lanes, block.package
    w, begin = lanes["w"], loan["guarantor_begin"]
    for k in range(loan["guarantor_end"] - begin):
        guarantor, event = package.guarantors[begin + k], block.events[row + k]
        key, number = guarantor["key"], lanes["number"]
        draw_block(block.replicate, lanes, number, count, key, GUARANTOR_STREAM, 0, PAYS)
        quantile_block(lanes, count, package.quantiles, terms["guarantor_share"], SHARE, SHARED)
        quantile_block(lanes, count, package.quantiles, terms["guarantor_delay"], DELAY, WAITED)

        clear(event, count)
        event["owner"] = begin + k
        chance = terms["guarantor_payment_probability"] * guarantor["factor"]
        for i in range(count):
            s = lanes["at"][i]
            at = lanes["time"][s] + w[WAITED, i]
            pays = w[PAYS, i] < chance and lanes["guarantor_liable"][s] != 0
            if pays and month_of(at) <= lanes["end"][s]:
                event["what"][i], event["at"][i] = GUARANTEE, at
                event["amount"][i] = w[SHARED, i]


@compiled
def schedule_revival(block, count, row, chance):
    """Schedule the resumption of enforcements that were terminated for lack of assets.

    `chance` is that of garnished income, which rules a resumption out.
    """
    terms, lanes, quantiles = block.terms, block.lanes, block.package.quantiles
    w, event = lanes["w"], block.events[row]
    clear(event, count)
    if terms["resumption_probability"] <= 0.0:
        return
    number, key = lanes["number"], block.loan["key"]
    draw_block(block.replicate, lanes, number, count, key, ENFORCEMENT_STREAM, 1, REVIVES)
    quantile_block(lanes, count, quantiles, terms["resumption_delay"], REVIVAL_DELAY, WAITED)
    quantile_block(lanes, count, quantiles, terms["resumption_share"], REVIVAL_SHARE, SHARED)

    for i in range(count):
        s = lanes["at"][i]
        searched, end = w[SEARCHED, i], lanes["end"][s]
        ends_in_time = month_of(searched) <= end and w[INCOME, i] >= chance
        if not ends_in_time or lanes["found"][i] != 0:
            continue
        at = searched + w[WAITED, i]
        if w[REVIVES, i] < terms["resumption_probability"] and month_of(at) <= end:
            event["what"][i], event["at"][i], event["amount"][i] = REVIVAL, at, w[SHARED, i]


@compiled
def apply_auction(block, s, owner, what, at, amount):
    """Apply what an auction of item `owner` brings. Return whether it had an effect."""
    item, unsold = block.package.items[owner], block.lanes["unsold"]
    bit = ONE << np.uint64(owner - block.loan["item_begin"])
    if unsold[s] & bit == np.uint64(0):
        return False
    if what == FORFEIT:
        forfeit(block, s, item, at, amount)
        return True
    if what == AUCTION_SALE:
        sell(block, s, item, at, amount)
    elif not accept(block, s, item, at, amount, what == ACCEPTANCE):
        return False
    unsold[s] &= ~bit
    return True


@compiled
def apply_event(block, s, row, what, at, amount):
    """Apply one event to the amount owed at its time. Return whether it had an effect."""
    package, lanes = block.package, block.lanes
    owner = block.events[row]["owner"]
    accrue(block, s, at)
    if what in (AUCTION_SALE, FORFEIT, ACCEPTANCE, COVERED_ACCEPTANCE):
        return apply_auction(block, s, owner, what, at, amount)
    if what == ASSET:
        court = fee(package.fees[ENFORCING], min(amount, owed(lanes, s)))
        costs = Costs(0.0, 0.0, court)
        distribute(block, s, DEFICIENCY, month_of(at), amount, costs, np.inf)
        return True
    paid = amount * owed(lanes, s)
    kind = DEFICIENCY
    if what == GUARANTEE:
        kind = GUARANTOR
        paid = min(paid, package.guarantors[owner]["cap"])
    receive_with_lawyer(block, s, kind, month_of(at), paid)
    pay(lanes, s, paid)
    return True


@compiled
def apply_events(block, i, s, rows, garnished_from):
    """Apply events and garnishment in order of time until the claim is paid.

    Parameters
    ----------
    block
        Context of the loan. Its events are scheduled.
    i, s
        Entry and lane.
    rows
        Number of rows of events.
    garnished_from
        Month after which income is garnished; -1 for never.

    Returns
    -------
    float
        Time of the last payment. It is the time of the application if there is none.
    """
    events, lanes = block.events, block.lanes
    latest, end = lanes["time"][s], lanes["end"][s]
    month = last = garnished_from
    if garnished_from >= 0:
        last = min(end, garnished_from + int(block.terms["garnishment_months"]))
    count = in_order(events, block.order, rows, i)
    for k in range(count + 1):
        row = block.order[k] if k < count else 0
        until = events[row]["at"][i] if k < count else math.inf
        if month < last:
            before = month
            month = garnish(block, i, s, month, last, until)
            if month > before:
                latest = max(latest, float(month))
        if k == count or is_paid(block, s):
            break
        what, amount = events[row]["what"][i], events[row]["amount"][i]
        if apply_event(block, s, row, what, until, amount):
            latest = max(latest, until)
            if is_paid(block, s):
                break
    return latest


@compiled
def begin_enforcement(block, count, on_tape):
    """Open the enforcement in each lane: fees, interest, congestion, the amount owed."""
    terms, lanes = block.terms, block.lanes
    for i in range(count):
        s = lanes["at"][i]
        t = lanes["time"][s]
        lanes["slowness"][i] = block.congestion[s, max(1, month_of(t))]
        lanes["enforced_at"][s] = t
        if on_tape:
            lanes["default_interest_from"][s] = 0.0
        elif terms["lawyer_enforcement_fee"] > 0.0:
            post(block, s, LAWYER, month_of(t), -terms["lawyer_enforcement_fee"])
        accrue(block, s, t)
        lanes["base"][i] = owed(lanes, s)


@compiled
def schedule_all(block, count, on_tape):
    """Schedule all that enforcement may bring.

    Returns
    -------
    tuple
        Number of rows of events, and the chance that income is garnished.
    """
    loan, terms, lanes, package = block.loan, block.terms, block.lanes, block.package
    w, number, row = lanes["w"], lanes["number"], 0
    for k in range(loan["item_begin"], loan["item_end"]):
        item = package.items[k]
        auction_item(block, item, row, k, count, on_tape)
        row += item_rows(package.auctions[item["terms"]])
    schedule_guarantors(block, count, row)
    row += loan["guarantor_end"] - loan["guarantor_begin"]
    schedule_assets(block, count, row)
    row += terms["asset_end"] - terms["asset_begin"]
    draw_block(
        block.replicate, lanes, number, count, loan["key"], ENFORCEMENT_STREAM, 0, SEARCH - 2
    )
    search = terms["search_duration"]
    quantile_block(lanes, count, package.quantiles, search, SEARCH, SEARCHED)
    for i in range(count):
        w[SEARCHED, i] *= lanes["slowness"][i]
    for i in range(count):
        w[SEARCHED, i] += lanes["time"][lanes["at"][i]]
    chance = either(terms["garnishment_probability"], loan["debtors"])
    if terms["garnishment_share"] <= 0.0:
        chance = 0.0
    schedule_revival(block, count, row, chance)
    return row + 1, chance


@compiled
def enforce_lane(block, i, s, rows, chance):
    """Apply what enforcement brings in lane `s`. Return the next stage and its time [months]."""
    lanes, end = block.lanes, block.lanes["end"][s]
    searched = lanes["w"][SEARCHED, i]
    in_time = month_of(searched) <= end
    garnishes = in_time and lanes["w"][INCOME, i] < chance
    latest = apply_events(block, i, s, rows, month_of(searched) if garnishes else -1)
    if is_paid(block, s):
        return CLOSED, latest
    if not in_time:
        return ENFORCEMENT, float(end)
    return DORMANT, max(latest, searched)


@compiled
def enforce(block):
    """Simulate enforcement: collateral, guarantors, other assets, income, resumption."""
    count = pack(block, ENFORCEMENT)
    if count == 0:
        return
    lanes, on_tape = block.lanes, block.loan["stage"] == ENFORCEMENT
    begin_enforcement(block, count, on_tape)
    rows, chance = schedule_all(block, count, on_tape)

    for i in range(count):
        s = lanes["at"][i]
        stage, t = enforce_lane(block, i, s, rows, chance)
        lanes["stage"][s], lanes["time"][s] = stage, t
        if stage != ENFORCEMENT:
            move(block, s, ENFORCEMENT, stage, month_of(t))
