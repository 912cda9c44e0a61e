"""All loans of a package in a tile of scenarios.

One call simulates all loans of its scenarios. It adds the amounts of a scenario in the order of
the loans, and the sums of a loan in the order of the scenarios. No result therefore depends on
which thread or worker simulates the tile.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from npl_sim.core.layout import Stage
from npl_sim.kernels._jit import LOAN_PATHS, compiled
from npl_sim.kernels.collection_tables import fill_tables, flush
from npl_sim.kernels.context import (
    LOAN_STATE,
    CashAccumulator,
    LoanPath,
    Package,
    ScenarioFactors,
    ScenarioTables,
)
from npl_sim.kernels.loan_path import simulate_loan
from npl_sim.kernels.rng import MASK, SHIFT, Replicate
from npl_sim.kernels.schedule import EVENT, most_events
from npl_sim.kernels.tile_sums import record_path, record_scenario, set_to_zero


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


class WorkArrays(NamedTuple):
    """Working arrays of one call."""

    state: np.ndarray
    """Shape (1,), of LOAN_STATE."""
    flows: np.ndarray
    """Shape (groups, kinds, months + 1)."""
    sums: np.ndarray
    """Shape (4,)."""
    stages: np.ndarray
    """Shape (stages, months + 1)."""
    paying: np.ndarray
    """Shape (months + 1,)."""
    worked: np.ndarray
    """Shape (months + 1,)."""
    standing: np.ndarray
    """Shape (months + 1,)."""
    share: np.ndarray
    """Shape (1,)."""
    tables: np.ndarray
    """Shape (7, months + 1)."""
    up: np.ndarray
    """Shape (policies, months + 1)."""
    down: np.ndarray
    """Shape (policies, months + 1)."""
    sale_up: np.ndarray
    """Shape (policies,)."""
    events: np.ndarray
    """Shape (most events of a loan in enforcement,), of EVENT."""


def new_work_arrays(package: Package, groups: int, kinds: int, months: int) -> WorkArrays:
    """Return working arrays for `simulate_tile` on a package."""
    policies = len(package.terms)
    return WorkArrays(
        state=np.zeros(1, dtype=LOAN_STATE),
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
def fill_factors(scenario, factors, s):
    """Fill the multipliers of scenario `s` for every policy."""
    months = scenario.up.shape[1] - 1
    for p in range(scenario.up.shape[0]):
        b = factors.loading[p]
        scenario.up[p, 0] = 1.0
        scenario.down[p, 0] = 0.0
        total = 0.0
        for m in range(1, months + 1):
            x = b * factors.cooperation[s, m]
            half = 0.5 * b * b * factors.variance[m]
            scenario.up[p, m] = math.exp(x - half)
            total += math.exp(-x - half)
            scenario.down[p, m] = total
        b = factors.sale_loading[p]
        at = max(scenario.exit[p], 0)
        scenario.sale_up[p] = math.exp(
            b * factors.cooperation[s, at] - 0.5 * b * b * factors.variance[at]
        )


@compiled
def month_of_exit(scenario, policy, horizon):
    """Return the month of sale of a policy's loans, or the horizon."""
    return int(scenario.exit[policy]) if scenario.exit[policy] >= 0 else horizon


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
        Working arrays, from `new_work_arrays`.
    """
    rows, state = work.tables, work.state[0]
    horizon = run.discount.shape[0] - 1
    tables = ScenarioTables(
        rows[0], work.share, rows[1], rows[2], rows[3], rows[4], rows[5], rows[6]
    )
    for s in range(tile.flows.shape[0]):
        row = factors.design[s]
        scenario_number = first_scenario + np.uint64(s)
        replicate = Replicate(run.seed & MASK, run.seed >> SHIFT, scenario_number)
        cash = CashAccumulator(
            work.flows,
            work.sums,
            run.discount,
            run.servicing,
            work.paying,
            work.worked,
            work.stages,
            work.standing,
            tile.placements[s],
        )
        scenario = ScenarioFactors(
            factors.indices[s],
            factors.congestion[s],
            work.up,
            work.down,
            work.sale_up,
            factors.exit[s],
            work.events,
        )
        fill_factors(scenario, factors, s)
        set_to_zero(work.flows, work.stages)
        for c in range(collection.policy.shape[0]):
            policy = collection.policy[c]
            terms = package.terms[policy]
            fill_tables(tables, collection, c, scenario.up[policy], terms["payer_share"], cash)
            end = month_of_exit(scenario, policy, horizon)
            for i in range(collection.begin[c], collection.begin[c + 1]):
                work.sums[0] = work.sums[1] = work.sums[2] = work.sums[3] = 0.0
                path = LoanPath(
                    package.loans[i],
                    terms,
                    package,
                    collection,
                    c,
                    tables,
                    scenario,
                    cash,
                    state,
                    replicate,
                    end,
                )
                simulate_loan(path)
                record_path(tile, s, i, row, path)
            flush(cash, tables, collection, c)
        record_scenario(tile, s, row, cash)
