"""Carries a contract out, all scenarios at once, month by month. docs/channel.md sections 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.channel.defaults import default_months
from npl_sim.channel.distribution import distribute, note_open
from npl_sim.channel.layers import BANK, DeferredPrice
from npl_sim.channel.outcomes import Outcomes
from npl_sim.channel.prices import AtMonth
from npl_sim.channel.rights import exercise_rights
from npl_sim.channel.spec import ChannelContract
from npl_sim.channel.state import State
from npl_sim.channel.swap import post_initial, settle_swap
from npl_sim.channel.undertakings import BuyerPut, Guarantee, IncomeSwap, Repurchase, SellerCall
from npl_sim.errors import ChannelError

__all__ = ["ChannelRun", "run_channel"]


@dataclass(frozen=True)
class ChannelRun:
    """What everyone paid and got. Cash has shape (scenarios, months + 1), in package currency.

    Attributes
    ----------
    contract, outcomes
        What was carried out, and on what.
    price
        What was paid for the package, deferred parts included.
    needs
        What each vehicle needed at closing.
    cash
        By party, positive where it is received; sums to 0 in each scenario and month.
    vehicles, investors
        Names among the parties.
    bank
        The bank's cash by reason; sums to its cash.
    paid
        What the bank paid, by reason, not netted against what it got.
    promised
        The bank's cash under each undertaking, what it got for it included.
    keep
        The bank's cash if it kept the package.
    exercised
        By undertaking: the month in which the package came back, -1 where it did not, shape (scenarios,).
    own
        Share of the package that the first vehicle held in each month.
    default_month
        See `default_months`.
    """

    contract: ChannelContract
    outcomes: Outcomes
    price: float
    needs: dict[str, float]
    cash: dict[str, np.ndarray]
    vehicles: tuple[str, ...]
    investors: tuple[str, ...]
    bank: dict[str, np.ndarray]
    paid: dict[str, np.ndarray]
    promised: dict[str, np.ndarray]
    keep: np.ndarray
    exercised: dict[str, np.ndarray]
    own: np.ndarray
    default_month: np.ndarray | None

    @property
    def calls(self) -> np.ndarray:
        """What the bank paid under its undertakings, shape (scenarios, months + 1). [package currency]"""
        total = np.zeros_like(self.keep)
        for name in self.promised:
            total += self.paid.get(name, 0.0)
        return total


def run_channel(contract: ChannelContract, outcomes: Outcomes) -> ChannelRun:
    """Carry out a contract, without its side letter.

    Parameters
    ----------
    contract
        The contract; see `ChannelContract.letter` for it with its side letter.
    outcomes
        Cash of the package.

    Raises
    ------
    ChannelError
        If the contract cannot be carried out on these outcomes.
    ConservationError
        If cash was made or lost, which is a fault of this program.
    """
    _within_horizon(contract, outcomes.months)
    state = State(contract, outcomes, default_months(contract, outcomes))
    _close(state)
    for month in range(outcomes.months + 1):
        _month(state, month)
    vehicles = tuple(layer.name for layer in state.layers)
    state.books.check(outcomes.received, outcomes.costs, vehicles)
    undertakings = [u.name for u in contract.undertakings]
    none = np.zeros_like(outcomes.received)
    return ChannelRun(
        contract=contract,
        outcomes=outcomes,
        price=state.price,
        needs={layer.name: layer.need for layer in state.layers},
        cash=state.books.cash,
        vehicles=vehicles,
        investors=state.investors,
        bank=state.books.bank,
        paid=state.books.paid,
        promised={u: state.books.bank.get(u, none) + state.returned[u] for u in undertakings},
        keep=outcomes.net - contract.servicing.fair_share * outcomes.received,
        exercised=state.exercised,
        own=state.own_in,
        default_month=state.default_month,
    )


def _within_horizon(contract: ChannelContract, horizon: int) -> None:
    late: list[tuple[str, int]] = []
    for u in contract.undertakings:
        if isinstance(u, Repurchase) and isinstance(u.at, AtMonth):
            late.append((f"undertaking {u.name!r}: at.month", u.at.month))
        if isinstance(u, Repurchase) and not isinstance(u.at, AtMonth):
            late.append((f"undertaking {u.name!r}: at.first_test", u.at.first_test))
        if isinstance(u, SellerCall | BuyerPut):
            late.append((f"undertaking {u.name!r}: months", u.months[-1]))
        if isinstance(u, IncomeSwap) and u.last_month is not None:
            late.append((f"undertaking {u.name!r}: last_month", u.last_month))
        if isinstance(u, Guarantee) and u.month is not None:
            late.append((f"undertaking {u.name!r}: month", u.month))
    for claim in contract.layers[0].claims:
        if isinstance(claim, DeferredPrice):
            late.append((f"claim {claim.name!r}: month", claim.month))
    for what, month in late:
        if month > horizon:
            raise ChannelError(
                f"{what}: got {month}; expected at most {horizon}, the last month of the outcomes"
            )


def _close(state: State) -> None:
    """Let the sale take place."""
    for layer in state.layers:
        for claim in layer.words.funded:
            amount = np.full(state.own.shape, claim.share * layer.need)
            state.books.pay(claim.holder, layer.name, amount, 0, f"funds {claim.name}")
            layer.account += amount
            below = state.layer(claim.holder)
            if below is not None:
                below.account -= amount
            if claim.kind == "note":
                layer.balance[claim.name] += amount
        state.books.pay(layer.name, "channel", layer.words.fee.upfront, 0, "fee")
        layer.account -= layer.words.fee.upfront
    first = state.first
    deferred = 0.0
    for later in first.words.claims:
        if isinstance(later, DeferredPrice):
            first.deferred[later.name] += later.share * state.price
            deferred += later.share
    upfront = state.price * (1.0 - deferred)
    state.books.pay(first.name, BANK, upfront, 0, "price")
    first.account -= upfront
    for layer in state.layers:
        layer.account[:] = 0.0  # all went out but for rounding
    post_initial(state)


def _month(state: State, month: int) -> None:
    if month > 0:
        exercise_rights(state, month)
        note_open(state)
    state.own_in[:, month] = state.own
    _package_cash(state, month)
    settle_swap(state, month)
    _guarantees(state, month)
    distribute(state, month)
    if month == state.outcomes.months:
        state.books.pay(state.last_holder(), "servicer", state.advanced, month, "costs not recovered")


def _package_cash(state: State, month: int) -> None:
    """Share out the month's receipts and costs, and pay the servicer. docs/channel.md sections 4.2 and 4.3."""
    books, first, servicing = state.books, state.first, state.contract.servicing
    received, costs = state.outcomes.received[:, month], state.outcomes.costs[:, month]
    back = 1.0 - state.own
    books.pay("debtors", BANK, back * received, month, "package")
    books.pay(BANK, "workout", back * costs, month, "package")
    books.pay(BANK, "servicer", back * servicing.fair_share * received, month, "package")
    for name, share in state.taken.items():
        state.returned[name][:, month] = share * (received - costs - servicing.fair_share * received)
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
    beyond = np.maximum(state.serviced + held - hurdle, 0.0) - np.maximum(state.serviced - hurdle, 0.0)
    state.serviced += held
    fixed = state.own * servicing.fixed_monthly if month > 0 else 0.0
    fee = np.minimum(
        fixed + servicing.share * held + servicing.excess_share * beyond, np.maximum(first.account, 0.0)
    )
    fair = np.minimum(fee, servicing.fair_share * held)
    books.pay(first.name, "servicer", fair, month, "servicing")
    books.pay(first.name, servicing.by, fee - fair, month, "servicing")
    first.account -= fee
    own_cash = held - repaid - fee
    state.own_cash[:, month] = own_cash
    first.inflow += own_cash
    first.gain += own_cash


def _guarantees(state: State, month: int) -> None:
    for promise in state.contract.undertakings:
        if not isinstance(promise, Guarantee):
            continue
        if month != (state.outcomes.months if promise.month is None else promise.month):
            continue
        named = {"face": state.outcomes.face, "price": state.price}
        reference = named[promise.reference] if isinstance(promise.reference, str) else promise.reference
        loss = np.maximum(reference - state.held_net - promise.deductible, 0.0)
        amount = promise.share * loss
        if promise.cap is not None:
            amount = np.minimum(amount, promise.cap)
        if promise.cap_share is not None:
            amount = np.minimum(amount, promise.cap_share * reference)
        layer = state.first if promise.of is None else state.layer(promise.of)
        assert layer is not None
        state.pay_in(layer, np.where(state.own > 0.0, amount, 0.0), month, promise.name)
