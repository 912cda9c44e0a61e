"""Cash ledger: payments between parties by month, in each scenario."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TypeVar

import numpy as np

from npl_sim.channels.terms.vehicles import BANK, RESERVED
from npl_sim.core.errors import ConservationError

K = TypeVar("K", bound=Hashable)


class CashLedger:
    """Cash of each party, positive when received.

    Parameters
    ----------
    scenarios, months
        Number of scenarios, and the last month.
    parties
        Names of the vehicles and investors.
    """

    def __init__(self, scenarios: int, months: int, parties: tuple[str, ...]) -> None:
        self._shape = (scenarios, months + 1)
        self.cash = {name: np.zeros(self._shape) for name in (*RESERVED, *parties)}
        self.bank: dict[str, np.ndarray] = {}
        self.paid: dict[str, np.ndarray] = {}
        self.claims: dict[tuple[str, str], np.ndarray] = {}

    def pay(
        self, payer: str, payee: str, amount: np.ndarray | float, month: int, reason: str
    ) -> None:
        """Record a payment, of either sign, in one month.

        Parameters
        ----------
        payer, payee
            Names of the parties.
        amount
            Shape (scenarios,), or one amount for all. [package currency]
        month
            Month.
        reason
            Reason; recorded if the bank pays or receives.
        """
        if payer == payee:
            return
        self.cash[payer][:, month] -= amount
        self.cash[payee][:, month] += amount
        if payer == BANK:
            self._add(self.bank, reason, month, -amount)
            self._add(self.paid, reason, month, np.maximum(amount, 0.0))
        elif payee == BANK:
            self._add(self.bank, reason, month, amount)

    def record_claim(self, vehicle: str, claim: str, amount: np.ndarray, month: int) -> None:
        """Record a payment to the holder of a claim, shape (scenarios,). [package currency]"""
        self._add(self.claims, (vehicle, claim), month, amount)

    def _add(
        self, table: dict[K, np.ndarray], key: K, month: int, amount: np.ndarray | float
    ) -> None:
        table.setdefault(key, np.zeros(self._shape))[:, month] += amount

    def check(self, received: np.ndarray, costs: np.ndarray, vehicles: tuple[str, ...]) -> None:
        """Check that no cash was created or lost.

        Raises
        ------
        ConservationError
            If the parties' cash does not sum to 0 in a scenario and month, or debtors and work-out
            do not match the package. Also if the bank's reasons do not sum to its cash, or
            a vehicle or the collateral does not end empty.
        """
        size = np.zeros(self._shape[0])
        for amounts in self.cash.values():
            size += np.abs(amounts).sum(axis=1)
        slack = 1e-9 * np.maximum(size, 1e-6)[:, None]
        by_reason = sum(self.bank.values(), np.zeros(self._shape))
        tests = {
            "cash of all parties": sum(self.cash.values()),
            "debtors' cash against receipts": self.cash["debtors"] + received,
            "workout's cash against costs": self.cash["workout"] - costs,
            "the bank's cash against its reasons": self.cash[BANK] - by_reason,
        }
        for name in (*vehicles, "collateral"):
            tests[f"final balance of {name}"] = self.cash[name].sum(axis=1, keepdims=True)
            lowest = self.cash[name].cumsum(axis=1).min(axis=1, keepdims=True)
            tests[f"overdraft of {name}"] = np.minimum(lowest, 0.0)
        for what, difference in tests.items():
            wrong = ~(np.abs(difference) <= slack)  # a NaN is wrong too
            if wrong.any():
                scenario, month = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
                at = f" in month {month}" if difference.shape[1] > 1 else ""
                raise ConservationError(
                    f"{what}: {difference[scenario, month]:g} in scenario {scenario}{at}; "
                    "expected 0"
                )
