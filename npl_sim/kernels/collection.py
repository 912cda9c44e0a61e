"""Collection: settlement, cure, partial payments, the offer of a plan. docs/model.md section 4.1."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, is_paid, owed, pay, post, receive
from npl_sim.kernels.codes import (
    BORROWER_STREAM,
    CLOSED,
    COLLECTION,
    COMMISSION,
    CONTACT,
    DORMANT,
    GROUP_STREAM,
    LITIGATION,
    PLAN,
    PROMISE_STREAM,
    SETTLEMENT,
    VOLUNTARY,
)
from npl_sim.kernels.draws import normal, quantile
from npl_sim.kernels.rng import draw

__all__ = ["BY_CURE", "BY_FILING", "BY_OFFER", "BY_PAYER", "collect", "fill_tables", "flush"]

BY_FILING = 0
BY_OFFER = 1
BY_CURE = 2
BY_PAYER = 3
"""How collection ended: filing (or nothing), an accepted offer, a cure; BY_PAYER: filing of a claim
whose clock part payments or a broken promise have restarted."""

MOST_PROMISES = 50

NO_EVENT = 0
SETTLES = 1
CURES = 2


@compiled
def fill_tables(tables, cohorts, c, up, payer_share, discount, servicing):
    """Lay the scenario's cooperation on the collection tables of cohort `c`."""
    hazard = paid = paid_present = paid_month = commission = cost = cost_present = 0.0
    tables.hazard[0] = tables.paid[0] = tables.paid_present[0] = tables.paid_month[0] = 0.0
    tables.commission[0] = tables.cost[0] = tables.cost_present[0] = 0.0
    for m in range(1, cohorts.last[c] + 1):
        hazard += up[m] * (cohorts.settle[c, m] + cohorts.cure[c, m])
        multiplier = min(up[m] * cohorts.lift[c, m], cohorts.bound[c])
        # Bounded multipliers never call for more than the whole claim but by rounding.
        increment = (
            min(multiplier * cohorts.pay[c, m], 1.0 - paid) if cohorts.pay[c, m] > 0.0 else 0.0
        )
        paid += increment
        charged = increment * cohorts.commission[c, m]
        commission += charged
        paid_present += (increment * (1.0 - servicing) - charged) * discount[m]
        paid_month += increment * m
        cost += cohorts.cost[c, m]
        cost_present += cohorts.cost[c, m] * discount[m]
        tables.hazard[m] = hazard
        tables.paid[m] = paid
        tables.paid_present[m] = paid_present
        tables.paid_month[m] = paid_month
        tables.commission[m] = commission
        tables.cost[m] = cost
        tables.cost_present[m] = cost_present
    # Where more is paid than the usual payers could pay, more borrowers are payers.
    tables.share[0] = max(payer_share, paid)


@compiled
def flush(books, tables, cohorts, c):
    """Enter the monthly payments and contact costs of all loans of cohort `c` at once.

    Each loan has left the amount it pays on, and a count of one, at its last month of collection;
    summed from the end they give what pays and what costs in each month.
    """
    group = cohorts.group[c]
    desk = cohorts.desk[c]
    paying = 0.0
    standing = 0.0
    worked = 0.0
    for m in range(cohorts.last[c], 0, -1):
        paying += books.paying[m]
        worked += books.worked[m]
        books.paying[m] = 0.0
        books.worked[m] = 0.0
        books.flows[group, VOLUNTARY, m] += paying * (tables.paid[m] - tables.paid[m - 1])
        books.flows[group, COMMISSION, m] -= paying * (
            tables.commission[m] - tables.commission[m - 1]
        )
        books.flows[group, CONTACT, m] -= worked * (tables.cost[m] - tables.cost[m - 1])
        if desk >= 0:
            standing += books.standing[m]
            books.standing[m] = 0.0
            books.desks[desk, 0, m] += paying * (tables.paid[m] - tables.paid[m - 1])
            books.desks[desk, 1, m] += standing


@compiled
def filing_month(loan, terms, claim):
    """Return the month in which the loan is to be sued; -1: never."""
    if terms["litigate"] == 0 or claim < terms["litigation_minimum_claim"]:
        return -1
    month = int(terms["litigation_after_months"])
    left = loan["limitation_left"]
    if terms["file_before_expiry"] != 0 and 0.0 <= left < math.inf:
        month = min(month, max(0, int(math.floor(left - terms["expiry_margin"]))))
    return month


@compiled
def first_month_at(hazard, frailty, start, last, threshold):
    """Return the first month after `start`, up to `last`, by which the hazard since then meets `threshold`; 0: none."""
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
def shared(willing, loan, terms, trial):
    """Return the willingness of a borrower who shares luck with his group and his region."""
    z = 0.0
    own = 1.0
    rho = terms["region_correlation"]
    if rho > 0.0:
        common, _, _, _ = draw(trial, loan["region_key"], GROUP_STREAM, 1)
        z += math.sqrt(rho) * normal(common)
        own -= rho
    if loan["group_key"] != 0:
        rho = terms["group_correlation"]
        common, _, _, _ = draw(trial, loan["group_key"], GROUP_STREAM, 0)
        z += math.sqrt(rho) * normal(common)
        own -= rho
    z += math.sqrt(max(0.0, own)) * normal(willing)
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


@compiled
def settles(cohorts, c, month, sort):
    """Say whether an event of `month` is a settlement; else it is a cure."""
    settle = cohorts.settle[c, month]
    return sort * (settle + cohorts.cure[c, month]) < settle


@compiled
def follow_promises(loan, terms, tables, cohorts, c, frailty, month, last, sort, trial):
    """Follow promises to pay from the event of `month` on.

    Returns
    -------
    tuple
        What comes of them, its month, and whether a promise was broken on the way.
    """
    broken = False
    for step in range(MOST_PROMISES):
        if not settles(cohorts, c, month, sort):
            return CURES, month, broken
        due = month + int(terms["promise_months"])
        if due > last:
            return NO_EVENT, last, broken
        kept, event, sort, _ = draw(trial, loan["key"], PROMISE_STREAM, step)
        if kept < terms["promise_kept"]:
            return SETTLES, due, broken
        broken = True
        month = 0
        if due < last:
            month = first_month_at(tables.hazard, frailty, due, last, -math.log(event))
        if month == 0:
            return NO_EVENT, last, broken
    return NO_EVENT, last, broken


@compiled
def collect(loan, terms, tables, cohorts, c, quantiles, books, case, end, trial):
    """Walk a loan through collection.

    Returns
    -------
    tuple
        Next stage, its time [months], and how collection ended.
    """
    claim = case["claim"]
    filing = filing_month(loan, terms, claim)
    last = min(int(terms["collection_months"]), end)
    if filing >= 0:
        last = min(last, filing)
    willing, event, sort, accept = draw(trial, loan["borrower"], BORROWER_STREAM, 0)
    if loan["group_key"] != 0 or terms["region_correlation"] > 0.0:
        willing = shared(willing, loan, terms, trial)

    offer = int(terms["offer_month"])
    accepted = (
        0 <= offer <= last
        and (filing < 0 or offer < filing)
        and offer < end
        and loan["offered"] != 0
        and willing < terms["most_willing"]
        and accept < terms["restructuring_accept"]
    )
    if accepted:
        last = offer
    outcome = NO_EVENT
    acknowledged = False
    if last > 0 and tables.hazard[last] > 0.0:
        frailty = loan["responsiveness"] * quantile(quantiles, terms["frailty"], 1.0 - willing)
        # -ln(u) is at least 1 - u, which settles most cases without the logarithm.
        if frailty * tables.hazard[last] >= 1.0 - event:
            moment = first_month_at(tables.hazard, frailty, 0, last, -math.log(event))
            if moment > 0:
                if terms["promise_months"] >= 0:
                    outcome, moment, acknowledged = follow_promises(
                        loan, terms, tables, cohorts, c, frailty, moment, last, sort, trial
                    )
                else:
                    outcome = SETTLES if settles(cohorts, c, moment, sort) else CURES
                last = moment
    share = tables.share[0]
    payer = willing < share and tables.paid[last] > 0.0
    if last > 0:
        work(books, tables, case, last, payer, claim / share, cohorts.desk[c])
        accrue(case, loan["accrual"], float(last))
        if payer:
            pay(case, min(owed(case), claim / share * tables.paid[last]))
            if is_paid(case):
                return CLOSED, float(last), BY_FILING
    if outcome == SETTLES:
        amount = owed(case) * (1.0 - cohorts.discount[c, last])
        receive(books, loan["group"], SETTLEMENT, last, amount)
        rate = cohorts.commission[c, last]
        if rate > 0.0:
            post(books, loan["group"], COMMISSION, last, -rate * amount)
        if cohorts.desk[c] >= 0:
            books.desks[cohorts.desk[c], 0, last] += amount
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
def work(books, tables, case, last, payer, amount, desk):
    """Book partial payments and contact costs of months 1 to `last`."""
    books.worked[last] += 1.0
    if desk >= 0:
        books.standing[last] += case["claim"]
    books.sums[0] -= tables.cost_present[last]
    books.sums[2] -= tables.cost[last]
    if payer:
        books.paying[last] += amount
        received = amount * tables.paid[last]
        books.sums[0] += amount * tables.paid_present[last]
        books.sums[1] += received
        books.sums[2] -= amount * tables.commission[last] + received * books.servicing
        books.sums[3] += amount * tables.paid_month[last]
