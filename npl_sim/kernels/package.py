"""All loans of a package in a tile of scenarios.

One call simulates all loans of its scenarios. It adds the amounts of a scenario in the order of
the loans, and the sums of a loan in the order of the scenarios. No result therefore depends on
which thread or worker simulates the tile.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from npl_sim.kernels._jit import LOAN_PATHS, compiled
from npl_sim.kernels.collection_tables import (
    MONTHLY,
    PAYMENT_KINDS,
    TABLES,
    fill_tables,
    flush,
)
from npl_sim.kernels.context import Block, Cash, Package
from npl_sim.kernels.insolvency import fill_distress, may_become_insolvent
from npl_sim.kernels.lanes import LANES, WIDTH
from npl_sim.kernels.loan_block import simulate_loan
from npl_sim.kernels.rng import MASK, SHIFT, Replicate
from npl_sim.kernels.schedule import EVENT, most_events
from npl_sim.kernels.tile_sums import record_group, record_loan


class Factors(NamedTuple):
    """Systematic factors of a tile, stress included, and the loadings of the policies."""

    indices: np.ndarray
    """Levels, shape (scenarios, indices, months + 1)."""
    congestion: np.ndarray
    """Levels, shape (scenarios, months + 1)."""
    cooperation: np.ndarray
    """Log of the level, shape (scenarios, months + 1)."""
    variance: np.ndarray
    """Variance of the log of cooperation, before stress, shape (months + 1,)."""
    loading: np.ndarray
    """Loading of collection on cooperation, shape (policies,)."""
    sale_loading: np.ndarray
    """Loading of sale prices on cooperation, shape (policies,)."""
    insolvency_loading: np.ndarray
    """Loading of insolvencies on cooperation, shape (policies,)."""
    exit: np.ndarray
    """Month of sale, -1 for none, shape (scenarios, policies)."""
    design: np.ndarray
    """One, and the control variates, shape (scenarios, controls + 1)."""


class Tile(NamedTuple):
    """Output arrays of one call, summed over the tile's scenarios.

    A sum is kept without weight, and weighted by each control variate. An array with one column
    has no weighted sums.
    """

    flows: np.ndarray
    """Cash, shape (scenarios, groups, kinds or 2, months + 1)."""
    mean: np.ndarray
    """Sums of cash, shape (groups, kinds, months + 1, controls + 1)."""
    moments: np.ndarray
    """Sums for each loan, shape (loans, len(MOMENTS), controls + 1)."""
    stages: np.ndarray
    """Sums of GBV entering less GBV leaving, shape (stages, months + 1, controls + 1)."""
    placements: np.ndarray
    """Collected, and claims in collection, shape (scenarios, placements, 2, months + 1)."""
    record: np.ndarray
    """Present value, stage, claim and secured part at the sale of each loan path.

    Shape (scenarios, loans, 4), or empty.
    """
    values: np.ndarray
    """Totals to which this call adds, shape (scenarios, loans, len(MOMENTS)), or empty."""
    cash: np.ndarray
    """Totals to which this call adds, shape (scenarios, groups, kinds, months + 1), or empty."""


class RunTerms(NamedTuple):
    """Terms of a run that all tiles share."""

    discount: np.ndarray
    """Discount factor of each month, shape (months + 1,)."""
    servicing: float
    """Servicing fee as a share of receipts."""
    seed: np.uint64
    """Seed of the random numbers."""


class Scenarios(NamedTuple):
    """A block of scenarios of a tile."""

    first: int
    """First scenario of the tile."""
    width: int
    """Scenarios."""
    replicate: Replicate
    """Address of the random numbers of the first scenario."""
    indices: np.ndarray
    """Shape (scenarios, indices, months + 1)."""
    congestion: np.ndarray
    """Shape (scenarios, months + 1)."""
    exit: np.ndarray
    """Shape (scenarios, policies)."""
    design: np.ndarray
    """Weights of all scenarios of the tile, shape (scenarios of the tile, controls + 1)."""


class WorkArrays(NamedTuple):
    """Working arrays of one call."""

    lanes: np.ndarray
    """Shape (1,), of LANES."""
    flows: np.ndarray
    """Shape (lanes, kinds, months + 1)."""
    payments: np.ndarray
    """Shape (3, months + 1, lanes)."""
    monthly: np.ndarray
    """Shape (3, months + 1, lanes)."""
    tables: np.ndarray
    """Shape (8, months + 1, lanes)."""
    up: np.ndarray
    """Multiplier of payments, shape (policies, months + 1, lanes)."""
    down: np.ndarray
    """Shape (lanes, policies, months + 1)."""
    distress: np.ndarray
    """Shape (lanes, policies, months + 1); no months where no debtor may become insolvent."""
    sale_up: np.ndarray
    """Shape (lanes, policies)."""
    annuity: np.ndarray
    """Shape (months + 1,)."""
    events: np.ndarray
    """Shape (most events of a loan in enforcement,), of EVENT."""
    order: np.ndarray
    """Shape (most events of a loan in enforcement,)."""


def new_work_arrays(package: Package, kinds: int, months: int) -> WorkArrays:
    """Return working arrays for `simulate_tile` on a package."""
    policies, events = len(package.terms), most_events(package)
    exposed = may_become_insolvent(package.loans).any()
    return WorkArrays(
        lanes=np.zeros(1, dtype=LANES),
        flows=np.zeros((WIDTH, kinds, months + 1)),
        payments=np.zeros((len(PAYMENT_KINDS), months + 1, WIDTH)),
        monthly=np.zeros((MONTHLY, months + 1, WIDTH)),
        tables=np.zeros((TABLES, months + 1, WIDTH)),
        up=np.zeros((policies, months + 1, WIDTH)),
        down=np.zeros((WIDTH, policies, months + 1)),
        distress=np.zeros((WIDTH, policies, months + 1 if exposed else 0)),
        sale_up=np.zeros((WIDTH, policies)),
        annuity=np.zeros(months + 1),
        events=np.zeros(events, dtype=EVENT),
        order=np.zeros(events, dtype=np.int64),
    )


@compiled
def fill_factors(work, factors, s, lane):
    """Fill the multipliers of scenario `s` of the tile for every policy, in a lane."""
    months = work.up.shape[1] - 1
    for p in range(work.up.shape[0]):
        b = factors.loading[p]
        work.up[p, 0, lane] = 1.0
        work.down[lane, p, 0] = 0.0
        total = 0.0
        for m in range(1, months + 1):
            x = b * factors.cooperation[s, m]
            half = 0.5 * b * b * factors.variance[m]
            work.up[p, m, lane] = math.exp(x - half)
            total += math.exp(-x - half)
            work.down[lane, p, m] = total
        b = factors.sale_loading[p]
        at = max(factors.exit[s, p], 0)
        work.sale_up[lane, p] = math.exp(
            b * factors.cooperation[s, at] - 0.5 * b * b * factors.variance[at]
        )


@compiled
def fill_annuity(annuity, discount):
    """Fill the running sum of the discount factors from month 1 on."""
    annuity[0] = 0.0
    for m in range(1, annuity.shape[0]):
        annuity[m] = annuity[m - 1] + discount[m]


@compiled
def begin_block(work, factors, first, count):
    """Fill the factors of a block of scenarios, and forget the normals of the block before."""
    for lane in range(count):
        fill_factors(work, factors, first + lane, lane)
        if work.distress.shape[2] > 0:
            fill_distress(work.distress, factors, first + lane, lane)
    lanes = work.lanes[0]
    lanes["region_known"] = lanes["group_known"] = 0


@compiled
def simulate_table(package, collection, c, context, tile, work, cash):
    """Simulate the loans of collection table `c` in a block of scenarios."""
    lanes, first, count = work.lanes[0], context.first, context.width
    policy = collection.policy[c]
    terms, horizon = package.terms[policy], cash.discount.shape[0] - 1
    up, share = work.up[policy], terms["payer_share"]
    fill_tables(work.tables, collection, c, up, share, cash, lanes, count)
    for s in range(count):
        leaves = context.exit[s, policy]
        lanes["end"][s] = leaves if leaves >= 0 else horizon
        lanes["exit_month"][s] = lanes["end"][s]
    for i in range(collection.begin[c], collection.begin[c + 1]):
        loan = package.loans[i]
        block = Block(
            loan,
            terms,
            loan["principal"] + loan["interest_and_fees"],
            count,
            lanes,
            context.replicate,
            package,
            context.indices,
            context.congestion,
            work.tables,
            work.down,
            work.distress,
            work.sale_up,
            context.exit,
            cash,
            work.events,
            work.order,
        )
        simulate_loan(block, collection, c)
        record_loan(tile, i, context.design, first, lanes, count)
    flush(cash, work.tables, collection, c, lanes, count)


@compiled
def simulate_block(package, collection, context, run, tile, work):
    """Simulate every loan in a block of scenarios of the tile, group by group."""
    first, end = context.first, context.first + context.width
    cash = Cash(
        work.flows,
        work.payments,
        tile.stages,
        context.design[first:end],
        work.monthly,
        tile.placements[first:end],
        run.discount,
        work.annuity,
        run.servicing,
    )
    for group in range(tile.flows.shape[1]):
        for c in range(collection.policy.shape[0]):
            if collection.group[c] == group:
                simulate_table(package, collection, c, context, tile, work, cash)
        record_group(tile, group, context.design, first, cash, context.width)


@compiled(entry=True, slow=LOAN_PATHS)
def simulate_tile(package, collection, factors, run, first_scenario, tile, work):
    """Simulate every loan in every scenario of a tile.

    Parameters
    ----------
    package, collection
        Package and CollectionTables, which do not change.
    factors
        Systematic factors of the tile's scenarios.
    run
        Discount factors, servicing fee and seed.
    first_scenario
        Number of the tile's first scenario (uint64).
    tile
        Arrays to fill. All but `flows`, `values` and `cash` must be zero at the call.
    work
        Working arrays, from `new_work_arrays`. Each call leaves their amounts at zero.
    """
    scenarios = tile.flows.shape[0]
    fill_annuity(work.annuity, run.discount)
    for first in range(0, scenarios, WIDTH):
        count = min(WIDTH, scenarios - first)
        end = first + count
        begin_block(work, factors, first, count)
        number = first_scenario + np.uint64(first)
        context = Scenarios(
            first,
            count,
            Replicate(run.seed & MASK, run.seed >> SHIFT, number),
            factors.indices[first:end],
            factors.congestion[first:end],
            factors.exit[first:end],
            factors.design,
        )
        simulate_block(package, collection, context, run, tile, work)
