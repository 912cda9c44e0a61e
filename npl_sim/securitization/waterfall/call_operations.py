"""The clean-up call as operations. docs/deals.md section 4."""

from __future__ import annotations

import numpy as np

from npl_sim.core.errors import ProgramError
from npl_sim.kernels import waterfall_tables as op
from npl_sim.securitization.terms.calendar import CleanUpCall, NotesPrice
from npl_sim.securitization.terms.steps import AVAILABLE
from npl_sim.securitization.waterfall.layout import Layout
from npl_sim.securitization.waterfall.operations import Operations

__all__ = ["CallRows", "add_call"]

TIE = 1e-9
"""Gain of the caller, as a share of the price, that counts as none."""


class CallRows:
    """Rows of what a call leaves behind.

    Attributes
    ----------
    called, price, gain
        Whether the package was called, its price, and what was left less the price.
    ending
        Whether it is called on this date.
    last
        Number of the last date, from 1.
    after
        Net collections after the end.
    """

    def __init__(self, ops: Operations) -> None:
        self.called, self.price, self.gain = ops.row(), ops.row(), ops.row()
        self.ending = ops.row()
        self.last, self.after = ops.row(float(ops.dates)), ops.row()


def add_call(layout: Layout, rows: CallRows, ops: Operations) -> None:
    """Sell the package where its holder gains.

    That is where the estimate of what is left (`call_value`) exceeds the price.

    Parameters
    ----------
    layout, ops
        Rows of the deal, and where operations are added.
    rows
        Rows of the call.
    """
    deal, cash = layout.terms.deal, layout.cash[AVAILABLE]
    call, alive = deal.clean_up_call, layout.alive
    if call is None or alive is None:
        return
    ops.number(0.0, rows.ending)
    from_first = (np.arange(ops.dates) + 1 >= call.first_date).astype(float)
    with ops.skipped(op.SKIP_UNLESS, numbers=from_first):
        left = layout.balances(call.tranches, ops)
        original = sum(deal.tranche(name).balance for name in call.tranches)
        ending = ops.combine(op.ABOVE, left, ops.constant(0.0))
        small = ops.combine(op.AT_LEAST, ops.constant(call.below * original), left)
        ops.change(ending, op.MULTIPLY, small)
        ops.change(ending, op.MULTIPLY, alive)
        ops.change(ending, op.MULTIPLY, ops.flip(layout.accelerated))
        with ops.skipped(op.SKIP_IF_NONE, ending):
            price = _price(call, layout, left, ops)
            least = ops.scaled(1.0 + TIE, price)
            gains = ops.combine(op.ABOVE, layout.load("estimate", ops), least)
            ops.change(ending, op.MULTIPLY, gains)
            ops.change(rows.ending, op.ADD, ending)
            ops.change(rows.called, op.LARGER, ending)
            gain = ops.combine(op.SUBTRACT, layout.load("left", ops), price)
            ops.change(rows.gain, op.ADD, ops.combine(op.MULTIPLY, gain, ending))
            paid = ops.combine(op.MULTIPLY, price, ending)
            for row in (cash, layout.check + op.ARRIVED, rows.price):
                ops.change(row, op.ADD, paid)


def _price(call: CleanUpCall, layout: Layout, left: int, ops: Operations) -> int:
    """Return the row of the price of the package."""
    terms = layout.terms
    if not isinstance(call.price, NotesPrice):
        if terms.plan_left is None:  # refused by `checks`
            raise ProgramError("terms.plan_left is missing; expected a value by earlier checks")
        return ops.number(np.maximum(call.price.share * terms.plan_left, 0.0))
    unpaid = ops.total(layout.tranches[name] + op.INTEREST for name in call.tranches)
    debts = ops.combine(op.ADD, left, unpaid)
    for owed in layout.owed.values():
        ops.change(debts, op.ADD, owed)
    ops.change(debts, op.SUBTRACT, ops.total(layout.cash.values()))
    return ops.change(debts, op.LARGER, ops.constant(0.0))
