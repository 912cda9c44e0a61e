"""Second method: expected cash of each loan by month and kind, and its present value.

Steps, for each policy:

1. The tape is read into plain arrays (`facts`).
2. Loans in collection have settlements, cures and partial payments until suit (`collection`,
   `collect`). Repayment plans and their redefaults follow (`redefaults`, `repayment_plan`).
3. Loans that are sued, in court, judged or in enforcement: `litigate`, `enforce`, `auction`.
4. Open claims end by sale or at the horizon (`exit_value`).
5. Estimates of experts and manual cash replace a share of that cash (`expert`).
6. Servicing is a share of receipts; cash is discounted at the required return.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.layout import KIND_IS_INFLOW, Kind
from npl_sim.dcf import law
from npl_sim.dcf.collection import filing_months, post_collection
from npl_sim.dcf.context import Claims, OpenClaims, PolicyContext
from npl_sim.dcf.enforce import enforce
from npl_sim.dcf.exit_value import leave
from npl_sim.dcf.expert import entered_of
from npl_sim.dcf.facts import Package, package_of
from npl_sim.dcf.filing import Filing, Title, dismiss
from npl_sim.dcf.grid import Times, at_once
from npl_sim.dcf.insolvency import mixed_cash
from npl_sim.dcf.litigate import litigate
from npl_sim.dcf.loan_sale import month_of_sale, remaining_value
from npl_sim.dcf.market_moments import MarketMoments, market_moments
from npl_sim.dcf.offers import offered, passes
from npl_sim.dcf.redefaults import sue_redefaults, tape_plans
from npl_sim.dcf.repayment_plan import Redefaults, cure_terms, run_plans
from npl_sim.dcf.title import judge
from npl_sim.policy.policy import Policy

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

CHUNK = 2000
"""Loans computed together."""


@dataclass(frozen=True)
class ExpectedCash:
    """Expected cash of a package."""

    by_month: np.ndarray
    """Cash of the package, shape (months + 1, kinds). [package currency]"""
    pv: np.ndarray
    """Present value, shape (loans, kinds), in the order of the tape. [package currency]"""

    @property
    def value(self) -> float:
        """Present value of the package. [package currency]"""
        return math.fsum(self.pv.sum(axis=1))


def discount(rate: float, months: int, timing: str) -> np.ndarray:
    """Return the discount factor of each month; ``mid_month`` cash comes half a month earlier."""
    years = np.arange(months + 1.0)
    years[1:] -= 0.5 if timing == "mid_month" else 0.0
    return np.asarray(np.exp(-math.log1p(rate) * years / 12.0))


def expected_cash(study: Study, table: LoanTable) -> ExpectedCash:
    """Return the expected cash of a package by the second method.

    Parameters
    ----------
    study
        Policies, law, market, collateral terms and pricing; the size and seed of its simulation
        have no effect.
    table
        The loans.
    """
    horizon = study.simulation.horizon_months
    market = market_moments(study.market, study.stress, horizon)
    package = package_of(study, table)
    loans = package.loans
    if study.market.courts is not None:
        filing = np.full(len(loans.policy), -1)
        for i, policy in enumerate(study.policies):
            here = loans.policy == i
            filing[here] = filing_months(policy, loans.take(here))
        capacity = study.market.courts.cases_per_month
        package.wait[:] = law.queue(filing, loans.region, capacity, horizon)
    factors = discount(study.pricing.required_return, horizon, study.pricing.cash_timing)
    entered = entered_of(study, table, loans)
    by_month = np.zeros((horizon + 1, len(Kind)))
    pv = np.zeros((len(loans.policy), len(Kind)))
    for i, policy in enumerate(study.policies):
        rows = np.flatnonzero(loans.policy == i)
        for begin in range(0, len(rows), CHUNK):
            part = rows[begin : begin + CHUNK]
            cash = _policy_cash(study, policy, market, package.take(part))
            cash = entered.blend(part, cash, horizon)
            receipts = cash[:, KIND_IS_INFLOW].sum(axis=1)
            cash[:, Kind.SERVICING] = -study.pricing.servicing_rate * receipts
            by_month[: cash.shape[2]] += cash.sum(axis=0).T
            pv[part] = cash @ factors[: cash.shape[2]]
    return ExpectedCash(by_month, pv)


def _policy_cash(
    study: Study, policy: Policy, market: MarketMoments, package: Package
) -> np.ndarray:
    """Return the expected cash of one policy's loans, shape (loans, kinds, months + 1)."""
    horizon = study.simulation.horizon_months
    month = month_of_sale(policy.sale, market, study.market, horizon)
    may = offered(policy, package.loans)

    def cash(changed: Policy, end: int, sold: bool, may: np.ndarray) -> np.ndarray:
        def until(changed: Policy, last: int, found: list[OpenClaims] | None) -> PolicyContext:
            context = PolicyContext(
                study, changed, market, package, last, sold and found is None, found
            )
            _fill_cash(context, may)
            return context

        return mixed_cash(study, changed, market, package.loans, end, until)

    restructuring = policy.restructuring
    if restructuring is not None and restructuring.npv_test is not None and may.any():
        # The hold value without an offer, by this method.
        plain = policy.model_copy(update={"restructuring": None})
        may &= passes(policy, package.loans, cash(plain, horizon, False, np.zeros_like(may)))
    if policy.sale is not None and policy.sale.buyer_return is not None and month is not None:
        unsold = cash(policy.model_copy(update={"sale": None}), horizon, False, may)
        return remaining_value(unsold, policy.sale, month, study.pricing.servicing_rate)
    return cash(policy, horizon if month is None else month, month is not None, may)


def _fill_cash(context: PolicyContext, may: np.ndarray) -> None:
    """Post the expected cash of loans before servicing; `may` marks eligibility for a plan."""
    failed = Redefaults.none(len(context.loans.policy), context.end)
    suits = post_collection(context, may, failed)
    for month, parts in sorted(suits.cured.items()):
        claims, mass = Claims.joined([c for c, _ in parts]), np.concatenate([m for _, m in parts])
        run_plans(context, claims, mass, month, cure_terms(context), failed)
    tape_plans(context, failed)
    suits.alive.extend(sue_redefaults(context, failed))
    if suits.dead:
        dismiss(context, Filing.joined(suits.dead))
    if suits.alive:
        _sue(context, Filing.joined(suits.alive))
    _tape_courts(context)


def _sue(context: PolicyContext, filing: Filing) -> None:
    """Post the cash of filings in court and of the titles that they lead to."""
    for title in litigate(context, filing):
        judge(context, title)


def _tape_courts(context: PolicyContext) -> None:
    """Post the cash of loans in court, judged, in enforcement or dormant on the tape."""
    loans = context.loans

    def in_stage(stage: str) -> tuple[np.ndarray, Claims, Times]:
        rows = np.flatnonzero(loans.stage == stage)
        return rows, context.claims(rows), at_once(len(rows), context.points)

    rows, claims, now = in_stage("litigation")
    _sue(context, Filing(claims, now, False))
    rows, claims, now = in_stage("judged")
    unfrozen = np.full(len(rows), np.nan)
    judge(context, Title(claims, now, True, unfrozen), loans.elapsed[rows])
    rows, claims, now = in_stage("enforcement")
    enforce(context, Title(claims, now, True, np.full(len(rows), np.nan)), loans.elapsed[rows])
    rows, claims, _ = in_stage("dormant")
    leave(context, claims, np.ones(len(rows)), context.owed_at_end(claims))
