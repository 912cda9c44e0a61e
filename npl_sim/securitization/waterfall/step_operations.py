"""Steps of an order of payments as operations. docs/deals.md section 6."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any

import numpy as np

from npl_sim.kernels import waterfall_tables as op
from npl_sim.securitization.terms.claims import FixedReturn
from npl_sim.securitization.terms.steps import (
    AVAILABLE,
    AllDue,
    Cap,
    CapOfAvailable,
    CapOfBalance,
    CapOfCollections,
    CapPerDate,
    ExcessShare,
    Pay,
    PayInterest,
    PayPrincipal,
    PayResidual,
    ReserveTopUp,
    Scheduled,
)
from npl_sim.securitization.waterfall.layout import Layout, receivers_of
from npl_sim.securitization.waterfall.operations import Operations
from npl_sim.securitization.waterfall.target_operations import target_of

__all__ = ["COMPILERS", "StepCompiler"]

Drawing = Pay | PayInterest | PayPrincipal | ReserveTopUp | ExcessShare


class StepCompiler:
    """Compiles one step.

    Parameters
    ----------
    layout, ops
        Rows of the deal, and where operations are added.
    key
        Order of payments and place of the step in it.
    mask
        Row that is 1 where the step is run; None for everywhere.
    ending
        Row that is 1 where this is the last date.
    covered
        Tranches whose interest an earlier step of the order may pay, and whether it surely does.
        This step is added.
    """

    def __init__(
        self,
        layout: Layout,
        ops: Operations,
        key: tuple[str, int],
        mask: int | None,
        ending: int,
        covered: dict[str, bool],
    ) -> None:
        self._layout, self._ops, self._key = layout, ops, key
        self._mask, self._ending, self._covered = mask, ending, covered
        self._paid_out = layout.check + op.PAID_OUT

    def pay(self, step: Pay) -> None:
        """Pay claims."""
        layout, deal = self._layout, self._layout.terms.deal
        returns = {c.name: c.tranche for c in deal.claims if isinstance(c, FixedReturn)}
        receivers = receivers_of(deal)
        debts = [layout.owed[name] for name in step.of]
        to = [
            layout.tranches[returns[name]] + op.GOT_OTHER
            if name in returns
            else layout.payees[receivers[name]]
            for name in step.of
        ]
        self._settle(step, debts, debts, to)

    def interest(self, step: PayInterest) -> None:
        """Pay interest, and record the cover at the first step that may pay it."""
        tranches = [self._layout.tranches[name] for name in step.to]
        debts = [first + op.INTEREST for first in tranches]
        self._note_cover(step, self._ops.total(debts))
        self._settle(step, debts, debts, [first + op.GOT_INTEREST for first in tranches])

    def principal(self, step: PayPrincipal) -> None:
        """Repay principal."""
        tranches = [self._layout.tranches[name] for name in step.to]
        debts = [first + op.BALANCE for first in tranches]
        dues = [self._principal_due(step, name) for name in step.to]
        self._settle(step, dues, debts, [first + op.GOT_PRINCIPAL for first in tranches])

    def reserve(self, step: ReserveTopUp) -> None:
        """Fill an account to its target, or release what lies above it."""
        layout, ops, cash = self._layout, self._ops, self._layout.cash
        account = next(a for a in layout.terms.deal.accounts if a.name == step.account)
        zero, account_cash = ops.constant(0.0), cash[step.account]
        target = target_of(account, layout, self._ending, ops)
        gap = ops.combine(op.SUBTRACT, target, account_cash)
        above = ops.combine(op.LARGER, ops.combine(op.SUBTRACT, zero, gap), zero)
        released = ops.masked(above, self._mask)
        ops.move(released, account_cash, cash[AVAILABLE])
        due = ops.combine(op.LARGER, gap, zero)
        taken = self._draw(step, due, account_cash)
        paid = ops.combine(op.SUBTRACT, taken, released)
        self._record(0, due, paid)

    def excess(self, step: ExcessShare) -> None:
        """Pay a share of the cash at hand."""
        due = self._ops.scaled(step.share, self._layout.cash[AVAILABLE])
        taken = self._draw(step, due, self._layout.payees[step.payee])
        self._ops.change(self._paid_out, op.ADD, taken)
        self._record(0, due, taken)

    def residual(self, step: PayResidual) -> None:
        """Pay all that is left."""
        layout, ops = self._layout, self._ops
        available = layout.cash[AVAILABLE]
        paid = ops.copy(available) if self._mask is None else ops.masked(available, self._mask)
        if step.to is not None:
            receiver = layout.tranches[step.to] + op.GOT_OTHER
        else:
            receiver = layout.payees[step.payee or ""]
        ops.move(paid, available, receiver)
        ops.change(self._paid_out, op.ADD, paid)
        self._record(0, paid, paid)

    def _settle(
        self,
        step: Pay | PayInterest | PayPrincipal,
        dues: list[int],
        debts: list[int],
        receivers: list[int],
    ) -> None:
        """Draw the cash for several debts, share it, and reduce them."""
        ops = self._ops
        whole = ops.total(dues)
        single = len(dues) == 1
        taken = self._draw(step, whole, self._paid_out if single else None)
        sequential = isinstance(step, PayPrincipal) and step.order == "sequential"
        parts = self._shared(taken, whole, dues, sequential)
        for i, (due, part) in enumerate(zip(dues, parts, strict=True)):
            self._record(i, due, part)
        for debt, part, receiver in zip(debts, parts, receivers, strict=True):
            ops.move(part, debt, receiver)
            if not single:
                ops.change(self._paid_out, op.ADD, part)

    def _shared(self, taken: int, whole: int, dues: list[int], sequential: bool) -> list[int]:
        """Return what each debt gets: in sequence or in proportion, in full where it suffices."""
        ops = self._ops
        if len(dues) == 1:
            return [taken]
        full = ops.combine(op.AT_LEAST, taken, whole)
        parts = []
        left = ops.copy(taken) if sequential else ops.quotient(taken, whole, 0.0)
        for due in dues:
            part = ops.combine(op.SMALLER if sequential else op.MULTIPLY, due, left)
            if sequential:
                ops.change(left, op.SUBTRACT, part)
            parts.append(ops.pick(full, due, part))
        return parts

    def _draw(self, step: Drawing, due: int, to: int | None) -> int:
        """Return what the sources of a step give for what is due, as far as caps allow.

        Parameters
        ----------
        step
            The step.
        due
            Row of what is due.
        to
            Row that receives it; None for none.
        """
        ops, cash, mask = self._ops, self._layout.cash, self._mask
        wanted = due
        for number, cap in enumerate(step.caps):
            wanted = ops.combine(op.SMALLER, wanted, self._room(cap, number))
        if len(step.sources) == 1:
            source = cash[step.sources[0]]
            if mask is None:
                taken = ops.combine(op.SMALLER, wanted, source)
            else:
                taken = ops.emit(op.DRAW, ops.result(), wanted, source, mask)
            if to is None:
                ops.change(source, op.SUBTRACT, taken)
            else:
                ops.move(taken, source, to)
        else:
            wanted = ops.masked(wanted, mask)
            left, drawn = ops.copy(wanted), ops.number(0.0)
            for name in step.sources:
                ops.emit(op.TAKE, drawn, left, cash[name])
            taken = ops.pick(left, drawn, wanted)  # no debt is left by rounding
            if to is not None:
                ops.change(to, op.ADD, taken)
        for number in range(len(step.caps)):
            spent = self._layout.spent.get((*self._key, number))
            if spent is not None:
                ops.change(spent, op.ADD, taken)
        return taken

    def _room(self, cap: Cap, number: int) -> int:
        """Return the row of how much a cap still lets through."""
        layout, ops = self._layout, self._ops
        if isinstance(cap, CapPerDate):
            return ops.constant(cap.amount)
        if isinstance(cap, CapOfCollections):
            return ops.scaled(cap.share, layout.load("received", ops))
        if isinstance(cap, CapOfAvailable):
            return ops.scaled(cap.share, layout.cash[AVAILABLE])
        if isinstance(cap, CapOfBalance):
            rates = cap.rate * layout.terms.periods
            return ops.scaled(rates, layout.balances(cap.tranches, ops))
        spent = layout.spent[(*self._key, number)]
        left = ops.combine(op.SUBTRACT, ops.constant(cap.amount), spent)
        return ops.change(left, op.LARGER, ops.constant(0.0))

    def _principal_due(self, step: PayPrincipal, name: str) -> int:
        ops, amount = self._ops, step.amount
        balance = self._layout.tranches[name] + op.BALANCE
        if isinstance(amount, AllDue):
            return balance
        original, dates = self._layout.terms.deal.tranche(name).balance, range(1, ops.dates + 1)
        if isinstance(amount, Scheduled):
            sums = list(accumulate(amount.amounts))
            left = np.maximum(original - ops.padded(sums, sums[-1]), 0.0)
        else:
            points = amount.points
            shares = [
                next((p.share for p in reversed(points) if p.payment <= number), 1.0)
                for number in dates
            ]
            left = original * np.array(shares)
        due = ops.combine(op.SUBTRACT, balance, ops.number(left))
        return ops.change(due, op.LARGER, ops.constant(0.0))

    def _note_cover(self, step: PayInterest, whole: int) -> None:
        """Record the ratio of cash to interest at the first step that may pay the interest."""
        ops, layout = self._ops, self._layout
        fresh = [name for name in step.to if not self._covered.get(name, False)]
        if not fresh:
            return
        ratio = ops.quotient(ops.total(layout.cash[n] for n in step.sources), whole, np.inf)
        for name in fresh:
            cover = layout.tranches[name] + op.COVER
            where = self._mask
            if name in self._covered:
                missing = ops.combine(op.ABOVE, ops.constant(0.0), cover)
                where = ops.masked(missing, self._mask)
            if where is None:
                ops.emit(op.SCALE, cover, ratio, line=ops.lines(1.0))
            else:
                ops.pick(where, ratio, cover, cover)
            self._covered[name] = step.when is None

    def _record(self, member: int, due: int, paid: int) -> None:
        """Store what a receiver is owed and paid, and the sum of what the step paid."""
        record, ops = self._layout.record, self._ops
        if record.ledger:
            record.store(ops, due, "owed", *self._key, member)
            record.store(ops, paid, "paid", *self._key, member)
        if record.wanted:
            place = record.sums.setdefault(self._key, len(record.sums))
            ops.emit(op.SUM, a=paid, b=place)


COMPILERS: dict[str, Callable[[StepCompiler, Any], None]] = {
    "pay": StepCompiler.pay,
    "interest": StepCompiler.interest,
    "principal": StepCompiler.principal,
    "reserve": StepCompiler.reserve,
    "excess_share": StepCompiler.excess,
    "residual": StepCompiler.residual,
}
"""Compiler of each kind of step."""
