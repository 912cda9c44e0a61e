"""Collection tables in each scenario, and the monthly payments that follow from them."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.codes import COMMISSION, CONTACT, VOLUNTARY

HAZARD, PAID, PAID_PRESENT, PAID_MONTH, COMMISSIONED, COST, COST_PRESENT, PAYER_SHARE = range(8)
"""Rows of the tables, running sums over months.

Hazard of settlement and cure. Share of the claim paid, on average over all borrowers; the same
discounted and net of commission and servicing; the same times month. Commission on the payments.
Contact costs of an account; the same discounted. At month 0: the share of borrowers who pay.
"""
TABLES = 8

PAYING, WORKED, STANDING = range(3)
"""Rows of what stops after each month: amounts that pay, accounts that cost, claims."""
MONTHLY = 3

PAYMENT_KINDS = (VOLUNTARY, COMMISSION, CONTACT)
"""Kinds of the monthly payments and costs that `flush` adds."""


@compiled(separate=True)
def fill_tables(tables, collection, c, up, payer_share, cash, lanes, count):
    """Apply the cooperation of each scenario to collection table `c`.

    `up` holds the multipliers of the table's policy, shape (months + 1, lanes).
    """
    increment, charged = lanes["w"][0], lanes["w"][1]
    for row in range(TABLES - 1):
        for i in range(count):
            tables[row, 0, i] = 0.0
    bound = collection.bound[c]
    for m in range(1, collection.last[c] + 1):
        rate = collection.settle[c, m] + collection.cure[c, m]
        pay, lift = collection.pay[c, m], collection.lift[c, m]
        cost, commission = collection.cost[c, m], collection.commission[c, m]
        discount = cash.discount[m]
        net = 1.0 - cash.servicing
        for i in range(count):
            # Bounded multipliers exceed the whole claim by rounding at most.
            part = min(min(up[m, i] * lift, bound) * pay, 1.0 - tables[PAID, m - 1, i])
            increment[i] = part if pay > 0.0 else 0.0
        for i in range(count):
            charged[i] = increment[i] * commission
        for i in range(count):
            tables[HAZARD, m, i] = tables[HAZARD, m - 1, i] + up[m, i] * rate
        for i in range(count):
            tables[PAID, m, i] = tables[PAID, m - 1, i] + increment[i]
        for i in range(count):
            present = (increment[i] * net - charged[i]) * discount
            tables[PAID_PRESENT, m, i] = tables[PAID_PRESENT, m - 1, i] + present
        for i in range(count):
            tables[PAID_MONTH, m, i] = tables[PAID_MONTH, m - 1, i] + increment[i] * m
        for i in range(count):
            tables[COMMISSIONED, m, i] = tables[COMMISSIONED, m - 1, i] + charged[i]
        for i in range(count):
            tables[COST, m, i] = tables[COST, m - 1, i] + cost
        for i in range(count):
            tables[COST_PRESENT, m, i] = tables[COST_PRESENT, m - 1, i] + cost * discount
    # Where more is paid than the usual payers could pay, more borrowers are payers.
    last = collection.last[c]
    for i in range(count):
        tables[PAYER_SHARE, 0, i] = max(payer_share, tables[PAID, last, i])


@compiled(separate=True)
def flush(cash, tables, collection, c, lanes, count):
    """Add the monthly payments and contact costs of all loans of collection table `c` at once.

    Each loan has added its paying amount, and a count of one, at its last month of collection.
    Summed from the end, they give the amount that pays and the accounts that cost in each month.
    """
    payments, monthly = cash.payments, cash.monthly
    group, placement = collection.group[c], collection.placement[c]
    paying, worked, standing = lanes["w"][0], lanes["w"][1], lanes["w"][2]
    for i in range(count):
        paying[i] = worked[i] = standing[i] = 0.0
    for m in range(collection.last[c], 0, -1):
        for i in range(count):
            paying[i] += monthly[PAYING, m, i]
            worked[i] += monthly[WORKED, m, i]
        for i in range(count):
            monthly[PAYING, m, i] = 0.0
            monthly[WORKED, m, i] = 0.0
        for i in range(count):
            payments[group, 0, m, i] += paying[i] * (tables[PAID, m, i] - tables[PAID, m - 1, i])
        for i in range(count):
            payments[group, 1, m, i] -= paying[i] * (
                tables[COMMISSIONED, m, i] - tables[COMMISSIONED, m - 1, i]
            )
        for i in range(count):
            payments[group, 2, m, i] -= worked[i] * (tables[COST, m, i] - tables[COST, m - 1, i])
        if placement >= 0:
            for i in range(count):
                standing[i] += monthly[STANDING, m, i]
                monthly[STANDING, m, i] = 0.0
                paid = tables[PAID, m, i] - tables[PAID, m - 1, i]
                cash.placements[i, placement, 0, m] += paying[i] * paid
                cash.placements[i, placement, 1, m] += standing[i]
