"""Monthly cash of the package, servicing and guarantees. docs/channel.md sections 4 and 5."""

from __future__ import annotations

import numpy as np

from npl_sim.channels.state import State
from npl_sim.channels.terms.undertakings import Guarantee
from npl_sim.channels.terms.vehicles import BANK
from npl_sim.core.errors import known


def package_cash(state: State, month: int) -> None:
    """Share the month's receipts and costs, and pay the servicer (sections 4.2 and 4.3)."""
    pay, first, servicing = state.ledger.pay, state.first, state.contract.servicing
    received, costs = state.outcomes.received[:, month], state.outcomes.costs[:, month]
    back = 1.0 - state.share_held
    pay("debtors", BANK, back * received, month, "package")
    pay(BANK, "workout", back * costs, month, "package")
    pay(BANK, "servicer", back * servicing.fair_share * received, month, "package")
    for name, share in state.taken.items():
        state.returned[name][:, month] = share * (
            received - costs - servicing.fair_share * received
        )
    receipts, spent = state.share_held * received, state.share_held * costs
    state.held_net += receipts - spent
    pay("debtors", first.name, receipts, month, "collections")
    pay("servicer", "workout", spent, month, "costs")
    first.account += receipts
    state.advanced += spent
    repaid = np.minimum(np.maximum(first.account, 0.0), state.advanced)
    pay(first.name, "servicer", repaid, month, "costs repaid")
    first.account -= repaid
    state.advanced = state.advanced - repaid

    fee = np.minimum(_fee_due(state, receipts, month), np.maximum(first.account, 0.0))
    state.serviced += receipts
    fair = np.minimum(fee, servicing.fair_share * receipts)
    pay(first.name, "servicer", fair, month, "servicing")
    pay(first.name, servicing.by, fee - fair, month, "servicing")
    first.account -= fee
    vehicle_cash = receipts - repaid - fee
    state.vehicle_cash[:, month] = vehicle_cash
    first.inflow += vehicle_cash
    first.gain += vehicle_cash


def _fee_due(state: State, receipts: np.ndarray, month: int) -> np.ndarray:
    """Return the servicing fee due on the receipts of the first vehicle, shape (scenarios,)."""
    servicing = state.contract.servicing
    hurdle = servicing.hurdle_of_price * state.price
    above = np.maximum(state.serviced + receipts - hurdle, 0.0)
    beyond = above - np.maximum(state.serviced - hurdle, 0.0)
    fixed = state.share_held * servicing.fixed_monthly if month > 0 else 0.0
    return fixed + servicing.share * receipts + servicing.excess_share * beyond


def pay_guarantees(state: State, month: int) -> None:
    """Pay the guarantees of the bank that are due in a month."""
    references = {"face": state.outcomes.face, "price": state.price}
    for promise in state.contract.undertakings:
        if not isinstance(promise, Guarantee):
            continue
        if month != (state.outcomes.months if promise.month is None else promise.month):
            continue
        reference = promise.reference
        base = references[reference] if isinstance(reference, str) else reference
        loss = np.maximum(base - state.held_net - promise.deductible, 0.0)
        amount = promise.share * loss
        if promise.cap is not None:
            amount = np.minimum(amount, promise.cap)
        if promise.cap_share is not None:
            amount = np.minimum(amount, promise.cap_share * base)
        vehicle = (
            state.first if promise.of is None else known(state.vehicle(promise.of), "vehicle")
        )
        amount = np.where(state.share_held > 0.0, amount, 0.0)
        state.pay_in(vehicle, amount, month, promise.name)
