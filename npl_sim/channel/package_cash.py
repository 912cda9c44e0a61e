"""Where the package's own cash of a month goes, and what guarantees add to it. docs/channel.md sections 4 and 5."""

from __future__ import annotations

import numpy as np

from npl_sim.channel.state import State
from npl_sim.channel.terms.undertakings import Guarantee
from npl_sim.channel.terms.vehicles import BANK
from npl_sim.core.errors import known

__all__ = ["package_cash", "pay_guarantees"]


def package_cash(state: State, month: int) -> None:
    """Share out the month's receipts and costs, and pay the servicer. docs/channel.md sections 4.2 and 4.3."""
    books, first, servicing = state.books, state.first, state.contract.servicing
    received, costs = state.outcomes.received[:, month], state.outcomes.costs[:, month]
    back = 1.0 - state.own
    books.pay("debtors", BANK, back * received, month, "package")
    books.pay(BANK, "workout", back * costs, month, "package")
    books.pay(BANK, "servicer", back * servicing.fair_share * received, month, "package")
    for name, share in state.taken.items():
        state.returned[name][:, month] = share * (
            received - costs - servicing.fair_share * received
        )
    held, spent = state.own * received, state.own * costs
    state.held_net += held - spent
    books.pay("debtors", first.name, held, month, "collections")
    books.pay("servicer", "workout", spent, month, "costs")
    first.account += held
    state.advanced += spent
    repaid = np.minimum(np.maximum(first.account, 0.0), state.advanced)
    books.pay(first.name, "servicer", repaid, month, "costs repaid")
    first.account -= repaid
    state.advanced = state.advanced - repaid

    hurdle = servicing.hurdle_of_price * state.price
    beyond = np.maximum(state.serviced + held - hurdle, 0.0) - np.maximum(
        state.serviced - hurdle, 0.0
    )
    state.serviced += held
    fixed = state.own * servicing.fixed_monthly if month > 0 else 0.0
    fee = np.minimum(
        fixed + servicing.share * held + servicing.excess_share * beyond,
        np.maximum(first.account, 0.0),
    )
    fair = np.minimum(fee, servicing.fair_share * held)
    books.pay(first.name, "servicer", fair, month, "servicing")
    books.pay(first.name, servicing.by, fee - fair, month, "servicing")
    first.account -= fee
    own_cash = held - repaid - fee
    state.own_cash[:, month] = own_cash
    first.inflow += own_cash
    first.gain += own_cash


def pay_guarantees(state: State, month: int) -> None:
    """Let the bank pay the guarantees whose month it is."""
    for promise in state.contract.undertakings:
        if not isinstance(promise, Guarantee):
            continue
        if month != (state.outcomes.months if promise.month is None else promise.month):
            continue
        named = {"face": state.outcomes.face, "price": state.price}
        reference = (
            named[promise.reference] if isinstance(promise.reference, str) else promise.reference
        )
        loss = np.maximum(reference - state.held_net - promise.deductible, 0.0)
        amount = promise.share * loss
        if promise.cap is not None:
            amount = np.minimum(amount, promise.cap)
        if promise.cap_share is not None:
            amount = np.minimum(amount, promise.cap_share * reference)
        layer = state.first if promise.of is None else state.layer(promise.of)
        layer = known(layer, "layer")
        state.pay_in(layer, np.where(state.own > 0.0, amount, 0.0), month, promise.name)
