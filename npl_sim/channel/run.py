"""Carries a contract out, all scenarios at once, month by month. docs/channel.md sections 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from npl_sim.channel.defaults import default_months
from npl_sim.channel.distribution import distribute, note_open
from npl_sim.channel.outcomes import Outcomes
from npl_sim.channel.package_cash import package_cash, pay_guarantees
from npl_sim.channel.remaining_value import Views
from npl_sim.channel.rights import exercise_rights
from npl_sim.channel.state import State
from npl_sim.channel.swap import post_initial, settle_swap
from npl_sim.channel.terms.checks import within_horizon
from npl_sim.channel.terms.contract import ChannelContract
from npl_sim.channel.terms.prices import AmountPrice
from npl_sim.channel.terms.vehicles import BANK, DeferredPrice

__all__ = ["ChannelRun", "run_channel", "run_lossless"]


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
    claims
        What the holder of each claim got, by vehicle and claim; without what the bank topped up.
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
    claims: dict[tuple[str, str], np.ndarray]
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


def run_lossless(
    contract: ChannelContract, outcomes: Outcomes, price: float, amount: float
) -> ChannelRun:
    """Carry out a contract in the one world in which the package pays an amount for sure.

    Parameters
    ----------
    contract, outcomes
        As for `run_channel`; the plan, and what is thought to be left, are still those of all scenarios.
    price
        What is paid for the package. [package currency]
    amount
        What it pays, by present value. [package currency]
    """
    everyone = outcomes.with_lossless(amount)
    views = Views.of(contract, everyone).row(-1)
    alone = replace(
        everyone,
        received=everyone.received[-1:],
        costs=everyone.costs[-1:],
        probability=np.ones(1),
        exact=True,
    )
    words = contract.model_copy(
        update={"price": AmountPrice(kind="amount", amount=price), "channel_default": None}
    )
    return _run(words, alone, State(words, alone, views, None))


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
    within_horizon(contract, outcomes.months)
    views = Views.of(contract, outcomes)
    return _run(
        contract, outcomes, State(contract, outcomes, views, default_months(contract, outcomes))
    )


def _run(contract: ChannelContract, outcomes: Outcomes, state: State) -> ChannelRun:
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
        claims=state.books.claims,
        keep=outcomes.net - contract.servicing.fair_share * outcomes.received,
        exercised=state.exercised,
        own=state.own_in,
        default_month=state.default_month,
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
    package_cash(state, month)
    settle_swap(state, month)
    pay_guarantees(state, month)
    distribute(state, month)
    if month == state.outcomes.months:
        state.books.pay(
            state.last_holder(), "servicer", state.advanced, month, "costs not recovered"
        )
