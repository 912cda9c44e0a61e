"""Fee schedules, and the distribution of proceeds between costs and the claim."""

from __future__ import annotations

from typing import NamedTuple

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import owed, pay, post, receive
from npl_sim.kernels.codes import AUCTION, COURT_FEE, LAWYER, TAX


class Costs(NamedTuple):
    """Costs of turning an asset into cash. [currency]"""

    auction: float
    tax: float
    court: float


@compiled(callable=True)
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
def receive_with_lawyer(block, s, kind, month, amount):
    """Add a receipt and the lawyer's contingent fee on it."""
    receive(block, s, kind, month, amount)
    if block.terms["lawyer_contingent"] > 0.0:
        post(block, s, LAWYER, month, -block.terms["lawyer_contingent"] * amount)


@compiled
def distribute(block, s, kind, month, proceeds, costs, cap):
    """Distribute proceeds between costs and the claim of lane `s`.

    The debtor bears the costs that a surplus covers. See docs/model.md section 4.6.
    """
    due = min(owed(block.lanes, s), cap)
    gross = max(0.0, min(proceeds, due))
    net = max(0.0, min(proceeds - costs.auction - costs.tax - costs.court, due))
    borne = gross - net
    receive(block, s, kind, month, gross)
    if borne > 0.0:
        share = borne / (costs.auction + costs.tax + costs.court)
        post(block, s, AUCTION, month, -costs.auction * share)
        post(block, s, TAX, month, -costs.tax * share)
        post(block, s, COURT_FEE, month, -costs.court * share)
    if block.terms["lawyer_contingent"] > 0.0:
        post(block, s, LAWYER, month, -block.terms["lawyer_contingent"] * net)
    pay(block.lanes, s, net)
