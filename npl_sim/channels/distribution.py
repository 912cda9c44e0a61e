"""Distribution of a vehicle: tax, fee, claims, and top-ups. docs/channel.md section 6."""

from __future__ import annotations

import numpy as np

from npl_sim.channels.state import State, VehicleState
from npl_sim.channels.swap import reserved_for_swap
from npl_sim.channels.terms.undertakings import TopUp
from npl_sim.channels.terms.vehicles import BANK, DeferredPrice, Note


def update_open(state: State) -> None:
    """Update which vehicles are open in the month that begins."""
    for i, vehicle in enumerate(state.vehicles):
        if i == 0:
            vehicle.open = state.share_held > 0.0
        else:
            sources = [
                earlier.open
                for earlier in state.vehicles[:i]
                if any(claim.holder == vehicle.name for claim in earlier.terms.claims)
            ]
            vehicle.open = np.any(sources, axis=0)
        vehicle.open_months += vehicle.open


def distribute(state: State, month: int) -> None:
    """Distribute the cash of every vehicle that is due, in the order of the vehicles."""
    final = month == state.outcomes.months
    for vehicle in state.vehicles:
        if final or (month > 0 and month % vehicle.terms.pay_every == 0):
            _Distribution(state, vehicle, month, final).run()


class _Distribution:
    """Distribution of one vehicle on one date."""

    def __init__(self, state: State, vehicle: VehicleState, month: int, final: bool) -> None:
        self.state, self.vehicle, self.month, self.final = state, vehicle, month, final
        reserved = reserved_for_swap(state, month) if vehicle is state.first else 0.0
        self.available = np.maximum(vehicle.account - reserved, 0.0)

    def run(self) -> None:
        vehicle = self.vehicle
        self._tax()
        self._fee()
        for claim in vehicle.terms.claims:
            if isinstance(claim, Note):
                self._note(claim)
            elif isinstance(claim, DeferredPrice):
                if self.month >= claim.month:
                    owed = vehicle.deferred[claim.name]
                    owed -= self._pay(claim.holder, owed, claim.name)
            else:
                share = claim.share if claim.kind == "excess" else 1.0
                amount = np.where(self._senior_paid(), share * self.available, 0.0)
                self._pay(claim.holder, amount, claim.name)
        vehicle.inflow[:] = 0.0
        vehicle.open_months[:] = 0.0
        vehicle.last = self.month

    def _senior_paid(self) -> np.ndarray:
        """Return where no note or deferred price is owed, or the last month is reached."""
        vehicle, free = self.vehicle, np.ones(self.available.shape, dtype=bool)
        if not self.final:
            for owed in (vehicle.balance, vehicle.interest, vehicle.deferred):
                for amount in owed.values():
                    free &= amount <= 0.0
        return free

    def _pay(self, payee: str, owed: np.ndarray, reason: str) -> np.ndarray:
        """Pay as much of the amount owed as cash allows, and return the payment."""
        amount = np.minimum(owed, self.available)
        self.available = self.available - amount
        self.state.pay_out(self.vehicle, payee, amount, self.month, reason)
        return amount

    def _take(self, payee: str, owed: np.ndarray, reason: str) -> np.ndarray:
        """Pay tax or a fee, which no default affects."""
        amount = np.minimum(owed, self.available)
        self.available = self.available - amount
        self.vehicle.account -= amount
        self.state.ledger.pay(self.vehicle.name, payee, amount, self.month, reason)
        return amount

    def _tax(self) -> None:
        tax, vehicle = self.vehicle.terms.tax, self.vehicle
        if tax is None:
            return
        if tax.on == "receipts":
            due = tax.rate * np.maximum(vehicle.inflow, 0.0)
        else:
            profit = np.maximum(vehicle.gain - vehicle.need, 0.0)
            due = tax.rate * np.maximum(profit - vehicle.taxed, 0.0)
            vehicle.taxed = np.maximum(vehicle.taxed, profit)
        self._take("tax", due, "tax")

    def _fee(self) -> None:
        vehicle = self.vehicle
        rate = vehicle.terms.fee.per_year
        owed = vehicle.fee_owed + rate * vehicle.need / 12.0 * vehicle.open_months
        vehicle.fee_owed = owed - self._take("channel", owed, "fee")

    def _note(self, note: Note) -> None:
        vehicle, month = self.vehicle, self.month
        balance, interest = vehicle.balance[note.name], vehicle.interest[note.name]
        interest += (balance + interest) * note.rate * (month - vehicle.last) / 12.0
        interest -= self._pay(note.holder, interest, note.name)
        horizon = self.state.outcomes.months
        due = month >= (horizon if note.maturity is None else min(note.maturity, horizon))
        if due or note.principal == "pass_through":
            balance -= self._pay(note.holder, balance, note.name)
        for promise in self.state.contract.undertakings:
            if isinstance(promise, TopUp) and promise.of == note.name:
                self._top_up(promise, note, due)

    def _top_up(self, promise: TopUp, note: Note, due: bool) -> None:
        state, vehicle = self.state, self.vehicle
        balance, interest = vehicle.balance[note.name], vehicle.interest[note.name]
        none = np.zeros_like(interest)
        covered_interest = interest if "interest" in promise.covers else none
        covered_principal = balance if due and "principal" in promise.covers else none
        amount = promise.share * (covered_interest + covered_principal)
        if promise.per_date is not None:
            amount = np.minimum(amount, promise.per_date)
        if promise.lifetime is not None:
            amount = np.minimum(amount, promise.lifetime - state.topped_up[promise.name])
        state.topped_up[promise.name] += amount
        state.ledger.pay(BANK, note.holder, amount, self.month, promise.name)
        state.credit(note.holder, amount)
        # A full payment leaves no rounding difference.
        full = amount >= covered_interest + covered_principal
        to_interest = np.where(full, covered_interest, np.minimum(amount, covered_interest))
        interest -= to_interest
        balance -= np.where(full, covered_principal, np.minimum(amount - to_interest, balance))
