"""State of a deal in all scenarios: balances, debts, accounts, triggers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np

from npl_sim.securitization.terms.claims import Swap
from npl_sim.securitization.terms.steps import AVAILABLE
from npl_sim.securitization.waterfall.compiled_terms import Terms

__all__ = ["PASSED_OVER", "Payment", "State", "opening_state", "total"]

StepKey = tuple[str, int]

PASSED_OVER = "passed over"
"""Purpose in the ledger of a step whose condition is false."""


@dataclass(frozen=True)
class Payment:
    """What one step paid to one receiver on one date."""

    number: int
    """Number of the payment date, from 1."""
    order: str
    position: int
    """Order of payments (`steps` or `steps_after_default`) and place in it, from 0."""
    step: str
    receiver: str
    purpose: str
    """Label of the step, who receives, and what for (`PASSED_OVER` where its condition is
    false)."""
    owed: np.ndarray
    paid: np.ndarray
    """In every scenario, shape (S,). [package currency]"""


@dataclass
class State:
    """State of all scenarios; arrays have shape (S,)."""

    cash: dict[str, np.ndarray]
    """Cash at hand and accounts by name. [package currency]"""
    balance: dict[str, np.ndarray]
    interest: dict[str, np.ndarray]
    owed: dict[str, np.ndarray]
    """Balances of and interest owed on tranches, and debts under claims, by name. [package
    currency]"""
    active: dict[str, np.ndarray]
    fails: dict[str, np.ndarray]
    passes: dict[str, np.ndarray]
    """Whether triggers are active, and tests failed and passed in a row, by name."""
    accelerated: np.ndarray
    ended: np.ndarray
    """Whether an event of default, or a call, has happened."""
    paid_out: np.ndarray
    """Paid to others than accounts on this date. [package currency]"""
    last: np.ndarray
    """In which scenarios this is the last date."""
    tranche_cash: dict[str, dict[str, np.ndarray]]
    """Interest, principal and other cash of tranches on this date, by tranche. [package
    currency]"""
    payees: dict[str, np.ndarray]
    """What each other receiver got over the life. [package currency]"""
    cover: dict[str, np.ndarray] = field(default_factory=dict)
    """Interest cover on this date by tranche. Infinite if no interest is owed, NaN before its
    first interest step."""
    spent: dict[StepKey, np.ndarray] = field(default_factory=dict)
    spent_year: dict[StepKey, np.ndarray] = field(default_factory=dict)
    """What steps with caps of that kind have paid, over the life and in this calendar year.
    [package currency]"""
    year: int = 0
    """Calendar year of the date."""
    ledger: list[Payment] | None = None
    """Payments; none unless they are asked for."""

    def cash_held(self) -> np.ndarray:
        """Return all cash at hand and in accounts, shape (S,). [package currency]"""
        return total(self.cash.values())

    def balances(self, tranches: Iterable[str]) -> np.ndarray:
        """Return the sum of balances, shape (S,). [package currency]"""
        return total(self.balance[name] for name in tranches)

    def give(self, receiver: str, amount: np.ndarray) -> None:
        """Pay somebody who holds no tranche."""
        self.paid_out += amount
        self.payees[receiver] = (
            self.payees[receiver] + amount if receiver in self.payees else amount.copy()
        )

    def give_tranche(self, name: str, part: str, amount: np.ndarray) -> None:
        """Pay a tranche its interest, principal or other cash."""
        self.paid_out += amount
        so_far = self.tranche_cash[name]
        so_far[part] = so_far[part] + amount if part in so_far else amount


def total(arrays: Iterable[np.ndarray]) -> np.ndarray:
    """Return the sum of arrays, the first of which is not changed."""
    items = list(arrays)
    result = items[0].copy()
    for item in items[1:]:
        result += item
    return result


def opening_state(terms: Terms, ledger: bool = False) -> State:
    """Return the state at closing.

    Parameters
    ----------
    terms
        What the waterfall needs of the deal.
    ledger
        Whether every payment is to be recorded.
    """
    deal, n = terms.deal, terms.scenarios

    def flags() -> np.ndarray:
        return np.zeros(n, dtype=bool)

    return State(
        cash={AVAILABLE: np.zeros(n), **{a.name: np.full(n, a.initial) for a in deal.accounts}},
        balance={t.name: np.full(n, t.balance) for t in deal.tranches},
        interest={t.name: np.zeros(n) for t in deal.tranches},
        owed={
            **{c.name: np.zeros(n) for c in deal.claims},
            **{h.name: np.zeros(n) for h in deal.hedges if isinstance(h, Swap)},
        },
        active={t.name: flags() for t in deal.triggers},
        fails={t.name: np.zeros(n, dtype=np.int32) for t in deal.triggers},
        passes={t.name: np.zeros(n, dtype=np.int32) for t in deal.triggers},
        accelerated=flags(),
        ended=flags(),
        paid_out=np.zeros(n),
        last=flags(),
        tranche_cash={t.name: {} for t in deal.tranches},
        payees={},
        ledger=[] if ledger else None,
    )
