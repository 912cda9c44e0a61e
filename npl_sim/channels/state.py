"""State of a contract in all scenarios while its months are simulated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.channels.ledger import CashLedger
from npl_sim.channels.outcomes import Outcomes
from npl_sim.channels.remaining_value import Views
from npl_sim.channels.terms.contract import ChannelContract
from npl_sim.channels.terms.prices import AmountPrice, ShareOfFace
from npl_sim.channels.terms.vehicles import BANK, DeferredPrice, Vehicle


def sale_price(contract: ChannelContract, outcomes: Outcomes) -> float:
    """Return the price of the package. [package currency]"""
    price = contract.price
    if isinstance(price, AmountPrice):
        return price.amount
    if isinstance(price, ShareOfFace):
        return price.share * outcomes.face
    worth = float(outcomes.mean(outcomes.present_value(outcomes.net)))
    return price.share * max(worth, 0.0)


@dataclass
class VehicleState:
    """State of a vehicle. Arrays have shape (scenarios,), amounts are in package currency."""

    terms: Vehicle
    """Terms of the vehicle."""
    need: float
    """Funding need at closing."""
    account: np.ndarray
    """Cash in its account."""
    inflow: np.ndarray
    """Inflow since the last distribution."""
    gain: np.ndarray
    """Total inflow for the profit tax (docs/channel.md section 6)."""
    taxed: np.ndarray
    """Part of the gain that was taxed."""
    fee_owed: np.ndarray
    """Unpaid fees."""
    open_months: np.ndarray
    """Months since the last distribution in which the vehicle was open."""
    balance: dict[str, np.ndarray]
    """Principal outstanding, by note."""
    interest: dict[str, np.ndarray]
    """Interest owed, by note."""
    deferred: dict[str, np.ndarray]
    """Deferred price owed, by claim."""
    open: np.ndarray
    """Whether its asset may still pay."""
    last: int = 0
    """Month of the last distribution."""

    @classmethod
    def at_closing(cls, terms: Vehicle, need: float, scenarios: int) -> VehicleState:
        """Return the state before the sale."""

        def zero() -> np.ndarray:
            return np.zeros(scenarios)

        deferred = [c.name for c in terms.claims if isinstance(c, DeferredPrice)]
        account, inflow, gain, taxed, fee_owed, open_months = (zero() for _ in range(6))
        return cls(
            terms=terms,
            need=need,
            account=account,
            inflow=inflow,
            gain=gain,
            taxed=taxed,
            fee_owed=fee_owed,
            open_months=open_months,
            balance={note.name: zero() for note in terms.notes},
            interest={note.name: zero() for note in terms.notes},
            deferred={name: zero() for name in deferred},
            open=np.ones(scenarios, dtype=bool),
        )

    @property
    def name(self) -> str:
        """Name of the vehicle."""
        return self.terms.name


class State:
    """State of a contract between two months.

    Parameters
    ----------
    contract
        The contract, with any side letter applied.
    outcomes
        Cash of the package.
    views
        Plan and estimates of the value left.
    default_month
        Month from which the defaulted operator pays only in part, shape (scenarios,); None without
        default.
    """

    def __init__(
        self,
        contract: ChannelContract,
        outcomes: Outcomes,
        views: Views,
        default_month: np.ndarray | None,
    ) -> None:
        self.contract, self.outcomes, self.default_month = contract, outcomes, default_month
        s, shape = outcomes.scenarios, (outcomes.scenarios, outcomes.months + 1)
        self.price, self.plan = sale_price(contract, outcomes), views.plan
        self.vehicles: list[VehicleState] = []
        for terms in contract.vehicles:
            self.vehicles.append(VehicleState.at_closing(terms, self._need(terms), s))
        names = tuple(vehicle.name for vehicle in contract.vehicles)
        holders = {c.holder for vehicle in contract.vehicles for c in vehicle.claims}
        self.investors = tuple(sorted(holders - {BANK, *names}))
        self.ledger = CashLedger(s, outcomes.months, (*names, *self.investors))
        self.share_held = np.ones(s)
        self.share_by_month = np.ones(shape)
        self.vehicle_cash = np.zeros(shape)  # x of docs/channel.md
        self.held_net = np.zeros(s)  # sum of share held times net cash
        self.advanced = np.zeros(s)
        self.serviced = np.zeros(s)  # receipts serviced so far
        self.pool = np.zeros(s)
        self.posted = np.zeros(s)
        undertakings = [u.name for u in contract.undertakings]
        self.taken = {name: np.zeros(s) for name in undertakings}
        self.returned = {name: np.zeros(shape) for name in undertakings}
        self.exercised = {name: np.full(s, -1, dtype=np.int64) for name in undertakings}
        self.topped_up = {name: np.zeros(s) for name in undertakings}
        self._left = views.left

    def _need(self, terms: Vehicle) -> float:
        """Return the funding need of the next vehicle. docs/channel.md section 3."""
        if not self.vehicles:
            deferred = sum(c.share for c in terms.claims if isinstance(c, DeferredPrice))
            return self.price * (1.0 - deferred) + terms.fee.upfront
        asset = sum(
            claim.share * earlier.need
            for earlier in self.vehicles
            for claim in earlier.terms.funded
            if claim.holder == terms.name
        )
        return asset + terms.fee.upfront

    @property
    def first(self) -> VehicleState:
        """The vehicle that buys the package."""
        return self.vehicles[0]

    def value_left(self, knowledge: str, month: int) -> np.ndarray:
        """Return the estimated value of the first vehicle's part at the start of a month."""
        return self.share_held * self._left[knowledge][:, month]

    def vehicle(self, name: str) -> VehicleState | None:
        """Return a vehicle by name; None for another party."""
        return next((x for x in self.vehicles if x.name == name), None)

    def arriving(self, vehicle: VehicleState, amount: np.ndarray, month: int) -> np.ndarray:
        """Return the part of a payment that arrives after any default of the operator."""
        terms = self.contract.channel_default
        if terms is None or self.default_month is None or terms.of != vehicle.name:
            return amount
        return np.where(month >= self.default_month, terms.recovery * amount, amount)

    def pay_in(self, vehicle: VehicleState, amount: np.ndarray, month: int, reason: str) -> None:
        """Pay from the bank into a vehicle's account."""
        self.ledger.pay(BANK, vehicle.name, amount, month, reason)
        vehicle.account += amount
        vehicle.gain += amount

    def pay_with_default(
        self, payer: VehicleState | str, payee: str, amount: np.ndarray, month: int, reason: str
    ) -> np.ndarray:
        """Pay from a vehicle or the collateral; return what arrives, the channel gets the rest."""
        vehicle, name = (self.first, payer) if isinstance(payer, str) else (payer, payer.name)
        arrived = self.arriving(vehicle, amount, month)
        self.ledger.pay(name, payee, arrived, month, reason)
        self.ledger.pay(name, "channel", amount - arrived, month, "lost by default")
        return arrived

    def pay_out(
        self, vehicle: VehicleState, holder: str, amount: np.ndarray, month: int, reason: str
    ) -> None:
        """Pay from a vehicle to the holder of a claim, which may be a vehicle."""
        vehicle.account -= amount
        arrived = self.pay_with_default(vehicle, holder, amount, month, reason)
        self.ledger.record_claim(vehicle.name, reason, arrived, month)
        self.credit(holder, arrived)

    def credit(self, holder: str, amount: np.ndarray) -> None:
        """Add a payment to the account of its holder, if that is a vehicle."""
        below = self.vehicle(holder)
        if below is not None:
            below.account += amount
            below.inflow += amount
            below.gain += amount

    def last_holder(self) -> str:
        """Return the final holder of the first vehicle's residual."""
        holder = self.first.name
        while (vehicle := self.vehicle(holder)) is not None:
            holder = vehicle.terms.residual.holder
        return holder
