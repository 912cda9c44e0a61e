"""What an account is to hold. docs/deals.md section 6."""

from __future__ import annotations

import numpy as np

from npl_sim.core.errors import ProgramError
from npl_sim.securitization.terms.accounts import Account, FixedTarget, MultipleTarget, ShareTarget
from npl_sim.securitization.terms.bounds import bounded
from npl_sim.securitization.terms.claims import Fee
from npl_sim.securitization.waterfall.accruals import fee_growth
from npl_sim.securitization.waterfall.compiled_terms import Terms
from npl_sim.securitization.waterfall.state import State

__all__ = ["target_of"]

Amount = np.ndarray | float


def target_of(account: Account, terms: Terms, state: State, k: int) -> Amount:
    """Return the target of an account after payment date `k`. [package currency]

    Parameters
    ----------
    account
        The account, which has a target.
    terms, state
        State of the deal at the step.
    k
        Number of the payment date, counted from 0.

    Returns
    -------
    numpy.ndarray or float
        Target, shape (S,) or one for all. [package currency]
    """
    target = account.target
    if target is None:  # refused by `checks`
        raise ProgramError("the account has no target; expected one by earlier checks")
    if isinstance(target, FixedTarget):
        amount: Amount = target.amount
    else:
        plain = (
            _share(target, state)
            if isinstance(target, ShareTarget)
            else _next(target, terms, state, k)
        )
        amount = bounded(plain, target.floor, target.cap)
    needed_by = target.while_outstanding or getattr(target, "tranches", ())
    return amount * (state.balances(needed_by) > 0.0) if needed_by else amount


def _share(target: ShareTarget, state: State) -> Amount:
    return target.share * state.balances(target.tranches)


def _next(target: MultipleTarget, terms: Terms, state: State, k: int) -> Amount:
    """Return the multiple of next period's interest and fees; 0 after the last period."""
    if k + 1 == len(terms.dates):
        return 0.0
    amount: Amount = 0.0
    for name in target.tranches:
        amount = (
            amount
            + terms.fractions[name][k + 1] * terms.coupons[name][k + 1] * state.balance[name]
        )
    fees = {c.name: c for c in terms.deal.claims if isinstance(c, Fee)}
    for name in target.claims:
        amount = amount + fee_growth(fees[name], terms, state, k + 1)
    return target.times * amount
