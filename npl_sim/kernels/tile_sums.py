"""Sums of a tile: cash, balances and moments of its scenarios and loans."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.codes import RESIDUAL, SERVICING


@compiled
def charge_servicing(flows, rate):
    """Subtract the servicing fee on all receipts."""
    for g in range(flows.shape[0]):
        for k in range(RESIDUAL + 1):
            for m in range(flows.shape[2]):
                flows[g, SERVICING, m] -= rate * flows[g, k, m]


@compiled
def set_to_zero(flows, stages):
    """Clear the flows, and the balances by stage."""
    for g in range(flows.shape[0]):
        for k in range(flows.shape[1]):
            for m in range(flows.shape[2]):
                flows[g, k, m] = 0.0
    for i in range(stages.shape[0]):
        for m in range(stages.shape[1]):
            stages[i, m] = 0.0


@compiled
def add_times(total, row, amounts):
    """Add a scenario's amounts, without weight and weighted by each control variate."""
    for i in range(amounts.shape[0]):
        for m in range(amounts.shape[1]):
            amount = amounts[i, m]
            # Most kinds of cash are paid in few months.
            if amount != 0.0:
                for c in range(total.shape[2]):
                    total[i, m, c] += amount * row[c]


@compiled
def store_flows(stored, flows):
    """Store a scenario's flows, or receipts and costs where only two kinds are stored."""
    for g in range(flows.shape[0]):
        if stored.shape[1] == flows.shape[1]:
            for k in range(flows.shape[1]):
                for m in range(flows.shape[2]):
                    stored[g, k, m] = flows[g, k, m]
        else:
            for m in range(flows.shape[2]):
                stored[g, 0, m] = 0.0
                stored[g, 1, m] = 0.0
            for k in range(flows.shape[1]):
                side = 0 if k <= RESIDUAL else 1
                for m in range(flows.shape[2]):
                    stored[g, side, m] += flows[g, k, m]


@compiled
def add_moments(total, row, sums):
    """Add one scenario of a loan, without weight and weighted by each control variate."""
    squared = sums[0] * sums[0]
    for c in range(total.shape[1]):
        x = row[c]
        total[0, c] += x * sums[0]
        total[1, c] += x * squared
        total[3, c] += x * sums[2]
    # Many loans pay nothing.
    if sums[1] > 0.0:
        for c in range(total.shape[1]):
            x = row[c]
            total[2, c] += x * sums[1]
            total[4, c] += x * sums[3]
            total[5, c] += x


@compiled
def add_cash(total, flows):
    """Add a group's flows to the totals of their scenario."""
    for k in range(flows.shape[0]):
        for m in range(flows.shape[1]):
            if flows[k, m] != 0.0:
                total[k, m] += flows[k, m]


@compiled
def add_values(total, sums):
    """Add a loan path to the totals of its scenario."""
    total[0] += sums[0]
    total[1] += sums[0] * sums[0]
    total[2] += sums[1]
    total[3] += sums[2]
    total[4] += sums[3]
    if sums[1] > 0.0:
        total[5] += 1.0


@compiled
def record_path(tile, s, i, row, path):
    """Add the sums of one loan path to the tile."""
    sums, state = path.cash.sums, path.state
    add_moments(tile.moments[i], row, sums)
    if tile.values.shape[0] > 0:
        add_values(tile.values[s, i], sums)
    if tile.record.shape[0] > 0:
        tile.record[s, i, 0] = sums[0]
        tile.record[s, i, 1] = state["exit_stage"]
        tile.record[s, i, 2] = state["exit_due"]
        tile.record[s, i, 3] = state["exit_secured"]


@compiled
def record_scenario(tile, s, row, cash):
    """Add the cash and balances of one scenario to the tile."""
    flows = cash.flows
    if cash.servicing > 0.0:
        charge_servicing(flows, cash.servicing)
    for g in range(flows.shape[0]):
        add_times(tile.mean[g], row, flows[g])
    add_times(tile.stages, row, cash.stages)
    if tile.cash.shape[0] > 0:
        for g in range(flows.shape[0]):
            add_cash(tile.cash[s, g], flows[g])
    store_flows(tile.flows[s], flows)
