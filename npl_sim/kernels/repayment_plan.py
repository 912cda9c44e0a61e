"""Repayment plan of a restructured or cured loan, and redefault. docs/model.md section 4.3."""

from __future__ import annotations

import math
from typing import NamedTuple

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, is_paid, month_of, owed, pay, receive
from npl_sim.kernels.codes import CLOSED, DORMANT, INSTALLMENT, LITIGATION, PLAN, PLAN_STREAM
from npl_sim.kernels.collection import BY_CURE, BY_OFFER
from npl_sim.kernels.rng import draw


class RepaymentPlan(NamedTuple):
    """Schedule of a repayment plan."""

    cured: bool
    """Whether the plan is that of a cure."""
    rate: float
    """Interest rate. [per month]"""
    hazard: float
    """Hazard of redefault. [per month]"""
    level: float
    """Balance that the installments repay. [currency]"""
    balloon: float
    """Balance due with the last installment. [currency]"""
    instalment: float
    """Monthly installment. [currency]"""
    first: int
    """Month of the first installment."""
    last: int
    """Month of the last installment."""


@compiled
def balance_after(plan, paid):
    """Return the plan's balance after `paid` installments."""
    rate, term = plan.rate, plan.last - plan.first + 1
    if rate == 0.0:
        return plan.level * (1.0 - paid / term) + plan.balloon
    grown = (1.0 + rate) ** term
    return plan.level * (grown - (1.0 + rate) ** paid) / (grown - 1.0) + plan.balloon


@compiled
def value_of_rest(plan, factor, wait, rest):
    """Return the present value of the last `rest` installments and the balloon.

    The first of them is due `wait` + 1 months from now. `factor` discounts one month.
    """
    annuity = float(rest)
    if factor != 1.0:
        annuity = factor * (1.0 - factor**rest) / (1.0 - factor)
    return factor**wait * (plan.instalment * annuity + plan.balloon * factor**rest)


@compiled
def redefault_month(down, hazard, start, last, threshold):
    """Return the first month in `start` + 1 .. `last` whose hazard meets `threshold`, or 0."""
    if hazard * (down[last] - down[start]) < threshold:
        return 0
    low = start + 1
    high = last
    while low < high:
        middle = (low + high) // 2
        if hazard * (down[middle] - down[start]) >= threshold:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def agreed_plan(path, start, entry):
    """Return the repayment plan that begins after month `start`."""
    terms = path.terms
    cured = entry == BY_CURE or (entry != BY_OFFER and terms["offer_month"] < 0)
    rate = terms["cure_rate"] if cured else terms["restructuring_rate"]
    term = int(terms["cure_term"] if cured else terms["restructuring_term"])
    hazard = terms["cure_redefault_hazard"] if cured else terms["restructuring_redefault_hazard"]
    grace = 0 if cured else int(terms["grace_months"])
    balloon_share = 0.0 if cured else terms["restructuring_balloon"]
    haircut = 0.0 if cured else terms["haircut"]
    if entry < 0:
        haircut = 0.0
        grace = 0
        term = max(1, term - int(math.floor(path.loan["stage_elapsed"])))
    balance = owed(path.state) * (1.0 - haircut)
    level = balance * (1.0 - balloon_share)
    balloon = balance * balloon_share
    if rate == 0.0:
        instalment = level / term
    else:
        instalment = level * rate / (1.0 - (1.0 + rate) ** -term) + balloon * rate
    first = start + grace + 1
    return RepaymentPlan(
        cured, rate, hazard, level, balloon, instalment, first, start + grace + term
    )


@compiled
def stage_after_redefault(path, plan, again):
    """Return the stage after a redefault: closed, another plan, litigation or dormant."""
    terms, state = path.terms, path.state
    if is_paid(state):
        return CLOSED
    state["plans"] += 1
    another = not plan.cured and state["plans"] < terms["maximum_plans"]
    if another and again < terms["acceptance_probability"]:
        return PLAN
    if terms["litigate"] != 0 and state["claim"] >= terms["litigation_minimum_claim"]:
        return LITIGATION
    return DORMANT


@compiled
def repay(path, t, entry):
    """Simulate the installments of a repayment plan.

    Parameters
    ----------
    path
        Context of the loan.
    t
        Time at which the plan begins. [months]
    entry
        `BY_OFFER`, `BY_CURE`, or -1 for a loan whose stage on the tape is the plan.

    Returns
    -------
    tuple
        Next stage and its time [months].
    """
    state, end = path.state, path.end
    start = month_of(t)
    accrue(path, t)
    plan = agreed_plan(path, start, entry)
    last = plan.last
    default = 0
    again = 1.0
    if plan.hazard > 0.0:
        w0, again, _, _ = draw(path.replicate, path.loan["key"], PLAN_STREAM, state["plans"])
        down = path.scenario.down[path.loan["policy"]]
        default = redefault_month(down, plan.hazard, start, min(last, end), -math.log(w0))
    until = min(last, end) if default == 0 else default - 1
    paid = max(0, until - plan.first + 1)
    for m in range(plan.first, until + 1):
        receive(path, INSTALLMENT, m, plan.instalment)

    if default == 0 and last <= end:
        if plan.balloon > 0.0:
            receive(path, INSTALLMENT, last, plan.balloon)
        return CLOSED, float(last)
    if default == 0 or (not plan.cured and path.terms["haircut_revoked"] == 0):
        state["principal"] = balance_after(plan, paid)
        state["interest_and_fees"] = 0.0
        state["accrued_to"] = float(end if default == 0 else default)
    else:
        accrue(path, float(default))
        pay(state, min(owed(state), plan.instalment * paid))
    if default == 0:
        factor = path.terms["plan_discount_factor"] * math.exp(-plan.hazard)
        wait = max(0, plan.first - 1 - end)
        state["plan_value"] = value_of_rest(plan, factor, wait, last - plan.first + 1 - paid)
        return PLAN, float(end)
    return stage_after_redefault(path, plan, again), float(default)
