"""Where every scenario stands while the months go by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.channel.ledger import Books
from npl_sim.channel.outcomes import Outcomes
from npl_sim.channel.remaining_value import Views
from npl_sim.channel.terms.contract import ChannelContract
from npl_sim.channel.terms.prices import AmountPrice, ShareOfFace
from npl_sim.channel.terms.vehicles import BANK, DeferredPrice, Layer, Residual
from npl_sim.core.errors import of_kind

__all__ = ["VehicleState", "State", "sale_price"]


def sale_price(contract: ChannelContract, outcomes: Outcomes) -> float:
    """Return what is paid for the package. [package currency]"""
    price = contract.price
    if isinstance(price, AmountPrice):
        return price.amount
    if isinstance(price, ShareOfFace):
        return price.share * outcomes.face
    worth = float(outcomes.mean(outcomes.present_value(outcomes.net)))
    return price.share * max(worth, 0.0)


@dataclass
class VehicleState:
    """A vehicle: what it holds and owes. Arrays have shape (scenarios,), amounts in package currency.

    Attributes
    ----------
    words
        The vehicle's words.
    need
        What it needed at closing.
    account
        Cash in its account.
    inflow, gain, taxed
        Inflow since the last distribution, gain so far (see docs), and the part of it that was taxed.
    balance, interest, deferred
        By claim: principal outstanding, interest owed, deferred price owed.
    fee_owed, open_months
        Fees not paid, and months since the last distribution in which the vehicle was open.
    last
        Month of the last distribution.
    """

    words: Layer
    need: float
    account: np.ndarray
    inflow: np.ndarray
    gain: np.ndarray
    taxed: np.ndarray
    balance: dict[str, np.ndarray]
    interest: dict[str, np.ndarray]
    deferred: dict[str, np.ndarray]
    fee_owed: np.ndarray
    open_months: np.ndarray
    open: np.ndarray
    last: int = 0

    @property
    def name(self) -> str:
        """Name of the vehicle."""
        return self.words.name


class State:
    """A contract in the middle of being carried out.

    Parameters
    ----------
    contract
        The contract, any side letter already laid on.
    outcomes
        Cash of the package.
    views
        The plan, and what is thought to be left.
    default_month
        Month from which the operator of the defaulting vehicle pays only in part, shape (scenarios,); none where
        nobody can default.
    """

    def __init__(
        self,
        contract: ChannelContract,
        outcomes: Outcomes,
        views: Views,
        default_month: np.ndarray | None,
    ) -> None:
        self.contract, self.outcomes, self.default_month = contract, outcomes, default_month
        s, months = outcomes.scenarios, outcomes.months
        self.price = sale_price(contract, outcomes)
        self.plan = views.plan
        self.layers = [self._layer(layer, s) for layer in contract.vehicles]
        self._needs()
        vehicles = tuple(layer.name for layer in contract.vehicles)
        holders = (
            {c.holder for layer in contract.vehicles for c in layer.claims}
            - {BANK}
            - set(vehicles)
        )
        self.investors = tuple(sorted(holders))
        self.books = Books(s, months, (*vehicles, *self.investors))
        self.own = np.ones(s)
        self.own_in = np.ones((s, months + 1))
        self.own_cash = np.zeros((s, months + 1))  # x of docs/channel.md
        self.held_net = np.zeros(s)  # sum of own times net cash
        self.advanced = np.zeros(s)
        self.serviced = np.zeros(s)  # receipts that were serviced so far
        self.pool = np.zeros(s)
        self.posted = np.zeros(s)
        self.taken = {u.name: np.zeros(s) for u in contract.undertakings}
        self.returned = {u.name: np.zeros((s, months + 1)) for u in contract.undertakings}
        self.exercised = {u.name: np.full(s, -1, dtype=np.int64) for u in contract.undertakings}
        self.topped = {u.name: np.zeros(s) for u in contract.undertakings}
        self._left = views.left

    @staticmethod
    def _layer(words: Layer, s: int) -> VehicleState:
        def zero() -> np.ndarray:
            return np.zeros(s)

        return VehicleState(
            words, 0.0, zero(), zero(), zero(), zero(),
            {n.name: zero() for n in words.notes}, {n.name: zero() for n in words.notes},
            {c.name: zero() for c in words.claims if isinstance(c, DeferredPrice)},
            zero(), zero(), np.ones(s, dtype=bool),
        )  # fmt: skip

    def _needs(self) -> None:
        """Set what each vehicle needs at closing. docs/channel.md section 3."""
        first = self.contract.vehicles[0]
        deferred = sum(c.share for c in first.claims if isinstance(c, DeferredPrice))
        for i, layer in enumerate(self.layers):
            asset = (
                self.price * (1.0 - deferred)
                if i == 0
                else sum(
                    c.share * up.need
                    for up in self.layers[:i]
                    for c in up.words.funded
                    if c.holder == layer.name
                )
            )
            layer.need = asset + layer.words.fee.upfront

    @property
    def first(self) -> VehicleState:
        """The vehicle that buys the package."""
        return self.layers[0]

    def left(self, knowledge: str, month: int) -> np.ndarray:
        """Return what the part that the first vehicle holds is thought to be worth at the start of a month."""
        value: np.ndarray = self.own * self._left[knowledge][:, month]
        return value

    def layer(self, name: str) -> VehicleState | None:
        """Return a vehicle by name; none where the name is that of another party."""
        return next((x for x in self.layers if x.name == name), None)

    def arrives(self, layer: VehicleState, amount: np.ndarray, month: int) -> np.ndarray:
        """Return what is left of a payment of a vehicle, whose operator may have defaulted."""
        terms = self.contract.channel_default
        if terms is None or self.default_month is None or terms.of != layer.name:
            return amount
        result: np.ndarray = np.where(month >= self.default_month, terms.recovery * amount, amount)
        return result

    def pay_in(self, layer: VehicleState, amount: np.ndarray, month: int, reason: str) -> None:
        """Let the bank pay into a vehicle's account."""
        self.books.pay(BANK, layer.name, amount, month, reason)
        layer.account += amount
        layer.gain += amount

    def pay_out(
        self, layer: VehicleState, holder: str, amount: np.ndarray, month: int, reason: str
    ) -> None:
        """Let a vehicle pay the holder of a claim, who may be a vehicle; what does not arrive is the channel's."""
        layer.account -= amount
        arrived = self.arrives(layer, amount, month)
        self.books.pay(layer.name, holder, arrived, month, reason)
        self.books.claim(layer.name, reason, arrived, month)
        self.books.pay(layer.name, "channel", amount - arrived, month, "lost by default")
        self.receive(holder, arrived)

    def receive(self, holder: str, amount: np.ndarray) -> None:
        """Note what a holder got, where it is a vehicle."""
        below = self.layer(holder)
        if below is not None:
            below.account += amount
            below.inflow += amount
            below.gain += amount

    def last_holder(self) -> str:
        """Return who in the end holds the residual of the first vehicle."""
        layer = self.first
        while True:
            residual = layer.words.claims[-1]
            residual = of_kind(residual, Residual, "residual")
            below = self.layer(residual.holder)
            if below is None:
                return residual.holder
            layer = below
