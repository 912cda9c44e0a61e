"""What a vehicle pays out: tax, fee, claims, and the bank's top-ups. docs/channel.md section 6."""

from __future__ import annotations

import numpy as np

from npl_sim.channel.state import State, VehicleState
from npl_sim.channel.swap import held_back
from npl_sim.channel.terms.undertakings import TopUp
from npl_sim.channel.terms.vehicles import BANK, DeferredPrice, Note

__all__ = ["distribute", "note_open"]


def note_open(state: State) -> None:
    """Note which vehicles are open in the month that begins."""
    for i, layer in enumerate(state.layers):
        if i == 0:
            layer.open = state.own > 0.0
        else:
            held = [
                up
                for up in state.layers[:i]
                if any(getattr(c, "holder", BANK) == layer.name for c in up.words.claims)
            ]
            layer.open = np.any([up.open for up in held], axis=0)
        layer.open_months += layer.open


def distribute(state: State, month: int) -> None:
    """Let every vehicle whose date it is pay out what it has, in their order."""
    final = month == state.outcomes.months
    for layer in state.layers:
        if final or (month > 0 and month % layer.words.pay_every == 0):
            _Distribution(state, layer, month, final).run()


class _Distribution:
    """One vehicle on one date."""

    def __init__(self, state: State, layer: VehicleState, month: int, final: bool) -> None:
        self.state, self.layer, self.month, self.final = state, layer, month, final
        held = held_back(state, month) if layer is state.first else 0.0
        self.available = np.maximum(layer.account - held, 0.0)

    def run(self) -> None:
        layer = self.layer
        self._tax()
        self._fee()
        for claim in layer.words.claims:
            if isinstance(claim, Note):
                self._note(claim)
            elif isinstance(claim, DeferredPrice):
                if self.month >= claim.month:
                    owed = layer.deferred[claim.name]
                    owed -= self._pay(claim.holder, owed, claim.name)
            else:
                share = claim.share if claim.kind == "excess" else 1.0
                free = np.ones(self.available.shape, dtype=bool) if self.final else self._free()
                self._pay(claim.holder, np.where(free, share * self.available, 0.0), claim.name)
        layer.inflow[:] = 0.0
        layer.open_months[:] = 0.0
        layer.last = self.month

    def _free(self) -> np.ndarray:
        """Return where nothing is owed on notes and deferred price."""
        layer = self.layer
        owed = [*layer.balance.values(), *layer.interest.values(), *layer.deferred.values()]
        return (
            np.all([x <= 0.0 for x in owed], axis=0)
            if owed
            else np.ones(self.available.shape, dtype=bool)
        )

    def _pay(self, payee: str, owed: np.ndarray, reason: str) -> np.ndarray:
        """Pay what is owed as far as there is cash; return what the vehicle paid."""
        amount = np.minimum(owed, self.available)
        self.available = self.available - amount
        self.state.pay_out(self.layer, payee, amount, self.month, reason)
        return amount

    def _take(self, payee: str, owed: np.ndarray, reason: str) -> np.ndarray:
        """Pay tax or a fee, which no default touches."""
        amount = np.minimum(owed, self.available)
        self.available = self.available - amount
        self.layer.account -= amount
        self.state.books.pay(self.layer.name, payee, amount, self.month, reason)
        return amount

    def _tax(self) -> None:
        words, layer = self.layer.words.tax, self.layer
        if words is None:
            return
        if words.on == "receipts":
            due = words.rate * np.maximum(layer.inflow, 0.0)
        else:
            profit = np.maximum(layer.gain - layer.need, 0.0)
            due = words.rate * np.maximum(profit - layer.taxed, 0.0)
            layer.taxed = np.maximum(layer.taxed, profit)
        self._take("tax", due, "tax")

    def _fee(self) -> None:
        layer = self.layer
        owed = layer.fee_owed + layer.words.fee.per_year * layer.need / 12.0 * layer.open_months
        layer.fee_owed = owed - self._take("channel", owed, "fee")

    def _note(self, note: Note) -> None:
        layer, month = self.layer, self.month
        balance, interest = layer.balance[note.name], layer.interest[note.name]
        interest += (balance + interest) * note.rate * (month - layer.last) / 12.0
        interest -= self._pay(note.holder, interest, note.name)
        horizon = self.state.outcomes.months
        due = month >= (horizon if note.maturity is None else min(note.maturity, horizon))
        if due or note.principal == "pass_through":
            balance -= self._pay(note.holder, balance, note.name)
        for promise in self.state.contract.undertakings:
            if isinstance(promise, TopUp) and promise.of == note.name:
                self._top_up(promise, note, due)

    def _top_up(self, promise: TopUp, note: Note, due: bool) -> None:
        state, layer = self.state, self.layer
        balance, interest = layer.balance[note.name], layer.interest[note.name]
        covered_interest = interest if "interest" in promise.covers else np.zeros_like(interest)
        covered_principal = (
            balance if due and "principal" in promise.covers else np.zeros_like(balance)
        )
        amount = promise.share * (covered_interest + covered_principal)
        if promise.per_date is not None:
            amount = np.minimum(amount, promise.per_date)
        if promise.lifetime is not None:
            amount = np.minimum(amount, promise.lifetime - state.topped[promise.name])
        state.topped[promise.name] += amount
        state.books.pay(BANK, note.holder, amount, self.month, promise.name)
        state.receive(note.holder, amount)
        # What is paid in full leaves nothing by rounding.
        full = amount >= covered_interest + covered_principal
        to_interest = np.where(full, covered_interest, np.minimum(amount, covered_interest))
        interest -= to_interest
        balance -= np.where(full, covered_principal, np.minimum(amount - to_interest, balance))
