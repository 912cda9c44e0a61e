"""Claim balance and cash accumulation along a loan path: interest, payments, receipts, costs."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled


@compiled
def month_of(t):
    """Return the month that covers time `t`. Month 0 is the valuation date itself."""
    return max(0, int(math.ceil(t - 1e-9)))


@compiled
def owed(state):
    """Return the amount owed: principal, interest and fees, and default interest."""
    return state["principal"] + state["interest_and_fees"] + state["default_interest"]


@compiled
def accrue(path, t):
    """Accrue interest up to time `t`."""
    state = path.state
    if t > state["accrued_to"]:
        state["interest_and_fees"] += (
            state["principal"] * path.loan["accrual"] * (t - state["accrued_to"])
        )
        if t > state["default_interest_from"]:
            state["default_interest"] += (
                state["principal"]
                * path.terms["judgment_delay_rate"]
                * (t - max(state["accrued_to"], state["default_interest_from"]))
            )
        state["accrued_to"] = t


@compiled
def pay(state, amount):
    """Apply a payment of at most the amount owed.

    It covers interest and fees first, then principal, then default interest.
    """
    interest = min(amount, state["interest_and_fees"])
    state["interest_and_fees"] -= interest
    rest = amount - interest - state["principal"]
    state["principal"] = max(0.0, -rest)
    if rest > 0.0:
        state["default_interest"] = max(0.0, state["default_interest"] - rest)


@compiled
def is_paid(state):
    """Return whether no more than rounding is left of the claim."""
    return owed(state) <= 1e-6 * state["claim"]


@compiled
def receive(path, kind, month, amount):
    """Add a receipt."""
    cash = path.cash
    cash.flows[path.loan["group"], kind, month] += amount
    cash.sums[0] += amount * (1.0 - cash.servicing) * cash.discount[month]
    cash.sums[1] += amount
    cash.sums[2] -= amount * cash.servicing
    cash.sums[3] += amount * month


@compiled
def post(path, kind, month, amount):
    """Add a cost (negative) or its refund (positive)."""
    cash = path.cash
    cash.flows[path.loan["group"], kind, month] += amount
    cash.sums[0] += amount * cash.discount[month]
    cash.sums[2] += amount


@compiled
def move(path, old, new, month):
    """Count the loan out of stage `old` and into stage `new`."""
    gbv = path.state["claim"]
    path.cash.stages[old, month] -= gbv
    path.cash.stages[new, month] += gbv
