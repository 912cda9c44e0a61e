"""Claim balance and cash accumulation in one lane: interest, payments, receipts, costs."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled


@compiled
def month_of(t):
    """Return the month that covers time `t`. Month 0 is the valuation date itself."""
    return max(0, int(math.ceil(t - 1e-9)))


@compiled
def owed(lanes, s):
    """Return the amount owed: principal, interest and fees, and default interest."""
    return lanes["principal"][s] + lanes["interest_and_fees"][s] + lanes["default_interest"][s]


@compiled
def accrue(block, s, t):
    """Accrue interest up to time `t`."""
    lanes = block.lanes
    since = lanes["accrued_to"][s]
    if t > since:
        principal = lanes["principal"][s]
        lanes["interest_and_fees"][s] += principal * block.loan["accrual"] * (t - since)
        begin = lanes["default_interest_from"][s]
        if t > begin:
            lanes["default_interest"][s] += (
                principal * block.terms["judgment_delay_rate"] * (t - max(since, begin))
            )
        lanes["accrued_to"][s] = t


@compiled
def pay(lanes, s, amount):
    """Apply a payment of at most the amount owed.

    It covers interest and fees first, then principal, then default interest.
    """
    interest = min(amount, lanes["interest_and_fees"][s])
    lanes["interest_and_fees"][s] -= interest
    rest = amount - interest - lanes["principal"][s]
    lanes["principal"][s] = max(0.0, -rest)
    if rest > 0.0:
        lanes["default_interest"][s] = max(0.0, lanes["default_interest"][s] - rest)


@compiled
def is_paid(block, s):
    """Return whether no more than rounding is left of the claim."""
    return owed(block.lanes, s) <= 1e-6 * block.claim


@compiled
def receive(block, s, kind, month, amount):
    """Add a receipt."""
    cash, sums = block.cash, block.lanes["sums"]
    cash.flows[s, block.loan["group"], kind, month] += amount
    sums[0, s] += amount * (1.0 - cash.servicing) * cash.discount[month]
    sums[1, s] += amount
    sums[2, s] -= amount * cash.servicing
    sums[3, s] += amount * month


@compiled
def receive_monthly(block, s, kind, first, last, amount):
    """Add the same receipt in each month from `first` to `last`."""
    if last < first:
        return
    cash, sums = block.cash, block.lanes["sums"]
    group, months = block.loan["group"], float(last - first + 1)
    for m in range(first, last + 1):
        cash.flows[s, group, kind, m] += amount
    present = cash.annuity[last] - cash.annuity[first - 1]
    sums[0, s] += amount * (1.0 - cash.servicing) * present
    sums[1, s] += amount * months
    sums[2, s] -= amount * cash.servicing * months
    sums[3, s] += amount * (0.5 * months * (first + last))


@compiled
def post(block, s, kind, month, amount):
    """Add a cost (negative) or its refund (positive)."""
    cash, sums = block.cash, block.lanes["sums"]
    cash.flows[s, block.loan["group"], kind, month] += amount
    sums[0, s] += amount * cash.discount[month]
    sums[2, s] += amount


@compiled
def post_monthly(block, s, kind, first, last, amount):
    """Add the same cost in each month from `first` to `last`."""
    if last < first:
        return
    cash, sums = block.cash, block.lanes["sums"]
    group = block.loan["group"]
    for m in range(first, last + 1):
        cash.flows[s, group, kind, m] += amount
    sums[0, s] += amount * (cash.annuity[last] - cash.annuity[first - 1])
    sums[2, s] += amount * float(last - first + 1)
