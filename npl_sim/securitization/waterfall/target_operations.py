"""What an account is to hold, as operations. docs/deals.md section 6."""

from __future__ import annotations

import numpy as np

from npl_sim.core.errors import ProgramError
from npl_sim.kernels import waterfall_tables as op
from npl_sim.securitization.terms.accounts import Account, FixedTarget, MultipleTarget, ShareTarget
from npl_sim.securitization.terms.claims import Fee
from npl_sim.securitization.waterfall.accrual_operations import fee_growth
from npl_sim.securitization.waterfall.layout import Layout
from npl_sim.securitization.waterfall.operations import Operations

__all__ = ["target_of"]


def target_of(account: Account, layout: Layout, ending: int, ops: Operations) -> int:
    """Return the row of an account's target: 0 on the last date.

    Parameters
    ----------
    account
        The account, which has a target.
    layout, ops
        Rows of the deal, and where operations are added.
    ending
        Row that is 1 where this is the last date.
    """
    target = account.target
    if target is None:  # refused by `checks`
        raise ProgramError("the account has no target; expected one by earlier checks")
    if isinstance(target, FixedTarget):
        amount = ops.constant(target.amount)
    else:
        if isinstance(target, ShareTarget):
            amount = ops.scaled(target.share, layout.balances(target.tranches, ops))
        else:
            amount = ops.scaled(target.times, _next_needs(target, layout, ops))
        ops.change(amount, op.LARGER, ops.constant(target.floor))
        if target.cap is not None:
            ops.change(amount, op.SMALLER, ops.constant(target.cap))
    zero = ops.constant(0.0)
    needed_by = target.while_outstanding or getattr(target, "tranches", ())
    if needed_by:
        amount = ops.pick(layout.balances(needed_by, ops), amount, zero)
    return ops.pick(ending, zero, amount)


def _next_needs(target: MultipleTarget, layout: Layout, ops: Operations) -> int:
    """Return the row of next period's interest and fees on current balances."""
    terms, parts = layout.terms, []
    for name in target.tranches:
        coupon = layout.rate("next coupon", name, ops)
        rate = ops.scaled(np.append(terms.fractions[name][1:], 0.0), coupon)
        balance = layout.tranches[name] + op.BALANCE
        parts.append(ops.combine(op.MULTIPLY, rate, balance))
    fees = {c.name: c for c in terms.deal.claims if isinstance(c, Fee)}
    parts += [fee_growth(fees[name], layout, ops, ahead=True) for name in target.claims]
    return ops.total(parts)
