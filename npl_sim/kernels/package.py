"""All loans of a package through a tile of scenarios.

One call owns its scenarios: every amount of a scenario is added in the order of the loans, and the
per-loan sums of a tile in the order of its scenarios, so no result depends on who runs the tile.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from npl_sim.core.layout import Stage
from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import CASE, Books, Package, Tables, World
from npl_sim.kernels.codes import RESIDUAL, SERVICING
from npl_sim.kernels.collection import fill_tables, flush
from npl_sim.kernels.loan_path import walk
from npl_sim.kernels.rng import MASK, SHIFT, Trial
from npl_sim.kernels.schedule import EVENT, most_events

__all__ = ["Factors", "Scratch", "Tile", "new_scratch", "simulate_tile"]


class Factors(NamedTuple):
    """Systematic factors of a tile, stress included, and how policies load on cooperation."""

    indices: np.ndarray  # (scenarios, indices, months + 1): levels
    congestion: np.ndarray  # (scenarios, months + 1): levels
    cooperation: np.ndarray  # (scenarios, months + 1): log deviation
    variance: np.ndarray  # (months + 1,): of the log of cooperation, before stress
    loading: np.ndarray  # (policies,)
    sale_loading: np.ndarray  # (policies,)
    exit: np.ndarray  # (scenarios, policies): month of sale; -1: none
    design: np.ndarray  # (scenarios, controls + 1): one, and the control variates


class Tile(NamedTuple):
    """What one call fills.

    Sums are over the tile's scenarios, once as they are and once times each control variate; those with no room for
    controls are not made.
    """

    flows: np.ndarray  # (scenarios, groups, kinds or 2, months + 1)
    mean: np.ndarray  # (groups, kinds, months + 1, controls + 1): sums of cash
    moments: np.ndarray  # (loans, len(MOMENTS), controls + 1): sums
    stages: np.ndarray  # (stages, months + 1, controls + 1): sums of GBV entering less leaving
    desks: (
        np.ndarray
    )  # (scenarios, desks, 2, months + 1): collected in placements, claims in collection
    record: (
        np.ndarray
    )  # (scenarios, loans, 4): present value, stage, claim and secured part at the sale; or empty
    values: np.ndarray  # (scenarios, loans, len(MOMENTS)): added to what stands there; or empty
    cash: np.ndarray  # (scenarios, groups, kinds, months + 1): likewise


class Scratch(NamedTuple):
    """Working arrays of one call."""

    case: np.ndarray  # (1,) of CASE
    flows: np.ndarray  # (groups, kinds, months + 1)
    sums: np.ndarray  # (4,)
    stages: np.ndarray  # (stages, months + 1)
    paying: np.ndarray  # (months + 1,)
    worked: np.ndarray  # (months + 1,)
    standing: np.ndarray  # (months + 1,)
    share: np.ndarray  # (1,)
    tables: np.ndarray  # (7, months + 1)
    up: np.ndarray  # (policies, months + 1)
    down: np.ndarray  # (policies, months + 1)
    sale_up: np.ndarray  # (policies,)
    events: np.ndarray  # (most events of a loan in enforcement,) of EVENT


def new_scratch(package: Package, groups: int, kinds: int, months: int) -> Scratch:
    """Return working arrays for `simulate_tile` on a package."""
    policies = len(package.terms)
    return Scratch(
        case=np.zeros(1, dtype=CASE),
        flows=np.zeros((groups, kinds, months + 1)),
        sums=np.zeros(4),
        stages=np.zeros((len(Stage), months + 1)),
        paying=np.zeros(months + 1),
        worked=np.zeros(months + 1),
        standing=np.zeros(months + 1),
        share=np.zeros(1),
        tables=np.zeros((7, months + 1)),
        up=np.zeros((policies, months + 1)),
        down=np.zeros((policies, months + 1)),
        sale_up=np.zeros(policies),
        events=np.zeros(most_events(package), dtype=EVENT),
    )


@compiled
def fill_world(world, factors, s):
    """Lay out the multipliers of scenario `s` for every policy."""
    months = world.up.shape[1] - 1
    for p in range(world.up.shape[0]):
        b = factors.loading[p]
        world.up[p, 0] = 1.0
        world.down[p, 0] = 0.0
        total = 0.0
        for m in range(1, months + 1):
            x = b * factors.cooperation[s, m]
            half = 0.5 * b * b * factors.variance[m]
            world.up[p, m] = math.exp(x - half)
            total += math.exp(-x - half)
            world.down[p, m] = total
        b = factors.sale_loading[p]
        at = max(world.exit[p], 0)
        world.sale_up[p] = math.exp(
            b * factors.cooperation[s, at] - 0.5 * b * b * factors.variance[at]
        )


@compiled
def charge_servicing(flows, rate):
    """Enter the servicer's share of all receipts."""
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
    """Add a scenario's amounts, once as they are and once times each control variate."""
    for i in range(amounts.shape[0]):
        for m in range(amounts.shape[1]):
            amount = amounts[i, m]
            # Most kinds of cash are paid in few months.
            if amount != 0.0:
                for c in range(total.shape[2]):
                    total[i, m, c] += amount * row[c]


@compiled
def keep_flows(kept, flows):
    """Keep a scenario's flows, or their sums over receipts and costs where only two kinds are kept."""
    for g in range(flows.shape[0]):
        if kept.shape[1] == flows.shape[1]:
            for k in range(flows.shape[1]):
                for m in range(flows.shape[2]):
                    kept[g, k, m] = flows[g, k, m]
        else:
            for m in range(flows.shape[2]):
                kept[g, 0, m] = 0.0
                kept[g, 1, m] = 0.0
            for k in range(flows.shape[1]):
                side = 0 if k <= RESIDUAL else 1
                for m in range(flows.shape[2]):
                    kept[g, side, m] += flows[g, k, m]


@compiled
def add_moments(total, row, sums):
    """Add one scenario of a loan to its sums, once as it is and once times each control variate."""
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
    """Add a group's flows to what stands for their scenario."""
    for k in range(flows.shape[0]):
        for m in range(flows.shape[1]):
            if flows[k, m] != 0.0:
                total[k, m] += flows[k, m]


@compiled
def add_values(total, sums):
    """Add a path of a loan to what stands for its scenario."""
    total[0] += sums[0]
    total[1] += sums[0] * sums[0]
    total[2] += sums[1]
    total[3] += sums[2]
    total[4] += sums[3]
    if sums[1] > 0.0:
        total[5] += 1.0


@compiled(entry=True, slow=True)
def simulate_tile(
    package, cohorts, factors, discount, servicing, seed, first_scenario, tile, scratch
):
    """Walk every loan through every scenario of a tile.

    Parameters
    ----------
    package, cohorts
        What does not change (see `books`).
    factors
        Systematic factors of the tile's scenarios.
    discount
        Discount factor of each month, (months + 1,).
    servicing
        Servicer's share of receipts.
    seed
        Seed (uint64).
    first_scenario
        Number of the tile's first scenario (uint64).
    tile
        Arrays to fill; all but `flows`, `values` and `cash` must come as zeros.
    scratch
        Working arrays, from `new_scratch`.
    """
    case = scratch.case[0]
    flows, sums = scratch.flows, scratch.sums
    rows = scratch.tables
    tables = Tables(rows[0], scratch.share, rows[1], rows[2], rows[3], rows[4], rows[5], rows[6])
    for s in range(tile.flows.shape[0]):
        row = factors.design[s]
        trial = Trial(seed & MASK, seed >> SHIFT, first_scenario + np.uint64(s))
        books = Books(
            flows,
            sums,
            discount,
            servicing,
            scratch.paying,
            scratch.worked,
            scratch.stages,
            scratch.standing,
            tile.desks[s],
        )
        world = World(
            factors.indices[s],
            factors.congestion[s],
            scratch.up,
            scratch.down,
            scratch.sale_up,
            factors.exit[s],
            scratch.events,
        )
        fill_world(world, factors, s)
        set_to_zero(flows, scratch.stages)
        for c in range(cohorts.policy.shape[0]):
            policy = cohorts.policy[c]
            payer_share = package.terms[policy]["payer_share"]
            fill_tables(tables, cohorts, c, world.up[policy], payer_share, discount, servicing)
            for i in range(cohorts.begin[c], cohorts.begin[c + 1]):
                sums[0] = sums[1] = sums[2] = sums[3] = 0.0
                walk(package.loans[i], package, tables, cohorts, c, world, books, case, trial)
                add_moments(tile.moments[i], row, sums)
                if tile.values.shape[0] > 0:
                    add_values(tile.values[s, i], sums)
                if tile.record.shape[0] > 0:
                    tile.record[s, i, 0] = sums[0]
                    tile.record[s, i, 1] = case["exit_stage"]
                    tile.record[s, i, 2] = case["exit_due"]
                    tile.record[s, i, 3] = case["exit_secured"]
            flush(books, tables, cohorts, c)
        if servicing > 0.0:
            charge_servicing(flows, servicing)
        for g in range(flows.shape[0]):
            add_times(tile.mean[g], row, flows[g])
        add_times(tile.stages, row, scratch.stages)
        if tile.cash.shape[0] > 0:
            for g in range(flows.shape[0]):
                add_cash(tile.cash[s, g], flows[g])
        keep_flows(tile.flows[s], flows)
