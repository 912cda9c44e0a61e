"""Fee schedules, and how costs and proceeds are shared out."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import owed, pay, post, receive
from npl_sim.kernels.codes import AUCTION, COURT_FEE, LAWYER, TAX

__all__ = ["distribute", "fee", "receive_with_lawyer"]


@compiled
def fee(schedule, amount):
    """Return the fee that a schedule charges on `amount`."""
    if schedule["brackets"] == 0 or amount <= 0.0:
        return 0.0
    row = 0
    lower = 0.0
    while row < schedule["brackets"] - 1 and amount > schedule["upper"][row]:
        lower = schedule["upper"][row]
        row += 1
    return min(schedule["base"][row] + schedule["rate"][row] * (amount - lower), schedule["cap"])


@compiled
def receive_with_lawyer(books, group, kind, month, amount, contingent):
    """Enter a receipt and the lawyer's share of it."""
    receive(books, group, kind, month, amount)
    if contingent > 0.0:
        post(books, group, LAWYER, month, -contingent * amount)


@compiled
def distribute(books, case, group, kind, month, proceeds, auction, tax, court, cap, contingent):
    """Share proceeds between costs and the claim; costs that a surplus covers are the debtor's.

    See docs/model.md section 4.6.
    """
    due = min(owed(case), cap)
    gross = max(0.0, min(proceeds, due))
    net = max(0.0, min(proceeds - auction - tax - court, due))
    borne = gross - net
    receive(books, group, kind, month, gross)
    if borne > 0.0:
        share = borne / (auction + tax + court)
        post(books, group, AUCTION, month, -auction * share)
        post(books, group, TAX, month, -tax * share)
        post(books, group, COURT_FEE, month, -court * share)
    if contingent > 0.0:
        post(books, group, LAWYER, month, -contingent * net)
    pay(case, net)
