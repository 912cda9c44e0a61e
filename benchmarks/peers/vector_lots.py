"""Auctions of the vectorized peer, before the amount owed is known."""

from __future__ import annotations

import numpy as np
from scipy import special

from benchmarks.peers.vector_cash import month_of
from benchmarks.peers.vector_chunk import Chunk
from benchmarks.peers.vector_values import Values, places
from npl_sim.core.layout import MAX_AUCTIONS, Stage

__all__ = ["ACCEPTED", "COVERED", "FORFEITED", "SOLD", "Lots"]

SOLD, FORFEITED, ACCEPTED, COVERED = range(4)
"""What an auction may bring. Items worth more than the debt are accepted, or only covered ones."""


class Lots:
    """All auctions of the k-th items of some paths.

    Attributes
    ----------
    time, price, what
        Time of what each auction brings, infinite for nothing; amount and kind. A row for each.
    """

    def __init__(self, chunk: Chunk, k: int, paths: np.ndarray, applied: np.ndarray) -> None:
        self.chunk = chunk
        own, self.place = places(chunk, k, paths)
        self.values = Values(chunk, k, own, self.place)
        self.row = np.full(len(chunk.t), -1)
        self.row[own] = np.arange(len(own))
        shape = MAX_AUCTIONS, len(own)
        self.time, self.price = np.full(shape, np.inf), np.zeros(shape)
        self.what = np.zeros(shape, dtype=np.int64)
        for terms in np.unique(self.values.terms):
            of = np.flatnonzero(self.values.terms == terms)
            _Open(self, own[of], of, chunk.package.auctions[terms], applied).hold_all()
        used = np.isfinite(self.time).any(axis=1)
        self.time, self.price, self.what = self.time[used], self.price[used], self.what[used]


class _Open:
    """Items under the same terms that are up for auction, in arrays of the same order."""

    def __init__(
        self, lots: Lots, paths: np.ndarray, of: np.ndarray, auction: np.void, applied: np.ndarray
    ) -> None:
        chunk, rng, count = lots.chunk, lots.chunk.rng, len(paths)
        self.lots, self.auction, self.rng = lots, auction, rng
        self.of = of
        self.end = np.broadcast_to(chunk.end_of(paths), count)
        self.slowness = np.broadcast_to(chunk.slowness(paths, applied[paths]), count)
        on_tape = chunk.of_loan("stage", paths) == Stage.ENFORCEMENT
        elapsed = np.where(on_tape, lots.values.elapsed[of], 0.0)
        wait = chunk.quantiles(
            auction["seizure_duration"], elapsed + rng.random(count) * (1.0 - elapsed)
        )
        wait = np.maximum(
            wait - np.where(on_tape, chunk.of_loan("stage_elapsed", paths), 0.0), 0.0
        )
        self.t = applied[paths] + wait * self.slowness
        self.shared = rng.standard_normal(count)
        self.finds = rng.random(count) >= auction["no_bidder_probability"]
        self.round, self.appraisals = np.zeros(count, dtype=int), np.zeros(count, dtype=int)
        self.defaulted = np.zeros(count, dtype=bool)
        self.appraisal = self._appraised(np.arange(count))
        liens, rate = lots.values.liens[of], auction["cost"] + auction["tax"]
        self.floor = liens / (1.0 - rate) if auction["surplus_required"] else liens

    def _appraised(self, which: np.ndarray) -> np.ndarray:
        k = float(self.auction["court_appraisal_error"])
        error = np.exp(k * self.rng.standard_normal(len(which)) - 0.5 * k * k)
        return self.lots.values(self.t[which], self.of[which]) * error

    def _keep(self, up: np.ndarray) -> None:
        for name in (
            *("of", "end", "slowness", "t", "shared", "finds", "round", "appraisals"),
            *("defaulted", "appraisal", "floor"),
        ):
            setattr(self, name, getattr(self, name)[up])

    def hold_all(self) -> None:
        """Hold auctions until no item is up."""
        for j in range(MAX_AUCTIONS):
            if len(self.of) == 0:
                return
            self.t += self.auction["round_months"][self.round] * self.slowness
            self._keep(month_of(self.t) <= self.end)
            self._hold(j)

    def _hold(self, j: int) -> None:
        auction, rng, count = self.auction, self.rng, len(self.of)
        begins = rng.random(count) >= auction["withdrawal_probability"]
        window = auction["window"][self.round] * self.slowness
        reserve = np.maximum(auction["reserve"][self.round] * self.appraisal, self.floor)
        price = np.where(begins, self._prices(reserve), 0.0)
        sold = price > 0.0
        price = np.where(window > 0.0, reserve, price)
        self.t += np.where(begins, window * np.where(sold, rng.random(count), 1.0), 0.0)
        in_time = month_of(self.t) <= self.end
        defaults = (
            sold & ~self.defaulted & (rng.random(count) < auction["winner_default_probability"])
        )
        self.defaulted |= defaults
        self._record(j, in_time & sold & ~defaults, price, SOLD)
        deposit = auction["deposit"] * reserve
        self._record(j, in_time & defaults & (deposit > 0.0), deposit, FORFEITED)
        failed = begins & ~sold & in_time
        accepted = failed & (rng.random(count) < auction["acceptance"][self.round])
        accepted &= reserve > self.lots.values.liens[self.of]
        pays = rng.random(count) < auction["surplus_payment_probability"]
        self._record(j, accepted, reserve, np.where(pays, ACCEPTED, COVERED))
        self.round[failed] += 1
        over = self.round == auction["rounds"]
        again = over & (self.appraisals < auction["reauctions"])
        self.round[over], self.appraisals[again] = 0, self.appraisals[again] + 1
        self.t[again] += auction["reappraisal_months"] * self.slowness[again]
        self.appraisal[again] = self._appraised(np.flatnonzero(again))
        self._keep(
            in_time & ~(sold & ~defaults) & (~over | again) & (month_of(self.t) <= self.end)
        )

    def _record(
        self, j: int, which: np.ndarray, amount: np.ndarray, what: int | np.ndarray
    ) -> None:
        lots, of = self.lots, self.of[which]
        lots.time[j, of], lots.price[j, of] = self.t[which], amount[which]
        lots.what[j, of] = np.broadcast_to(what, len(which))[which]

    def _prices(self, reserve: np.ndarray) -> np.ndarray:
        """Return the price of each auction that succeeds, and 0 for the others."""
        auction, count = self.auction, len(self.of)
        mean = auction["bidders"][self.round]
        first = self.rng.exponential(size=count)
        second = first + self.rng.exponential(size=count)
        known = np.isfinite(mean)
        tail = np.where(known, first / np.where(known, mean, 1.0), self.rng.random(count))
        best = self._valued(tail) * (~known | (first < mean))
        rival = self._valued(second / np.where(known, mean, 1.0)) * (second < mean)
        rival = np.where(known, rival, best)
        own_reserve = auction["reserve"][self.round] * self.appraisal
        sells = self.finds & (best >= own_reserve) & (best > self.floor)
        return np.where(sells, np.maximum(reserve, rival), 0.0)

    def _valued(self, tail: np.ndarray) -> np.ndarray:
        s, c = float(self.auction["bid_volatility"]), float(self.auction["bid_correlation"])
        z = -special.ndtri(np.clip(tail, 2.0**-33, 1.0 - 2.0**-33))
        noise = np.exp(s * (np.sqrt(c) * self.shared + np.sqrt(1.0 - c) * z) - 0.5 * s * s)
        value = self.lots.values(self.t, self.of) * (1.0 - self.auction["forced_sale_discount"])
        return value * noise
