"""Collection: settlement, cure, partial payments, offer of a plan. docs/model.md section 4.1."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of, owed, post, receive
from npl_sim.kernels.block_draws import draw_block, draw_lane, normal_block, quantile_block
from npl_sim.kernels.codes import (
    BORROWER_STREAM,
    CLOSED,
    COLLECTION,
    COMMISSION,
    DORMANT,
    GROUP_STREAM,
    LITIGATION,
    PLAN,
    PROMISE_STREAM,
    SETTLEMENT,
)
from npl_sim.kernels.collection_tables import (
    COMMISSIONED,
    COST,
    COST_PRESENT,
    HAZARD,
    PAID,
    PAID_MONTH,
    PAID_PRESENT,
    PAYER_SHARE,
    PAYING,
    STANDING,
    WORKED,
)
from npl_sim.kernels.lanes import move, move_all

BY_FILING = 0
"""Collection ended by filing, or nothing ended it."""
BY_OFFER = 1
"""Collection ended by an accepted restructuring offer."""
BY_CURE = 2
"""Collection ended by a cure."""
BY_PAYER = 3
"""Filing of a claim whose limitation clock partial payments or a broken promise have restarted."""

MOST_PROMISES = 50

NO_EVENT = 0
SETTLES = 1
CURES = 2

WILLING, EVENT, SORT, ACCEPT = range(4)
"""Rows of draws."""
NORMAL, COMMON, SYSTEMATIC, UNWILLING, FRAILTY, HAZARD_SUM = range(4, 10)
"""Rows that precede the event: normals, the borrower's frailty, hazard at the last month."""
SHARE, AMOUNT, RECEIVED = range(10, 13)
"""Rows of payments: share of payers, what a payer's claim counts for, receipts. [currency]"""
LOOKED_UP = 13
"""Rows from here on hold the collection tables at the last month, in the order of the tables."""


@compiled(callable=True)
def filing_month(loan, terms, claim):
    """Return the month of filing; -1 if the loan is never sued."""
    if terms["litigate"] == 0 or claim < terms["litigation_minimum_claim"]:
        return -1
    month = int(terms["litigation_after_months"])
    left = loan["limitation_left"]
    if terms["file_before_expiry"] != 0 and 0.0 <= left < math.inf:
        month = min(month, max(0, int(math.floor(left - terms["expiry_margin"]))))
    return month


@compiled
def first_month_at(table, s, frailty, start, last, threshold):
    """Return the first month after `start` by which the hazard since then meets `threshold`.

    Return 0 if there is none up to `last`.
    """
    if frailty * (table[last, s] - table[start, s]) < threshold:
        return 0
    low = start + 1
    high = last
    while low < high:
        middle = (low + high) // 2
        if frailty * (table[middle, s] - table[start, s]) >= threshold:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def common_normals(block, key, step):
    """Fill row `COMMON` with the factor of all borrowers that share `key`."""
    lanes, n = block.lanes, block.count
    draw_block(block.replicate, lanes, lanes["number"], n, key, GROUP_STREAM, step, LOOKED_UP)
    normal_block(lanes, n, LOOKED_UP, COMMON)


@compiled
def correlate_willingness(block):
    """Correlate the willingness of borrowers within the group and the region.

    The factor of a region or group is computed once for all its loans that follow one another.
    """
    loan, lanes, n = block.loan, block.lanes, block.count
    w, idiosyncratic = lanes["w"], 1.0
    normal_block(lanes, n, WILLING, NORMAL)
    for i in range(n):
        w[SYSTEMATIC, i] = 0.0
    rho = block.terms["region_correlation"]
    if rho > 0.0:
        if lanes["region_known"] == 0 or lanes["region_key"] != loan["region_key"]:
            common_normals(block, loan["region_key"], 1)
            for i in range(n):
                lanes["region_normal"][i] = w[COMMON, i]
            lanes["region_key"] = loan["region_key"]
            lanes["region_known"] = 1
        for i in range(n):
            w[SYSTEMATIC, i] += math.sqrt(rho) * lanes["region_normal"][i]
        idiosyncratic -= rho
    if loan["group_key"] != 0:
        rho = block.terms["group_correlation"]
        if lanes["group_known"] == 0 or lanes["group_key"] != loan["group_key"]:
            common_normals(block, loan["group_key"], 0)
            for i in range(n):
                lanes["group_normal"][i] = w[COMMON, i]
            lanes["group_key"] = loan["group_key"]
            lanes["group_known"] = 1
        for i in range(n):
            w[SYSTEMATIC, i] += math.sqrt(rho) * lanes["group_normal"][i]
        idiosyncratic -= rho
    own = math.sqrt(max(0.0, idiosyncratic))
    for i in range(n):
        z = w[SYSTEMATIC, i] + own * w[NORMAL, i]
        w[WILLING, i] = 0.5 * math.erfc(-z / math.sqrt(2.0))


@compiled
def draw_for_collection(block):
    """Fill the rows of draws and the borrowers' frailty."""
    loan, terms, lanes, n = block.loan, block.terms, block.lanes, block.count
    w = lanes["w"]
    draw_block(
        block.replicate, lanes, lanes["number"], n, loan["borrower"], BORROWER_STREAM, 0, WILLING
    )
    if loan["group_key"] != 0 or terms["region_correlation"] > 0.0:
        correlate_willingness(block)
    for i in range(n):
        w[UNWILLING, i] = 1.0 - w[WILLING, i]
    quantile_block(lanes, n, block.package.quantiles, terms["frailty"], UNWILLING, FRAILTY)
    for i in range(n):
        w[FRAILTY, i] *= loan["responsiveness"]


@compiled
def settles(collection, c, month, sort):
    """Return whether an event of `month` is a settlement. If not, it is a cure."""
    settle = collection.settle[c, month]
    return sort * (settle + collection.cure[c, month]) < settle


@compiled
def follow_promises(block, collection, c, s, month):
    """Simulate promises to pay in lane `s`, from the event of `month` on.

    Returns
    -------
    tuple
        Result of the promises, its month, and whether a promise was broken before it.
    """
    lanes, terms, last = block.lanes, block.terms, block.lanes["last"][s]
    sort, frailty = lanes["w"][SORT, s], lanes["w"][FRAILTY, s]
    broken = 0
    for step in range(MOST_PROMISES):
        if not settles(collection, c, month, sort):
            return CURES, month, broken
        due = month + int(terms["promise_months"])
        if due > last:
            return NO_EVENT, last, broken
        kept, event, sort, _ = draw_lane(block, s, block.loan["key"], PROMISE_STREAM, step)
        if kept < terms["promise_kept"]:
            return SETTLES, due, broken
        broken = 1
        month = 0
        if due < last:
            threshold = -math.log(event)
            month = first_month_at(block.tables[HAZARD], s, frailty, due, last, threshold)
        if month == 0:
            return NO_EVENT, last, broken
    return NO_EVENT, last, broken


@compiled
def find_last_month(block, filing):
    """Fill the last month of collection, and whether a restructuring offer is then accepted."""
    loan, terms, lanes = block.loan, block.terms, block.lanes
    w, ends, lasts, accepted = lanes["w"], lanes["end"], lanes["last"], lanes["accepted"]
    most = int(terms["collection_months"])
    if filing >= 0:
        most = min(most, filing)
    offer = int(terms["offer_month"])
    offered = offer >= 0 and (filing < 0 or offer < filing) and loan["offered"] != 0
    chance = terms["restructuring_accept"] if offered else 0.0
    most_willing = terms["most_willing"]
    for i in range(block.count):
        last = min(most, ends[i])
        accepts = (w[WILLING, i] < most_willing) & (w[ACCEPT, i] < chance)
        accepts = accepts & (offer <= last) & (offer < ends[i])
        lasts[i] = offer if accepts else last
        accepted[i] = 1 if accepts else 0


@compiled
def find_event(block, collection, c):
    """Fill settlement or cure and its month, where one comes before the last month."""
    lanes = block.lanes
    w, lasts, outcome = lanes["w"], lanes["last"], lanes["outcome"]
    hazard = block.tables[HAZARD]
    promises = block.terms["promise_months"] >= 0
    for i in range(block.count):
        w[HAZARD_SUM, i] = hazard[lasts[i], i]
        outcome[i] = NO_EVENT
        lanes["acknowledged"][i] = 0
    for i in range(block.count):
        total = w[HAZARD_SUM, i]
        # -ln(u) is at least 1 - u, which decides most paths without the logarithm.
        if not (total > 0.0 and w[FRAILTY, i] * total >= 1.0 - w[EVENT, i]):
            continue
        threshold = -math.log(w[EVENT, i])
        month = first_month_at(hazard, i, w[FRAILTY, i], 0, lasts[i], threshold)
        if month == 0:
            continue
        if promises:
            event, month, broken = follow_promises(block, collection, c, i, month)
            outcome[i] = event
            lanes["acknowledged"][i] = broken
        else:
            outcome[i] = SETTLES if settles(collection, c, month, w[SORT, i]) else CURES
        lasts[i] = month


@compiled
def pay_in_part(block, placement):
    """Add payments and contact costs of months 1 to the last, and reduce the claim."""
    loan, lanes, tables, n = block.loan, block.lanes, block.tables, block.count
    w, lasts, sums, monthly = lanes["w"], lanes["last"], lanes["sums"], block.cash.monthly
    for row in range(1, PAYER_SHARE):
        for i in range(n):
            w[LOOKED_UP + row, i] = tables[row, lasts[i], i]
    for i in range(n):
        w[SHARE, i] = tables[PAYER_SHARE, 0, i]
    claim, servicing = block.claim, block.cash.servicing
    principal, interest, accrual = loan["principal"], loan["interest_and_fees"], loan["accrual"]
    for i in range(n):
        pays = (w[WILLING, i] < w[SHARE, i]) & (w[LOOKED_UP + PAID, i] > 0.0)
        lanes["payer"][i] = 1 if pays else 0
        amount = claim / w[SHARE, i] if pays else 0.0
        received = amount * w[LOOKED_UP + PAID, i]
        w[AMOUNT, i] = amount
        w[RECEIVED, i] = received
        sums[0, i] += amount * w[LOOKED_UP + PAID_PRESENT, i] - w[LOOKED_UP + COST_PRESENT, i]
        sums[1, i] += received
        sums[2, i] -= amount * w[LOOKED_UP + COMMISSIONED, i] + received * servicing
        sums[2, i] -= w[LOOKED_UP + COST, i]
        sums[3, i] += amount * w[LOOKED_UP + PAID_MONTH, i]
    for i in range(n):
        accrued = interest + principal * accrual * float(lasts[i])
        paid = min(principal + accrued, w[RECEIVED, i])
        first = min(paid, accrued)
        lanes["interest_and_fees"][i] = accrued - first
        lanes["principal"][i] = max(0.0, principal - (paid - first))
        lanes["accrued_to"][i] = float(lasts[i])
    for i in range(n):
        last = lasts[i]
        if last > 0:
            monthly[WORKED, last, i] += 1.0
            monthly[PAYING, last, i] += w[AMOUNT, i]
    if placement >= 0:
        for i in range(n):
            if lasts[i] > 0:
                monthly[STANDING, lasts[i], i] += claim


@compiled
def settle(block, collection, c, s):
    """Receive a settlement in lane `s`."""
    month, placement = block.lanes["last"][s], collection.placement[c]
    amount = owed(block.lanes, s) * (1.0 - collection.discount[c, month])
    receive(block, s, SETTLEMENT, month, amount)
    rate = collection.commission[c, month]
    if rate > 0.0:
        post(block, s, COMMISSION, month, -rate * amount)
    if placement >= 0:
        block.cash.placements[s, placement, 0, month] += amount


@compiled
def leave_collection(block, filing):
    """Fill the next stage of each lane, its time, and how collection ended."""
    lanes, stages, time = block.lanes, block.lanes["stage"], block.lanes["time"]
    ends, lasts, outcome = lanes["end"], lanes["last"], lanes["outcome"]
    paid_up = 1e-6 * block.claim
    for i in range(block.count):
        last, end = lasts[i], ends[i]
        stage = DORMANT if last < end else COLLECTION
        at = last if last < end else end
        files = (filing >= 0) & (filing < end)
        stage = LITIGATION if files else stage
        at = filing if files else at
        restarted = (lanes["payer"][i] != 0) | (lanes["acknowledged"][i] != 0)
        entry = BY_PAYER if files & restarted else BY_FILING
        accepted = lanes["accepted"][i] != 0
        stage = PLAN if accepted else stage
        entry = BY_OFFER if accepted else entry
        cures = outcome[i] == CURES
        stage = PLAN if cures else stage
        entry = BY_CURE if cures else entry
        paid = (lanes["payer"][i] != 0) & (owed(lanes, i) <= paid_up)
        outcome[i] = NO_EVENT if paid else outcome[i]
        closed = paid | (outcome[i] == SETTLES)
        stage = CLOSED if closed else stage
        entry = BY_FILING if closed else entry
        stages[i] = stage
        time[i] = float(last if accepted | cures | closed else at)
        lanes["entry"][i] = entry


@compiled
def collect(block, collection, c):
    """Simulate a loan in collection. All its lanes stand there at the valuation date."""
    draw_for_collection(block)

    filing = filing_month(block.loan, block.terms, block.claim)
    find_last_month(block, filing)
    find_event(block, collection, c)
    pay_in_part(block, collection.placement[c])
    leave_collection(block, filing)
    lanes = block.lanes
    for s in range(block.count):
        if lanes["outcome"][s] == SETTLES:
            settle(block, collection, c, s)
    if filing >= 0:
        # All lanes are filed in the same month.
        move_all(block, COLLECTION, LITIGATION, filing)
    for s in range(block.count):
        stage = lanes["stage"][s]
        if stage != COLLECTION and stage != LITIGATION:
            move(block, s, COLLECTION, stage, month_of(lanes["time"][s]))
