"""Expected cash of experts' estimates and manual cash, by integration. docs/experts.md.

Recovery and month depend on each other through a normal score that they share, with opposite
signs. Given that score they are independent: the probability of each month is then exact, and the
recovery is integrated over its own score.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from npl_sim.core.layout import Kind
from npl_sim.dcf.facts import Loans
from npl_sim.policy.expert_terms import ExpertEstimate, Experts
from npl_sim.policy.triangular_points import triangular_ends
from npl_sim.tape.id_keys import keys_in

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["Entered", "entered_of"]

NODES, POINTS = 64, 2000
"""Nodes of the shared score, and points of the recovery's own."""


@dataclass(frozen=True)
class Entered:
    """Expected cash that replaces a share of a loan's own, and cash on top of it."""

    weight: dict[int, float]
    """Probability that the loan's own cash is replaced, by row."""
    cash: dict[int, list[tuple[int, np.ndarray]]]
    """Kind and cash by month of the replacement, times its probability, by row."""

    def blend(self, rows: np.ndarray, cash: np.ndarray, horizon: int) -> np.ndarray:
        """Return the cash of some loans with what was entered, shape (loans, kinds, months + 1).

        Parameters
        ----------
        rows
            Rows of the loans.
        cash
            Their own expected cash before servicing, of any number of months.
        horizon
            Months.
        """
        touched = [i for i, row in enumerate(rows.tolist()) if row in self.cash]
        if not touched:
            return cash
        whole = np.zeros((*cash.shape[:2], horizon + 1))
        whole[:, :, : cash.shape[2]] = cash
        for i in touched:
            row = int(rows[i])
            whole[i] *= 1.0 - self.weight.get(row, 0.0)
            for kind, months in self.cash[row]:
                whole[i, kind] += months
        return whole


def _cdf(low: float, mode: float, high: float, x: np.ndarray) -> np.ndarray:
    """Return the distribution function of a triangular distribution."""
    if high - low <= 1e-12 * max(1.0, abs(mode)):
        return (x >= mode - 1e-9).astype(np.float64)
    x = np.clip(x, low, high)
    left = np.square(x - low) / ((high - low) * max(mode - low, 1e-300))
    right = 1.0 - np.square(high - x) / ((high - low) * max(high - mode, 1e-300))
    return np.asarray(np.where(x < mode, left, right))


def _quantile(low: float, mode: float, high: float, u: np.ndarray) -> np.ndarray:
    """Return the quantiles of a triangular distribution."""
    width = high - low
    if width <= 1e-12 * max(1.0, abs(mode)):
        return np.full_like(u, mode)
    left = low + np.sqrt(u * width * (mode - low))
    right = high - np.sqrt((1.0 - u) * width * (high - mode))
    return np.asarray(np.where(u < (mode - low) / width, left, right))


def _by_month(
    row: ExpertEstimate, unit: float, shared: float, cut: tuple[float, float, float], horizon: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the expected receipt by month, and the probability of each month.

    Parameters
    ----------
    row
        The estimate.
    unit
        Currency per unit of its recovery.
    shared
        Share of the scores' variance that they share.
    cut
        The loan's share of the recovery, what is paid before, and the most that it receives.
    horizon
        Months.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    weights = weights / math.sqrt(2.0 * math.pi)
    common = math.sqrt(shared) * nodes
    own = max(math.sqrt(max(0.0, 1.0 - shared)), 1e-9)
    low, mode, high = (unit * x for x in (row.recovery_low, row.recovery_base, row.recovery_high))
    first, last = triangular_ends(low, mode, high)
    own_scores = special.ndtri((np.arange(POINTS) + 0.5) / POINTS)
    u = special.ndtr(common[:, None] + own * own_scores)
    share, ahead, most = cut
    amounts = np.clip(share * _quantile(first, mode, last, u) - ahead, 0.0, most).mean(axis=1)
    first, last = triangular_ends(row.months_low, row.months_base, row.months_high)
    until = _cdf(first, row.months_base, last, np.arange(horizon + 1.0))
    until[-1] = 1.0
    late = special.ndtr((special.ndtri(until)[None, :] + common[:, None]) / own)
    chance = np.diff(late, axis=1, prepend=0.0)
    return (weights * amounts) @ chance, weights @ chance


class _Scope:
    """Loans, claims and ranks that an estimate covers."""

    def __init__(self, table: LoanTable, loans: Loans) -> None:
        self.table, self.claims = table, loans.principal + loans.other
        self.loan = table.loans["loan_id"].astype(str).to_numpy(object)
        self.borrower = table.loans["borrower_id"].astype(str).to_numpy(object)
        self.grouped = (table.loans["group_id"].astype(str) != "").to_numpy()
        self.keys = keys_in(table.loans, "loan_id")

    def rows(self, estimate: ExpertEstimate) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the loans, and the rank of each."""
        if estimate.scope != "item":
            names = self.loan if estimate.scope == "loan" else self.borrower
            found = np.flatnonzero(names == estimate.id)
            return found, np.ones(len(found))
        items = self.table.collateral
        here = items[items["collateral_id"].astype(str) == estimate.id]
        ranks = here.assign(rank=here["lien_rank"].fillna(1.0)).groupby("loan_id")["rank"].min()
        found = np.flatnonzero(np.isin(self.loan, ranks.index.astype(str)))
        return found, ranks.reindex(self.loan[found]).to_numpy(np.float64)

    def shared(self, terms: Experts, rows: np.ndarray) -> float:
        """Return the share of the scores' variance that recovery and month share."""
        head = rows[np.argmin(self.keys[rows])]
        group = terms.group_correlation if self.grouped[head] else 0.0
        return float(terms.region_correlation + terms.borrower_correlation + group)


def entered_of(study: Study, table: LoanTable, loans: Loans) -> Entered:
    """Return the expected cash of estimates and manual cash.

    Parameters
    ----------
    study, table
        The study and its loans.
    loans
        Facts of the loans.
    """
    found = Entered({}, {})
    if not study.experts.rows and not study.manual_cash.rows:
        return found
    horizon, scope = study.simulation.horizon_months, _Scope(table, loans)
    for row in study.experts.rows:
        rows, ranks = scope.rows(row)
        if len(rows) == 0:
            continue
        claims, shared = scope.claims[rows], scope.shared(study.experts, rows)
        total = float(claims.sum())
        unit = total if row.recovery_unit == "share" else 1.0
        for i, rank, claim in zip(rows.tolist(), ranks, claims.tolist(), strict=True):
            peers = float(claims[ranks == rank].sum())
            share = claim / peers if peers > 0.0 else 0.0
            cut = (share, float(claims[ranks < rank].sum()) * share, claim)
            receipt, chance = _by_month(row, unit, shared, cut, horizon)
            per_loan = row.cost * (claim / total if total > 0.0 else 0.0)
            cost = row.cost * receipt if row.cost_unit == "share" else per_loan * chance
            found.weight[i] = row.weight
            found.cash[i] = [
                (int(Kind[row.route.upper()]), row.weight * receipt),
                (int(Kind.LAWYER), -row.weight * cost),
            ]
    for entry in study.manual_cash.rows:
        for i in np.flatnonzero(scope.loan == entry.loan).tolist():
            month = np.zeros(horizon + 1)
            month[entry.month] = entry.amount
            kind = Kind[entry.route.upper()] if entry.amount > 0.0 else Kind.LAWYER
            found.cash.setdefault(i, []).append((int(kind), month))
            if entry.mode == "replace":
                found.weight[i] = 1.0
    return found
