"""Loans in collection: receipts, and their way to a cure, a plan, a suit or the end."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf import law
from npl_sim.dcf.collect import CollectionOutcome, Offer, collection_outcome
from npl_sim.dcf.collection_effort import CollectionEffort, collection_effort
from npl_sim.dcf.context import Claims, PolicyContext
from npl_sim.dcf.exit_value import leave
from npl_sim.dcf.facts import Loans
from npl_sim.dcf.filing import Filing
from npl_sim.dcf.grid import STEPS, Times
from npl_sim.dcf.redefaults import restructure
from npl_sim.dcf.repayment_plan import Redefaults
from npl_sim.policy.policy import Policy


@dataclass(frozen=True)
class Suits:
    """Claims gathered for joint computation."""

    dead: list[Filing] = field(default_factory=list)
    """Filings of claims that are dismissed as time-barred."""
    alive: list[Filing] = field(default_factory=list)
    """Other filings."""
    cured: dict[int, list[tuple[Claims, np.ndarray]]] = field(default_factory=dict)
    """Claims cured in each month, and their probability."""


@dataclass(frozen=True)
class _Accounts:
    """Accounts of equal age, responsiveness and plans, with their outcome."""

    rows: np.ndarray
    last: int
    """Last month of collection."""
    filed: int
    """Planned month of suit; -1 for none."""
    offer: Offer | None
    effort: CollectionEffort
    outcome: CollectionOutcome


def filing_months(policy: Policy, loans: Loans) -> np.ndarray:
    """Return the planned month of suit of each loan in collection; -1 for none."""
    terms = policy.litigation
    if terms is None:
        return np.full(len(loans.policy), -1)
    month = np.full(len(loans.policy), float(terms.after_months))
    left = loans.limitation_left
    if terms.file_before_expiry:
        clock = (left >= 0.0) & np.isfinite(left)
        early = np.maximum(np.floor(np.where(clock, left, 0.0) - terms.expiry_margin), 0.0)
        month = np.where(clock, np.minimum(month, early), month)
    sued = (loans.claim >= terms.minimum_claim) & (loans.stage == "collection")
    return np.where(sued, month, -1.0).astype(np.int64)


def post_collection(context: PolicyContext, may: np.ndarray, failed: Redefaults) -> Suits:
    """Post the cash of collection and of accepted plans; return cures and suits.

    Parameters
    ----------
    context
        Policy and loans.
    may
        Whether each loan is eligible for a plan.
    failed
        Redefaults, to which those of accepted plans are added.
    """
    loans, terms, suits = context.loans, context.policy.collection, Suits()
    filing = filing_months(context.policy, loans)
    restructuring = context.policy.restructuring
    last = np.minimum(min(terms.months, context.end), np.where(filing >= 0, filing, context.end))
    rows = np.flatnonzero(loans.stage == "collection")
    labels = np.stack([loans.age, last, may, loans.responsiveness, filing], axis=1)[rows]
    cases, inverse = np.unique(labels.astype(np.float64), axis=0, return_inverse=True)
    horizon = context.study.simulation.horizon_months
    efforts = {age: collection_effort(terms, age, horizon) for age in np.unique(cases[:, 0])}
    for i, (age, until, eligible, response, filed) in enumerate(cases):
        offer = None
        if restructuring is not None and eligible:
            month = restructuring.offer_month
            if month <= until and month < context.end and (filed < 0 or month < filed):
                offer = Offer(
                    month, restructuring.offered_share, restructuring.acceptance_probability
                )
        effort, factor = efforts[age], context.market.cooperation
        outcome = collection_outcome(terms, effort, factor, response, int(until), offer)
        accounts = _Accounts(
            rows[inverse.reshape(-1) == i], int(until), int(filed), offer, effort, outcome
        )
        _post_receipts(context, accounts)
        _route(context, accounts, failed, suits)
    return suits


def _post_receipts(context: PolicyContext, accounts: _Accounts) -> None:
    """Post partial payments, settlements, commissions and contact costs."""
    rows, outcome, effort = accounts.rows, accounts.outcome, accounts.effort
    end = accounts.last + 1
    claim = context.loans.claim[rows]
    owed = context.claims(rows).owed(np.arange(accounts.last + 1.0))
    paid = claim[:, None] * outcome.paying
    settled = (owed * outcome.settled - claim[:, None] * outcome.settled_paid) * (
        1.0 - effort.discount[:end]
    )
    context.post(Kind.VOLUNTARY, rows, paid)
    context.post(Kind.SETTLEMENT, rows, settled)
    context.post(Kind.COMMISSION, rows, -(paid + settled) * effort.commission[:end])
    context.post(Kind.CONTACT, rows, -np.tile(effort.cost[:end] * outcome.working, (len(rows), 1)))


def _after(claims: Claims, t: float, mass: float, paid: float, claim: np.ndarray) -> Claims:
    """Return claims at time t after an average payment of the share `paid` / `mass`."""
    share = paid / mass if mass > 0.0 else 0.0
    return claims.paid(np.full(len(claim), t), share * claim)


def _route(context: PolicyContext, accounts: _Accounts, failed: Redefaults, suits: Suits) -> None:
    """Pass accounts on to a cure, a plan, a suit or the end of the horizon."""
    rows, outcome, filed = accounts.rows, accounts.outcome, accounts.filed
    claims, claim = context.claims(rows), context.loans.claim[rows]
    for m in np.flatnonzero(outcome.cured > 0.0):
        at = _after(claims, float(m), outcome.cured[m], outcome.cured_paid[m], claim)
        suits.cured.setdefault(int(m), []).append((at, np.full(len(rows), outcome.cured[m])))
    if accounts.offer is not None and outcome.offered > 0.0:
        month = accounts.offer.month
        at = _after(claims, float(month), outcome.offered, outcome.offered_paid, claim)
        restructure(context, at, np.full(len(rows), outcome.offered), month, failed)
    left = _after(claims, float(accounts.last), outcome.left, outcome.left_paid, claim)
    mass = np.full(len(rows), outcome.left)
    if not 0 <= filed < context.end:
        leave(context, left, mass, context.owed_at_end(left))
        return
    dead = _time_barred(context, accounts) * context.litigation.defense_raised
    times = Times(np.zeros((len(rows), context.points)), False)
    times.mass[:, filed * STEPS] = 1.0
    suits.dead.append(Filing(left, times.scaled(mass * dead), True))
    suits.alive.append(Filing(left, times.scaled(mass * (1.0 - dead)), True))


def _time_barred(context: PolicyContext, accounts: _Accounts) -> np.ndarray:
    """Return the probability that limitation has run out at the filing of each claim.

    A part payment or a broken promise keeps the clock from running out, but does not revive a
    claim.
    """
    rows, outcome = accounts.rows, accounts.outcome
    filed = np.full(len(rows), float(accounts.filed))
    clock, stop = context.loans.limitation_left[rows], context.loans.stop_left[rows]
    period = law.full_period(context.study.legal.limitation, context.study.valuation_date)
    barred = law.time_barred(filed, clock, period, np.full(len(rows), accounts.effort.reach))
    shielded = outcome.shielded / outcome.left if outcome.left > 0.0 else 0.0
    barred = np.where((clock < 0.0) & np.isfinite(clock), 1.0, barred * (1.0 - shielded))
    return np.where(filed > stop, 1.0, np.where(math.isinf(period), 0.0, barred))
