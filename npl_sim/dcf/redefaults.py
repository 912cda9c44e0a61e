"""Repayment plans and their redefaults: further plans, plans on the tape, and suits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from npl_sim.core.errors import known
from npl_sim.dcf.context import Claims, PolicyContext
from npl_sim.dcf.exit_value import leave
from npl_sim.dcf.filing import Filing
from npl_sim.dcf.grid import STEPS, Times
from npl_sim.dcf.repayment_plan import PlanTerms, Redefaults, cure_terms, offer_terms, run_plans

BUCKETS = 3
"""Parts into which each loan's redefaults are grouped by time."""


def restructure(
    context: PolicyContext, claims: Claims, mass: np.ndarray, month: int, failed: Redefaults
) -> None:
    """Start the plans of accepted offers, and further plans after redefaults."""
    first = Redefaults.none(len(context.loans.policy), context.end)
    run_plans(context, claims, mass, month, known(offer_terms(context), "terms"), first)
    _further_plans(context, first, failed)


def _further_plans(context: PolicyContext, first: Redefaults, failed: Redefaults) -> None:
    """Offer further plans as often as the policy allows, and add up the final redefaults."""
    restructuring, terms = context.policy.restructuring, offer_terms(context)
    if restructuring is not None and terms is not None:
        for _ in range(restructuring.maximum_plans - 1):
            following = Redefaults.none(len(context.loans.policy), context.end)
            for month in np.flatnonzero(first.mass[:, : context.end].any(axis=0)):
                rows = np.flatnonzero(first.mass[:, month] > 0.0)
                mass = first.mass[rows, month]
                claims = _at_redefault(context, first, rows, int(month))
                accepted = mass * restructuring.acceptance_probability
                run_plans(context, claims, accepted, int(month), terms, following)
                for part in first.arrays:
                    part[:, month] *= 1.0 - restructuring.acceptance_probability
            failed.add(first)
            first = following
    failed.add(first)


def _at_redefault(
    context: PolicyContext, failed: Redefaults, rows: np.ndarray, month: int
) -> Claims:
    """Return the claims of loans that redefault in a month."""
    mass, rate = failed.mass[rows, month], context.loans.rate[rows]
    principal = failed.principal[rows, month] / mass
    other = failed.owed[rows, month] / mass - principal - principal * rate * month
    return Claims(rows, principal, other, rate)


def tape_plans(context: PolicyContext, failed: Redefaults) -> None:
    """Run the plans that are in progress on the tape."""
    rows = np.flatnonzero(context.loans.stage == "plan")
    offer = offer_terms(context)
    base = offer or cure_terms(context)
    terms = np.maximum(1, base.term - np.floor(context.loans.elapsed[rows])).astype(np.int64)
    first = Redefaults.none(len(context.loans.policy), context.end)
    for term in np.unique(terms):
        here = rows[terms == term]
        rest = PlanTerms(int(term), base.rate, 0, base.balloon, 0.0, base.hazard, base.revoked)
        run_plans(context, context.claims(here), np.ones(len(here)), 0, rest, first)
    if offer is not None:
        _further_plans(context, first, failed)
    else:
        failed.add(first)


def sue_redefaults(context: PolicyContext, failed: Redefaults) -> Iterator[Filing]:
    """Yield suits on redefaulted loans, grouped by time; other loans wait for the end."""
    total = failed.mass.sum(axis=1)
    rows = np.flatnonzero(total > 1e-12)
    terms = context.policy.litigation
    may = np.full(len(rows), terms is not None)
    if terms is not None:
        may &= context.loans.claim[rows] >= terms.minimum_claim
    before = np.cumsum(failed.mass[rows], axis=1) / total[rows, None]
    bucket = np.minimum(np.floor((before - 1e-12) * BUCKETS), BUCKETS - 1)
    months = np.arange(context.end + 1)
    for b in range(BUCKETS):
        mass = np.where(bucket == b, failed.mass[rows], 0.0)
        some = mass.sum(axis=1) > 1e-12
        if not some.any():
            continue
        here, mass, inside = rows[some], mass[some], bucket[some] == b
        whole = mass.sum(axis=1)
        t = mass @ months / whole
        principal = (failed.principal[here] * inside).sum(axis=1) / whole
        owed = (failed.owed[here] * inside).sum(axis=1) / whole
        rate = context.loans.rate[here]
        claims = Claims(here, principal, owed - principal - principal * rate * t, rate)
        suit = may[some]
        # A redefault in the last month has no further stage.
        rest = claims.take(~suit)
        leave(context, rest, whole[~suit], context.owed_at_end(rest))
        times = Times(np.zeros((int(suit.sum()), context.points)), False)
        times.mass[:, ::STEPS] = mass[suit]
        yield Filing(claims.take(suit), times, True)
