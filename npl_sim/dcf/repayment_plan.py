"""Repayment plans: expected installments, redefaults, and value of plans at the end.

docs/model.md section 4.3.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf.context import Claims, PolicyContext
from npl_sim.dcf.exit_value import leave_plan
from npl_sim.dcf.market_moments import normal_nodes


@dataclass(frozen=True)
class PlanTerms:
    """Terms of a plan; the rate is monthly."""

    term: int
    rate: float
    grace: int
    balloon: float
    haircut: float
    hazard: float
    revoked: bool

    def installment(self) -> float:
        """Return the installment on a balance of one."""
        level = (1.0 - self.balloon) / self.term
        if self.rate > 0.0:
            level = (1.0 - self.balloon) * self.rate / (1.0 - (1.0 + self.rate) ** -self.term)
        return level + self.balloon * self.rate

    def balance(self, k: np.ndarray) -> np.ndarray:
        """Return the rest of a balance of one after k installments."""
        grown = k / self.term
        if self.rate > 0.0:
            grown = ((1.0 + self.rate) ** k - 1.0) / ((1.0 + self.rate) ** self.term - 1.0)
        return np.asarray((1.0 - self.balloon) * (1.0 - grown) + self.balloon)


@dataclass
class Redefaults:
    """Redefaults: probability by month and claim then, shape (loans, end + 1) each."""

    mass: np.ndarray
    principal: np.ndarray
    owed: np.ndarray

    @classmethod
    def none(cls, loans: int, end: int) -> Redefaults:
        """Return no redefaults."""
        return cls(*(np.zeros((loans, end + 1)) for _ in range(3)))

    @property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """The three arrays."""
        return self.mass, self.principal, self.owed

    def add(self, other: Redefaults) -> None:
        """Add other redefaults."""
        for total, part in zip(self.arrays, other.arrays, strict=True):
            total += part


def offer_terms(context: PolicyContext) -> PlanTerms | None:
    """Return the terms of a restructuring, if the policy offers one."""
    offer = context.policy.restructuring
    if offer is None:
        return None
    return PlanTerms(
        offer.term,
        offer.rate / 12.0,
        offer.grace_months,
        offer.balloon,
        offer.haircut,
        offer.redefault_hazard,
        offer.haircut_revoked,
    )


def cure_terms(context: PolicyContext) -> PlanTerms:
    """Return the repayment terms of a cured loan."""
    cure = context.policy.cure
    return PlanTerms(cure.term, cure.rate / 12.0, 0, 0.0, 0.0, cure.redefault_hazard, True)


def _survival(context: PolicyContext, hazard: float, begin: int, months: int) -> np.ndarray:
    """Return the survival probability of a plan after 0 .. `months` months from `begin`."""
    key = ("survival", hazard, begin, months)
    if key not in context.cache:
        loading = -context.policy.collection.cooperation_loading
        nodes, weights = normal_nodes(7)
        total = context.market.cooperation.running(loading, np.ones(months), begin + 1, nodes)
        context.cache[key] = np.asarray(weights @ np.exp(-hazard * total))
    return context.cache[key]


def _value_at_end(context: PolicyContext, terms: PlanTerms, begin: int) -> float:
    """Return the value at the end of the rest of a plan on a balance of one."""
    paid = min(max(context.end - begin - terms.grace, 0), terms.term)
    months = np.arange(1, terms.term - paid + 1) + max(0, begin + terms.grace - context.end)
    factor = (1.0 + context.study.pricing.required_return) ** (-1.0 / 12.0) * math.exp(
        -terms.hazard
    )
    return float(
        terms.installment() * (factor**months).sum() + terms.balloon * factor ** months[-1]
    )


def run_plans(
    context: PolicyContext,
    claims: Claims,
    mass: np.ndarray,
    begin: int,
    terms: PlanTerms,
    failed: Redefaults,
) -> None:
    """Post the installments of plans that start in one month, and add their redefaults.

    Parameters
    ----------
    context
        Policy and loans.
    claims
        Claims at the start of the plan.
    mass
        Probability of each, shape (claims,).
    begin
        Month of the start.
    terms
        Terms of the plan.
    failed
        Redefaults, to which those of these plans are added.
    """
    last = begin + terms.grace + terms.term
    months = min(last, context.end) - begin
    alive = _survival(context, terms.hazard, begin, months)
    owed = claims.owed_at(np.full(len(mass), float(begin)))
    balance = owed * (1.0 - terms.haircut)
    lag = np.arange(months + 1)
    due = np.where(lag > terms.grace, terms.installment(), 0.0)
    if months == terms.grace + terms.term:
        due[-1] += terms.balloon
    cash = np.zeros((len(mass), context.end + 1))
    cash[:, begin : begin + months + 1] = (mass * balance)[:, None] * (due * alive)
    context.post(Kind.INSTALLMENT, claims.rows, cash)

    lost = -np.diff(alive)
    count = np.clip(lag[1:] - 1 - terms.grace, 0, terms.term)
    t = begin + lag[1:]
    if terms.revoked:
        left = claims.owed(t) - balance[:, None] * terms.installment() * count
        principal = np.minimum(claims.principal[:, None], left)
    else:
        left = balance[:, None] * terms.balance(count)
        principal = left
    # Payments beyond the claim close it.
    left, principal = np.maximum(left, 0.0), np.maximum(principal, 0.0)
    chance = mass[:, None] * lost * (left > 1e-6 * owed[:, None])
    parts = (chance, chance * principal, chance * left)
    for whole, part in zip(failed.arrays, parts, strict=True):
        whole[claims.rows[:, None], t[None, :]] += part  # each loan has one of these claims
    if last > context.end:
        leave_plan(
            context, claims.rows, mass * alive[-1] * balance * _value_at_end(context, terms, begin)
        )
