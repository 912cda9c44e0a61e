"""Rows of a deal's names in the kernel, and the places of its results."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from npl_sim.kernels import waterfall_tables as op
from npl_sim.securitization.terms.claims import FixedReturn, Swap
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.steps import AVAILABLE, ExcessShare, Pay, PayResidual, Step
from npl_sim.securitization.waterfall.compiled_terms import Terms
from npl_sim.securitization.waterfall.operations import Operations

__all__ = ["Layout", "Recorded", "layout_of", "receivers_of"]


@dataclass
class Recorded:
    """Where the kernel stores what is recorded by date."""

    wanted: bool
    ledger: bool
    """Whether tables by date, and every payment, are recorded."""
    tables: dict[tuple[object, ...], int] = field(default_factory=dict)
    """Places of tables by what they hold."""
    sums: dict[tuple[str, int], int] = field(default_factory=dict)
    """Places of the sums of steps by order and position."""

    def store(self, ops: Operations, row: int, *what: object) -> None:
        """Store a row by date."""
        place = self.tables.setdefault(what, len(self.tables))
        ops.emit(op.STORE, a=row, b=place)


@dataclass
class Layout:
    """Rows of a deal's names."""

    terms: Terms
    """The deal and what it needs."""
    record: Recorded
    """What is recorded."""
    cash: dict[str, int]
    """Cash at hand and accounts, in neighboring rows."""
    tranches: dict[str, int]
    """First row of each tranche (`kernels.waterfall_tables.BALANCE` and others)."""
    owed: dict[str, int]
    """Claims, then swaps."""
    payees: dict[str, int]
    """Receivers that hold no tranche, in the order of the steps."""
    check: int
    """First row of the cash check."""
    accelerated: int
    alive: int | None
    """Whether a scenario is accelerated, and goes on; None without a clean-up call, which alone
    ends one early."""
    spent: dict[tuple[str, int, int], int] = field(default_factory=dict)
    """What steps have paid under caps that remember, by order, position and number of the cap."""
    active: dict[str, int] = field(default_factory=dict)
    """Whether triggers are active."""
    rates: dict[tuple[str, str], int] = field(default_factory=dict)
    """Places of the rates that are used, by kind (``index``, ``coupon``, ``next coupon``,
    ``income``) and name."""

    def balances(self, names: Iterable[str], ops: Operations) -> int:
        """Return the row of the sum of balances."""
        return ops.total(self.tranches[name] + op.BALANCE for name in names)

    def rate(self, kind: str, name: str, ops: Operations) -> int:
        """Return a new row with a rate on the date."""
        place = self.rates.setdefault((kind, name), len(self.rates))
        return ops.emit(op.RATE, ops.result(), place)

    def load(self, name: str, ops: Operations) -> int:
        """Return a new row with a series of the cash flows on the date."""
        return ops.emit(op.LOAD, ops.result(), self.terms.series.names.index(name))


def receivers_of(deal: Deal) -> dict[str, str]:
    """Return the payee of each debt that no tranche receives."""
    return {
        c.name: getattr(c, "payee", "") or c.name
        for c in (*deal.claims, *deal.hedges)
        if not isinstance(c, FixedReturn)
    }


def layout_of(terms: Terms, record: Recorded, ops: Operations) -> Layout:
    """Return the rows of a deal, with their values at closing.

    Parameters
    ----------
    terms
        The deal and what it needs.
    record
        What is recorded.
    ops
        Where the rows are added.
    """
    deal = terms.deal
    cash = {AVAILABLE: ops.row(), **{a.name: ops.row(a.initial) for a in deal.accounts}}
    swaps = [h.name for h in deal.hedges if isinstance(h, Swap)]
    receivers = receivers_of(deal)
    payees = dict.fromkeys(
        name
        for step in (*deal.steps, *deal.steps_after_default)
        for name in _payees(step, receivers)
    )
    return Layout(
        terms,
        record,
        cash,
        {
            t.name: ops.rows(t.balance, 0.0, 0.0, 0.0, 0.0, 1.0, op.NOT_COVERED)
            for t in deal.tranches
        },
        {name: ops.row() for name in (*(c.name for c in deal.claims), *swaps)},
        {name: ops.row() for name in payees},
        ops.rows(0.0, sum(a.initial for a in deal.accounts), 0.0, 0.0),
        ops.row(),
        None if deal.clean_up_call is None else ops.row(1.0),
    )


def _payees(step: Step, receivers: dict[str, str]) -> list[str]:
    """Return who receives a step's cash and holds no tranche."""
    if isinstance(step, Pay):
        return [receivers[name] for name in step.of if name in receivers]
    if isinstance(step, ExcessShare) or (isinstance(step, PayResidual) and step.to is None):
        return [step.payee or ""]
    return []
