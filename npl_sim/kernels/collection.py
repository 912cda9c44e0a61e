"""Collection: settlement, cure, partial payments, offer of a plan. docs/model.md section 4.1."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of, owed, post, receive
from npl_sim.kernels.block_draws import draw_block, draw_lane, quantile_block
from npl_sim.kernels.codes import (
    BORROWER_STREAM,
    CLOSED,
    COLLECTION,
    COMMISSION,
    DORMANT,
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
from npl_sim.kernels.draws import first_month_at
from npl_sim.kernels.lanes import move, move_all
from npl_sim.kernels.willingness import WILLING, correlate_willingness

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

EVENT, SORT, ACCEPT = range(1, 4)
"""Rows of draws after that of the borrower's willingness."""
UNWILLING, FRAILTY, HAZARD_SUM = range(7, 10)
"""Rows that precede the event: the borrower's frailty, and the hazard at the last month."""
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
def draw_for_collection(block):
    """Fill the rows of draws and the borrowers' frailty."""
    loan, terms, lanes, n = block.loan, block.terms, block.lanes, block.width
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
        if kept < terms["promise_kept_probability"]:
            return SETTLES, due, broken
        broken = 1
        month = 0
        if due < last:
            threshold = -math.log(event)
            hazard = block.tables[HAZARD, :, s]
            month = first_month_at(hazard, frailty, due, last, threshold)
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
    chance = terms["acceptance_probability"] if offered else 0.0
    most_willing = terms["offered_share"]
    for i in range(block.width):
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
    for i in range(block.width):
        w[HAZARD_SUM, i] = hazard[lasts[i], i]
        outcome[i] = NO_EVENT
        lanes["acknowledged"][i] = 0
    for i in range(block.width):
        total = w[HAZARD_SUM, i]
        # -ln(u) is at least 1 - u, which decides most paths without the logarithm.
        if not (total > 0.0 and w[FRAILTY, i] * total >= 1.0 - w[EVENT, i]):
            continue
        threshold = -math.log(w[EVENT, i])
        month = first_month_at(hazard[:, i], w[FRAILTY, i], 0, lasts[i], threshold)
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
    loan, lanes, tables, n = block.loan, block.lanes, block.tables, block.width
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
                monthly[STANDING, last, i] += claim


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
    for i in range(block.width):
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
    """Simulate a loan in collection, where all lanes begin. Return the month of filing, or -1."""
    draw_for_collection(block)

    filing = filing_month(block.loan, block.terms, block.claim)
    find_last_month(block, filing)
    find_event(block, collection, c)
    pay_in_part(block, collection.placement[c])
    leave_collection(block, filing)
    lanes = block.lanes
    if filing >= 0:
        # All lanes are filed in the same month.
        move_all(block, COLLECTION, LITIGATION, filing)
    for s in range(block.width):
        stage = lanes["stage"][s]
        if lanes["outcome"][s] == SETTLES:
            settle(block, collection, c, s)
        if stage != COLLECTION and stage != LITIGATION:
            move(block, s, COLLECTION, stage, month_of(lanes["time"][s]))
    return filing
