"""What a run of the waterfall leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.waterfall.compiled_terms import Terms

__all__ = ["PASSED_OVER", "DealRun", "Payment", "TrancheFlows", "TrancheTotals"]

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
    """In every scenario, 0 where the step was not run, shape (S,). [package currency]"""


@dataclass(frozen=True)
class TrancheFlows:
    """Cash and debts of a tranche by scenario and payment date; S scenarios, K dates."""

    name: str
    original: float
    """Name and original balance. [package currency]"""
    interest: np.ndarray
    principal: np.ndarray
    other: np.ndarray
    """Paid on each date; `other` is fixed return and residual, shape (S, K). [package currency]"""
    balance: np.ndarray
    """After each date, shape (S, K). [package currency]"""
    unpaid: np.ndarray
    """Interest owed after each date, shape (S, K). [package currency]"""
    cover: np.ndarray
    """Interest cover by date, shape (S, K): cash before the first interest step over interest
    owed. Infinite if none was owed."""

    @property
    def cash(self) -> np.ndarray:
        """All that is paid, shape (S, K), in package currency."""
        return self.interest + self.principal + self.other


@dataclass(frozen=True)
class TrancheTotals:
    """What a tranche got over the life by scenario, shape (S,)."""

    worth: np.ndarray
    """Interest and principal, discounted at the coupon. [package currency]"""
    value: np.ndarray
    """All cash, discounted by the factors that were given. [package currency]"""
    principal: np.ndarray
    """Principal paid. [package currency]"""
    principal_years: np.ndarray
    """The same, times the years from closing. [package currency x years]"""
    largest_unpaid: np.ndarray
    """Largest interest owed after a date. [package currency]"""
    coverage: np.ndarray
    """Least interest cover over the dates; infinite where no interest was owed."""
    first_unpaid: np.ndarray
    repaid_on: np.ndarray
    """Numbers of the first payment dates after which interest is owed and nothing is left of the
    principal, from 1; 0 for never."""
    balance: np.ndarray
    unpaid: np.ndarray
    """Principal and interest owed at the end. [package currency]"""


@dataclass(frozen=True)
class DealRun:
    """Results of a deal in every scenario."""

    terms: Terms = field(repr=False)
    """The deal with its dates and collections."""
    totals: dict[str, TrancheTotals] = field(repr=False)
    """What tranches got over the life by name."""
    tranches: dict[str, TrancheFlows] = field(repr=False)
    """Cash and debts of tranches by name. This and the other tables by date are empty in a run
    without tables."""
    accounts: dict[str, np.ndarray] = field(repr=False)
    """Balances of accounts after each date by name, shape (S, K). [package currency]"""
    cash_in: np.ndarray = field(repr=False)
    """Collections, income, hedge receipts and call price, shape (S, K). [package currency]"""
    active: dict[str, np.ndarray] = field(repr=False)
    """Whether triggers are active on each date by name, shape (S, K)."""
    tested: dict[str, np.ndarray] = field(repr=False)
    """Tested values of triggers by name, shape (S, K). NaN if not tested, infinite without a
    denominator; date triggers have none."""
    accelerated: np.ndarray = field(repr=False)
    """Whether the deal is accelerated on each date, shape (S, K)."""
    last_date: np.ndarray = field(repr=False)
    """Number of the last date of each scenario, counted from 1, shape (S,)."""
    called: np.ndarray = field(repr=False)
    """Whether the package was called, shape (S,)."""
    call_price: np.ndarray = field(repr=False)
    """What the package was sold for, 0 where it was not called, shape (S,). [package currency]"""
    call_gain: np.ndarray = field(repr=False)
    """What is left on the date of the call (`callvalue`) less the price, 0 where it was not
    called, shape (S,). [package currency]"""
    after_call: np.ndarray = field(repr=False)
    """Net collections of later periods, which are the caller's, shape (S,). [package currency]"""
    payees: dict[str, np.ndarray] = field(repr=False)
    """What each receiver other than a tranche got over the life, shape (S,). [package currency]"""
    unpaid_claims: dict[str, np.ndarray] = field(repr=False)
    """What is still owed under claims when the scenario ends, by name, shape (S,). [package
    currency]"""
    mean_paid: dict[str, np.ndarray] = field(repr=False)
    """Mean over scenarios of what each step paid, by order, shape (K, steps); net of releases for
    a reserve. [package currency]"""
    ledger: tuple[Payment, ...] | None = field(default=None, repr=False)
    """Every payment, if a ledger was asked for."""

    @property
    def deal(self) -> Deal:
        """The deal."""
        return self.terms.deal

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return len(self.last_date)
