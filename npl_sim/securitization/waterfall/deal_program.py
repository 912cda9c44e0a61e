"""A deal as a program of the waterfall kernel. docs/deals.md section 4."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from functools import reduce

import numpy as np

from npl_sim.kernels import waterfall_tables as op
from npl_sim.securitization.terms.claims import Fee
from npl_sim.securitization.terms.steps import AVAILABLE, PayResidual, Step
from npl_sim.securitization.waterfall.accrual_operations import add_hedge_receipts, grow_debts
from npl_sim.securitization.waterfall.call_operations import CallRows, add_call
from npl_sim.securitization.waterfall.compiled_terms import Terms
from npl_sim.securitization.waterfall.condition_operations import holds
from npl_sim.securitization.waterfall.layout import Layout, Recorded, layout_of
from npl_sim.securitization.waterfall.operations import Operations
from npl_sim.securitization.waterfall.step_operations import COMPILERS, StepCompiler
from npl_sim.securitization.waterfall.trigger_operations import test_triggers

__all__ = ["DealProgram", "compile_deal"]

TOTALS = (0.0, 0.0, 0.0, 0.0, 0.0, np.inf, 0.0, 0.0)
"""Totals of a tranche at closing."""


@dataclass(frozen=True)
class DealProgram:
    """A compiled deal."""

    program: op.Program
    """The operations."""
    record: Recorded
    """Places of what is recorded by date."""
    kept: dict[tuple[str, ...], int]
    """Places of the results at the end, by what they hold."""
    rates: dict[tuple[str, str], int]
    """Places of the rates (`Layout.rates`)."""


def compile_deal(terms: Terms, record: Recorded, factors: np.ndarray | None) -> DealProgram:
    """Return the program of a deal.

    Parameters
    ----------
    terms
        The deal and what it needs of its cash flows.
    record
        What is recorded by date.
    factors
        Discount factors of the value of all cash, shape (K,); 1 if there are none.
    """
    ops = Operations(len(terms.dates))
    layout = layout_of(terms, record, ops)
    for row in _capped(layout, ops):
        ops.change(row, op.MULTIPLY, ops.number(_same_year(terms)))
    call, ending = CallRows(ops), ops.row()
    net = _cash_in(layout, call, ops)
    test_triggers(layout, net, ops)
    grow_debts(layout, ops)
    add_call(layout, call, ops)
    _sweep(layout, call, ending, ops)
    _orders(layout, ending, ops)
    for claim in terms.deal.claims:
        if isinstance(claim, Fee) and not claim.carry:
            ops.number(0.0, layout.owed[claim.name])
    _check(layout, ops)
    _store(layout, ops)
    totals = _totals(layout, factors, ops)
    if layout.alive is not None:
        numbers = ops.number(np.arange(1.0, ops.dates + 1.0))
        ops.pick(call.ending, numbers, call.last, call.last)
        ops.change(layout.alive, op.SUBTRACT, call.ending)
    kept: dict[tuple[str, ...], int] = {
        **{("payee", name): row for name, row in layout.payees.items()},
        **{("owed", name): row for name, row in layout.owed.items()},
        **{("call", name): getattr(call, name) for name in CALL_RESULTS},
    }
    for name, first in layout.tranches.items():
        kept[("balance", name)], kept[("unpaid", name)] = first + op.BALANCE, first + op.INTEREST
        kept |= {(part, name): totals[name] + i for i, part in enumerate(TOTAL_RESULTS)}
    places = {what: i for i, what in enumerate(kept)}
    program = ops.program(list(kept.values()))
    return DealProgram(program, record, places, layout.rates)


CALL_RESULTS = ("called", "price", "gain", "last", "after")
TOTAL_RESULTS = (
    "worth",
    "value",
    "principal",
    "principal_years",
    "largest_unpaid",
    "coverage",
    "first_unpaid",
    "repaid_on",
)
"""Names of what a tranche gets over the life, as the kernel numbers them."""


def _same_year(terms: Terms) -> np.ndarray:
    """Return 0 on the first payment date of each calendar year, else 1, shape (K,)."""
    years = np.array([day.year for day in terms.dates.payment])
    return np.append(0.0, (np.diff(years) == 0).astype(float))


def _capped(layout: Layout, ops: Operations) -> list[int]:
    """Add a row for what each capped step has spent, and return those of a calendar year."""
    yearly = []
    for order, steps in layout.terms.deal.orders.items():
        for position, step in enumerate(steps):
            for number, cap in enumerate(() if isinstance(step, PayResidual) else step.caps):
                if cap.kind in ("per_year", "lifetime"):
                    row = layout.spent[order, position, number] = ops.row()
                    yearly += [row] if cap.kind == "per_year" else []
    return yearly


def _cash_in(layout: Layout, call: CallRows, ops: Operations) -> int:
    """Put the date's cash at hand, and return the row of net collections."""
    terms, zero = layout.terms, ops.constant(0.0)
    received, costs = layout.load("received", ops), layout.load("costs", ops)
    net = ops.combine(op.SUBTRACT, received, costs)
    arrived = layout.check + op.ARRIVED
    ops.emit(op.SCALE, arrived, received, line=ops.lines(1.0))
    for name, row in layout.cash.items():
        if not terms.income[name].any():
            continue
        income = ops.change(layout.rate("income", name, ops), op.LARGER, zero)
        if name == AVAILABLE:
            earned = ops.combine(op.MULTIPLY, income, layout.load("receipt_years", ops))
        else:
            earned = ops.combine(op.MULTIPLY, ops.scaled(terms.periods, income), row)
        ops.change(arrived, op.ADD, earned)
    add_hedge_receipts(layout, arrived, ops)
    if layout.alive is not None:
        ended = ops.flip(layout.alive)
        ops.change(call.after, op.ADD, ops.combine(op.MULTIPLY, net, ended))
        ops.change(arrived, op.MULTIPLY, layout.alive)
    ops.change(layout.cash[AVAILABLE], op.ADD, arrived)
    return net


def _sweep(layout: Layout, call: CallRows, ending: int, ops: Operations) -> None:
    """Move accounts into the cash at hand on the last date, or if they are swept."""
    available, final = layout.cash[AVAILABLE], np.zeros(ops.dates)
    final[-1] = 1.0
    ops.number(final, ending)
    ops.change(ending, op.LARGER, call.ending)
    for account in layout.terms.deal.accounts:
        row = layout.cash[account.name]
        if account.sweep:
            ops.change(available, op.ADD, row)
            ops.number(0.0, row)
        else:
            ops.move(ops.combine(op.MULTIPLY, row, ending), row, available)


def _orders(layout: Layout, ending: int, ops: Operations) -> None:
    """Run the order of payments of each scenario."""
    orders, masks = layout.terms.deal.orders, {"steps": layout.alive}
    if len(orders) > 1:
        normal = ops.masked(ops.flip(layout.accelerated), layout.alive)
        after = ops.masked(layout.accelerated, layout.alive)
        masks = {"steps": normal, "steps_after_default": ops.copy(after)}
    for order, steps in orders.items():
        mask = masks[order]
        skipped = nullcontext() if mask is None else ops.skipped(op.SKIP_IF_NONE, mask)
        covered: dict[str, bool] = {}
        with skipped:
            for position, step in enumerate(steps):
                with ops.temporary():
                    _step(step, (order, position), layout, mask, (ending, covered), ops)


def _step(
    step: Step,
    key: tuple[str, int],
    layout: Layout,
    mask: int | None,
    state: tuple[int, dict[str, bool]],
    ops: Operations,
) -> None:
    """Add a step, which is passed over where its condition is false."""
    ending, covered = state
    where, record = mask, layout.record
    if not isinstance(step, PayResidual) and step.when is not None:
        where = ops.masked(holds(step.when, layout, ops), mask)
    if record.ledger:
        everywhere = ops.constant(1.0)
        record.store(ops, everywhere if mask is None else mask, "in order", *key)
        record.store(ops, everywhere if where is None else where, "reached", *key)
    compiler = StepCompiler(layout, ops, key, where, ending, covered)
    if where is mask:
        COMPILERS[step.kind](compiler, step)
        return
    with ops.skipped(op.SKIP_IF_NONE, 0 if where is None else where):
        COMPILERS[step.kind](compiler, step)


def _check(layout: Layout, ops: Operations) -> None:
    """Check that cash balances on the date, and that no available cash is left."""
    balances = [first + op.BALANCE for first in layout.tranches.values()]
    least = reduce(lambda a, b: ops.combine(op.SMALLER, a, b), balances)
    ops.emit(op.CHECK, layout.check, layout.cash[AVAILABLE], least, len(layout.cash))


def _store(layout: Layout, ops: Operations) -> None:
    """Record the tables by date."""
    record = layout.record
    if not record.wanted:
        return
    for name, first in layout.tranches.items():
        for part, place in PARTS.items():
            record.store(ops, first + place, part, name)
        missing = ops.combine(op.ABOVE, ops.constant(0.0), first + op.COVER)
        cover = ops.pick(missing, ops.constant(np.inf), first + op.COVER)
        record.store(ops, cover, "cover", name)
    for name, row in layout.cash.items():
        record.store(ops, layout.check + op.ARRIVED if name == AVAILABLE else row, "cash", name)
    for name, row in layout.active.items():
        record.store(ops, ops.masked(row, layout.alive), "active", name)
    record.store(ops, ops.masked(layout.accelerated, layout.alive), "accelerated")


PARTS = {
    "interest": op.GOT_INTEREST,
    "principal": op.GOT_PRINCIPAL,
    "other": op.GOT_OTHER,
    "balance": op.BALANCE,
    "unpaid": op.INTEREST,
}
"""Tables of a tranche by date, and their rows; its cover is one too."""


def _totals(layout: Layout, factors: np.ndarray | None, ops: Operations) -> dict[str, int]:
    """Add the date's cash to what tranches got over the life, and return the rows."""
    terms, rows = layout.terms, {}
    for tranche in terms.deal.tranches:
        rows[tranche.name] = ops.rows(*TOTALS)
        numbers = (1.0 if factors is None else factors, terms.dates.years)
        line = ops.lines(*numbers, op.SMALL * tranche.balance)
        ops.emit(op.TOTAL, rows[tranche.name], layout.tranches[tranche.name], line=line)
    return rows
