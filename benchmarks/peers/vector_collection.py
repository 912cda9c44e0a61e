"""Collection of the vectorized peer: offers, partial payments, settlements and limitation."""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr, ndtri

from benchmarks.peers.vector_cash import Claim
from benchmarks.peers.vector_chunk import CURED, FILED, OFFERED, Chunk
from benchmarks.peers.vector_events import (
    CURES,
    NO_EVENT,
    SETTLES,
    Collected,
    Tables,
    events_until,
)
from npl_sim.core.layout import Kind, Stage
from npl_sim.kernels.context import CollectionTables

__all__ = ["collect"]

MOST_INTERRUPTIONS = 200
"""Most interruptions of the limitation period of a path."""


def collect(
    chunk: Chunk, collection: CollectionTables, rows: range, first_loan: int, up: np.ndarray
) -> None:
    """Simulate the paths in collection.

    Parameters
    ----------
    chunk
        The paths.
    collection, rows
        All tables, and the rows of the chunk's loans.
    first_loan
        Row of the chunk's first loan in the package.
    up
        Multiplier of the hazards, (scenario, month).
    """
    paths = chunk.standing(Stage.COLLECTION)
    if len(paths) == 0:
        return
    terms, s, end = chunk.terms, chunk.scenarios, chunk.end_of(paths)
    of, scenario = paths // s, paths % s
    rows_of_loans = slice(first_loan, first_loan + len(chunk.loans))
    filing = _filing_months(chunk.loans, terms)[of]
    last = np.minimum(int(terms["collection_months"]), end)
    last = np.where(filing >= 0, np.minimum(last, filing), last)
    borrower = chunk.shared.borrower[rows_of_loans][of]
    willing, event, sort, accept = (w[borrower, scenario] for w in chunk.shared.borrower_uniforms)
    willing = _correlated(chunk, willing, rows_of_loans, of, scenario)
    accepted = _accepted_offers(chunk, of, filing, last, willing, accept)
    last = np.where(accepted, int(terms["offer_month"]), last)
    most = min(int(terms["collection_months"]), chunk.accumulator.months)
    tables = Tables(collection, slice(rows.start, rows.stop), up, most, chunk.accumulator)
    at = (chunk.loans["collection_table"].astype(np.int64)[of] - rows.start) * s + scenario
    frailty = chunk.loans["responsiveness"][of] * chunk.quantiles(terms["frailty"], 1.0 - willing)
    group = Collected(
        paths, of, scenario, at // s, rows.start + at // s, at * tables.width,
        tables.hazard.reshape(-1), frailty,
    )  # fmt: skip
    events = events_until(chunk, collection, group, last, event, sort)
    last = np.where(events.outcome == NO_EVENT, last, events.month)
    payer, closed = _pay(chunk, collection, rows, tables, group, last, willing)
    settled, cured = ((events.outcome == x) & ~closed for x in (SETTLES, CURES))
    _settle(chunk, collection, group, np.flatnonzero(settled), last)
    in_plan = cured | (accepted & (events.outcome == NO_EVENT) & ~closed)
    filed = (filing >= 0) & (filing < end)
    stage = np.where(
        filed, Stage.LITIGATION, np.where(last < end, Stage.DORMANT, Stage.COLLECTION)
    )
    t = np.where(filed, filing, last).astype(float)
    stage = np.where(in_plan, Stage.PLAN, np.where(settled | closed, Stage.CLOSED, stage))
    t = np.where(in_plan | settled | closed, last, t)
    chunk.entry[paths] = np.where(in_plan, np.where(cured, CURED, OFFERED), FILED)
    suing = np.flatnonzero(stage == Stage.LITIGATION)
    reach = collection.reach[group.row[suing]]
    _limitation(chunk, paths[suing], t[suing], (payer | events.broken)[suing], reach)
    chunk.leave(paths, Stage.COLLECTION, stage, t)


def _filing_months(loans: np.ndarray, terms: np.void) -> np.ndarray:
    """Return the month in which each loan is filed for litigation, or -1."""
    claim = loans["principal"] + loans["interest_and_fees"]
    month = np.full(len(loans), int(terms["litigation_after_months"]))
    if terms["file_before_expiry"]:
        left = loans["limitation_left"]
        running = (left >= 0.0) & np.isfinite(left)
        latest = np.floor(np.where(running, left, 0.0) - terms["expiry_margin"]).astype(np.int64)
        month = np.where(running, np.minimum(month, np.maximum(latest, 0)), month)
    sues = (terms["litigate"] != 0) & (claim >= terms["litigation_minimum_claim"])
    return np.where(sues, month, -1)


def _accepted_offers(chunk: Chunk, of, filing, last, willing, accept) -> np.ndarray:
    """Return which paths accept the offer to restructure."""
    terms, end = chunk.terms, chunk.end_of(of * chunk.scenarios)
    offer = int(terms["offer_month"])
    accepted = (offer >= 0) & (offer < end) & (offer <= last) & ((filing < 0) | (offer < filing))
    return accepted & (
        (chunk.loans["offered"][of] != 0)
        & (willing < terms["offered_share"])
        & (accept < terms["acceptance_probability"])
    )


def _correlated(chunk: Chunk, willing, rows_of_loans: slice, of, scenario) -> np.ndarray:
    """Return the willingness to pay, correlated within groups of borrowers and regions."""
    shared, group = chunk.shared, chunk.shared.group[rows_of_loans][of]
    rho = float(chunk.terms["region_correlation"])
    if rho == 0.0 and (group < 0).all():
        return willing
    z, rest = np.zeros(len(of)), np.full(len(of), 1.0 - rho)
    if rho > 0.0:
        z += np.sqrt(rho) * shared.region_normal[shared.region[rows_of_loans][of], scenario]
    g = np.flatnonzero(group >= 0)
    rho = float(chunk.terms["group_correlation"])
    z[g] += np.sqrt(rho) * shared.group_normal[group[g], scenario[g]]
    rest[g] -= rho
    return ndtr(z + np.sqrt(np.maximum(rest, 0.0)) * ndtri(willing))


def _pay(
    chunk: Chunk,
    collection: CollectionTables,
    rows: range,
    tables: Tables,
    group: Collected,
    last: np.ndarray,
    willing: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Add partial payments and contact costs; return who pays, and whose claim is paid."""
    accumulator, paths, cell = chunk.accumulator, group.paths, group.cell
    paid_share = tables.paid.reshape(-1)
    # Where more is paid than the usual payers could pay, more borrowers are payers.
    share = np.maximum(float(chunk.terms["payer_share"]), paid_share[cell + tables.width - 1])
    payer = (willing < share) & (paid_share[cell + last] > 0.0)
    claim = chunk.claim.take(paths)
    accumulator.present[paths] -= tables.cost_present[group.table, last]
    accumulator.costs[paths] -= tables.cost[group.table, last]
    claim.accrue(last)
    p = np.flatnonzero(payer)
    at, amount = cell[p] + last[p], claim.whole[p] / share[p]
    received = amount * paid_share[at]
    commission = amount * tables.commission.reshape(-1)[at]
    accumulator.present[paths[p]] += amount * tables.present.reshape(-1)[at]
    accumulator.received[paths[p]] += received
    accumulator.costs[paths[p]] -= commission + received * accumulator.servicing
    accumulator.received_month[paths[p]] += amount * tables.month.reshape(-1)[at]
    _add_monthly(chunk, collection, rows, tables, cell + last, at, amount)
    _reduce(claim, p, received)
    chunk.claim.put(paths, claim)
    return payer, claim.is_paid & payer


def _reduce(claim: Claim, p: np.ndarray, received: np.ndarray) -> None:
    """Apply the payments of rows `p` to the claims, up to the amount owed."""
    paying = np.zeros(len(claim.whole))
    paying[p] = np.minimum(claim.owed[p], received)
    claim.pay(paying)


def _settle(
    chunk: Chunk, collection: CollectionTables, group: Collected, z: np.ndarray, last: np.ndarray
) -> None:
    """Add the settlements of rows `z` and the agencies' commission."""
    paths, row, month = group.paths[z], group.row[z], last[z]
    amount = chunk.claim.take(paths).owed * (1.0 - collection.discount[row, month])
    chunk.accumulator.receive(paths, Kind.SETTLEMENT, month, amount, 0.0)
    commission = -collection.commission[row, month] * amount
    chunk.accumulator.post(paths, Kind.COMMISSION, month, commission)


def _add_monthly(
    chunk: Chunk,
    collection: CollectionTables,
    rows: range,
    tables: Tables,
    ends: np.ndarray,
    payer_ends: np.ndarray,
    amount: np.ndarray,
) -> None:
    """Add partial payments, commission and contact costs by sums from the end, table by table."""
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
            chunk.accumulator.flows[:, g, kind, : shape[2]] += amounts[group == g].sum(axis=0)


def _limitation(chunk: Chunk, paths, filed_at, paying, reach) -> None:
    """Mark the claims whose limitation period has expired when they are filed."""
    expiry = chunk.of_loan("limitation_left", paths).copy()
    period = float(chunk.terms["limitation_months"])
    stopped = filed_at > chunk.of_loan("long_stop_left", paths)
    chunk.barred[paths[stopped]] = True
    if np.isinf(period):
        return
    chunk.barred[paths[expiry < 0.0]] = True
    open_ = np.flatnonzero((expiry >= 0.0) & ~paying & ~stopped & (expiry < filed_at))
    begin = np.maximum(expiry - period, 0.0)
    for _ in range(MOST_INTERRUPTIONS):
        if len(open_) == 0:
            return
        contacted = -np.expm1(-reach[open_] * (expiry - begin)[open_])
        out = chunk.rng.random(len(open_)) >= contacted
        chunk.barred[paths[open_[out]]] = True
        open_, contacted = open_[~out], contacted[~out]
        begin[open_] = expiry[open_]
        back = np.log1p(-chunk.rng.random(len(open_)) * contacted) / reach[open_]
        expiry[open_] += back + period
        open_ = open_[expiry[open_] < filed_at[open_]]
