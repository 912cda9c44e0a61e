"""Who paid whom, month by month: cash of each party in each scenario."""

from __future__ import annotations

import numpy as np

from npl_sim.channel.terms.vehicles import BANK, RESERVED
from npl_sim.core.errors import ConservationError

__all__ = ["Books"]


class Books:
    """Cash of each party, positive where it is received.

    Parameters
    ----------
    scenarios, months
        Size of the world; months is the last one.
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
        """Pay an amount, of either sign, in one month.

        Parameters
        ----------
        payer, payee
            Names of the parties.
        amount
            Shape (scenarios,), or one for all. [package currency]
        month
            Month.
        reason
            Why; kept where the bank takes part.
        """
        if payer == payee:
            return
        self.cash[payer][:, month] -= amount
        self.cash[payee][:, month] += amount
        if payer == BANK:
            self._note(self.bank, reason, month, -amount)
            self._note(self.paid, reason, month, np.maximum(amount, 0.0))
        elif payee == BANK:
            self._note(self.bank, reason, month, amount)

    def claim(self, layer: str, claim: str, amount: np.ndarray, month: int) -> None:
        """Note what the holder of a vehicle's claim gets in one month, shape (scenarios,). [package currency]"""
        self.claims.setdefault((layer, claim), np.zeros(self._shape))[:, month] += amount

    def _note(
        self, where: dict[str, np.ndarray], reason: str, month: int, amount: np.ndarray | float
    ) -> None:
        where.setdefault(reason, np.zeros(self._shape))[:, month] += amount

    def check(self, received: np.ndarray, costs: np.ndarray, vehicles: tuple[str, ...]) -> None:
        """Stop where cash was made or lost.

        Raises
        ------
        ConservationError
            If in a scenario and month the parties' cash does not sum to 0, debtors or workout do not match the
            package, the bank's reasons do not sum to its cash, or a vehicle or the collateral does not end empty.
        """
        size = np.zeros(self._shape[0])
        for amounts in self.cash.values():
            size += np.abs(amounts).sum(axis=1)
        slack = 1e-9 * np.maximum(size, 1e-6)[:, None]
        tests = {
            "cash of all parties": sum(self.cash.values()),
            "debtors' cash against receipts": self.cash["debtors"] + received,
            "workout's cash against costs": self.cash["workout"] - costs,
            "the bank's cash against its reasons": self.cash[BANK]
            - sum(self.bank.values(), np.zeros(self._shape)),
        }
        for name in (*vehicles, "collateral"):
            tests[f"what {name} is left with"] = self.cash[name].sum(axis=1, keepdims=True)
            lowest = self.cash[name].cumsum(axis=1).min(axis=1, keepdims=True)
            tests[f"overdraft of {name}"] = np.minimum(lowest, 0.0)
        for what, difference in tests.items():
            wrong = ~(np.abs(difference) <= slack)  # a NaN is wrong too
            if wrong.any():
                scenario, month = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
                at = f" in month {month}" if difference.shape[1] > 1 else ""
                raise ConservationError(
                    f"{what}: {difference[scenario, month]:g} in scenario {scenario}{at}; expected 0"
                )
