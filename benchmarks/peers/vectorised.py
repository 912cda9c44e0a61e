"""The whole model in vectorised NumPy: every stage, over blocks of loans times scenarios.

As a good NumPy programmer would write it: no Python loop over loans or scenarios, only over policies,
blocks, auction rounds, months of garnishment and the like; draws from NumPy's own fastest generator, made
only for the paths that need them; cash gathered and added by `bincount`. Nothing of the model is left out
but the totals that contracts with agencies ask for, and the records of a pilot run. The draws are not the
engine's, so results agree statistically, not path by path.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.inputs import Inputs
from benchmarks.peers.vector_auction import lay_out_items
from benchmarks.peers.vector_books import Books, Quantiles
from benchmarks.peers.vector_enforcement import enforce, exit_at_end
from benchmarks.peers.vector_stages import (
    CURED,
    FILED,
    OFFERED,
    Chunk,
    Luck,
    await_performance,
    litigate,
    repay,
)
from npl_sim.core.layout import KIND_IS_INFLOW, MOMENTS, TILE, Kind, Stage
from npl_sim.kernels.package import Factors, Tile

__all__ = ["BLOCK_PATHS", "run"]

BLOCK_PATHS = 1 << 16
"""Paths walked at once: larger blocks gain nothing, smaller ones pay more for each call."""

NO_EVENT, SETTLES, CURES = 0, 1, 2
MOST_PROMISES = 50


def run(inputs: Inputs, seed: int = 1, block_paths: int = BLOCK_PATHS) -> list[Tile]:
    """Return the tiles of a package.

    Raises
    ------
    NotImplementedError
        If placements' totals or single paths are asked for: they serve no price by themselves.
    """
    if inputs.model.placements or inputs.record:
        raise NotImplementedError(
            "totals of placements under contract, and records of single paths"
        )
    quantiles = Quantiles(inputs.model.package.quantiles)
    return [
        _run_tile(
            inputs,
            quantiles,
            factors,
            np.random.Generator(np.random.SFC64([seed, n])),
            block_paths,
        )
        for n, factors in enumerate(inputs.factors)
    ]


def _run_tile(
    inputs: Inputs,
    quantiles: Quantiles,
    factors: Factors,
    rng: np.random.Generator,
    block_paths: int,
) -> Tile:
    package, collection, model = inputs.model.package, inputs.model.collection, inputs.model
    scenarios = TILE
    books = Books(scenarios, len(model.groups), inputs.discount, inputs.servicing)
    moments = np.zeros((len(package.loans), len(MOMENTS)))
    luck = Luck.draw(package, scenarios, rng)
    indices = np.ascontiguousarray(factors.indices.transpose(1, 0, 2))
    for p, terms in enumerate(package.terms):
        sold = factors.exit[:, p] >= 0
        end = np.where(sold, factors.exit[:, p], books.months)
        b, c = factors.loading[p], factors.sale_loading[p]
        half = 0.5 * b * b * factors.variance
        up = np.exp(b * factors.cooperation - half)
        down = np.exp(-b * factors.cooperation - half)
        down[:, 0] = 0.0
        down = np.cumsum(down, axis=1)
        at = np.maximum(factors.exit[:, p], 0)
        cooperation = factors.cooperation[np.arange(scenarios), at]
        sale_up = np.exp(c * cooperation - 0.5 * c * c * factors.variance[at])
        first, last = _rows_of(collection.policy, p)
        for c0, c1, i0, i1 in _blocks(
            collection.begin, first, last, max(1, block_paths // scenarios)
        ):
            loans = package.loans[i0:i1]
            gbv = np.repeat(loans["principal"] + loans["interest_and_fees"], scenarios)
            paths = np.arange(len(gbv))
            books.open(paths % scenarios, np.repeat(loans["group"], scenarios), gbv)
            chunk = Chunk(
                loans, terms, package, quantiles, books, rng, scenarios, end, sold,
                indices, factors.congestion, down, sale_up, luck,
            )  # fmt: skip
            books.stages[:, 0] += np.bincount(chunk.stage, weights=gbv, minlength=len(Stage))
            lay_out_items(chunk)
            _collect(chunk, collection, range(c0, c1), i0, up)
            repay(chunk)
            litigate(chunk)
            await_performance(chunk)
            enforce(chunk)
            exit_at_end(chunk)
            moments[i0:i1] += _moments(books, scenarios)
    books.flush()
    receipts = books.flows[:, :, np.flatnonzero(KIND_IS_INFLOW)].sum(axis=2)
    books.flows[:, :, Kind.SERVICING] -= inputs.servicing * receipts
    desks = np.zeros((scenarios, 0, 2, books.months + 1))
    record = np.zeros((0, len(package.loans), 4))
    mean, stages = books.flows.sum(axis=0)[..., None], books.stages[..., None]
    values = np.zeros((0, len(package.loans), len(MOMENTS)))
    return Tile(
        books.flows, mean, moments[..., None], stages, desks, record, values, books.flows[:0]
    )


def _rows_of(policy: np.ndarray, p: int) -> tuple[int, int]:
    return int(np.searchsorted(policy, p)), int(np.searchsorted(policy, p, side="right"))


def _blocks(
    begin: np.ndarray, first: int, last: int, size: int
) -> list[tuple[int, int, int, int]]:
    """Return ranges of collection and loans of about `size` loans each; long collection are cut."""
    blocks = []
    i, stop = int(begin[first]), int(begin[last])
    while i < stop:
        j = min(i + size, stop)
        c0 = int(np.searchsorted(begin, i, side="right")) - 1
        c1 = int(np.searchsorted(begin, j, side="left"))
        blocks.append((c0, c1, i, j))
        i = j
    return blocks


def _moments(books: Books, scenarios: int) -> np.ndarray:
    columns = (
        books.present,
        books.present**2,
        books.received,
        books.costs,
        books.received_month,
        (books.received > 0.0).astype(float),
    )
    return np.stack([c.reshape(-1, scenarios).sum(axis=1) for c in columns], axis=1)


class _Tables:
    """Collection tables of some collection over the tile's scenarios, (collection, scenarios, months + 1)."""

    def __init__(self, collection, rows: slice, up, months: int, books: Books) -> None:
        months += 1
        discount, m = books.discount[:months], np.arange(months)
        up = up[None, :, :months]
        per_month = {
            n: getattr(collection, n)[rows, None, :months]
            for n in ("settle", "cure", "pay", "commission", "cost")
        }
        self.hazard = np.cumsum(up * (per_month["settle"] + per_month["cure"]), axis=2)
        lift, bound = collection.lift[rows, None, :months], collection.bound[rows, None, None]
        multiplier = np.where(per_month["pay"] > 0.0, np.minimum(up * lift, bound), 0.0)
        self.paid = np.minimum(np.cumsum(multiplier * per_month["pay"], axis=2), 1.0)
        self.increment = np.diff(self.paid, axis=2, prepend=0.0)
        self.charged = self.increment * per_month["commission"]
        self.commission = np.cumsum(self.charged, axis=2)
        self.present = np.cumsum(
            (self.increment * (1.0 - books.servicing) - self.charged) * discount, axis=2
        )
        self.month = np.cumsum(self.increment * m, axis=2)
        self.cost_rate = per_month["cost"]
        self.cost = np.cumsum(per_month["cost"][:, 0], axis=1)
        self.cost_present = np.cumsum(per_month["cost"][:, 0] * discount, axis=1)


def _filing_months(loans: np.ndarray, terms: np.void) -> np.ndarray:
    claim = loans["principal"] + loans["interest_and_fees"]
    month = np.full(len(loans), int(terms["litigation_after_months"]))
    if terms["file_before_expiry"]:
        left = loans["limitation_left"]
        running = (left >= 0.0) & np.isfinite(left)
        latest = np.floor(np.where(running, left, 0.0) - terms["expiry_margin"]).astype(np.int64)
        month = np.where(running, np.minimum(month, np.maximum(latest, 0)), month)
    sues = (terms["litigate"] != 0) & (claim >= terms["litigation_minimum_claim"])
    return np.where(sues, month, -1)


def _collect(chunk: Chunk, collection, rows: range, first_loan: int, up: np.ndarray) -> None:
    """Walk the paths in collection."""
    paths = chunk.standing(Stage.COLLECTION)
    if len(paths) == 0:
        return
    terms, books, s, end = chunk.terms, chunk.books, chunk.scenarios, chunk.end_of(paths)
    loans = chunk.loans
    of, scenario = paths // s, paths % s
    own = slice(first_loan, first_loan + len(loans))
    filing = _filing_months(loans, terms)[of]
    last = np.minimum(int(terms["collection_months"]), end)
    last = np.where(filing >= 0, np.minimum(last, filing), last)
    borrower = chunk.luck.borrower[own][of]
    willing, event, sort, accept = (w[borrower, scenario] for w in chunk.luck.borrower_words)
    willing = _shared(chunk, willing, own, of, scenario)
    offer = int(terms["offer_month"])
    accepted = (offer >= 0) & (offer < end) & (offer <= last) & ((filing < 0) | (offer < filing))
    accepted &= (
        (loans["offered"][of] != 0)
        & (willing < terms["most_willing"])
        & (accept < terms["restructuring_accept"])
    )
    last = np.where(accepted, offer, last)
    most = min(int(terms["collection_months"]), books.months)
    tables = _Tables(collection, slice(rows.start, rows.stop), up, most, books)
    # One flat address into all tables: (cohort, scenario, month).
    width = most + 1
    row = (loans["collection_table"].astype(np.int64)[of] - rows.start) * s + scenario
    cell = row * width
    hazard, paid_share = tables.hazard.reshape(-1), tables.paid.reshape(-1)

    cohort = row // s
    frailty = loans["responsiveness"][of] * chunk.quantiles(terms["frailty"], 1.0 - willing)
    moment = _first_months(hazard, cell, frailty, np.zeros_like(last), last, -np.log(event))
    struck = np.flatnonzero(moment)
    rates = (x[rows.start + cohort, moment] for x in (collection.settle, collection.cure))
    outcome = np.zeros(len(paths), dtype=np.int8)
    broken = np.zeros(len(paths), dtype=bool)
    outcome[struck] = np.where(_settles(*rates, sort)[struck], SETTLES, CURES)
    if terms["promise_months"] >= 0:
        at = rows.start + cohort
        _follow_promises(
            chunk, collection, at, hazard, cell, frailty, last, moment, outcome, broken
        )
    last = np.where(outcome == NO_EVENT, last, moment)

    # Where more is paid than the usual payers could pay, more borrowers are payers.
    share = np.maximum(float(terms["payer_share"]), paid_share[cell + most])
    payer = (willing < share) & (paid_share[cell + last] > 0.0)
    claim = chunk.claim.take(paths)
    books.present[paths] -= tables.cost_present[cohort, last]
    books.costs[paths] -= tables.cost[cohort, last]
    claim.accrue(last)
    p = np.flatnonzero(payer)
    at, amount = cell[p] + last[p], claim.whole[p] / share[p]
    received = amount * paid_share[at]
    books.present[paths[p]] += amount * tables.present.reshape(-1)[at]
    books.received[paths[p]] += received
    books.costs[paths[p]] -= (
        amount * tables.commission.reshape(-1)[at] + received * books.servicing
    )
    books.received_month[paths[p]] += amount * tables.month.reshape(-1)[at]
    _enter_monthly(chunk, collection, rows, tables, cell + last, at, amount)
    paying = np.zeros(len(paths))
    paying[p] = np.minimum(claim.owed[p], received)
    claim.pay(paying)
    chunk.claim.put(paths, claim)

    closed = claim.is_paid & payer
    settled, cured = ((outcome == x) & ~closed for x in (SETTLES, CURES))
    z = np.flatnonzero(settled)
    at_cohort = rows.start + cohort[z]
    amount = claim.owed[z] * (1.0 - collection.discount[at_cohort, last[z]])
    books.receive(paths[z], Kind.SETTLEMENT, last[z], amount, 0.0)
    books.post(
        paths[z], Kind.COMMISSION, last[z], -collection.commission[at_cohort, last[z]] * amount
    )

    filed = (filing >= 0) & (filing < end)
    stage = np.where(
        filed, Stage.LITIGATION, np.where(last < end, Stage.DORMANT, Stage.COLLECTION)
    )
    t = np.where(filed, filing, last).astype(float)
    in_plan = cured | (accepted & (outcome == NO_EVENT) & ~closed)
    stage = np.where(in_plan, Stage.PLAN, np.where(settled | closed, Stage.CLOSED, stage))
    t = np.where(in_plan | settled | closed, last, t)
    chunk.entry[paths] = np.where(in_plan, np.where(cured, CURED, OFFERED), FILED)
    suing = np.flatnonzero(stage == Stage.LITIGATION)
    _ask_clock(
        chunk,
        paths[suing],
        t[suing],
        (payer | broken)[suing],
        collection.reach[rows.start + cohort[suing]],
    )
    chunk.leave(paths, Stage.COLLECTION, stage, t)


def _shared(chunk: Chunk, willing, own: slice, of, scenario) -> np.ndarray:
    """Return the willingness of borrowers who share luck with their groups and their regions."""
    luck, group = chunk.luck, chunk.luck.group[own][of]
    rho = float(chunk.terms["region_correlation"])
    if rho == 0.0 and (group < 0).all():
        return willing
    z, rest = np.zeros(len(of)), np.full(len(of), 1.0 - rho)
    if rho > 0.0:
        z += np.sqrt(rho) * luck.region_normal[luck.region[own][of], scenario]
    g = np.flatnonzero(group >= 0)
    rho = float(chunk.terms["group_correlation"])
    z[g] += np.sqrt(rho) * luck.group_normal[group[g], scenario[g]]
    rest[g] -= rho
    return ndtr(z + np.sqrt(np.maximum(rest, 0.0)) * ndtri(willing))


def _first_months(hazard, cell, frailty, start, last, threshold) -> np.ndarray:
    """Return the first months after `start`, up to `last`, by which the hazard meets a threshold; 0: none."""
    before, most = hazard[cell + start], hazard[cell + np.maximum(last, start)]
    months = np.zeros(len(cell), dtype=np.int64)
    hit = np.flatnonzero((frailty * (most - before) >= threshold) & (most > before))
    low, high = start[hit] + 1, last[hit]
    cell, goal = cell[hit], threshold[hit] / frailty[hit] + before[hit]
    while (low < high).any():
        middle = (low + high) // 2
        over = hazard[cell + middle] >= goal
        high, low = np.where(over, middle, high), np.where(over, low, middle + 1)
    months[hit] = low
    return months


def _settles(settle: np.ndarray, cure: np.ndarray, sort: np.ndarray) -> np.ndarray:
    return sort * (settle + cure) < settle


def _follow_promises(
    chunk, collection, cohort, hazard, cell, frailty, last, moment, outcome, broken
) -> None:
    """Follow promises to pay, round by round; `moment`, `outcome` and `broken` are written in place."""
    rng, wait = chunk.rng, int(chunk.terms["promise_months"])
    asked = np.flatnonzero(outcome == SETTLES)
    for _ in range(MOST_PROMISES):
        if len(asked) == 0:
            return
        due = moment[asked] + wait
        in_time = due <= last[asked]
        outcome[asked[~in_time]] = NO_EVENT
        asked, due = asked[in_time], due[in_time]
        kept = rng.random(len(asked)) < chunk.terms["promise_kept"]
        moment[asked[kept]] = due[kept]
        asked, due = asked[~kept], due[~kept]
        broken[asked] = True
        goal = rng.standard_exponential(len(asked))
        again = _first_months(hazard, cell[asked], frailty[asked], due, last[asked], goal)
        outcome[asked[again == 0]] = NO_EVENT
        asked, again = asked[again > 0], again[again > 0]
        moment[asked] = again
        settle, cure = (x[cohort[asked], again] for x in (collection.settle, collection.cure))
        settles = _settles(settle, cure, rng.random(len(asked)))
        outcome[asked[~settles]] = CURES
        asked = asked[settles]
    outcome[asked] = NO_EVENT


def _enter_monthly(
    chunk, collection, rows: range, tables: _Tables, ends, payer_ends, amount
) -> None:
    """Enter partial payments, commission and contact costs by sums from the end, cohort by cohort."""
    shape = tables.paid.shape
    size = tables.paid.size

    def still(cells: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
        leaving = np.bincount(cells, weights=weights, minlength=size).reshape(shape)
        return np.cumsum(leaving[:, :, ::-1], axis=2)[:, :, ::-1]

    paying, worked = still(payer_ends, amount), still(ends, None)
    cash = {
        Kind.VOLUNTARY: paying * tables.increment,
        Kind.COMMISSION: -paying * tables.charged,
        Kind.CONTACT: -worked * tables.cost_rate,
    }
    group = collection.group[rows.start : rows.stop]
    for g in np.unique(group):
        for kind, amounts in cash.items():
            chunk.books.flows[:, g, kind, : shape[2]] += amounts[group == g].sum(axis=0)


def _ask_clock(chunk: Chunk, paths, filed_at, paying, reach) -> None:
    """Say which claims have run out when they are filed."""
    expiry = chunk.of_loan("limitation_left", paths).copy()
    period = float(chunk.terms["limitation_months"])
    stopped = filed_at > chunk.of_loan("long_stop_left", paths)
    chunk.barred[paths[stopped]] = True
    if np.isinf(period):
        return
    chunk.barred[paths[expiry < 0.0]] = True
    open_ = np.flatnonzero((expiry >= 0.0) & ~paying & ~stopped & (expiry < filed_at))
    begin = np.maximum(expiry - period, 0.0)
    for _ in range(200):
        if len(open_) == 0:
            return
        reached = -np.expm1(-reach[open_] * (expiry - begin)[open_])
        out = chunk.rng.random(len(open_)) >= reached
        chunk.barred[paths[open_[out]]] = True
        open_, reached = open_[~out], reached[~out]
        begin[open_] = expiry[open_]
        back = np.log1p(-chunk.rng.random(len(open_)) * reached) / reach[open_]
        expiry[open_] += back + period
        open_ = open_[expiry[open_] < filed_at[open_]]
