"""What all stages of one policy share: the loans, the words, the grid, the world, and the book of expected cash."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

from npl_sim.core.layout import Kind
from npl_sim.dcf.facts import Backers, Items, Loans
from npl_sim.dcf.grid import STEPS, Times, points_of, spread
from npl_sim.dcf.market_moments import World
from npl_sim.dcf.quantile_functions import has_atoms, midpoints, probability_by, quantiles
from npl_sim.policy.enforcement import CollateralTerms, Enforcement
from npl_sim.policy.litigation import Litigation
from npl_sim.policy.policy import Policy

if TYPE_CHECKING:
    from npl_sim.study.model import Study

__all__ = ["Claims", "Desk"]


@dataclass(frozen=True)
class Claims:
    """Claims that stand for loans on one branch of their walk: ``P + O + P rate t`` is owed at time t.

    Attributes
    ----------
    rows
        The loan of each claim, shape (claims,).
    principal
        P, shape (claims,). [package currency]
    other
        O brought back to the valuation date by the interest since, shape (claims,). [package currency]
    rate
        Interest on P, shape (claims,). [per month]
    """

    rows: np.ndarray
    principal: np.ndarray
    other: np.ndarray
    rate: np.ndarray

    def owed(self, t: np.ndarray) -> np.ndarray:
        """Return what is owed at times that broadcast against (claims, 1). [package currency]"""
        P, O, a = self.principal[:, None], self.other[:, None], self.rate[:, None]  # noqa: E741
        return np.asarray(np.maximum(P + O + P * a * t, 0.0))

    def owed_at(self, t: np.ndarray) -> np.ndarray:
        """Return what each claim owes at its own time, shape (claims,). [package currency]"""
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
        """Return the claims after a payment at their times: interest and costs first, then principal."""
        other = self.other + self.principal * self.rate * t
        left = np.maximum(other - amount, 0.0)
        principal = np.maximum(self.principal - np.maximum(amount - other, 0.0), 0.0)
        return Claims(self.rows, principal, left - principal * self.rate * t, self.rate)

    def less(self, share: np.ndarray | float, added: np.ndarray | float) -> Claims:
        """Return the claims with principal and other multiplied by a share, and an amount added."""
        return Claims(self.rows, self.principal * share, self.other * share + added, self.rate)


@dataclass
class Desk:
    """One policy's loans while they are valued.

    Attributes
    ----------
    study, policy
        The words.
    world
        Moments of the factors.
    loans, items, backers
        Facts of the policy's loans.
    end
        Month of the sale, or the horizon.
    sold
        Whether the policy sells at `end`.
    wait
        Months that each loan's case waits in the courts' queue, shape (loans,).
    cash
        Expected cash, shape (loans, kinds, end + 1). [package currency]
    kernels
        What was worked out once and is asked for again.
    """

    study: Study
    policy: Policy
    world: World
    loans: Loans
    items: Items
    backers: Backers
    collateral: dict[str, CollateralTerms]
    end: int
    sold: bool
    wait: np.ndarray
    cash: np.ndarray = field(init=False, repr=False)
    kernels: dict[Any, np.ndarray] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        self.cash = np.zeros((len(self.loans.policy), len(Kind), self.end + 1))

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
        """Terms of litigation; those of the default for loans that stand in court without any."""
        return self.policy.litigation or Litigation()

    @property
    def enforcement(self) -> Enforcement:
        """Terms of enforcement; those of the default where there are none."""
        return self.policy.enforcement or Enforcement()

    def post(self, kind: Kind, rows: np.ndarray, amounts: np.ndarray) -> None:
        """Add expected cash of months 0, 1, ... to loans; rows may repeat. [package currency]"""
        if len(rows) == 0:
            return
        if len(np.unique(rows)) == len(rows):
            self.cash[rows, kind, : amounts.shape[1]] += amounts
            return
        shape = (len(self.cash), len(rows))
        gather = sparse.csr_matrix((np.ones(len(rows)), (rows, np.arange(len(rows)))), shape=shape)
        self.cash[:, kind, : amounts.shape[1]] += gather @ amounts

    def lawyer_share(self, rows: np.ndarray, receipts: np.ndarray) -> None:
        """Pay the lawyer's share of receipts."""
        if self.litigation.lawyer_contingent:
            self.post(Kind.LAWYER, rows, -self.litigation.lawyer_contingent * receipts)

    def duration(
        self, words: Any, month: int | None, elapsed: float = 0.0, known: float = 0.0
    ) -> np.ndarray:
        """Return the mass of a duration on the grid, shape (points,).

        Parameters
        ----------
        words
            Its distribution.
        month
            Month whose congestion stretches it; none: it is not stretched.
        elapsed
            Time already spent: the distribution is that of what is left. [months]
        known
            Certain time added, stretched too. [months]
        """
        key = (words, month, elapsed, known)
        if key not in self.kernels:
            u = midpoints()
            if elapsed > 0.0:
                gone = float(np.minimum(probability_by(words, np.array([elapsed]))[0], 1.0 - 1e-6))
                u = gone + u * (1.0 - gone)
            values = np.maximum(quantiles(words, u) - elapsed, 0.0) + known
            levels, weights = (
                (np.ones(1), np.ones(1)) if month is None else self.world.congestion_nodes(month)
            )
            stretched = (levels[:, None] * values).reshape(1, -1)
            shares = np.repeat(weights / len(u), len(u))
            self.kernels[key] = spread(stretched, shares, self.points)[0]
        return self.kernels[key]

    def durations(
        self,
        words: Any,
        months: np.ndarray | None,
        count: int,
        elapsed: np.ndarray | None = None,
        known: float = 0.0,
    ) -> Times:
        """Return the durations of many claims, each under the congestion of its month (see `duration`)."""
        cases = np.zeros((count, 2))
        cases[:, 0] = -1.0 if months is None else np.round(months)
        cases[:, 1] = 0.0 if elapsed is None else elapsed
        unique, inverse = np.unique(cases, axis=0, return_inverse=True)
        made = [
            self.duration(words, None if m < 0 else int(m), float(e), known) for m, e in unique
        ]
        stretched = months is not None and bool((self.world.congestion.variance > 0.0).any())
        on_grid = has_atoms(words) and _on_grid(words, known) and elapsed is None
        zero = has_atoms(words) and max(_values(words)) + known == 0.0
        smooth = not (zero or (on_grid and not stretched))
        mass = np.array(made).reshape(len(made), self.points)[inverse.reshape(-1)]
        return Times(mass, smooth)


def _values(words: Any) -> list[float]:
    return (
        list(words.values)
        if words.kind == "discrete"
        else [float(quantiles(words, np.array([0.5]))[0])]
    )


def _on_grid(words: Any, known: float) -> bool:
    return all(
        abs((v + known) * STEPS - round((v + known) * STEPS)) < 1e-9 for v in _values(words)
    )
