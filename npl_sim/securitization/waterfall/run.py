"""What a run of the waterfall leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.waterfall.compiled_terms import Terms
from npl_sim.securitization.waterfall.state import Payment

__all__ = ["DealRun", "TrancheFlows"]


@dataclass(frozen=True)
class TrancheFlows:
    """Cash and debts of a tranche by scenario and payment date; S scenarios, K dates.

    Attributes
    ----------
    name, original
        Name and original balance. [package currency]
    interest, principal, other
        Paid on each date; `other` is fixed return and residual, shape (S, K). [package currency]
    balance
        After each date, shape (S, K). [package currency]
    unpaid
        Interest owed after each date, shape (S, K). [package currency]
    cover
        Ratio of the cash before the tranche's first interest step to the interest owed, by date;
        infinite where none was owed, shape (S, K).
    """

    name: str
    original: float
    interest: np.ndarray
    principal: np.ndarray
    other: np.ndarray
    balance: np.ndarray
    unpaid: np.ndarray
    cover: np.ndarray

    @property
    def cash(self) -> np.ndarray:
        """All that is paid, shape (S, K), in package currency."""
        return self.interest + self.principal + self.other

    @property
    def coverage(self) -> np.ndarray:
        """Least cover of interest over the dates, shape (S,); infinite where none was owed."""
        least: np.ndarray = self.cover.min(axis=1)
        return least


@dataclass(frozen=True)
class DealRun:
    """A deal carried out in every scenario.

    Attributes
    ----------
    terms
        The deal with its dates and collections.
    tranches
        Cash and debts of tranches by name.
    accounts
        Balances of accounts after each date by name, shape (S, K). [package currency]
    cash_in
        Collections, income, hedge receipts and call price, shape (S, K). [package currency]
    active
        Whether triggers are active on each date by name, shape (S, K).
    tested
        Values that triggers compared with their limits by name, shape (S, K); NaN where they were
        not tested, infinite where a ratio has no denominator; triggers on dates have none.
    accelerated
        Whether the deal is accelerated on each date, shape (S, K).
    last_date
        Number of the last date of each scenario, counted from 1, shape (S,).
    called
        Whether the package was called, shape (S,).
    call_price
        What the package was sold for, 0 where it was not called, shape (S,). [package currency]
    call_gain
        What is left on the date of the call (`callvalue`) less the price, 0 where it was not
        called, shape (S,). [package currency]
    after_call
        Net collections of later periods, which are the caller's, shape (S,). [package currency]
    payees
        What each receiver other than a tranche got over the life, shape (S,). [package currency]
    unpaid_claims
        What is still owed under claims when the scenario ends, by name, shape (S,). [package
        currency]
    mean_paid
        Mean over scenarios of what each step paid, by order, shape (K, steps); net of releases for
        a reserve. [package currency]
    ledger
        Every payment, if a ledger was asked for.
    """

    terms: Terms = field(repr=False)
    tranches: dict[str, TrancheFlows] = field(repr=False)
    accounts: dict[str, np.ndarray] = field(repr=False)
    cash_in: np.ndarray = field(repr=False)
    active: dict[str, np.ndarray] = field(repr=False)
    tested: dict[str, np.ndarray] = field(repr=False)
    accelerated: np.ndarray = field(repr=False)
    last_date: np.ndarray = field(repr=False)
    called: np.ndarray = field(repr=False)
    call_price: np.ndarray = field(repr=False)
    call_gain: np.ndarray = field(repr=False)
    after_call: np.ndarray = field(repr=False)
    payees: dict[str, np.ndarray] = field(repr=False)
    unpaid_claims: dict[str, np.ndarray] = field(repr=False)
    mean_paid: dict[str, np.ndarray] = field(repr=False)
    ledger: tuple[Payment, ...] | None = field(default=None, repr=False)

    @property
    def deal(self) -> Deal:
        """The deal."""
        return self.terms.deal

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return len(self.last_date)
