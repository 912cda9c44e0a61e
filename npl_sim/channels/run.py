"""Simulation of a contract, all scenarios at once, by month. docs/channel.md sections 3 and 4."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from npl_sim.channels.defaults import default_months
from npl_sim.channels.distribution import distribute, update_open
from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.package_cash import package_cash, pay_guarantees
from npl_sim.channels.remaining_value import Views
from npl_sim.channels.rights import exercise_rights
from npl_sim.channels.state import State
from npl_sim.channels.swap import post_initial, settle_swap
from npl_sim.channels.terms.checks import within_horizon
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.channels.terms.prices import AmountPrice
from npl_sim.channels.terms.vehicles import BANK, DeferredPrice


@dataclass(frozen=True)
class ChannelRun:
    """Cash of all parties under a contract.

    Cash has shape (scenarios, months + 1) and is in package currency.
    """

    contract: ChannelContract
    """The contract."""
    outcomes: Outcomes
    """Cash of the package."""
    price: float
    """Price of the package, deferred parts included."""
    needs: dict[str, float]
    """Funding need of each vehicle at closing."""
    cash: dict[str, np.ndarray]
    """Cash by party, positive when received; it sums to 0 in each scenario and month."""
    vehicles: tuple[str, ...]
    """Names of the vehicles."""
    investors: tuple[str, ...]
    """Names of the investors."""
    bank: dict[str, np.ndarray]
    """The bank's cash by reason; it sums to the bank's cash."""
    paid: dict[str, np.ndarray]
    """Payments of the bank by reason, gross of its receipts."""
    promised: dict[str, np.ndarray]
    """The bank's cash under each undertaking, receipts included."""
    claims: dict[tuple[str, str], np.ndarray]
    """Payments to the holder of each claim, by vehicle and claim, without top-ups."""
    keep: np.ndarray
    """The bank's cash if it kept the package."""
    exercised: dict[str, np.ndarray]
    """Month in which each undertaking returned the package, or -1, shape (scenarios,)."""
    share_held: np.ndarray
    """Share of the package that the first vehicle held in each month."""
    default_month: np.ndarray | None
    """Default month of the operator (see `default_months`)."""

    @property
    def calls(self) -> np.ndarray:
        """The bank's payments under its undertakings, shape (scenarios, months + 1). [currency]"""
        total = np.zeros_like(self.keep)
        for name in self.promised:
            total += self.paid.get(name, 0.0)
        return total


def run_lossless(
    contract: ChannelContract, outcomes: Outcomes, price: float, amount: float
) -> ChannelRun:
    """Simulate a contract in one scenario in which the package certainly pays an amount.

    Parameters
    ----------
    contract, outcomes
        As for `run_channel`. The plan and the value left are still those of all scenarios.
    price
        Price of the package. [package currency]
    amount
        Present value of its cash. [package currency]
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
    fixed = contract.model_copy(
        update={"price": AmountPrice(kind="amount", amount=price), "channel_default": None}
    )
    return _run(State(fixed, alone, views, None))


def run_channel(contract: ChannelContract, outcomes: Outcomes) -> ChannelRun:
    """Simulate a contract without its side letter.

    Parameters
    ----------
    contract
        The contract; `ChannelContract.with_side_letter` applies its side letter.
    outcomes
        Cash of the package.

    Raises
    ------
    ChannelError
        If the contract does not fit these outcomes.
    ConservationError
        If cash was created or lost, which is an error of this program.
    """
    within_horizon(contract, outcomes.months)
    views = Views.of(contract, outcomes)
    return _run(State(contract, outcomes, views, default_months(contract, outcomes)))


def _run(state: State) -> ChannelRun:
    contract, outcomes, ledger = state.contract, state.outcomes, state.ledger
    _close(state)
    for month in range(outcomes.months + 1):
        _month(state, month)
    vehicles = tuple(vehicle.name for vehicle in state.vehicles)
    ledger.check(outcomes.received, outcomes.costs, vehicles)
    none = np.zeros_like(outcomes.received)
    return ChannelRun(
        contract=contract,
        outcomes=outcomes,
        price=state.price,
        needs={vehicle.name: vehicle.need for vehicle in state.vehicles},
        cash=ledger.cash,
        vehicles=vehicles,
        investors=state.investors,
        bank=ledger.bank,
        paid=ledger.paid,
        promised={
            u.name: ledger.bank.get(u.name, none) + state.returned[u.name]
            for u in contract.undertakings
        },
        claims=ledger.claims,
        keep=outcomes.net - contract.servicing.fair_share * outcomes.received,
        exercised=state.exercised,
        share_held=state.share_by_month,
        default_month=state.default_month,
    )


def _close(state: State) -> None:
    """Execute the payments at closing."""
    pay = state.ledger.pay
    for vehicle in state.vehicles:
        for claim in vehicle.terms.funded:
            amount = np.full(state.share_held.shape, claim.share * vehicle.need)
            pay(claim.holder, vehicle.name, amount, 0, f"funds {claim.name}")
            if claim.kind == "note":
                vehicle.balance[claim.name] += amount
        pay(vehicle.name, "channel", vehicle.terms.fee.upfront, 0, "fee")
    first, deferred = state.first, 0.0
    for later in first.terms.claims:
        if isinstance(later, DeferredPrice):
            first.deferred[later.name] += later.share * state.price
            deferred += later.share
    pay(first.name, BANK, state.price * (1.0 - deferred), 0, "price")
    # Every account is empty at closing: what a vehicle gets, it pays.
    post_initial(state)


def _month(state: State, month: int) -> None:
    if month > 0:
        exercise_rights(state, month)
        update_open(state)
    state.share_by_month[:, month] = state.share_held
    package_cash(state, month)
    settle_swap(state, month)
    pay_guarantees(state, month)
    distribute(state, month)
    if month == state.outcomes.months:
        holder, reason = state.last_holder(), "costs not recovered"
        state.ledger.pay(holder, "servicer", state.advanced, month, reason)
