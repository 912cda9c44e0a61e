"""Rights to the package: repurchases and options. docs/channel.md sections 4.1 and 5."""

from __future__ import annotations

import numpy as np

from npl_sim.channels.state import State
from npl_sim.channels.terms.prices import (
    AtMonth,
    FairValue,
    FixedPrice,
    Formula,
    Par,
    PlusCarry,
    RepurchasePrice,
)
from npl_sim.channels.terms.undertakings import BuyerPut, Repurchase, SellerCall
from npl_sim.core.errors import of_kind


def repurchase_price(price: RepurchasePrice, state: State, month: int) -> np.ndarray:
    """Return the price of the first vehicle's whole part, shape (scenarios,). [currency]"""
    earlier = state.vehicle_cash[:, :month]
    collected = earlier.sum(axis=1)
    if isinstance(price, FixedPrice):
        amount = np.full(collected.shape, price.amount)
    elif isinstance(price, PlusCarry):
        amount = np.full(collected.shape, state.price * (1.0 + price.carry) ** (month / 12.0))
        if price.deduct_collections:
            growth = (1.0 + price.carry) ** ((month - np.arange(month)) / 12.0)
            amount -= np.einsum("sm,m->s", earlier, growth)
    elif isinstance(price, Par):
        amount = price.share * state.outcomes.face - collected
    elif isinstance(price, FairValue):
        amount = price.share * state.value_left(price.knowledge, month)
    else:
        price = of_kind(price, Formula, "price")
        amount = price.constant - price.of_collections * collected
        amount += price.of_price * state.price * (1.0 + price.carry) ** (month / 12.0)
        amount += price.of_face * state.outcomes.face
        if price.of_value != 0.0:
            amount += price.of_value * state.value_left(price.knowledge, month)
    return np.clip(amount, price.floor, price.cap)


def exercise_rights(state: State, month: int) -> None:
    """Execute every repurchase and option that is due in a month."""
    for promise in state.contract.undertakings:
        if isinstance(promise, Repurchase):
            due, price = _falls_due(promise, state, month), promise.price
        elif isinstance(promise, SellerCall | BuyerPut) and month in promise.months:
            price = promise.strike
            gain = repurchase_price(price, state, month)
            gain -= state.value_left(promise.knowledge, month)
            due = gain > 0.0 if isinstance(promise, BuyerPut) else gain < 0.0
        else:
            continue
        due &= (state.share_held > 0.0) & (state.exercised[promise.name] < 0)
        if not due.any():
            continue
        paid = np.where(due, promise.share * repurchase_price(price, state, month), 0.0)
        state.pay_in(state.first, paid, month, promise.name)
        take(state, promise.name, np.where(due, promise.share, 0.0))
        state.exercised[promise.name][due] = month


def take(state: State, name: str, share: np.ndarray) -> None:
    """Transfer a share of the first vehicle's part of the package to the bank."""
    moved = state.share_held * share
    state.taken[name] += moved
    # A transfer of the whole leaves no rounding difference.
    state.share_held = np.where(share == 1.0, 0.0, state.share_held - moved)


def _falls_due(promise: Repurchase, state: State, month: int) -> np.ndarray:
    at, outcomes = promise.at, state.outcomes
    if isinstance(at, AtMonth):
        return np.full(outcomes.scenarios, month == at.month)
    last = outcomes.months if at.last_test is None else at.last_test
    if not at.first_test <= month <= last or (month - at.first_test) % at.every:
        return np.zeros(outcomes.scenarios, dtype=bool)
    return outcomes.running[:, month - 1] < at.below * state.plan[month - 1]
