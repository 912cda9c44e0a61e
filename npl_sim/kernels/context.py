"""Records of the loan path simulation: loan state, scenario factors, cash accumulator, context."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

LOAN_STATE = np.dtype(
    [
        ("principal", np.float64),
        ("interest_and_fees", np.float64),
        # Default interest on a judgment is paid last. It begins at inf without a judgment.
        ("default_interest", np.float64),
        ("default_interest_from", np.float64),
        ("accrued_to", np.float64),  # Time to which interest has run.
        ("claim", np.float64),  # Amount owed at the valuation date.
        ("unsold", np.uint64),  # Bit i is set if item i is unsold.
        ("guarantor_liable", np.int64),  # 1 if the guarantors are liable.
        ("preserved_at", np.float64),  # Time of the freeze; < 0 for never.
        ("deposit", np.float64),  # Security lodged in cash.
        ("plans", np.int64),  # Repayment plans so far.
        ("plan_value", np.float64),  # Value of a kept plan at the exit; < 0 for none.
        ("exit_stage", np.int64),
        ("exit_due", np.float64),  # Amount owed at a sale.
        ("exit_secured", np.float64),  # Part of it that collateral covers.
    ]
)
"""State of the loan under simulation, overwritten from path to path."""


class Package(NamedTuple):
    """Records of `core.layout` and `core.record_links`, which never change during a run."""

    loans: np.ndarray
    items: np.ndarray
    guarantors: np.ndarray
    assets: np.ndarray
    terms: np.ndarray
    auctions: np.ndarray
    fees: np.ndarray
    quantiles: np.ndarray


class CollectionTables(NamedTuple):
    """Collection tables before the scenario's cooperation, one row for each policy, group and age.

    Arrays have the shape (tables,) or (tables, months + 1).
    """

    begin: np.ndarray
    """First loan of each table, shape (tables + 1,)."""
    policy: np.ndarray
    group: np.ndarray
    placement: np.ndarray
    """Row of the totals of agency placements; -1 where no contract needs them."""
    last: np.ndarray
    """Last month of collection."""
    reach: np.ndarray
    """Rate of events that restart the limitation clock. [per month]"""
    settle: np.ndarray
    cure: np.ndarray
    pay: np.ndarray
    commission: np.ndarray
    cost: np.ndarray
    discount: np.ndarray
    bound: np.ndarray
    """Upper bound of the multiplier of `pay`."""
    lift: np.ndarray
    """Factor that restores the mean of the bounded multiplier."""


class ScenarioFactors(NamedTuple):
    """Systematic factors of one scenario."""

    indices: np.ndarray
    """Collateral indices, shape (indices, months + 1)."""
    congestion: np.ndarray
    """Congestion of the courts, shape (months + 1,)."""
    up: np.ndarray
    """Multiplier of payments, shape (policies, months + 1)."""
    down: np.ndarray
    """Running sum of the multiplier of redefaults, shape (policies, months + 1)."""
    sale_up: np.ndarray
    """Multiplier of sale prices at the policy's exit, shape (policies,)."""
    exit: np.ndarray
    """Month of sale, -1 for none, shape (policies,)."""
    events: np.ndarray
    """Working array of EVENT, as long as `schedule.most_events`."""


class ScenarioTables(NamedTuple):
    """One collection table in one scenario: running sums over months, shape (months + 1,)."""

    hazard: np.ndarray
    """Hazard of settlement and cure."""
    share: np.ndarray
    """Share of borrowers who pay, shape (1,)."""
    paid: np.ndarray
    """Share of the claim paid, on average over all borrowers."""
    paid_present: np.ndarray
    """The same, discounted and net of commission and servicing."""
    paid_month: np.ndarray
    """The same, times month."""
    commission: np.ndarray
    """Commission on the payments."""
    cost: np.ndarray
    """Contact costs of an account."""
    cost_present: np.ndarray
    """The same, discounted."""


class CashAccumulator(NamedTuple):
    """Arrays that accumulate the cash and balances of one scenario."""

    flows: np.ndarray
    """Cash, shape (groups, kinds, months + 1)."""
    sums: np.ndarray
    """Present value, receipts, costs, receipts times month of the loan, shape (4,)."""
    discount: np.ndarray
    """Discount factors, shape (months + 1,)."""
    servicing: float
    """Servicing fee as a share of receipts."""
    paying: np.ndarray
    """Amounts that stop paying after each month, shape (months + 1,)."""
    worked: np.ndarray
    """Accounts that stop costing after each month, shape (months + 1,)."""
    stages: np.ndarray
    """GBV entering less GBV leaving, shape (stages, months + 1)."""
    standing: np.ndarray
    """Claims that leave collection after each month, shape (months + 1,)."""
    placements: np.ndarray
    """Collected, and claims in collection, shape (placements, 2, months + 1)."""


class LoanPath(NamedTuple):
    """Context of one loan in one scenario: all that its stages read and write."""

    loan: Any
    """Record of LOAN."""
    terms: Any
    """Record of TERMS of the loan's policy."""
    package: Any
    """Records of the package (Package)."""
    collection: Any
    """Collection tables (CollectionTables)."""
    row: int
    """Row of the loan's collection table."""
    tables: Any
    """That table in this scenario (ScenarioTables)."""
    scenario: Any
    """Systematic factors of the scenario (ScenarioFactors)."""
    cash: Any
    """Cash accumulator (CashAccumulator)."""
    state: Any
    """Record of LOAN_STATE."""
    replicate: Any
    """Address of the scenario's random numbers (`rng.Replicate`)."""
    end: int
    """Month of sale, or the horizon."""
