"""Rights to the package: repurchases and options. docs/channel.md sections 4.1 and 5."""

from __future__ import annotations

import numpy as np

from npl_sim.channel.state import State
from npl_sim.channel.terms.prices import (
    AtMonth,
    FairValue,
    FixedPrice,
    Formula,
    Par,
    PlusCarry,
    RepurchasePrice,
)
from npl_sim.channel.terms.undertakings import BuyerPut, Repurchase, SellerCall
from npl_sim.core.errors import of_kind

__all__ = ["exercise_rights", "repurchase_price"]


def repurchase_price(price: RepurchasePrice, state: State, month: int) -> np.ndarray:
    """Return what all that the first vehicle holds costs in a month, shape (scenarios,). [package currency]"""
    collected = state.own_cash[:, :month].sum(axis=1)
    if isinstance(price, FixedPrice):
        amount = np.full(collected.shape, price.amount)
    elif isinstance(price, PlusCarry):
        amount = np.full(collected.shape, state.price * (1.0 + price.carry) ** (month / 12.0))
        if price.deduct_collections:
            growth = (1.0 + price.carry) ** ((month - np.arange(month)) / 12.0)
            amount -= np.einsum("sm,m->s", state.own_cash[:, :month], growth)
    elif isinstance(price, Par):
        amount = price.share * state.outcomes.face - collected
    elif isinstance(price, FairValue):
        amount = price.share * state.left(price.knowledge, month)
    else:
        price = of_kind(price, Formula, "price")
        amount = price.constant - price.of_collections * collected
        amount += price.of_price * state.price * (1.0 + price.carry) ** (month / 12.0)
        amount += price.of_face * state.outcomes.face
        if price.of_value != 0.0:
            amount += price.of_value * state.left(price.knowledge, month)
    return np.clip(amount, price.floor, price.cap)


def exercise_rights(state: State, month: int) -> None:
    """Carry out every repurchase and option that falls due in a month."""
    for promise in state.contract.undertakings:
        if isinstance(promise, Repurchase):
            due = _falls_due(promise, state, month)
            price = promise.price
        elif isinstance(promise, SellerCall | BuyerPut) and month in promise.months:
            price = promise.strike
            gain = repurchase_price(price, state, month) - state.left(promise.knowledge, month)
            due = gain > 0.0 if isinstance(promise, BuyerPut) else gain < 0.0
        else:
            continue
        due &= (state.own > 0.0) & (state.exercised[promise.name] < 0)
        if not due.any():
            continue
        paid = np.where(due, promise.share * repurchase_price(price, state, month), 0.0)
        state.pay_in(state.first, paid, month, promise.name)
        take(state, promise.name, np.where(due, promise.share, 0.0))
        state.exercised[promise.name][due] = month


def take(state: State, name: str, share: np.ndarray) -> None:
    """Let the bank take a share of what the first vehicle holds of the package."""
    moved = state.own * share
    state.taken[name] += moved
    # What is taken whole leaves nothing by rounding.
    state.own = np.where(share == 1.0, 0.0, state.own - moved)


def _falls_due(promise: Repurchase, state: State, month: int) -> np.ndarray:
    everywhere = np.ones(state.outcomes.scenarios, dtype=bool)
    at = promise.at
    if isinstance(at, AtMonth):
        return everywhere & (month == at.month)
    last = state.outcomes.months if at.last_test is None else at.last_test
    if not at.first_test <= month <= last or (month - at.first_test) % at.every:
        return ~everywhere
    below: np.ndarray = state.outcomes.running[:, month - 1] < at.below * state.plan[month - 1]
    return below
