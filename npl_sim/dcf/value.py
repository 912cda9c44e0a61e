"""The second method: expected cash of every loan by month and kind, and its present value.

Order of work, policy by policy:

1. The tape is read into plain arrays (`facts`).
2. Loans in collection: settlements, cures, partial payments until they are sued or given up (`collect`);
   plans and their redefaults (`plan`).
3. Loans sued, in court, judged or in enforcement on the tape: `litigate`, `enforce`, `auction`.
4. What is still open leaves by sale or at the horizon (`exits`).
5. Servicing is a share of receipts; cash is discounted at the required return.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.errors import known
from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.dcf import law
from npl_sim.dcf.collect import Collected, collected, effort
from npl_sim.dcf.context import Claims, Desk
from npl_sim.dcf.enforce import enforce
from npl_sim.dcf.exit_value import leave
from npl_sim.dcf.facts import Backers, Items, Loans, backers_of, items_of, loans_of
from npl_sim.dcf.grid import STEPS, Times, at_once
from npl_sim.dcf.litigate import Filing, Title, bury, litigate
from npl_sim.dcf.loan_sale import month_of_sale, remaining_value
from npl_sim.dcf.market_moments import World, world_of
from npl_sim.dcf.offers import offered, passes
from npl_sim.dcf.repayment_plan import Redefaults, cure_terms, offer_terms, run_plans
from npl_sim.dcf.title import judge
from npl_sim.policy.enforcement import CollateralTerms
from npl_sim.policy.policy import Policy
from npl_sim.tape.names import normal_name

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["ExpectedCash", "expected_cash"]

CHUNK = 2000
"""Loans worked on together."""

BUCKETS = 3
"""Parts into which each loan's redefaults are gathered by time."""


@dataclass(frozen=True)
class ExpectedCash:
    """Expected cash of a package.

    Attributes
    ----------
    by_month
        Of the package, shape (months + 1, kinds). [package currency]
    pv
        Present value by loan and kind, loans in the order of the tape, shape (loans, kinds).
        [package currency]
    """

    by_month: np.ndarray
    pv: np.ndarray

    @property
    def value(self) -> float:
        """Present value of the package. [package currency]"""
        return math.fsum(self.pv.sum(axis=1))


def discount(rate: float, months: int, timing: str) -> np.ndarray:
    """Return the discount factor of each month; under ``mid_month`` cash falls half a month before its end."""
    years = np.arange(months + 1.0)
    years[1:] -= 0.5 if timing == "mid_month" else 0.0
    return np.asarray(np.exp(-math.log1p(rate) * years / 12.0))


def expected_cash(study: Study, table: LoanTable) -> ExpectedCash:
    """Return the expected cash of a package by the second method.

    Parameters
    ----------
    study
        Its policies, law, market, collateral terms and pricing; the simulation's size and seed do not count.
    table
        The loans.
    """
    horizon = study.simulation.horizon_months
    world = world_of(study.market, study.stress, horizon)
    loans, items, backers = loans_of(study, table), items_of(study, table), backers_of(table)
    kinds = {normal_name("kind", k): v for k, v in study.collateral.items()}
    kinds.setdefault("default", CollateralTerms())
    wait = np.zeros(len(loans.policy))
    if study.market.courts is not None:
        plans = np.array(
            [study.policies[p].litigation is not None for p in loans.policy], dtype=bool
        )
        filing = np.full(len(wait), -1)
        for i, policy in enumerate(study.policies):
            here = plans & (loans.policy == i)
            filing[here] = _filing_months(policy, loans.take(here))
        wait = law.queue(filing, loans.region, study.market.courts.cases_per_month, horizon)
    factors = discount(study.pricing.required_return, horizon, study.pricing.cash_timing)
    by_month = np.zeros((horizon + 1, len(Kind)))
    pv = np.zeros((len(loans.policy), len(Kind)))
    for i, policy in enumerate(study.policies):
        rows = np.flatnonzero(loans.policy == i)
        for begin in range(0, len(rows), CHUNK):
            part = rows[begin : begin + CHUNK]
            cash = _policy_cash(study, policy, world, loans, items, backers, kinds, wait, part)
            receipts = cash[:, KIND_IS_INFLOW].sum(axis=1)
            cash[:, Kind.SERVICING] = -study.pricing.servicing_rate * receipts
            by_month[: cash.shape[2]] += cash.sum(axis=0).T
            pv[part] = cash @ factors[: cash.shape[2]]
    return ExpectedCash(by_month, pv)


def _policy_cash(
    study: Study,
    policy: Policy,
    world: World,
    loans: Loans,
    items: Items,
    backers: Backers,
    kinds: dict[str, CollateralTerms],
    wait: np.ndarray,
    rows: np.ndarray,
) -> np.ndarray:
    """Return the expected cash of some loans of one policy, shape (loans, kinds, months + 1)."""

    def desk(words: Policy, end: int, sold: bool) -> Desk:
        own = Items(**{name: value[rows] for name, value in vars(items).items()})
        backed = Backers(backers.cap[rows], backers.broken[rows])
        return Desk(
            study, words, world, loans.take(rows), own, backed, kinds, end, sold, wait[rows]
        )

    horizon = study.simulation.horizon_months
    month = month_of_sale(policy.sale, world, study.market, horizon)
    may = offered(policy, loans.take(rows))
    test = policy.restructuring.npv_test if policy.restructuring else None
    if test is not None and policy.restructuring is not None and may.any():
        # What keeping is worth without an offer, by this method.
        plain = policy.model_copy(update={"restructuring": None})
        kept = walk(desk(plain, horizon, False), np.zeros(len(rows), dtype=bool))
        may &= passes(policy, loans.take(rows), kept)
    if policy.sale is not None and policy.sale.buyer_return is not None and month is not None:
        free = policy.model_copy(update={"sale": None})
        cash = walk(desk(free, horizon, False), may)
        return remaining_value(cash, policy.sale, month, study.pricing.servicing_rate)
    return walk(desk(policy, horizon if month is None else month, month is not None), may)


def _filing_months(policy: Policy, loans: Loans) -> np.ndarray:
    """Return the month in which each loan in collection is to be sued, -1: never."""
    words = policy.litigation
    if words is None:
        return np.full(len(loans.policy), -1)
    month = np.full(len(loans.policy), float(words.after_months))
    left = loans.limitation_left
    if words.file_before_expiry:
        clock = (left >= 0.0) & np.isfinite(left)
        early = np.maximum(np.floor(np.where(clock, left, 0.0) - words.expiry_margin), 0.0)
        month = np.where(clock, np.minimum(month, early), month)
    sued = (loans.claim >= words.minimum_claim) & (loans.stage == "collection")
    return np.where(sued, month, -1.0).astype(np.int64)


@dataclass(frozen=True)
class Suits:
    """Claims as they come together, to be followed at once.

    Attributes
    ----------
    dead, alive
        Filings of claims that limitation ends at once, and of the others.
    cured
        Claims cured in each month, and their probability.
    """

    dead: list[Filing]
    alive: list[Filing]
    cured: dict[int, list[tuple[Claims, np.ndarray]]]


def walk(desk: Desk, may: np.ndarray) -> np.ndarray:
    """Return the expected cash of a desk's loans, servicing apart; `may` says which may be offered a plan."""
    failed, suits = Redefaults.none(len(desk.loans.policy), desk.end), Suits([], [], {})
    _collection(desk, may, failed, suits)
    for month, parts in sorted(suits.cured.items()):
        claims, mass = Claims.joined([c for c, _ in parts]), np.concatenate([m for _, m in parts])
        run_plans(desk, claims, mass, month, cure_terms(desk), failed)
    _tape_plans(desk, failed)
    _again(desk, failed, suits)
    if suits.dead:
        bury(desk, Filing.joined(suits.dead))
    if suits.alive:
        sued(desk, Filing.joined(suits.alive))
    _tape_courts(desk)
    return desk.cash


def _claims(desk: Desk, rows: np.ndarray) -> Claims:
    loans = desk.loans
    return Claims(rows, loans.principal[rows], loans.other[rows], loans.rate[rows])


def _collection(desk: Desk, may: np.ndarray, failed: Redefaults, suits: Suits) -> None:
    loans, words = desk.loans, desk.policy.collection
    filing = _filing_months(desk.policy, loans)
    offer = desk.policy.restructuring
    last = np.minimum(min(words.months, desk.end), np.where(filing >= 0, filing, desk.end))
    rows = np.flatnonzero(loans.stage == "collection")
    labels = np.stack([loans.age, last, may, loans.responsiveness, filing], axis=1)[rows].astype(
        np.float64
    )
    cases, inverse = np.unique(labels, axis=0, return_inverse=True)
    horizon = desk.study.simulation.horizon_months
    tables = (
        {age: effort(words, age, horizon) for age in np.unique(cases[:, 0])} if len(cases) else {}
    )
    for i, (age, e, chosen, response, filed) in enumerate(cases):
        here = rows[inverse.reshape(-1) == i]
        terms = None
        if offer is not None and chosen:
            month = offer.offer_month
            if month <= e and month < desk.end and (filed < 0 or month < filed):
                terms = (month, offer.most_willing, offer.accept)
        table = tables[age]
        found = collected(words, table, desk.world.cooperation, response, int(e), terms)
        _post_collected(desk, here, found, table.commission, table.cost, table.discount, int(e))
        _follow(desk, here, found, int(e), int(filed), table.reach, terms, failed, suits)


def _post_collected(
    desk: Desk,
    rows: np.ndarray,
    found: Collected,
    commission: np.ndarray,
    cost: np.ndarray,
    discounts: np.ndarray,
    e: int,
) -> None:
    months = np.arange(e + 1.0)
    claim = desk.loans.claim[rows]
    owed = _claims(desk, rows).owed(months)
    paid = claim[:, None] * found.paying
    settled = (owed * found.settled - claim[:, None] * found.settled_paid) * (
        1.0 - discounts[: e + 1]
    )
    desk.post(Kind.VOLUNTARY, rows, paid)
    desk.post(Kind.SETTLEMENT, rows, settled)
    desk.post(Kind.COMMISSION, rows, -(paid + settled) * commission[: e + 1])
    desk.post(Kind.CONTACT, rows, -np.tile(cost[: e + 1] * found.working, (len(rows), 1)))


def _after(claims: Claims, t: float, mass: float, paid: float, claim: np.ndarray) -> Claims:
    """Return claims at time t of which the share `paid` / `mass` of the first claim was paid on average."""
    share = paid / mass if mass > 0.0 else 0.0
    return claims.paid(np.full(len(claim), t), share * claim)


def _follow(
    desk: Desk,
    rows: np.ndarray,
    found: Collected,
    e: int,
    filed: int,
    reach: float,
    terms: tuple[int, float, float] | None,
    failed: Redefaults,
    suits: Suits,
) -> None:
    """Send accounts on: cured, restructured, sued, or left to lie."""
    claims, claim = _claims(desk, rows), desk.loans.claim[rows]
    for m in np.flatnonzero(found.cured > 0.0):
        at = _after(claims, float(m), found.cured[m], found.cured_paid[m], claim)
        suits.cured.setdefault(int(m), []).append((at, np.full(len(rows), found.cured[m])))
    if terms is not None and found.offered > 0.0:
        restructured(desk, rows, found, terms[0], failed)
    left = _after(claims, float(e), found.left, found.left_paid, claim)
    mass = np.full(len(rows), found.left)
    if not 0 <= filed < desk.end:
        leave(desk, left, mass, left.owed_at(np.full(len(rows), float(desk.end))))
        return
    # A part payment or a broken promise keeps the clock from running out, but does not revive a claim.
    when = np.full(len(rows), float(filed))
    clock, stop = desk.loans.limitation_left[rows], desk.loans.stop_left[rows]
    period = law.full_period(desk.study.legal.limitation, desk.study.valuation_date)
    barred = law.time_barred(when, clock, period, np.full(len(rows), reach))
    shielded = found.shielded / found.left if found.left > 0.0 else 0.0
    barred = np.where((clock < 0.0) & np.isfinite(clock), 1.0, barred * (1.0 - shielded))
    barred = np.where(when > stop, 1.0, np.where(math.isinf(period), 0.0, barred))
    dead = barred * desk.litigation.defence_raised
    times = Times(np.zeros((len(rows), desk.points)), False)
    times.mass[:, filed * STEPS] = 1.0
    suits.dead.append(Filing(left, times.scaled(mass * dead), True))
    suits.alive.append(Filing(left, times.scaled(mass * (1.0 - dead)), True))


def restructured(
    desk: Desk, rows: np.ndarray, found: Collected, month: int, failed: Redefaults
) -> None:
    """Begin the plans of accepted offers, and the further plans of those that fail."""
    claims = _after(
        _claims(desk, rows),
        float(month),
        found.offered,
        found.offered_paid,
        desk.loans.claim[rows],
    )
    first = Redefaults.none(len(desk.loans.policy), desk.end)
    terms = offer_terms(desk)
    terms = known(terms, "terms")
    run_plans(desk, claims, np.full(len(rows), found.offered), month, terms, first)
    _further(desk, first, failed)


def _further(desk: Desk, first: Redefaults, failed: Redefaults) -> None:
    """Offer failed plans another one, as often as the policy allows, and add up those that fail for good."""
    words, terms = desk.policy.restructuring, offer_terms(desk)
    plans = 1 if words is None else words.plans
    for _ in range(plans - 1):
        words = known(words, "words")
        terms = known(terms, "terms")
        nxt = Redefaults.none(len(desk.loans.policy), desk.end)
        for d in np.flatnonzero(first.mass.any(axis=0)):
            if d >= desk.end:
                continue
            rows = np.flatnonzero(first.mass[:, d] > 0.0)
            at = _failed_at(desk, first, rows, int(d), first.mass[rows, d])
            run_plans(desk, at, first.mass[rows, d] * words.accept, int(d), terms, nxt)
            for part in (first.mass, first.principal, first.owed):
                part[:, d] *= 1.0 - words.accept
        _add(failed, first)
        first = nxt
    _add(failed, first)


def _add(total: Redefaults, part: Redefaults) -> None:
    total.mass += part.mass
    total.principal += part.principal
    total.owed += part.owed


def _failed_at(
    desk: Desk, failed: Redefaults, rows: np.ndarray, d: int, mass: np.ndarray
) -> Claims:
    principal = failed.principal[rows, d] / mass
    rate = desk.loans.rate[rows]
    other = failed.owed[rows, d] / mass - principal - principal * rate * d
    return Claims(rows, principal, other, rate)


def _tape_plans(desk: Desk, failed: Redefaults) -> None:
    """Run the plans in which loans stand on the tape."""
    rows = np.flatnonzero(desk.loans.stage == "plan")
    offer = offer_terms(desk)
    base = offer or cure_terms(desk)
    terms = np.maximum(1, base.term - np.floor(desk.loans.elapsed[rows])).astype(np.int64)
    first = Redefaults.none(len(desk.loans.policy), desk.end)
    for term in np.unique(terms):
        here = rows[terms == term]
        own = type(base)(int(term), base.rate, 0, base.balloon, 0.0, base.hazard, base.revoked)
        run_plans(desk, _claims(desk, here), np.ones(len(here)), 0, own, first)
    if offer is not None:
        _further(desk, first, failed)
    else:
        _add(failed, first)


def _again(desk: Desk, failed: Redefaults, suits: Suits) -> None:
    """Sue redefaulted loans, each loan's in a few parts by time; let the others lie."""
    total = failed.mass.sum(axis=1)
    rows = np.flatnonzero(total > 1e-12)
    if len(rows) == 0:
        return
    words = desk.policy.litigation
    may = np.full(len(rows), words is not None)
    if words is not None:
        may &= desk.loans.claim[rows] >= words.minimum_claim
    before = np.cumsum(failed.mass[rows], axis=1) / total[rows, None]
    bucket = np.minimum(np.floor((before - 1e-12) * BUCKETS), BUCKETS - 1)
    months = np.arange(desk.end + 1)
    for b in range(BUCKETS):
        mass = np.where(bucket == b, failed.mass[rows], 0.0)
        whole = mass.sum(axis=1)
        keep = whole > 1e-12
        if not keep.any():
            continue
        here, mass, whole = rows[keep], mass[keep], whole[keep]
        inside = bucket[keep] == b
        t = mass @ months / whole
        principal = (failed.principal[here] * inside).sum(axis=1) / whole
        owed = (failed.owed[here] * inside).sum(axis=1) / whole
        rate = desk.loans.rate[here]
        claims = Claims(here, principal, owed - principal - principal * rate * t, rate)
        suit = may[keep]
        # A redefault in the last month is not followed: the loan stands where it went.
        late = ~suit
        leave(
            desk,
            claims.take(late),
            whole[late],
            claims.take(late).owed_at(np.full(late.sum(), float(desk.end))),
        )
        times = Times(np.zeros((int(suit.sum()), desk.points)), False)
        times.mass[:, ::STEPS] = mass[suit]
        suits.alive.append(Filing(claims.take(suit), times, True))


def sued(desk: Desk, filing: Filing) -> None:
    """Follow filings through the courts and their titles."""
    for title in litigate(desk, filing):
        judge(desk, title)


def _tape_courts(desk: Desk) -> None:
    """Follow loans that stand in court, judged, in enforcement or dormant on the tape."""
    loans = desk.loans

    def standing(stage: str) -> tuple[np.ndarray, Claims, Times]:
        rows = np.flatnonzero(loans.stage == stage)
        return rows, _claims(desk, rows), at_once(len(rows), desk.points)

    rows, claims, now = standing("litigation")
    sued(desk, Filing(claims, now, False))
    rows, claims, now = standing("judged")
    judge(desk, Title(claims, now, True, np.full(len(rows), np.nan)), loans.elapsed[rows])
    rows, claims, now = standing("enforcement")
    enforce(desk, claims, now, True, np.full(len(rows), np.nan), loans.elapsed[rows])
    rows, claims, _ = standing("dormant")
    leave(desk, claims, np.ones(len(rows)), claims.owed_at(np.full(len(rows), float(desk.end))))
