"""Records of the simulation of one loan: package, collection tables, cash, context of a block."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


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
    estimates: np.ndarray
    manual: np.ndarray
    correlation: np.ndarray


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


class Cash(NamedTuple):
    """Arrays that accumulate the cash and balances of a block of scenarios."""

    flows: np.ndarray
    """Cash of the group at hand, shape (lanes, kinds, months + 1)."""
    payments: np.ndarray
    """Its monthly payments, commission and contact costs, shape (3, months + 1, lanes)."""
    stages: np.ndarray
    """Weighted GBV entering less GBV leaving, shape (stages, months + 1, controls + 1)."""
    design: np.ndarray
    """Weights of the lanes: one, and the control variates, shape (lanes, controls + 1)."""
    monthly: np.ndarray
    """What stops after each month, shape (3, months + 1, lanes): rows of `collection_tables`."""
    placements: np.ndarray
    """Collected, and claims in collection, shape (lanes, placements, 2, months + 1)."""
    discount: np.ndarray
    """Discount factors, shape (months + 1,)."""
    annuity: np.ndarray
    """Sum of the discount factors of months 1 to m, shape (months + 1,)."""
    servicing: float
    """Servicing fee as a share of receipts."""


class Block(NamedTuple):
    """Context of one loan in a block of scenarios: all that its stages read and write."""

    loan: Any
    """Record of LOAN."""
    terms: Any
    """Record of TERMS of the loan's policy."""
    claim: float
    """Amount owed at the valuation date. [currency]"""
    width: int
    """Lanes in use."""
    lanes: Any
    """Record of LANES."""
    replicate: Any
    """Address of the random numbers of the first lane (`rng.Replicate`)."""
    package: Any
    """Records of the package (Package)."""
    indices: Any
    """Collateral indices, shape (lanes, indices, months + 1)."""
    congestion: Any
    """Congestion of the courts, shape (lanes, months + 1)."""
    tables: Any
    """The loan's collection table in each scenario, rows of `collection_tables`."""
    down: Any
    """Running sum of the multiplier of redefaults, shape (lanes, policies, months + 1)."""
    distress: Any
    """Running sum of the multiplier of insolvencies, shape (lanes, policies, months + 1)."""
    sale_up: Any
    """Multiplier of sale prices at the policy's exit, shape (lanes, policies)."""
    exit: Any
    """Month of sale, -1 for none, shape (lanes, policies)."""
    cash: Any
    """Cash accumulators (Cash)."""
    events: Any
    """Working array of EVENT, as long as `schedule.most_events`."""
    order: Any
    """Working array for the order of events, of the same length."""
