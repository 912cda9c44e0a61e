"""Enforcement and exit of the vectorized peer: events in order of time, and sales of loans."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.vector_auction import Outcomes, auctions
from benchmarks.peers.vector_cash import fee, month_of
from benchmarks.peers.vector_chunk import Chunk
from benchmarks.peers.vector_values import Values, places
from npl_sim.core.layout import FeeRow, Kind, Stage

__all__ = ["enforce", "exit_at_end"]


class _Shares:
    """Payments of guarantors or revivals: a share of the amount owed then, at most a cap."""

    def __init__(self, chunk: Chunk, paths: np.ndarray, kind: Kind) -> None:
        self.chunk, self.paths, self.kind = chunk, paths, kind
        self.at = np.full(len(paths), np.inf)
        self.share, self.cap = np.zeros(len(paths)), np.full(len(paths), np.inf)

    def execute(self, rows: np.ndarray) -> np.ndarray:
        """Add the payments of some rows of `paths`; return the rows."""
        chunk, paths, t = self.chunk, self.paths[rows], self.at[rows]
        claim = chunk.claim.take(paths)
        claim.accrue(t)
        amount = np.minimum(self.share[rows] * claim.owed, self.cap[rows])
        chunk.accumulator.receive(
            paths, self.kind, month_of(t), amount, float(chunk.terms["lawyer_contingency_share"])
        )
        claim.pay(amount)
        chunk.claim.put(paths, claim)
        return rows


class _Assets:
    """Other assets of one class."""

    def __init__(self, chunk: Chunk, paths: np.ndarray) -> None:
        self.chunk, self.paths = chunk, paths
        self.at, self.worth = np.full(len(paths), np.inf), np.zeros(len(paths))

    def execute(self, rows: np.ndarray) -> np.ndarray:
        """Sell the assets of some rows of `paths`; return the rows."""
        chunk, paths, t = self.chunk, self.paths[rows], self.at[rows]
        claim = chunk.claim.take(paths)
        claim.accrue(t)
        worth = self.worth[rows]
        costs = {
            Kind.COURT_FEE: fee(
                chunk.package.fees[FeeRow.ENFORCEMENT], np.minimum(worth, claim.owed)
            )
        }
        contingent = float(chunk.terms["lawyer_contingency_share"])
        chunk.accumulator.distribute(
            paths, claim, Kind.DEFICIENCY, month_of(t), worth, costs, np.inf, contingent
        )
        chunk.claim.put(paths, claim)
        return rows


class _Garnishment:
    """Monthly garnishment of the income of some paths."""

    def __init__(
        self, chunk: Chunk, paths: np.ndarray, base: np.ndarray, searched: np.ndarray, yes
    ) -> None:
        self.chunk, self.paths = chunk, paths
        self.amount = chunk.terms["garnishment_share"] * base
        self.month = month_of(searched)
        end = np.broadcast_to(chunk.end_of(paths), len(paths))
        last = np.minimum(end, self.month + int(chunk.terms["garnishment_months"]))
        self.last = np.where(yes, last, self.month)

    def continue_to(self, until: np.ndarray, latest: np.ndarray) -> None:
        """Garnish income in the months that end before `until`."""
        contingent = float(self.chunk.terms["lawyer_contingency_share"])
        open_ = np.arange(len(self.paths))
        while True:
            open_ = open_[
                (self.month[open_] < self.last[open_]) & (self.month[open_] + 1 < until[open_])
            ]
            claim = self.chunk.claim.take(self.paths[open_])
            unpaid = ~claim.is_paid
            open_, claim = open_[unpaid], claim.take(np.flatnonzero(unpaid))
            if len(open_) == 0:
                return
            self.month[open_] += 1
            month, paths = self.month[open_], self.paths[open_]
            claim.accrue(month.astype(float))
            due = np.minimum(self.amount[open_], claim.owed)
            self.chunk.accumulator.receive(paths, Kind.GARNISHMENT, month, due, contingent)
            claim.pay(due)
            self.chunk.claim.put(paths, claim)
            latest[open_] = np.maximum(latest[open_], month)


def _either(chance: float, debtors: np.ndarray) -> np.ndarray:
    """Return the probability that at least one of the joint debtors qualifies."""
    return np.where(debtors > 1, 1.0 - (1.0 - chance) ** debtors, chance)


def _guarantors(chunk: Chunk, k: int, paths: np.ndarray, applied: np.ndarray) -> _Shares:
    """Return the payments of the k-th guarantors of `paths`."""
    terms, q = chunk.terms, chunk.quantiles
    made = _Shares(chunk, paths, Kind.GUARANTOR)
    row = chunk.of_loan("guarantor_begin", paths) + k
    has = np.flatnonzero(
        (row < chunk.of_loan("guarantor_end", paths)) & chunk.guarantor_liable[paths]
    )
    own, row = paths[has], row[has]
    guarantors, shared = chunk.package.guarantors, chunk.shared
    pays, share, delay = (
        w[shared.guarantor[row], own % chunk.scenarios] for w in shared.guarantor_uniforms
    )
    chance = terms["guarantor_payment_probability"] * guarantors["factor"][row]
    at = applied[own] + q(terms["guarantor_delay"], delay)
    made.at[has] = np.where(pays < chance, at, np.inf)
    made.share[has] = q(terms["guarantor_share"], share)
    made.cap[has] = guarantors["cap"][row]
    return made


def _assets(
    chunk: Chunk, asset: np.void, paths: np.ndarray, base: np.ndarray, applied: np.ndarray
) -> _Assets:
    """Return the assets of one class that enforcement finds."""
    rng, q = chunk.rng, chunk.quantiles
    made = _Assets(chunk, paths)
    z = np.flatnonzero(
        rng.random(len(paths))
        < _either(asset["ownership_probability"], chunk.of_loan("debtors", paths))
    )
    frozen = (chunk.preserved_at[paths[z]] >= 0.0) & (asset["freeze_probability"] > 0.0)
    frozen &= rng.random(len(z)) < asset["freeze_probability"]
    found = frozen | (rng.random(len(z)) < asset["discovery_probability"])
    z, frozen = z[found], frozen[found]
    p, t = paths[z], applied[paths[z]]
    secured, exposed = t.copy(), t.copy()
    f = np.flatnonzero(frozen)
    since = np.minimum(t[f], chunk.preserved_at[p[f]])
    again = float(asset["renewal_probability"])
    kept = np.full(len(f), np.inf if again >= 1.0 else 1.0)
    if 0.0 < again < 1.0:
        kept += np.floor(rng.standard_exponential(len(f)) / -np.log(again))
    until = since + asset["freeze_months"] * kept
    exposed[f] = since + np.maximum(t[f] - until, 0.0)
    # An expired freeze has lost its rank.
    secured[f] = np.where(until >= t[f], since, t[f])
    worth = (
        q(asset["coverage"], rng.random(len(p)))
        * base[z]
        * np.exp(-asset["dissipation_rate"] * exposed)
    )
    if asset["competing_seizure_rate"] > 0.0:
        behind = rng.standard_exponential(len(p)) < asset["competing_seizure_rate"] * secured
        worth = np.where(behind, worth * asset["waitlisted_share"], worth)
    made.worth[z] = worth
    at = t + q(asset["realization_duration"], rng.random(len(p))) * chunk.slowness(p, t)
    made.at[z] = np.where(worth > 0.0, at, np.inf)
    return made


def enforce(chunk: Chunk) -> None:
    """Simulate enforcement."""
    paths = chunk.standing(Stage.ENFORCEMENT)
    if len(paths) == 0:
        return
    terms, rng, q = chunk.terms, chunk.rng, chunk.quantiles
    applied = chunk.t.copy()
    if terms["lawyer_enforcement_fee"] > 0.0:
        p = paths[chunk.of_loan("stage", paths) != Stage.ENFORCEMENT]
        cost = np.full(len(p), float(terms["lawyer_enforcement_fee"]))
        chunk.accumulator.post(p, Kind.LAWYER, month_of(applied[p]), -cost)
    claim = chunk.claim.take(paths)
    claim.accrue(applied[paths])
    chunk.claim.put(paths, claim)
    base = claim.owed
    events: list[Outcomes | _Shares | _Assets] = []
    for k in range(chunk.most_items):
        events += auctions(chunk, k, paths, applied)
    backed = chunk.loans["guarantor_end"] - chunk.loans["guarantor_begin"]
    for k in range(
        int(backed.max(initial=0)) if terms["guarantor_payment_probability"] > 0.0 else 0
    ):
        events.append(_guarantors(chunk, k, paths, applied))
    found = np.zeros(len(paths), dtype=bool)
    for asset in chunk.package.assets[terms["asset_begin"] : terms["asset_end"]]:
        assets = _assets(chunk, asset, paths, base, applied)
        found |= assets.worth > 0.0
        events.append(assets)

    slowness = chunk.slowness(paths, applied[paths])
    searched = applied[paths] + q(terms["search_duration"], rng.random(len(paths))) * slowness
    ended = month_of(searched) <= chunk.end_of(paths)
    chance = _either(terms["garnishment_probability"], chunk.of_loan("debtors", paths))
    garnished = ended & (rng.random(len(paths)) < chance) & (terms["garnishment_share"] > 0.0)
    revival = _Shares(chunk, paths, Kind.DEFICIENCY)
    revived = (
        ended & ~garnished & ~found & (rng.random(len(paths)) < terms["resumption_probability"])
    )
    at = searched + q(terms["resumption_delay"], rng.random(len(paths)))
    revival.at[revived] = at[revived]
    revival.share = q(terms["resumption_share"], rng.random(len(paths)))
    events.append(revival)
    latest = _execute_events(
        chunk, paths, events, _Garnishment(chunk, paths, base, searched, garnished)
    )

    paid = chunk.claim.take(paths).is_paid
    chunk.leave(paths[paid], Stage.ENFORCEMENT, Stage.CLOSED, latest[paid])
    chunk.stay(paths[~paid & ~ended])
    dormant = ~paid & ended
    last = np.maximum(latest, searched)[dormant]
    chunk.leave(paths[dormant], Stage.ENFORCEMENT, Stage.DORMANT, last)


def _execute_events(
    chunk: Chunk, paths: np.ndarray, events: list, garnishment: _Garnishment
) -> np.ndarray:
    """Execute events and garnishment in order of time until claims are paid.

    Returns the time of the last payment of each path.
    """
    latest = chunk.t[paths].astype(float)
    end = chunk.end_of(paths)
    at = np.stack([e.at for e in events])
    at[np.where(np.isfinite(at), month_of(np.where(np.isfinite(at), at, 0.0)), 0) > end] = np.inf
    order = np.argsort(at, axis=0, kind="stable")
    for next_ in order:
        until = at[next_, np.arange(len(paths))]
        garnishment.continue_to(until, latest)
        here = np.isfinite(until) & ~chunk.claim.take(paths).is_paid
        if not here.any():
            continue
        for number in np.unique(next_[here]):
            rows = events[number].execute(np.flatnonzero(here & (next_ == number)))
            latest[rows] = np.maximum(latest[rows], until[rows])
    garnishment.continue_to(np.full(len(paths), np.inf), latest)
    return latest


def exit_at_end(chunk: Chunk) -> None:
    """Sell unresolved loans at the end, or value them at the horizon."""
    paths = np.flatnonzero(chunk.stage != Stage.CLOSED)
    sold = chunk.sold.take(paths % chunk.scenarios)
    _hold(chunk, paths[~sold])
    _sell_loans(chunk, paths[sold])


def _hold(chunk: Chunk, paths: np.ndarray) -> None:
    end = np.broadcast_to(chunk.end_of(paths), len(paths))
    claim = chunk.claim.take(paths)
    claim.accrue(end.astype(float))
    worth = chunk.plan_value[paths]
    kept = (chunk.stage[paths] == Stage.PLAN) & (worth >= 0.0)
    left = np.where(kept, worth, chunk.terms["residual_share"] * claim.owed)
    some = np.flatnonzero(left > 0.0)
    chunk.accumulator.receive(paths[some], Kind.RESIDUAL, end[some], left[some], 0.0)


def _sell_loans(chunk: Chunk, paths: np.ndarray) -> None:
    terms = chunk.terms
    end = np.broadcast_to(chunk.end_of(paths), len(paths))
    claim = chunk.claim.take(paths)
    claim.accrue(end.astype(float))
    owed = claim.owed
    secured = np.zeros(len(chunk.t))
    for k in range(chunk.most_items):
        p, at = places(chunk, k, paths)
        keep = chunk.unsold[k][at]
        p, at = p[keep], at[keep]
        values = Values(chunk, k, p, at)
        when = np.broadcast_to(chunk.end_of(p), len(p)).astype(float)
        value = values(when, np.arange(len(p)))
        secured[p] += np.maximum(np.minimum(value - values.liens, values.cap), 0.0)
    secured = np.minimum(owed, secured[paths])
    old = chunk.stage[paths]
    decay = np.exp(-terms["sale_decay"] * (chunk.of_loan("age", paths) + end))
    price = (
        terms["sale_unsecured_price"][old] * decay * (owed - secured)
        + terms["sale_secured_price"][old] * secured
    )
    worth = chunk.plan_value[paths]
    price = np.where((old == Stage.PLAN) & (worth >= 0.0), worth, price)
    price *= (1.0 - terms["sale_bulk_discount"]) * chunk.sale_up[paths % chunk.scenarios]
    chunk.accumulator.receive(paths, Kind.SALE, end, price, 0.0)
    for stage in range(Stage.CLOSED):
        mine = old == stage
        chunk.leave(paths[mine], Stage(stage), Stage.CLOSED, end[mine].astype(float))
