"""Income swap and its collateral. docs/channel.md section 5."""

from __future__ import annotations

import numpy as np

from npl_sim.channels.rights import take
from npl_sim.channels.state import State
from npl_sim.channels.terms.undertakings import FixedLeg, IncomeSwap, Leg
from npl_sim.channels.terms.vehicles import BANK


def swap_of(state: State) -> IncomeSwap | None:
    """Return the contract's swap; None without one."""
    return next((u for u in state.contract.undertakings if isinstance(u, IncomeSwap)), None)


def swap_dates(swap: IncomeSwap, horizon: int) -> tuple[int, ...]:
    """Return the months in which a swap settles."""
    last = horizon if swap.last_month is None else swap.last_month
    return tuple(sorted({*range(swap.first_month, last + 1, swap.every), last}))


def leg_rate(leg: Leg, month: int) -> float:
    """Return the bank's rate for a period that begins after a month. [per year]"""
    if isinstance(leg, FixedLeg):
        return leg.rate
    index = [point.rate for point in leg.index if point.month <= month][-1]
    return max(leg.floor, index + leg.spread)


def post_initial(state: State) -> None:
    """Post the bank's initial collateral at closing."""
    swap = swap_of(state)
    if swap is not None:
        amount = swap.collateral.initial * swap.notional * state.price
        state.ledger.pay(BANK, "collateral", amount, 0, swap.name)
        state.posted += amount


def reserved_for_swap(state: State, month: int) -> np.ndarray:
    """Return the cash of the first vehicle that is reserved for the swap, shape (scenarios,)."""
    swap = swap_of(state)
    if swap is None or month >= swap_dates(swap, state.outcomes.months)[-1]:
        return np.zeros_like(state.pool)
    income = swap.pass_back * np.maximum(state.pool, 0.0)
    return np.where(state.share_held > 0.0, income, 0.0)


def settle_swap(state: State, month: int) -> None:
    """Settle the swap if it settles in this month."""
    swap = swap_of(state)
    if swap is None:
        return
    dates = swap_dates(swap, state.outcomes.months)
    if month <= dates[-1]:
        state.pool += state.vehicle_cash[:, month]
    if month not in dates:
        return
    live = state.share_held > 0.0
    notional = swap.notional * state.price
    before = max((d for d in dates if d < month), default=0)
    leg = leg_rate(swap.leg, before) * notional * (month - before) / 12.0
    income = swap.pass_back * np.maximum(state.pool, 0.0)
    state.pool = np.minimum(state.pool, 0.0)
    if swap.netting:
        income, leg_due = np.maximum(income - leg, 0.0), np.maximum(leg - income, 0.0)
    else:
        leg_due = np.full(income.shape, leg)
    state.pay_in(state.first, np.where(live, leg_due, 0.0), month, swap.name)
    _pay_bank(state, swap, np.where(live, income, 0.0), month)
    if month == dates[-1]:
        _end(state, swap, notional, month)
    else:
        _call_collateral(state, swap, notional, live, month)


def _pay_bank(state: State, swap: IncomeSwap, owed: np.ndarray, month: int) -> None:
    first = state.first
    paid = np.minimum(owed, np.maximum(first.account, 0.0))
    first.account -= paid
    first.gain -= paid
    state.pay_with_default(first, BANK, paid, month, swap.name)


def _end(state: State, swap: IncomeSwap, notional: float, month: int) -> None:
    live, outcomes = state.share_held > 0.0, state.outcomes
    if swap.final == "physical":
        state.pay_in(state.first, np.where(live, notional, 0.0), month, swap.name)
        state.exercised[swap.name][live] = month
        take(state, swap.name, np.where(live, 1.0, 0.0))
    elif swap.final == "cash":
        last = month >= outcomes.months
        factor = 0.0 if last else outcomes.factors[month + 1] / outcomes.factors[month]
        value = state.value_left(swap.knowledge, month + 1) * factor
        due = np.where(live, notional - value, 0.0)
        state.pay_in(state.first, np.maximum(due, 0.0), month, swap.name)
        _pay_bank(state, swap, np.maximum(-due, 0.0), month)
        state.exercised[swap.name][live] = month
    _return_collateral(state, swap, state.posted.copy(), month)


def _call_collateral(
    state: State, swap: IncomeSwap, notional: float, live: np.ndarray, month: int
) -> None:
    terms = swap.collateral
    short = (1.0 - terms.threshold) * state.plan[month] - state.outcomes.running[:, month]
    target = terms.initial * notional + terms.variation * np.maximum(short, 0.0)
    change = np.where(live, target - state.posted, 0.0)
    more = np.maximum(change, 0.0)
    state.ledger.pay(BANK, "collateral", more, month, swap.name)
    state.posted += more
    _return_collateral(state, swap, np.maximum(-change, 0.0), month)


def _return_collateral(state: State, swap: IncomeSwap, amount: np.ndarray, month: int) -> None:
    state.pay_with_default("collateral", BANK, amount, month, swap.name)
    state.posted -= amount
