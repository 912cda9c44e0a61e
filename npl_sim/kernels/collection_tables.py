"""Collection tables in a scenario, and the monthly payments that follow from them."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.codes import COMMISSION, CONTACT, VOLUNTARY


@compiled
def fill_tables(tables, collection, c, up, payer_share, cash):
    """Apply the scenario's cooperation to collection table `c`."""
    servicing, discount = cash.servicing, cash.discount
    hazard = paid = paid_present = paid_month = commission = cost = cost_present = 0.0
    tables.hazard[0] = tables.paid[0] = tables.paid_present[0] = tables.paid_month[0] = 0.0
    tables.commission[0] = tables.cost[0] = tables.cost_present[0] = 0.0
    for m in range(1, collection.last[c] + 1):
        hazard += up[m] * (collection.settle[c, m] + collection.cure[c, m])
        multiplier = min(up[m] * collection.lift[c, m], collection.bound[c])
        # Bounded multipliers exceed the whole claim by rounding at most.
        increment = 0.0
        if collection.pay[c, m] > 0.0:
            increment = min(multiplier * collection.pay[c, m], 1.0 - paid)
        paid += increment
        charged = increment * collection.commission[c, m]
        commission += charged
        paid_present += (increment * (1.0 - servicing) - charged) * discount[m]
        paid_month += increment * m
        cost += collection.cost[c, m]
        cost_present += collection.cost[c, m] * discount[m]
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
def flush(cash, tables, collection, c):
    """Add the monthly payments and contact costs of all loans of collection table `c` at once.

    Each loan has added its paying amount, and a count of one, at its last month of collection.
    Summed from the end, they give the amount that pays and the accounts that cost in each month.
    """
    group = collection.group[c]
    placement = collection.placement[c]
    paying = 0.0
    standing = 0.0
    worked = 0.0
    for m in range(collection.last[c], 0, -1):
        paying += cash.paying[m]
        worked += cash.worked[m]
        cash.paying[m] = 0.0
        cash.worked[m] = 0.0
        cash.flows[group, VOLUNTARY, m] += paying * (tables.paid[m] - tables.paid[m - 1])
        cash.flows[group, COMMISSION, m] -= paying * (
            tables.commission[m] - tables.commission[m - 1]
        )
        cash.flows[group, CONTACT, m] -= worked * (tables.cost[m] - tables.cost[m - 1])
        if placement >= 0:
            standing += cash.standing[m]
            cash.standing[m] = 0.0
            cash.placements[placement, 0, m] += paying * (tables.paid[m] - tables.paid[m - 1])
            cash.placements[placement, 1, m] += standing
