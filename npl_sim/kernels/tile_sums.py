"""Sums of a tile: cash, balances and moments of its scenarios and loans."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.codes import LAST_RECEIPT, SERVICING
from npl_sim.kernels.collection_tables import PAYMENT_KINDS
from npl_sim.kernels.lanes import PARTIAL


@compiled
def add_payments(flows, payments, s):
    """Move the monthly payments and contact costs of lane `s` to its flows."""
    for row in range(len(PAYMENT_KINDS)):
        kind = PAYMENT_KINDS[row]
        for m in range(flows.shape[1]):
            flows[kind, m] += payments[row, m, s]
            payments[row, m, s] = 0.0


@compiled
def charge_servicing(flows, rate):
    """Subtract the servicing fee on all receipts."""
    for k in range(LAST_RECEIPT + 1):
        for m in range(flows.shape[1]):
            flows[SERVICING, m] -= rate * flows[k, m]


@compiled
def add_times(total, row, amounts):
    """Add a scenario's amounts, without weight and weighted by each control variate."""
    for i in range(amounts.shape[0]):
        if row.shape[0] == 1:
            for m in range(amounts.shape[1]):
                total[i, m, 0] += amounts[i, m] * row[0]
            continue
        for m in range(amounts.shape[1]):
            amount = amounts[i, m]
            # Most kinds of cash are paid in few months.
            if amount != 0.0:
                for c in range(total.shape[2]):
                    total[i, m, c] += amount * row[c]


@compiled
def store_flows(stored, flows):
    """Store a scenario's flows, or receipts and costs where only two kinds are stored."""
    if stored.shape[0] == flows.shape[0]:
        for k in range(flows.shape[0]):
            for m in range(flows.shape[1]):
                stored[k, m] = flows[k, m]
        return
    for m in range(flows.shape[1]):
        stored[0, m] = 0.0
        stored[1, m] = 0.0
    for k in range(flows.shape[0]):
        side = 0 if k <= LAST_RECEIPT else 1
        for m in range(flows.shape[1]):
            stored[side, m] += flows[k, m]


@compiled
def add_cash(total, flows):
    """Add a group's flows to the totals of their scenario."""
    for k in range(flows.shape[0]):
        for m in range(flows.shape[1]):
            if flows[k, m] != 0.0:
                total[k, m] += flows[k, m]


@compiled
def add_moments(total, design, first, lanes, count):
    """Add a loan's sums over lanes, without weight and weighted by each control variate.

    The design has a row for each scenario of the tile; that of the first lane is `first`. Lane i
    adds to partial sum i % 8, so that the order of the sums is the same on all machines.
    """
    sums, partial, weight = lanes["sums"], lanes["partial"], lanes["x"]
    whole = (count + PARTIAL - 1) // PARTIAL * PARTIAL
    for c in range(total.shape[1]):
        for s in range(count):
            weight[s] = design[first + s, c]
        for s in range(count, whole):
            weight[s] = 0.0
        for k in range(6):
            for j in range(PARTIAL):
                partial[k, j] = 0.0
        for begin in range(0, whole, PARTIAL):
            for j in range(PARTIAL):
                s = begin + j
                x, pv, received = weight[s], sums[0, s], sums[1, s]
                partial[0, j] += x * pv
                partial[1, j] += x * (pv * pv)
                partial[2, j] += x * received
                partial[3, j] += x * sums[2, s]
                partial[4, j] += x * sums[3, s]
                partial[5, j] += x if received > 0.0 else 0.0
        for k in range(6):
            added = 0.0
            for j in range(PARTIAL):
                added += partial[k, j]
            total[k, c] += added


@compiled
def add_values(total, lanes, s):
    """Add the loan in lane `s` to the totals of its scenario."""
    sums = lanes["sums"]
    total[0] += sums[0, s]
    total[1] += sums[0, s] * sums[0, s]
    total[2] += sums[1, s]
    total[3] += sums[2, s]
    total[4] += sums[3, s]
    if sums[1, s] > 0.0:
        total[5] += 1.0


@compiled
def record_loan(tile, i, design, first, lanes, count):
    """Add the sums of one loan to the tile. Its first lane is the tile's scenario `first`."""
    add_moments(tile.moments[i], design, first, lanes, count)
    if tile.values.shape[0] > 0:
        for s in range(count):
            add_values(tile.values[first + s, i], lanes, s)
    if tile.record.shape[0] > 0:
        for s in range(count):
            record = tile.record[first + s, i]
            record[0] = lanes["sums"][0, s]
            record[1] = lanes["stage"][s]
            record[2] = lanes["exit_due"][s]
            record[3] = lanes["exit_secured"][s]


@compiled(separate=True)
def record_group(tile, group, design, first, cash, count):
    """Add the cash of a group in a block of scenarios to the tile, and leave it at zero."""
    for s in range(count):
        flows = cash.flows[s]
        add_payments(flows, cash.payments, s)
        if cash.servicing > 0.0:
            charge_servicing(flows, cash.servicing)
        if tile.mean.shape[3] > 0:
            add_times(tile.mean[group], design[first + s], flows)
        if tile.cash.shape[0] > 0:
            add_cash(tile.cash[first + s, group], flows)
        store_flows(tile.flows[first + s, group], flows)
        for k in range(flows.shape[0]):
            for m in range(flows.shape[1]):
                flows[k, m] = 0.0
