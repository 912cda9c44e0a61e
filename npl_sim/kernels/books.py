"""The books of a walk: the case in hand, and where its cash is entered."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from npl_sim.kernels._jit import compiled

__all__ = [
    "CASE",
    "Books",
    "Cohorts",
    "Package",
    "Tables",
    "World",
    "accrue",
    "is_paid",
    "month_of",
    "move",
    "owed",
    "pay",
    "post",
    "receive",
]

CASE = np.dtype(
    [
        ("principal", np.float64),
        ("other", np.float64),  # interest and fees
        ("since", np.float64),  # time to which interest has run
        ("claim", np.float64),  # what was owed at the valuation date
        ("unsold", np.uint64),  # bit i: item i is unsold
        ("bound", np.int64),  # 1: the guarantor is bound
        ("preserved_at", np.float64),  # time of a freeze that found assets; < 0: none
        ("frozen_until", np.float64),
    ]
)
"""Record of the loan in hand, overwritten from walk to walk."""


class Package(NamedTuple):
    """What never changes during a run (records of `layout`)."""

    loans: np.ndarray
    items: np.ndarray
    terms: np.ndarray
    auctions: np.ndarray
    fees: np.ndarray
    quantiles: np.ndarray


class Cohorts(NamedTuple):
    """Collection tables of the cohorts, before the scenario's cooperation. Shape (cohorts, months + 1)."""

    begin: np.ndarray  # (cohorts + 1,): first loan of each
    policy: np.ndarray  # (cohorts,)
    group: np.ndarray  # (cohorts,)
    last: np.ndarray  # (cohorts,): last month of collection
    reach: np.ndarray  # (cohorts,): rate of events that restart the limitation clock [per month]
    settle: np.ndarray
    cure: np.ndarray
    pay: np.ndarray
    commission: np.ndarray
    cost: np.ndarray
    discount: np.ndarray


class World(NamedTuple):
    """The systematic factors of one scenario."""

    indices: np.ndarray  # (indices, months + 1)
    congestion: np.ndarray  # (months + 1,)
    up: np.ndarray  # (policies, months + 1): multiplier of payments
    down: np.ndarray  # (policies, months + 1): running sum of the multiplier of redefaults
    sale_up: np.ndarray  # (policies,): multiplier of sale prices at the policy's exit


class Tables(NamedTuple):
    """Collection tables of one cohort in one scenario; running sums over months, (months + 1,)."""

    hazard: np.ndarray  # of settlement and cure
    paid: np.ndarray  # share of the claim paid, at most the share of payers
    paid_present: np.ndarray  # the same, discounted and net of commission and servicing
    paid_month: np.ndarray  # the same, times month
    commission: np.ndarray  # commission on it
    cost: np.ndarray  # contact costs of an account
    cost_present: np.ndarray  # the same, discounted


class Books(NamedTuple):
    """Where cash is entered."""

    flows: np.ndarray  # (groups, kinds, months + 1)
    sums: np.ndarray  # (4,): present value, receipts, costs, receipts times month, of the loan in hand
    discount: np.ndarray  # (months + 1,)
    servicing: float  # share of receipts
    paying: np.ndarray  # (months + 1,): amounts that stop paying after each month
    worked: np.ndarray  # (months + 1,): accounts that stop costing after each month
    stages: np.ndarray  # (stages, months + 1): GBV entering less leaving


@compiled
def month_of(t):
    """Return the month that covers time `t`; 0 is the valuation date itself."""
    return max(0, int(math.ceil(t - 1e-9)))


@compiled
def owed(case):
    """Return what is owed."""
    return case["principal"] + case["other"]


@compiled
def accrue(case, accrual, t):
    """Let interest run to time `t`."""
    if t > case["since"]:
        case["other"] += case["principal"] * accrual * (t - case["since"])
        case["since"] = t


@compiled
def pay(case, amount):
    """Apply a payment of at most what is owed: interest and fees first, then principal."""
    other = min(amount, case["other"])
    case["other"] -= other
    case["principal"] = max(0.0, case["principal"] - (amount - other))


@compiled
def is_paid(case):
    """Say whether no more than rounding is left of the claim."""
    return case["principal"] + case["other"] <= 1e-6 * case["claim"]


@compiled
def receive(books, group, kind, month, amount):
    """Enter a receipt."""
    books.flows[group, kind, month] += amount
    books.sums[0] += amount * (1.0 - books.servicing) * books.discount[month]
    books.sums[1] += amount
    books.sums[2] -= amount * books.servicing
    books.sums[3] += amount * month


@compiled
def post(books, group, kind, month, amount):
    """Enter a cost (negative) or its refund (positive)."""
    books.flows[group, kind, month] += amount
    books.sums[0] += amount * books.discount[month]
    books.sums[2] += amount


@compiled
def move(books, gbv, old, new, month):
    """Count a loan out of stage `old` and into stage `new`."""
    books.stages[old, month] -= gbv
    books.stages[new, month] += gbv
    return new
