"""Collateral of the vectorized peer: values in time, auctions, acceptance against debt."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.vector_cash import fee, month_of
from benchmarks.peers.vector_chunk import Chunk
from benchmarks.peers.vector_lots import ACCEPTED, FORFEITED, SOLD, Lots
from npl_sim.core.layout import FeeRow, Kind

__all__ = ["Outcomes", "auctions", "draw_items"]


def draw_items(chunk: Chunk) -> None:
    """Draw the normals of the collateral items of every path; index k holds the k-th items."""
    loans, s = chunk.loans, chunk.scenarios
    count = loans["item_end"] - loans["item_begin"]
    chunk.most_items = int(count.max(initial=0))
    chunk.errors, chunk.drifts, chunk.unsold, chunk.item_at = [], [], [], []
    for k in range(chunk.most_items):
        owners = np.flatnonzero(count > k)
        at = np.full(len(loans), -1)
        at[owners] = np.arange(len(owners))
        chunk.item_at.append(at)
        chunk.errors.append(chunk.rng.standard_normal(len(owners) * s))
        chunk.drifts.append(chunk.rng.standard_normal(len(owners) * s))
        chunk.unsold.append(np.ones(len(owners) * s, dtype=bool))


def auctions(chunk: Chunk, k: int, paths: np.ndarray, applied: np.ndarray) -> list[Outcomes]:
    """Hold all auctions of the k-th items of some paths, and return what each may bring."""
    lots = Lots(chunk, k, paths, applied)
    return [Outcomes(chunk, k, paths, lots, j) for j in range(len(lots.time))]


class Outcomes:
    """What one auction of the k-th items of some paths may bring, before the amount owed is known.

    Attributes
    ----------
    at
        Time of the sale, acceptance or deposit of each path's item; infinite without one.
    """

    def __init__(self, chunk: Chunk, k: int, paths: np.ndarray, lots: Lots, j: int) -> None:
        self.chunk, self.k, self.paths = chunk, k, paths
        self.values, self.place, self.row = lots.values, lots.place, lots.row
        self.price, self.what = lots.price[j], lots.what[j]
        self.at = np.full(len(paths), np.inf)
        has = self.row[paths] >= 0
        self.at[has] = lots.time[j][self.row[paths[has]]]

    def execute(self, rows: np.ndarray) -> np.ndarray:
        """Apply the results of some rows of `paths`; return the rows with a result."""
        row = self.row[self.paths[rows]]
        up = self.chunk.unsold[self.k][self.place[row]]
        rows, row = rows[up], row[up]
        brought = []
        for terms in np.unique(self.values.terms[row]):
            auction = self.chunk.package.auctions[terms]
            alike, what = self.values.terms[row] == terms, self.what[row]
            self._sell(rows[alike & (what == SOLD)], auction)
            self._forfeit(rows[alike & (what == FORFEITED)])
            taken = self._take_in_kind(rows[alike & (what >= ACCEPTED)], auction)
            brought += [rows[alike & (what < ACCEPTED)], taken]
        return np.concatenate(brought) if brought else rows

    def _sell(self, rows: np.ndarray, auction: np.void) -> None:
        chunk, here = self.chunk, self.paths[rows]
        of = self.row[here]
        cap, price, t = self.values.cap[of], self.price[of], self.at[rows]
        claim = chunk.claim.take(here)
        claim.accrue(t)
        proceeds = price - self.values.liens[of]
        charged = np.minimum(np.minimum(proceeds, claim.owed), cap)
        costs = {
            Kind.AUCTION: auction["cost"] * price,
            Kind.TAX: auction["tax"] * price,
            Kind.COURT_FEE: fee(chunk.package.fees[FeeRow.ENFORCEMENT], charged),
        }
        contingent = float(chunk.terms["lawyer_contingency_share"])
        chunk.accumulator.distribute(
            here, claim, Kind.COLLATERAL, month_of(t), proceeds, costs, cap, contingent
        )
        chunk.claim.put(here, claim)
        chunk.unsold[self.k][self.place[of]] = False

    def _forfeit(self, rows: np.ndarray) -> None:
        chunk, here = self.chunk, self.paths[rows]
        of = self.row[here]
        claim = chunk.claim.take(here)
        claim.accrue(self.at[rows])
        paid = np.minimum(np.minimum(self.price[of], claim.owed), self.values.cap[of])
        contingent = float(chunk.terms["lawyer_contingency_share"])
        month = month_of(self.at[rows])
        chunk.accumulator.receive(here, Kind.COLLATERAL, month, paid, contingent)
        claim.pay(paid)
        chunk.claim.put(here, claim)

    def _take_in_kind(self, rows: np.ndarray, auction: np.void) -> np.ndarray:
        chunk, accumulator = self.chunk, self.chunk.accumulator
        of = self.row[self.paths[rows]]
        claim = chunk.claim.take(self.paths[rows])
        claim.accrue(self.at[rows])
        debt = self.price[of] - self.values.liens[of]
        due = np.minimum(claim.owed, self.values.cap[of])
        taken = np.flatnonzero((debt <= due) | (self.what[of] == ACCEPTED))
        rows, of, claim = rows[taken], of[taken], claim.take(taken)
        surplus, debt = np.maximum(debt - due, 0.0)[taken], np.minimum(debt, due)[taken]
        paths, t = self.paths[rows], self.at[rows]
        end = np.broadcast_to(chunk.end_of(paths), len(paths))
        accumulator.post(paths, Kind.TAX, month_of(t), -auction["tax"] * self.price[of])
        accumulator.post(paths, Kind.HOLDING, month_of(t), -surplus)
        claim.pay(debt)
        chunk.claim.put(paths, claim)
        chunk.unsold[self.k][self.place[of]] = False
        sold = t + chunk.quantiles(auction["resale_duration"], chunk.rng.random(len(paths)))
        sold = np.where(month_of(sold) > end, np.maximum(t, end), sold)
        value = self.values(sold, of)
        amount = np.maximum(
            value * (1.0 - auction["resale_discount"]) - self.values.liens[of], 0.0
        )
        month = month_of(sold)
        accumulator.receive(
            paths, Kind.IN_KIND, month, amount, float(chunk.terms["lawyer_contingency_share"])
        )
        accumulator.post(paths, Kind.HOLDING, month, -auction["holding_cost"] * value * (sold - t))
        return rows
