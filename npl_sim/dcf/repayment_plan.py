"""Plans: expected instalments, redefaults and the worth of plans that are kept. docs/model.md section 4.3."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.core.layout import Kind
from npl_sim.dcf.context import Claims, Desk
from npl_sim.dcf.exit_value import leave_plan
from npl_sim.dcf.market_moments import normal_nodes

__all__ = ["PlanTerms", "Redefaults", "cure_terms", "offer_terms", "run_plans"]


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

    def instalment(self) -> float:
        """Return the instalment on a balance of one."""
        level = (1.0 - self.balloon) / self.term
        if self.rate > 0.0:
            level = (1.0 - self.balloon) * self.rate / (1.0 - (1.0 + self.rate) ** -self.term)
        return level + self.balloon * self.rate

    def balance(self, k: np.ndarray) -> np.ndarray:
        """Return what is left of a balance of one after k instalments."""
        grown = k / self.term
        if self.rate > 0.0:
            grown = ((1.0 + self.rate) ** k - 1.0) / ((1.0 + self.rate) ** self.term - 1.0)
        return np.asarray((1.0 - self.balloon) * (1.0 - grown) + self.balloon)


@dataclass
class Redefaults:
    """Plans that failed: probability by month and what was owed then, shape (loans, end + 1) each."""

    mass: np.ndarray
    principal: np.ndarray
    owed: np.ndarray

    @classmethod
    def none(cls, loans: int, end: int) -> Redefaults:
        """Return no redefaults."""
        return cls(*(np.zeros((loans, end + 1)) for _ in range(3)))


def offer_terms(desk: Desk) -> PlanTerms | None:
    """Return the terms of a restructuring; none where the policy offers none."""
    words = desk.policy.restructuring
    if words is None:
        return None
    return PlanTerms(
        words.term,
        words.rate / 12.0,
        words.grace,
        words.balloon,
        words.haircut,
        words.redefault_hazard,
        words.haircut_revoked,
    )


def cure_terms(desk: Desk) -> PlanTerms:
    """Return the terms on which a cured loan is repaid."""
    words = desk.policy.cure
    return PlanTerms(words.term, words.rate / 12.0, 0, 0.0, 0.0, words.redefault_hazard, True)


def _survival(desk: Desk, hazard: float, begin: int, months: int) -> np.ndarray:
    """Return the probability that a plan begun in month `begin` still runs after 0 .. `months` months."""
    key = ("survival", hazard, begin, months)
    if key not in desk.kernels:
        loading = -desk.policy.collection.cooperation_loading
        nodes, weights = normal_nodes(7)
        total = desk.world.cooperation.running(loading, np.ones(months), begin + 1, nodes)
        desk.kernels[key] = np.asarray(weights @ np.exp(-hazard * total))
    return desk.kernels[key]


def _kept_worth(desk: Desk, terms: PlanTerms, begin: int) -> float:
    """Return what the rest of a plan on a balance of one is worth at the end."""
    paid = min(max(desk.end - begin - terms.grace, 0), terms.term)
    months = np.arange(1, terms.term - paid + 1) + max(0, begin + terms.grace - desk.end)
    factor = (1.0 + desk.study.pricing.required_return) ** (-1.0 / 12.0) * math.exp(-terms.hazard)
    return float(
        terms.instalment() * (factor**months).sum() + terms.balloon * factor ** months[-1]
    )


def run_plans(
    desk: Desk, claims: Claims, mass: np.ndarray, begin: int, terms: PlanTerms, failed: Redefaults
) -> None:
    """Post the instalments of plans begun in one month and add their redefaults.

    Parameters
    ----------
    desk
        The policy.
    claims
        Claims as they stand when the plan begins.
    mass
        Probability of each, shape (claims,).
    begin
        Month.
    terms
        Terms.
    failed
        Where redefaults are added.
    """
    last = begin + terms.grace + terms.term
    months = min(last, desk.end) - begin
    alive = _survival(desk, terms.hazard, begin, months)
    owed = claims.owed_at(np.full(len(mass), float(begin)))
    balance = owed * (1.0 - terms.haircut)
    lag = np.arange(months + 1)
    due = np.where(lag > terms.grace, terms.instalment(), 0.0)
    if months == terms.grace + terms.term:
        due[-1] += terms.balloon
    cash = np.zeros((len(mass), desk.end + 1))
    cash[:, begin : begin + months + 1] = (mass * balance)[:, None] * (due * alive)
    desk.post(Kind.INSTALMENT, claims.rows, cash)

    lost = -np.diff(alive)
    count = np.clip(lag[1:] - 1 - terms.grace, 0, terms.term)
    t = begin + lag[1:]
    if terms.revoked:
        left = claims.owed(t) - balance[:, None] * terms.instalment() * count
        principal = np.minimum(claims.principal[:, None], left)
    else:
        left = balance[:, None] * terms.balance(count)
        principal = left
    # What is left is at least nothing: payments beyond the claim close it.
    left, principal = np.maximum(left, 0.0), np.maximum(principal, 0.0)
    chance = mass[:, None] * lost * (left > 1e-6 * owed[:, None])
    for whole, part in (
        (failed.mass, chance),
        (failed.principal, chance * principal),
        (failed.owed, chance * left),
    ):
        whole[claims.rows[:, None], t[None, :]] += part  # no loan stands twice among these claims
    if last > desk.end:
        leave_plan(desk, claims.rows, mass * alive[-1] * balance * _kept_worth(desk, terms, begin))
