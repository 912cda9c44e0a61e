"""Policy context: loans, terms, time grid, market moments and expected cash of one policy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from npl_sim.core.layout import Kind
from npl_sim.dcf.facts import Package
from npl_sim.dcf.grid import STEPS, Times, points_of, spread
from npl_sim.dcf.market_moments import MarketMoments
from npl_sim.dcf.quantile_functions import Distribution, has_atoms, quantiles, remaining
from npl_sim.policy.enforcement import Enforcement
from npl_sim.policy.litigation import Litigation
from npl_sim.policy.policy import Policy

if TYPE_CHECKING:
    from npl_sim.study.model import Study


@dataclass(frozen=True)
class Claims:
    """Claims of loans on one branch of their path: ``P + O + P rate t`` is owed at time t."""

    rows: np.ndarray
    """Loan of each claim, shape (claims,)."""
    principal: np.ndarray
    """P, shape (claims,). [package currency]"""
    other: np.ndarray
    """O less the interest since the valuation date, shape (claims,). [package currency]"""
    rate: np.ndarray
    """Interest on P, shape (claims,). [per month]"""

    def owed(self, t: np.ndarray) -> np.ndarray:
        """Return the amounts at times that broadcast against (claims, 1). [package currency]"""
        P, O, a = self.principal[:, None], self.other[:, None], self.rate[:, None]  # noqa: E741
        return np.asarray(np.maximum(P + O + P * a * t, 0.0))

    def owed_at(self, t: np.ndarray) -> np.ndarray:
        """Return the amount of each claim at its time, shape (claims,). [package currency]"""
        return np.asarray(
            np.maximum(self.principal + self.other + self.principal * self.rate * t, 0.0)
        )

    def take(self, which: np.ndarray) -> Claims:
        """Return some of the claims."""
        return Claims(self.rows[which], self.principal[which], self.other[which], self.rate[which])

    @classmethod
    def joined(cls, parts: Sequence[Claims]) -> Claims:
        """Return several claims as one."""
        names = ("rows", "principal", "other", "rate")
        return cls(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))

    def paid(self, t: np.ndarray, amount: np.ndarray) -> Claims:
        """Return the claims after payments: interest and costs are paid before principal."""
        other = self.other + self.principal * self.rate * t
        left = np.maximum(other - amount, 0.0)
        principal = np.maximum(self.principal - np.maximum(amount - other, 0.0), 0.0)
        return Claims(self.rows, principal, left - principal * self.rate * t, self.rate)

    def less(self, share: np.ndarray | float, added: np.ndarray | float) -> Claims:
        """Return the claims multiplied by a share, with an amount added."""
        return Claims(self.rows, self.principal * share, self.other * share + added, self.rate)


@dataclass(frozen=True)
class OpenClaims:
    """Claims that are open when their debtors become insolvent."""

    rows: np.ndarray
    """Loan of each claim, shape (claims,)."""
    owed: np.ndarray
    """Their amount, shape (claims,). [package currency]"""
    mass: np.ndarray
    """Their probability, shape (claims,)."""
    unsold: np.ndarray
    """Probability that each item is unsold, shape (claims, items)."""

    @classmethod
    def joined(cls, parts: Sequence[OpenClaims], items: int) -> OpenClaims:
        """Return several sets of claims as one."""
        empty = cls(np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros((0, items)))
        names = ("rows", "owed", "mass", "unsold")
        return cls(*(np.concatenate([getattr(p, n) for p in (empty, *parts)]) for n in names))


@dataclass
class PolicyContext:
    """One policy's loans during valuation."""

    study: Study
    policy: Policy
    market: MarketMoments
    package: Package
    end: int
    """Month of the sale, or the horizon."""
    sold: bool
    """Whether the policy sells at `end`."""
    insolvent: list[OpenClaims] | None = None
    """Takes the claims that are open at `end`, where the debtors become insolvent then."""
    cash: np.ndarray = field(init=False, repr=False)
    """Expected cash, shape (loans, kinds, end + 1). [package currency]"""
    cache: dict[Any, np.ndarray] = field(init=False, repr=False, default_factory=dict)
    """Distributions that were computed before."""
    _gathers: dict[bytes, sparse.csr_matrix | None] = field(
        init=False, repr=False, default_factory=dict
    )
    """Matrices of `_gather` by rows."""

    def __post_init__(self) -> None:
        self.loans = self.package.loans
        self.items = self.package.items
        self.guarantors = self.package.guarantors
        self.collateral = self.package.collateral
        self.wait = self.package.wait
        self.cash = np.zeros((len(self.loans.policy), len(Kind), self.end + 1))

    def claims(self, rows: np.ndarray) -> Claims:
        """Return the claims of loans at the valuation date."""
        loans = self.loans
        return Claims(rows, loans.principal[rows], loans.other[rows], loans.rate[rows])

    def owed_at_end(self, claims: Claims) -> np.ndarray:
        """Return the amount of each claim at the end, shape (claims,). [package currency]"""
        return claims.owed_at(np.full(len(claims.rows), float(self.end)))

    @property
    def points(self) -> int:
        """Points of the time grid."""
        return points_of(self.end)

    @property
    def at(self) -> np.ndarray:
        """Times of the grid. [months]"""
        return np.arange(self.points) / STEPS

    @property
    def litigation(self) -> Litigation:
        """Terms of litigation; defaults for loans in court under a policy without litigation."""
        return self.policy.litigation or Litigation()

    @property
    def enforcement(self) -> Enforcement:
        """Terms of enforcement, or the defaults."""
        return self.policy.enforcement or Enforcement()

    def post(self, kind: Kind, rows: np.ndarray, amounts: np.ndarray) -> None:
        """Add expected cash of months 0, 1, ... to loans; rows may repeat. [package currency]"""
        self.post_each(kind, rows, amounts[None])

    def post_each(self, kind: Kind, rows: np.ndarray, amounts: np.ndarray) -> None:
        """Add several amounts to each loan, one after another, shape (amounts, rows, months)."""
        if len(rows) == 0:
            return
        gather, last = self._gather(rows), amounts.shape[2]
        to: Any = slice(None) if gather is not None else rows
        cash = self.cash[to, kind, :last]
        for amount in amounts:
            cash += amount if gather is None else gather @ amount
        self.cash[to, kind, :last] = cash

    def _gather(self, rows: np.ndarray) -> sparse.csr_matrix | None:
        """Return the matrix that adds up amounts of the same loan; None where no row repeats."""
        key = rows.tobytes()
        if key not in self._gathers:
            n, shape = np.arange(len(rows)), (len(self.cash), len(rows))
            self._gathers[key] = (
                sparse.csr_matrix((np.ones(len(rows)), (rows, n)), shape=shape)
                if len(np.unique(rows)) < len(rows)
                else None
            )
        return self._gathers[key]

    def lawyer_share(self, rows: np.ndarray, receipts: np.ndarray) -> None:
        """Post the lawyer's share of receipts, of one payment or of several in front."""
        if self.litigation.lawyer_contingency_share:
            receipts = receipts.reshape(-1, *receipts.shape[-2:])
            self.post_each(Kind.LAWYER, rows, -self.litigation.lawyer_contingency_share * receipts)

    def duration(
        self,
        distribution: Distribution,
        month: int | None,
        elapsed: float = 0.0,
        known: float = 0.0,
    ) -> np.ndarray:
        """Return the mass of a duration on the grid, shape (points,).

        Parameters
        ----------
        distribution
            Distribution of the duration.
        month
            Month whose congestion stretches it; none for no congestion.
        elapsed
            Time already elapsed: the remaining time has the conditional distribution. [months]
        known
            Certain time added, stretched too. [months]
        """
        key = (distribution, month, elapsed, known)
        if key not in self.cache:
            values = remaining(distribution, elapsed) + known
            levels, weights = np.ones(1), np.ones(1)
            if month is not None:
                levels, weights = self.market.congestion_nodes(month)
            stretched = (levels[:, None] * values).reshape(1, -1)
            shares = np.repeat(weights / len(values), len(values))
            self.cache[key] = spread(stretched, shares, self.points)[0]
        return self.cache[key]

    def durations(
        self,
        distribution: Distribution,
        months: np.ndarray | None,
        count: int,
        elapsed: np.ndarray | None = None,
        known: float = 0.0,
    ) -> Times:
        """Return the durations of many claims, with the congestion of their months."""
        cases = np.zeros((count, 2))
        cases[:, 0] = -1.0 if months is None else np.round(months)
        cases[:, 1] = 0.0 if elapsed is None else elapsed
        unique, inverse = np.unique(cases, axis=0, return_inverse=True)
        masses = np.array(
            [
                self.duration(distribution, None if m < 0 else int(m), float(e), known)
                for m, e in unique
            ]
        )
        stretched = months is not None and bool((self.market.congestion.variance > 0.0).any())
        smooth = True
        if has_atoms(distribution):
            values = np.array(_values(distribution)) + known
            on_grid = bool((np.abs(values * STEPS - np.round(values * STEPS)) < 1e-9).all())
            exact = on_grid and elapsed is None and not stretched
            smooth = not (exact or values.max() == 0.0)
        return Times(masses.reshape(len(masses), self.points)[inverse.reshape(-1)], smooth)


def _values(distribution: Distribution) -> list[float]:
    """Return the values of a distribution with atoms."""
    if distribution.kind == "discrete":
        return list(distribution.values)
    return [float(quantiles(distribution, np.array([0.5]))[0])]
