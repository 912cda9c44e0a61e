"""PLAN: installments and redefault, of a restructuring or of a cure (docs/model.md, section
4.3).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from npl_sim.core.layout import Kind, Stage, Stream

from .basics import month
from .loan_state import LoanState

__all__ = ["Plan", "cure_terms", "offered_terms", "repay"]


@dataclass
class Plan:
    """Terms of a schedule of installments."""

    name: str
    haircut: float  # share of the claim forgiven
    rate: float  # [per month]
    term: int  # installments
    grace: int  # months before them, without interest
    balloon: float  # share of the balance due with the last
    hazard: float  # of redefault [per month]
    revoked: bool  # redefault revives the old claim


def offered_terms(state: LoanState) -> Plan:
    """Return the plan that the policy offers."""
    t = state.terms
    return Plan(
        "restructuring",
        t.haircut,
        t.restructuring_rate,
        t.restructuring_term,
        t.restructuring_grace,
        t.restructuring_balloon,
        t.restructuring_redefault_hazard,
        bool(t.haircut_revoked),
    )


def cure_terms(state: LoanState) -> Plan:
    """Return the plan of a cured loan: nothing forgiven, and a redefault revives the claim."""
    t = state.terms
    return Plan("cure", 0.0, t.cure_rate, t.cure_term, 0, 0.0, t.cure_redefault_hazard, True)


def terms_on_tape(state: LoanState) -> Plan:
    """Return what is left of the plan of a loan in PLAN at the valuation date."""
    plan = cure_terms(state) if state.terms.offer_month < 0 else offered_terms(state)
    plan.haircut, plan.grace = 0.0, 0
    plan.term = max(1, plan.term - math.floor(state.loan.stage_elapsed))
    return plan


def repay(state: LoanState, t: float, on_tape: bool) -> tuple[Stage, float] | None:
    """Receive installments until the plan is fulfilled, fails, or the end comes.

    The n installments fall due in months m0+g+1 .. m0+g+n; a redefault in month d stops those from
    d on.
    """
    plan = terms_on_tape(state) if on_tape else state.plan
    state.accrue(t)
    balance = state.owed * (1.0 - plan.haircut)
    start = month(t)
    last_due = start + plan.grace + plan.term
    redefault = redefault_month(state, plan, start)
    stop = state.end if redefault is None else redefault - 1
    received, count = receive_installments(state, plan, balance, start, min(stop, last_due))

    if redefault is not None:
        if plan.revoked:
            state.accrue(float(redefault))
            state.reduce(min(received, state.owed))
        else:
            state.principal, state.other = outstanding(plan, balance, count), 0.0
            state.since = float(redefault)
        if state.is_paid:
            return Stage.CLOSED, redefault
        state.plans += 1
        again = state.uniforms(Stream.PLAN, state.plans - 1)[1]
        if (
            plan.name == "restructuring"
            and state.plans < state.terms.restructuring_plans
            and again < state.terms.restructuring_accept
        ):
            state.plan = offered_terms(state)
            return Stage.PLAN, redefault
        return (Stage.LITIGATION if state.may_sue() else Stage.DORMANT), redefault
    if last_due <= state.end:
        state.scale(0.0)
        return Stage.CLOSED, last_due
    state.principal, state.other = outstanding(plan, balance, count), 0.0
    state.since = float(state.end)
    state.kept_plan = worth_of_rest(state, plan, balance, start, count)
    return None


def worth_of_rest(state: LoanState, plan: Plan, balance: float, start: int, count: int) -> float:
    """Return what the installments to come are worth at the end, each with its chance of being
    paid (W).
    """
    factor = state.terms.plan_discount_factor * math.exp(-plan.hazard)
    wait = max(0, start + plan.grace - state.end)
    rest = plan.term - count
    total = sum(installment(plan, balance) * factor ** (wait + k) for k in range(1, rest + 1))
    return total + balance * plan.balloon * factor ** (wait + rest)


def redefault_month(state: LoanState, plan: Plan, start: int) -> int | None:
    """Return the month d of redefault (step 2), or none."""
    word = state.uniforms(Stream.PLAN, state.plans)[0]
    hazard = 0.0
    for m in range(start + 1, min(start + plan.grace + plan.term, state.end) + 1):
        hazard += plan.hazard * state.conditions.down[m]
        if hazard >= -math.log(word):
            return m
    return None


def receive_installments(
    state: LoanState, plan: Plan, balance: float, start: int, last: int
) -> tuple[float, int]:
    """Post the installments due by month `last`; return their sum and number."""
    amount = installment(plan, balance)
    total, count = 0.0, 0
    for k in range(1, plan.term + 1):
        due = start + plan.grace + k
        if due > last:
            break
        x = amount + (balance * plan.balloon if k == plan.term else 0.0)
        state.post(due, Kind.INSTALMENT, x, f"instalment {k} of {plan.term} of a {plan.name}")
        total, count = total + x, k
    return total, count


def installment(plan: Plan, balance: float) -> float:
    """Return the level installment: an annuity on what is not in the balloon, and the balloon's
    interest.
    """
    repaid, i = balance * (1.0 - plan.balloon), plan.rate
    if i == 0.0:
        return repaid / plan.term
    return repaid * i / (1.0 - (1.0 + i) ** -plan.term) + balance * plan.balloon * i


def outstanding(plan: Plan, balance: float, count: int) -> float:
    """Return the balance after `count` installments, fewer than all of them (step 4)."""
    n, i = plan.term, plan.rate
    if i == 0.0:
        left = 1.0 - count / n
    else:
        left = ((1.0 + i) ** n - (1.0 + i) ** count) / ((1.0 + i) ** n - 1.0)
    return balance * (1.0 - plan.balloon) * left + balance * plan.balloon
