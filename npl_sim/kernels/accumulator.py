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
        ("late", np.float64),  # delay interest on a judgment, paid last
        ("late_from", np.float64),  # time from which it runs; inf: no judgment
        ("delay", np.float64),  # its rate [per month]
        ("since", np.float64),  # time to which interest has run
        ("claim", np.float64),  # what was owed at the valuation date
        ("unsold", np.uint64),  # bit i: item i is unsold
        ("bound", np.int64),  # 1: the guarantor is bound
        ("preserved_at", np.float64),  # time at which assets were to be frozen; < 0: never
        ("deposit", np.float64),  # security lodged in cash
        ("plans", np.int64),  # plans that the borrower has had
        ("plan_value", np.float64),  # what a plan kept at the exit is worth; < 0: there is none
        ("exit_stage", np.int64),
        ("exit_due", np.float64),  # what was owed at a sale
        ("exit_secured", np.float64),  # the part of it that collateral covered
    ]
)
"""Record of the loan in hand, overwritten from walk to walk."""


class Package(NamedTuple):
    """What never changes during a run (records of `layout`)."""

    loans: np.ndarray
    items: np.ndarray
    guarantors: np.ndarray
    assets: np.ndarray
    terms: np.ndarray
    auctions: np.ndarray
    fees: np.ndarray
    quantiles: np.ndarray


class Cohorts(NamedTuple):
    """Collection tables of the cohorts, before the scenario's cooperation. Shape (cohorts, months + 1)."""

    begin: np.ndarray  # (cohorts + 1,): first loan of each
    policy: np.ndarray  # (cohorts,)
    group: np.ndarray  # (cohorts,)
    desk: np.ndarray  # (cohorts,): row of the placements' totals; -1: nobody asks for them
    last: np.ndarray  # (cohorts,): last month of collection
    reach: np.ndarray  # (cohorts,): rate of events that restart the limitation clock [per month]
    settle: np.ndarray
    cure: np.ndarray
    pay: np.ndarray
    commission: np.ndarray
    cost: np.ndarray
    discount: np.ndarray
    bound: np.ndarray  # (cohorts,): upper bound of the multiplier of `pay`
    lift: np.ndarray  # brings the mean of the bounded multiplier back


class World(NamedTuple):
    """The systematic factors of one scenario."""

    indices: np.ndarray  # (indices, months + 1)
    congestion: np.ndarray  # (months + 1,)
    up: np.ndarray  # (policies, months + 1): multiplier of payments
    down: np.ndarray  # (policies, months + 1): running sum of the multiplier of redefaults
    sale_up: np.ndarray  # (policies,): multiplier of sale prices at the policy's exit
    exit: np.ndarray  # (policies,): month of sale; -1: none
    events: np.ndarray  # working array of EVENT, as long as `schedule.most_events`


class Tables(NamedTuple):
    """Collection tables of one cohort in one scenario; running sums over months, (months + 1,)."""

    hazard: np.ndarray  # of settlement and cure
    share: np.ndarray  # (1,): share of borrowers who pay
    paid: np.ndarray  # share of the claim paid on average over all borrowers
    paid_present: np.ndarray  # the same, discounted and net of commission and servicing
    paid_month: np.ndarray  # the same, times month
    commission: np.ndarray  # commission on it
    cost: np.ndarray  # contact costs of an account
    cost_present: np.ndarray  # the same, discounted


class Books(NamedTuple):
    """Where cash is entered."""

    flows: np.ndarray  # (groups, kinds, months + 1)
    sums: (
        np.ndarray
    )  # (4,): present value, receipts, costs, receipts times month, of the loan in hand
    discount: np.ndarray  # (months + 1,)
    servicing: float  # share of receipts
    paying: np.ndarray  # (months + 1,): amounts that stop paying after each month
    worked: np.ndarray  # (months + 1,): accounts that stop costing after each month
    stages: np.ndarray  # (stages, months + 1): GBV entering less leaving
    standing: np.ndarray  # (months + 1,): claims that leave a desk's collection after each month
    desks: np.ndarray  # (desks, 2, months + 1): collected, and claims in collection


@compiled
def month_of(t):
    """Return the month that covers time `t`; 0 is the valuation date itself."""
    return max(0, int(math.ceil(t - 1e-9)))


@compiled
def owed(case):
    """Return what is owed."""
    return case["principal"] + case["other"] + case["late"]


@compiled
def accrue(case, accrual, t):
    """Let interest run to time `t`."""
    if t > case["since"]:
        case["other"] += case["principal"] * accrual * (t - case["since"])
        if t > case["late_from"]:
            case["late"] += (
                case["principal"] * case["delay"] * (t - max(case["since"], case["late_from"]))
            )
        case["since"] = t


@compiled
def pay(case, amount):
    """Apply a payment of at most what is owed: interest and fees, principal, then delay interest."""
    other = min(amount, case["other"])
    case["other"] -= other
    rest = amount - other - case["principal"]
    case["principal"] = max(0.0, -rest)
    if rest > 0.0:
        case["late"] = max(0.0, case["late"] - rest)


@compiled
def is_paid(case):
    """Say whether no more than rounding is left of the claim."""
    return owed(case) <= 1e-6 * case["claim"]


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
