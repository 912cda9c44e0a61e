"""Collateral of the vectorized peer: values in time, auctions, acceptance against debt."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.vector_cash import fee, month_of
from benchmarks.peers.vector_chunk import Chunk
from npl_sim.core.layout import FeeRow, Kind, Stage

__all__ = ["Lots", "Values", "draw_items", "places"]


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


def places(chunk: Chunk, k: int, paths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the paths whose loan has a k-th item, and the places of its normals."""
    row = chunk.item_at[k].take(paths // chunk.scenarios)
    has = row >= 0
    paths = paths[has]
    return paths, row[has] * chunk.scenarios + paths % chunk.scenarios


class Values:
    """Values in time of the k-th items of some paths."""

    def __init__(self, chunk: Chunk, k: int, paths: np.ndarray, at: np.ndarray) -> None:
        self.chunk = chunk
        self.scenario = paths % chunk.scenarios
        items = chunk.package.items[chunk.of_loan("item_begin", paths) + k]
        self.liens, self.cap = items["liens"], items["cap"]
        self.index, self.terms, self.elapsed = (
            items["index"],
            items["terms"],
            items["elapsed_probability"],
        )
        a, self.s = items["appraisal_error"], items["drift_volatility"]
        self.start = items["value"] * np.exp(a * (chunk.errors[k][at] - 0.5 * a))
        self.drift = self.s * chunk.drifts[k][at]

    def __call__(self, t: np.ndarray, of: np.ndarray) -> np.ndarray:
        """Return the values at `t` of the rows `of`."""
        month = np.minimum(month_of(t), self.chunk.accumulator.months)
        level = self.chunk.index[self.index[of], self.scenario[of], month]
        move = np.sqrt(t) * self.drift[of] - 0.5 * self.s[of] ** 2 * t
        return self.start[of] * level * np.exp(move)


class Lots:
    """Auctions of the k-th items of some paths, before the amount owed is known.

    Attributes
    ----------
    at
        Time of the sale or acceptance of each path's item; infinite without one.
    """

    def __init__(self, chunk: Chunk, k: int, paths: np.ndarray, applied: np.ndarray) -> None:
        self.chunk, self.k, self.paths = chunk, k, paths
        own, self.place = places(chunk, k, paths)
        self.values = Values(chunk, k, own, self.place)
        self.row = np.full(len(chunk.t), -1)
        self.row[own] = np.arange(len(own))
        self.price, self.sold, self.time = (
            np.zeros(len(own)),
            np.zeros(len(own), bool),
            np.full(len(own), np.inf),
        )
        for terms in np.unique(self.values.terms):
            self._hold(own, np.flatnonzero(self.values.terms == terms), terms, applied)
        self.at = np.full(len(paths), np.inf)
        has = self.row[paths] >= 0
        self.at[has] = self.time[self.row[paths[has]]]

    def _hold(self, own: np.ndarray, of: np.ndarray, terms: int, applied: np.ndarray) -> None:
        chunk, values, auction = self.chunk, self.values, self.chunk.package.auctions[terms]
        paths, rng = own[of], chunk.rng
        end = np.broadcast_to(chunk.end_of(paths), len(paths))
        slowness = chunk.slowness(paths, applied[paths])
        on_tape = chunk.of_loan("stage", paths) == Stage.ENFORCEMENT
        elapsed = np.where(on_tape, values.elapsed[of], 0.0)
        wait = chunk.quantiles(
            auction["seizure_duration"], elapsed + rng.random(len(paths)) * (1.0 - elapsed)
        )
        wait = np.maximum(
            wait - np.where(on_tape, chunk.of_loan("stage_elapsed", paths), 0.0), 0.0
        )
        t = applied[paths] + wait * slowness
        appraisal = values(t, of)
        noise = float(auction["bid_volatility"])
        open_ = np.arange(len(paths))
        for r in range(int(auction["rounds"])):
            t[open_] += auction["round_months"][r] * slowness[open_]
            open_ = open_[month_of(t[open_]) <= end[open_]]
            bid = values(t[open_], of[open_]) * (1.0 - auction["forced_sale_discount"])
            if noise > 0.0:
                bid *= np.exp(noise * rng.standard_normal(len(open_)) - 0.5 * noise * noise)
            sold = (bid >= auction["reserve"][r] * appraisal[open_]) & (
                bid > values.liens[of[open_]]
            )
            z = of[open_[sold]]
            self.time[z], self.price[z], self.sold[z] = t[open_[sold]], bid[sold], True
            open_ = open_[~sold]
        reserve = auction["reserve"][auction["rounds"] - 1] * appraisal[open_]
        wanted = (rng.random(len(open_)) < auction["acceptance_against_debt_probability"]) & (
            reserve > values.liens[of[open_]]
        )
        z = of[open_[wanted]]
        self.time[z], self.price[z] = t[open_[wanted]], reserve[wanted]

    def execute(self, rows: np.ndarray) -> np.ndarray:
        """Sell or accept the items of some rows of `paths`; return the rows with a result."""
        brought = []
        row = self.row[self.paths[rows]]
        for terms in np.unique(self.values.terms[row]):
            auction = self.chunk.package.auctions[terms]
            alike = self.values.terms[row] == terms
            self._sell(rows[alike & self.sold[row]], auction)
            brought += [
                rows[alike & self.sold[row]],
                self._take_in_kind(rows[alike & ~self.sold[row]], auction),
            ]
        return np.concatenate(brought) if brought else rows

    def _sell(self, rows: np.ndarray, auction: np.void) -> None:
        chunk, here = self.chunk, self.paths[rows]
        of = self.row[here]
        cap, price, t = self.values.cap[of], self.price[of], self.time[of]
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

    def _take_in_kind(self, rows: np.ndarray, auction: np.void) -> np.ndarray:
        chunk, accumulator = self.chunk, self.chunk.accumulator
        of = self.row[self.paths[rows]]
        claim = chunk.claim.take(self.paths[rows])
        claim.accrue(self.time[of])
        debt = self.price[of] - self.values.liens[of]
        taken = np.flatnonzero(debt <= np.minimum(claim.owed, self.values.cap[of]))
        rows, of, debt, claim = rows[taken], of[taken], debt[taken], claim.take(taken)
        paths, t = self.paths[rows], self.time[of]
        end = np.broadcast_to(chunk.end_of(paths), len(paths))
        accumulator.post(paths, Kind.TAX, month_of(t), -auction["tax"] * self.price[of])
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
