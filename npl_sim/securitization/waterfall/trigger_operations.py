"""Triggers as operations. docs/deals.md section 5."""

from __future__ import annotations

from functools import reduce

import numpy as np

from npl_sim.core.errors import ProgramError
from npl_sim.kernels import waterfall_tables as op
from npl_sim.securitization.dates import years_365
from npl_sim.securitization.terms.triggers import (
    BalanceTrigger,
    CollectionRatio,
    CumulativeLoss,
    DateTrigger,
    InterestShortfall,
    ProfitabilityRatio,
    ServicerReplacement,
    Trigger,
)
from npl_sim.securitization.waterfall.compiled_terms import Terms
from npl_sim.securitization.waterfall.layout import Layout
from npl_sim.securitization.waterfall.operations import Operations
from npl_sim.stats.discount import discount_factor

__all__ = ["test_triggers"]


def test_triggers(layout: Layout, net: int, ops: Operations) -> None:
    """Test all triggers, and accelerate the deal if one says so.

    Parameters
    ----------
    layout, ops
        Rows of the deal, and where operations are added.
    net
        Row of the period's net collections.
    """
    deal = layout.terms.deal
    collected = ops.change(ops.row(), op.ADD, net) if deal.triggers else 0
    for trigger in deal.triggers:
        layout.active[trigger.name] = ops.rows(0.0, 0.0, 0.0)
    for trigger in deal.triggers:
        with ops.temporary():
            _test_one(trigger, layout, net, collected, ops)
    for name in deal.event_of_default:
        hit = ops.masked(layout.active[name], layout.alive)
        ops.change(layout.accelerated, op.LARGER, hit)


def _test_one(trigger: Trigger, layout: Layout, net: int, collected: int, ops: Operations) -> None:
    """Test a trigger, and note whether it is active."""
    record = layout.record
    sums = _sums(trigger, layout, net, collected, ops)
    cure = np.inf if trigger.cure_after is None else float(trigger.cure_after)
    memory = ops.lines(float(trigger.consecutive), cure)
    from_first = (np.arange(ops.dates) + 1 >= trigger.first_test).astype(float)
    with ops.skipped(op.SKIP_UNLESS, numbers=from_first):
        value, failed = _test(trigger, layout, sums, ops)
        ops.emit(op.REMEMBER, layout.active[trigger.name], failed, line=memory)
        if record.wanted and not isinstance(trigger, DateTrigger):
            if layout.alive is not None:
                value = ops.pick(layout.alive, value, ops.constant(np.nan))
            record.store(ops, value, "tested", trigger.name)


def _sums(
    trigger: Trigger, layout: Layout, net: int, collected: int, ops: Operations
) -> tuple[int, int]:
    """Return the rows of the two sums that a trigger compares; 0 for none."""
    terms = layout.terms

    def running(row: int) -> int:
        return ops.change(ops.row(), op.ADD, row)

    if isinstance(trigger, ProfitabilityRatio):
        if trigger.proxy_rate is None:
            upper, lower = (layout.load(name, ops) for name in ("closed_pv", "closed_target"))
            return running(upper), running(lower)
        ends = terms.dates.collection
        years = np.array([years_365(ends[0], end) for end in ends[1:]])
        factor = discount_factor(trigger.proxy_rate, years)
        planned = np.cumsum(np.diff(_plan(terms)) * factor)
        return running(ops.scaled(factor, net)), ops.number(planned)
    if isinstance(trigger, CollectionRatio | ServicerReplacement):
        return collected, ops.number(_plan(terms)[1:])
    if isinstance(trigger, CumulativeLoss):
        if trigger.measure == "resolved":
            return running(layout.load("resolved", ops)), collected
        return ops.number(_plan(terms)[1:]), collected
    return 0, 0


def _test(
    trigger: Trigger, layout: Layout, sums: tuple[int, int], ops: Operations
) -> tuple[int, int]:
    """Return the rows of what a trigger looks at, and of whether the test fails."""
    deal = layout.terms.deal
    if isinstance(trigger, CumulativeLoss):
        loss = ops.combine(op.SUBTRACT, *sums)
        value = ops.quotient(loss, ops.constant(deal.pool_balance), np.inf)
        return value, ops.combine(op.ABOVE, value, ops.constant(trigger.above))
    if isinstance(trigger, CollectionRatio | ServicerReplacement | ProfitabilityRatio):
        value = ops.quotient(*sums, np.inf)
        return value, ops.combine(op.ABOVE, ops.constant(trigger.below), value)
    if isinstance(trigger, InterestShortfall):
        return _shortfall(trigger, layout, ops)
    if isinstance(trigger, BalanceTrigger):
        original = sum(deal.tranche(name).balance for name in trigger.tranches)
        left = layout.balances(trigger.tranches, ops)
        failed = ops.combine(op.AT_LEAST, ops.constant(trigger.at_most * original), left)
        return ops.quotient(left, ops.constant(original), 0.0), failed
    has_come = [float(day >= trigger.date) for day in layout.terms.dates.payment]
    failed = ops.number(np.array(has_come))
    return failed, failed


def _shortfall(trigger: InterestShortfall, layout: Layout, ops: Operations) -> tuple[int, int]:
    """Return the rows of the largest share of unpaid interest, and of whether it is too large."""
    values, failed = [], []
    for name in trigger.tranches:
        original = layout.terms.deal.tranche(name).balance
        unpaid = layout.tranches[name] + op.INTEREST
        limit = ops.constant(trigger.tolerance * original)
        failed.append(ops.combine(op.ABOVE, unpaid, limit))
        values.append(ops.quotient(unpaid, ops.constant(original), 0.0))
    value, any_failed = (
        reduce(lambda a, b: ops.combine(op.LARGER, a, b), rows) for rows in (values, failed)
    )
    return value, any_failed


def _plan(terms: Terms) -> np.ndarray:
    if terms.plan is None:  # refused by `checks`
        raise ProgramError("terms.plan is missing; expected a value by earlier checks")
    return terms.plan
