"""Garnishment of the debtor's income. docs/model.md section 4.6."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import (
    accrue,
    is_paid,
    owed,
    pay,
    post_monthly,
    receive_monthly,
)
from npl_sim.kernels.codes import GARNISHMENT, LAWYER


@compiled
def garnish_months(block, s, first, last, amount):
    """Receive the same garnished income in each month, and pay the lawyer's share of it."""
    receive_monthly(block, s, GARNISHMENT, first, last, amount)
    contingent = block.terms["lawyer_contingency_share"]
    if contingent > 0.0:
        post_monthly(block, s, LAWYER, first, last, -contingent * amount)


@compiled
def garnish_steadily(block, s, month, most, amount):
    """Garnish income in the months in which it pays interest and fees only, in closed form.

    As long as accrued interest covers the installment, the principal does not change, and each
    month accrues the same interest.

    Returns
    -------
    int
        Number of months paid, at most `most`.
    """
    lanes, loan = block.lanes, block.loan
    principal, interest = lanes["principal"][s], lanes["interest_and_fees"][s]
    since = lanes["accrued_to"][s]
    monthly = principal * loan["accrual"]
    first = interest + monthly * max(0.0, month + 1.0 - since)
    if first < amount or principal <= 1e-6 * block.claim:
        return 0
    months = most
    if amount > monthly:
        months = int(min(float(most), math.floor((first - amount) / (amount - monthly)) + 1.0))
    if months == 0:
        return 0
    accrue(block, s, float(month + months))
    paid = amount * float(months)
    lanes["interest_and_fees"][s] = max(0.0, lanes["interest_and_fees"][s] - paid)
    garnish_months(block, s, month + 1, month + months, amount)
    return months


@compiled
def garnish(block, i, s, month, last, until):
    """Garnish the debtor's income in the months after `month` that end before `until`.

    Returns
    -------
    int
        Last month that paid. It is at most `last`.
    """
    lanes = block.lanes
    amount = block.terms["garnishment_share"] * lanes["base"][i]
    before = last if until > last else int(math.ceil(until)) - 1
    if month < before and not is_paid(block, s):
        month += garnish_steadily(block, s, month, before - month, amount)
    while month < before and not is_paid(block, s):
        month += 1
        accrue(block, s, float(month))
        due = min(amount, owed(lanes, s))
        garnish_months(block, s, month, month, due)
        pay(lanes, s, due)
    return month
