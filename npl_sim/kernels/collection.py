"""Collection: settlement, cure, partial payments, offer of a plan. docs/model.md section 4.1."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, is_paid, owed, pay, post, receive
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
from npl_sim.kernels.draws import normal, quantile
from npl_sim.kernels.rng import draw

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


@compiled
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
def first_month_at(hazard, frailty, start, last, threshold):
    """Return the first month after `start` by which the hazard since then meets `threshold`.

    Return 0 if there is none up to `last`.
    """
    if frailty * (hazard[last] - hazard[start]) < threshold:
        return 0
    low = start + 1
    high = last
    while low < high:
        middle = (low + high) // 2
        if frailty * (hazard[middle] - hazard[start]) >= threshold:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def correlated_willingness(path, willing):
    """Return the willingness of a borrower, correlated within the group and the region."""
    loan, terms = path.loan, path.terms
    z = 0.0
    idiosyncratic = 1.0
    rho = terms["region_correlation"]
    if rho > 0.0:
        common, _, _, _ = draw(path.replicate, loan["region_key"], GROUP_STREAM, 1)
        z += math.sqrt(rho) * normal(common)
        idiosyncratic -= rho
    if loan["group_key"] != 0:
        rho = terms["group_correlation"]
        common, _, _, _ = draw(path.replicate, loan["group_key"], GROUP_STREAM, 0)
        z += math.sqrt(rho) * normal(common)
        idiosyncratic -= rho
    z += math.sqrt(max(0.0, idiosyncratic)) * normal(willing)
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@compiled
def settles(path, month, sort):
    """Return whether an event of `month` is a settlement. If not, it is a cure."""
    settle = path.collection.settle[path.row, month]
    return sort * (settle + path.collection.cure[path.row, month]) < settle


@compiled
def follow_promises(path, frailty, month, last, sort):
    """Simulate promises to pay, from the event of `month` on.

    Returns
    -------
    tuple
        Result of the promises, its month, and whether a promise was broken before it.
    """
    broken = False
    for step in range(MOST_PROMISES):
        if not settles(path, month, sort):
            return CURES, month, broken
        due = month + int(path.terms["promise_months"])
        if due > last:
            return NO_EVENT, last, broken
        kept, event, sort, _ = draw(path.replicate, path.loan["key"], PROMISE_STREAM, step)
        if kept < path.terms["promise_kept_probability"]:
            return SETTLES, due, broken
        broken = True
        month = 0
        if due < last:
            month = first_month_at(path.tables.hazard, frailty, due, last, -math.log(event))
        if month == 0:
            return NO_EVENT, last, broken
    return NO_EVENT, last, broken


@compiled
def accepts_offer(path, filing, last, willing, accept):
    """Return whether the borrower is made a restructuring offer and accepts it."""
    terms = path.terms
    offer = int(terms["offer_month"])
    return (
        0 <= offer <= last
        and (filing < 0 or offer < filing)
        and offer < path.end
        and path.loan["offered"] != 0
        and willing < terms["offered_share"]
        and accept < terms["acceptance_probability"]
    )


@compiled
def first_event(path, last, willing, event, sort):
    """Simulate settlement and cure up to month `last`.

    Returns
    -------
    tuple
        The event, its month (`last` if there is none), and whether a broken promise preceded it.
    """
    terms, hazard = path.terms, path.tables.hazard
    if last <= 0 or not hazard[last] > 0.0:
        return NO_EVENT, last, False
    spread = quantile(path.package.quantiles, terms["frailty"], 1.0 - willing)
    frailty = path.loan["responsiveness"] * spread
    # -ln(u) is at least 1 - u, which decides most paths without the logarithm.
    if not frailty * hazard[last] >= 1.0 - event:
        return NO_EVENT, last, False
    month = first_month_at(hazard, frailty, 0, last, -math.log(event))
    if month == 0:
        return NO_EVENT, last, False
    if terms["promise_months"] >= 0:
        return follow_promises(path, frailty, month, last, sort)
    return SETTLES if settles(path, month, sort) else CURES, month, False


@compiled
def pay_in_part(path, last, willing):
    """Add payments and costs up to month `last`. Return whether the borrower pays in part."""
    state, tables = path.state, path.tables
    share = tables.share[0]
    payer = willing < share and tables.paid[last] > 0.0
    if last > 0:
        work(path, last, payer, state["claim"] / share)
        accrue(path, float(last))
        if payer:
            pay(state, min(owed(state), state["claim"] / share * tables.paid[last]))
    return payer


@compiled
def settle(path, month):
    """Receive a settlement."""
    collection, c = path.collection, path.row
    amount = owed(path.state) * (1.0 - collection.discount[c, month])
    receive(path, SETTLEMENT, month, amount)
    rate = collection.commission[c, month]
    if rate > 0.0:
        post(path, COMMISSION, month, -rate * amount)
    if collection.placement[c] >= 0:
        path.cash.placements[collection.placement[c], 0, month] += amount


@compiled
def collect(path):
    """Simulate a loan in collection.

    Returns
    -------
    tuple
        Next stage, its time [months], and how collection ended.
    """
    loan, terms, end = path.loan, path.terms, path.end
    filing = filing_month(loan, terms, path.state["claim"])
    last = min(int(terms["collection_months"]), end)
    if filing >= 0:
        last = min(last, filing)
    willing, event, sort, accept = draw(path.replicate, loan["borrower"], BORROWER_STREAM, 0)
    if loan["group_key"] != 0 or terms["region_correlation"] > 0.0:
        willing = correlated_willingness(path, willing)
    accepted = accepts_offer(path, filing, last, willing, accept)
    if accepted:
        last = int(terms["offer_month"])
    outcome, last, acknowledged = first_event(path, last, willing, event, sort)
    payer = pay_in_part(path, last, willing)
    if payer and is_paid(path.state):
        return CLOSED, float(last), BY_FILING
    if outcome == SETTLES:
        settle(path, last)
        return CLOSED, float(last), BY_FILING
    if outcome == CURES:
        return PLAN, float(last), BY_CURE
    if accepted:
        return PLAN, float(last), BY_OFFER
    if 0 <= filing < end:
        return LITIGATION, float(filing), BY_PAYER if payer or acknowledged else BY_FILING
    if last < end:
        return DORMANT, float(last), BY_FILING
    return COLLECTION, float(end), BY_FILING


@compiled
def work(path, last, payer, amount):
    """Add partial payments and contact costs of months 1 to `last`."""
    cash, tables = path.cash, path.tables
    cash.worked[last] += 1.0
    if path.collection.placement[path.row] >= 0:
        cash.standing[last] += path.state["claim"]
    cash.sums[0] -= tables.cost_present[last]
    cash.sums[2] -= tables.cost[last]
    if payer:
        cash.paying[last] += amount
        received = amount * tables.paid[last]
        cash.sums[0] += amount * tables.paid_present[last]
        cash.sums[1] += received
        cash.sums[2] -= amount * tables.commission[last] + received * cash.servicing
        cash.sums[3] += amount * tables.paid_month[last]
