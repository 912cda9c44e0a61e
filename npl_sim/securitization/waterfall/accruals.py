"""Accruals: interest, fees, advances, premia, returns, hedges. docs/deals.md section 3."""

from __future__ import annotations

import numpy as np

from npl_sim.core.errors import ProgramError
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
from npl_sim.securitization.waterfall.compiled_terms import Terms
from npl_sim.securitization.waterfall.state import State
from npl_sim.securitization.waterfall.triggers import holds

__all__ = ["fee_growth", "grow_debts", "hedge_receipts"]

Amount = np.ndarray | float


def grow_debts(terms: Terms, state: State, k: int) -> None:
    """Add the accruals of period `k` (from 0) to interest and claims, while the deal runs."""
    alive = ~state.ended if state.ended.any() else None
    for tranche in terms.deal.tranches:
        name = tranche.name
        base = state.balance[name]
        if tranche.interest_on_unpaid:
            base = base + state.interest[name]
        _add(state.interest, name, terms.fractions[name][k] * terms.coupons[name][k] * base, alive)
    for claim in terms.deal.claims:
        _add(state.owed, claim.name, _claim_growth(claim, terms, state, k), alive)
    for hedge in terms.deal.hedges:
        if isinstance(hedge, Swap):
            owed = _notional(hedge, state, k) * np.maximum(hedge.fixed - _index(terms, k), 0.0)
            _add(state.owed, hedge.name, terms.periods[k] * owed, alive)


def _add(
    debts: dict[str, np.ndarray], name: str, growth: Amount, alive: np.ndarray | None
) -> None:
    debts[name] = debts[name] + (growth if alive is None else growth * alive)


def _claim_growth(claim: Claim, terms: Terms, state: State, k: int) -> Amount:
    period = terms.periods[k]
    if isinstance(claim, Fee):
        amount = fee_growth(claim, terms, state, k)
        return (
            amount if claim.accrues_when is None else amount * holds(claim.accrues_when, state, k)
        )
    if isinstance(claim, GuaranteePremium):
        return period * terms.premium_rates[claim.name][k] * state.balances(claim.tranches)
    if isinstance(claim, FixedReturn):
        base = state.balance[claim.tranche]
        return period * claim.rate * (base + state.owed[claim.name] if claim.compounding else base)
    return terms.cash.costs[k] + period * claim.rate * state.owed[claim.name]


def fee_growth(fee: Fee, terms: Terms, state: State, k: int) -> Amount:
    """Return the accrual of a fee in period `k` on current balances, without its condition.

    Parameters
    ----------
    fee
        The fee.
    terms, state
        State of the deal.
    k
        Number of the period, counted from 0.

    Returns
    -------
    numpy.ndarray or float
        Amount, shape (S,) or one for all. [package currency]
    """
    amount: Amount = 0.0
    for part in fee.amounts:
        if isinstance(part, PerYear):
            amount = amount + part.amount * terms.periods[k]
        elif isinstance(part, PerDate):
            amount = amount + part.amount
        elif isinstance(part, OfBalance):
            amount = amount + part.rate * terms.periods[k] * state.balances(part.tranches)
        else:
            base = terms.cash.received[k]
            if part.base == "net":
                base = np.maximum(base - terms.cash.costs[k], 0.0)
            amount = amount + part.share * base
    return amount


def hedge_receipts(terms: Terms, state: State, k: int) -> Amount:
    """Return what hedges pay the deal for period `k`, shape (S,) or 0. [package currency]"""
    received: Amount = 0.0
    for hedge in terms.deal.hedges:
        level = hedge.fixed if isinstance(hedge, Swap) else hedge.strike
        gain = np.maximum(_index(terms, k) - level, 0.0)
        received = received + terms.periods[k] * _notional(hedge, state, k) * gain
    return received


def _notional(hedge: Hedge, state: State, k: int) -> Amount:
    notional = hedge.notional
    if isinstance(notional, NotionalSchedule):
        return notional.amounts[k] if k < len(notional.amounts) else 0.0
    return notional.share * state.balances(notional.tranches)


def _index(terms: Terms, k: int) -> np.ndarray:
    if terms.index is None:  # refused by `terms.prepare`
        raise ProgramError("terms.index is missing; expected a value by earlier checks")
    level: np.ndarray = terms.index[k]
    return level
