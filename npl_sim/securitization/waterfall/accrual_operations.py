"""Accruals as operations: interest, fees, premia, returns, hedges. docs/deals.md section 3."""

from __future__ import annotations

import numpy as np

from npl_sim.kernels import waterfall_tables as op
from npl_sim.securitization.terms.claims import (
    Claim,
    Fee,
    FixedReturn,
    GuaranteePremium,
    Hedge,
    NotionalSchedule,
    OfBalance,
    PerDate,
    PerYear,
    Swap,
)
from npl_sim.securitization.terms.deal_terms import Tranche
from npl_sim.securitization.waterfall.condition_operations import holds
from npl_sim.securitization.waterfall.layout import Layout
from npl_sim.securitization.waterfall.operations import Operations

__all__ = ["add_hedge_receipts", "fee_growth", "grow_debts"]


def grow_debts(layout: Layout, ops: Operations) -> None:
    """Add the accruals of a period to interest and claims, while the deal runs."""
    terms = layout.terms
    for tranche in terms.deal.tranches:
        with ops.temporary():
            _grow_interest(tranche, layout, ops)
    for claim in terms.deal.claims:
        with ops.temporary():
            growth = ops.masked(_claim_growth(claim, layout, ops), layout.alive)
            ops.change(layout.owed[claim.name], op.ADD, growth)
    for hedge in terms.deal.hedges:
        if isinstance(hedge, Swap):
            index = layout.rate("index", "", ops)
            loss = ops.combine(op.SUBTRACT, ops.constant(hedge.fixed), index)
            ops.change(loss, op.LARGER, ops.constant(0.0))
            owed = ops.combine(op.MULTIPLY, _notional(hedge, layout, ops), loss)
            growth = ops.masked(ops.scaled(terms.periods, owed), layout.alive)
            ops.change(layout.owed[hedge.name], op.ADD, growth)


def _grow_interest(tranche: Tranche, layout: Layout, ops: Operations) -> None:
    """Add the interest of a period to a tranche."""
    first = layout.tranches[tranche.name]
    coupon = layout.rate("coupon", tranche.name, ops)
    rate = ops.scaled(layout.terms.fractions[tranche.name], coupon)
    base = first + op.BALANCE
    if tranche.interest_on_unpaid:
        base = ops.combine(op.ADD, base, first + op.INTEREST)
    growth = ops.masked(ops.combine(op.MULTIPLY, rate, base), layout.alive)
    ops.change(first + op.INTEREST, op.ADD, growth)
    ops.change(first + op.GROWTH, op.MULTIPLY, ops.combine(op.ADD, ops.constant(1.0), rate))


def _claim_growth(claim: Claim, layout: Layout, ops: Operations) -> int:
    periods, owed = layout.terms.periods, layout.owed[claim.name]
    if isinstance(claim, Fee):
        amount = fee_growth(claim, layout, ops)
        if claim.accrues_when is None:
            return amount
        return ops.combine(op.MULTIPLY, amount, holds(claim.accrues_when, layout, ops))
    if isinstance(claim, GuaranteePremium):
        rates = periods * layout.terms.premium_rates[claim.name]
        return ops.scaled(rates, layout.balances(claim.tranches, ops))
    if isinstance(claim, FixedReturn):
        base = layout.tranches[claim.tranche] + op.BALANCE
        if claim.compounding:
            base = ops.combine(op.ADD, base, owed)
        return ops.scaled(periods * claim.rate, base)
    costs = layout.load("costs", ops)
    if claim.rate:
        ops.change(costs, op.ADD, ops.scaled(periods * claim.rate, owed))
    return costs


def fee_growth(fee: Fee, layout: Layout, ops: Operations, ahead: bool = False) -> int:
    """Return the row of a fee's accrual on current balances, without its condition.

    Parameters
    ----------
    fee
        The fee.
    layout, ops
        Rows of the deal, and where operations are added.
    ahead
        Whether to take the next period, for fees on time and balances (0 after the last).
    """
    periods = layout.terms.periods
    if ahead:
        periods = np.append(periods[1:], 0.0)
    parts = []
    for part in fee.amounts:
        if isinstance(part, PerYear):
            parts.append(ops.number(part.amount * periods))
        elif isinstance(part, PerDate):
            parts.append(ops.number(part.amount))
        elif isinstance(part, OfBalance):
            parts.append(ops.scaled(part.rate * periods, layout.balances(part.tranches, ops)))
        else:
            base = layout.load("received", ops)
            if part.base == "net":
                ops.change(base, op.SUBTRACT, layout.load("costs", ops))
                ops.change(base, op.LARGER, ops.constant(0.0))
            parts.append(ops.scaled(part.share, base))
    return ops.total(parts)


def add_hedge_receipts(layout: Layout, arrived: int, ops: Operations) -> None:
    """Add what hedges pay the deal for the period to a row."""
    receipts = []
    for hedge in layout.terms.deal.hedges:
        level = hedge.fixed if isinstance(hedge, Swap) else hedge.strike
        index = layout.rate("index", "", ops)
        gain = ops.combine(op.SUBTRACT, index, ops.constant(level))
        ops.change(gain, op.LARGER, ops.constant(0.0))
        base = ops.scaled(layout.terms.periods, _notional(hedge, layout, ops))
        receipts.append(ops.combine(op.MULTIPLY, base, gain))
    if receipts:
        ops.change(arrived, op.ADD, ops.total(receipts))


def _notional(hedge: Hedge, layout: Layout, ops: Operations) -> int:
    notional = hedge.notional
    if isinstance(notional, NotionalSchedule):
        return ops.number(ops.padded(notional.amounts, 0.0))
    return ops.scaled(notional.share, layout.balances(notional.tranches, ops))
