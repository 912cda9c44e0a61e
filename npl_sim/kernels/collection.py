"""Collection: settlement, cure, partial payments, the offer of a plan. docs/model.md section 4.1."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.books import accrue, is_paid, owed, pay, post, receive
from npl_sim.kernels.codes import (
    BORROWER_STREAM,
    CLOSED,
    COLLECTION,
    COMMISSION,
    CONTACT,
    DORMANT,
    LITIGATION,
    PLAN,
    SETTLEMENT,
    VOLUNTARY,
)
from npl_sim.kernels.draws import quantile
from npl_sim.kernels.rng import draw

__all__ = ["BY_CURE", "BY_FILING", "BY_OFFER", "BY_PAYER", "collect", "fill_tables", "flush"]

BY_FILING = 0
BY_OFFER = 1
BY_CURE = 2
BY_PAYER = 3
"""How collection ended: filing (or nothing), an accepted offer, a cure; BY_PAYER: filing of a claim
whose clock part payments have restarted."""


@compiled
def fill_tables(tables, cohorts, c, up, payer_share, discount, servicing):
    """Lay the scenario's cooperation on the collection tables of cohort `c`."""
    hazard = paid = paid_present = paid_month = commission = cost = cost_present = 0.0
    tables.hazard[0] = tables.paid[0] = tables.paid_present[0] = tables.paid_month[0] = 0.0
    tables.commission[0] = tables.cost[0] = tables.cost_present[0] = 0.0
    for m in range(1, cohorts.last[c] + 1):
        hazard += up[m] * (cohorts.settle[c, m] + cohorts.cure[c, m])
        increment = min(up[m] * cohorts.pay[c, m], payer_share - paid)
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


@compiled
def flush(books, tables, cohorts, c):
    """Enter the monthly payments and contact costs of all loans of cohort `c` at once.

    Each loan has left the amount it pays on, and a count of one, at its last month of collection;
    summed from the end they give what pays and what costs in each month.
    """
    group = cohorts.group[c]
    paying = 0.0
    worked = 0.0
    for m in range(cohorts.last[c], 0, -1):
        paying += books.paying[m]
        worked += books.worked[m]
        books.paying[m] = 0.0
        books.worked[m] = 0.0
        books.flows[group, VOLUNTARY, m] += paying * (tables.paid[m] - tables.paid[m - 1])
        books.flows[group, COMMISSION, m] -= paying * (tables.commission[m] - tables.commission[m - 1])
        books.flows[group, CONTACT, m] -= worked * (tables.cost[m] - tables.cost[m - 1])


@compiled
def filing_month(loan, terms, claim):
    """Return the month in which the loan is to be sued; -1: never."""
    if terms["litigate"] == 0 or claim < terms["litigate_minimum"]:
        return -1
    month = int(terms["litigate_after"])
    left = loan["limitation_left"]
    if terms["file_before_expiry"] != 0 and 0.0 <= left < math.inf:
        month = min(month, max(0, int(math.floor(left - terms["expiry_margin"]))))
    return month


@compiled
def first_month_at(hazard, frailty, last, threshold):
    """Return the first month in 1..`last` whose running hazard, times frailty, meets `threshold`; 0: none."""
    if frailty * hazard[last] < threshold:
        return 0
    low = 1
    high = last
    while low < high:
        middle = (low + high) // 2
        if frailty * hazard[middle] >= threshold:
            high = middle
        else:
            low = middle + 1
    return low


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

    offer = int(terms["offer_month"])
    accepted = (
        0 <= offer <= last
        and (filing < 0 or offer < filing)
        and offer < end
        and claim >= terms["offer_minimum"]
        and accept < terms["p_accept"]
    )
    if accepted:
        last = offer
    moment = 0
    if last > 0 and tables.hazard[last] > 0.0:
        frailty = loan["responsiveness"] * quantile(quantiles, terms["q_frailty"], 1.0 - willing)
        # -ln(u) is at least 1 - u, which settles most cases without the logarithm.
        if frailty * tables.hazard[last] >= 1.0 - event:
            moment = first_month_at(tables.hazard, frailty, last, -math.log(event))
            if moment > 0:
                last = moment
    payer = willing < terms["payer_share"] and tables.paid[last] > 0.0
    if last > 0:
        work(books, tables, case, last, payer, claim / terms["payer_share"])
        accrue(case, loan["accrual"], float(last))
        if payer:
            pay(case, min(owed(case), claim / terms["payer_share"] * tables.paid[last]))
            if is_paid(case):
                return CLOSED, float(last), BY_FILING
    if moment > 0:
        settle = cohorts.settle[c, moment]
        if sort * (settle + cohorts.cure[c, moment]) < settle:
            amount = owed(case) * (1.0 - cohorts.discount[c, moment])
            receive(books, loan["group"], SETTLEMENT, moment, amount)
            rate = cohorts.commission[c, moment]
            if rate > 0.0:
                post(books, loan["group"], COMMISSION, moment, -rate * amount)
            return CLOSED, float(moment), BY_FILING
        return PLAN, float(moment), BY_CURE
    if accepted:
        return PLAN, float(last), BY_OFFER
    if 0 <= filing < end:
        return LITIGATION, float(filing), BY_PAYER if payer else BY_FILING
    if last < end:
        return DORMANT, float(last), BY_FILING
    return COLLECTION, float(end), BY_FILING


@compiled
def work(books, tables, case, last, payer, amount):
    """Book partial payments and contact costs of months 1 to `last`."""
    books.worked[last] += 1.0
    books.sums[0] -= tables.cost_present[last]
    books.sums[2] -= tables.cost[last]
    if payer:
        books.paying[last] += amount
        received = amount * tables.paid[last]
        books.sums[0] += amount * tables.paid_present[last]
        books.sums[1] += received
        books.sums[2] -= amount * tables.commission[last] + received * books.servicing
        books.sums[3] += amount * tables.paid_month[last]
