"""Repayment plan of a restructured or cured loan, and redefault. docs/model.md section 4.3."""

from __future__ import annotations

import math
from typing import NamedTuple

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import (
    accrue,
    is_paid,
    month_of,
    owed,
    pay,
    receive,
    receive_monthly,
)
from npl_sim.kernels.block_draws import draw_block
from npl_sim.kernels.codes import CLOSED, DORMANT, INSTALLMENT, LITIGATION, PLAN, PLAN_STREAM
from npl_sim.kernels.collection import BY_CURE, BY_OFFER
from npl_sim.kernels.draws import first_month_at
from npl_sim.kernels.lanes import move, pack

REDEFAULT, AGAIN = range(2)
"""Rows of draws."""


class PlanTerms(NamedTuple):
    """Terms of a plan, the same in all lanes."""

    cured: bool
    """Whether the plan is that of a cure."""
    rate: float
    """Interest rate. [per month]"""
    term: int
    """Installments."""
    grace: int
    """Months before the first installment."""
    hazard: float
    """Hazard of redefault. [per month]"""
    kept: float
    """Share of the claim that is not waived."""
    balloon: float
    """Share of the balance due with the last installment."""
    annuity: float
    """Installment per unit of the rest of the balance."""


class RepaymentPlan(NamedTuple):
    """Schedule of a repayment plan in one lane."""

    level: float
    """Balance that the installments repay. [currency]"""
    balloon: float
    """Balance due with the last installment. [currency]"""
    installment: float
    """Monthly installment. [currency]"""
    first: int
    """Month of the first installment."""
    last: int
    """Month of the last installment."""


@compiled
def balance_after(terms, plan, paid):
    """Return the plan's balance after `paid` installments."""
    if terms.rate == 0.0:
        return plan.level * (1.0 - paid / terms.term) + plan.balloon
    grown = (1.0 + terms.rate) ** terms.term
    return plan.level * (grown - (1.0 + terms.rate) ** paid) / (grown - 1.0) + plan.balloon


@compiled
def value_of_rest(plan, factor, wait, rest):
    """Return the present value of the last `rest` installments and the balloon.

    The first of them is due `wait` + 1 months from now. `factor` discounts one month.
    """
    annuity = float(rest)
    if factor != 1.0:
        annuity = factor * (1.0 - factor**rest) / (1.0 - factor)
    return factor**wait * (plan.installment * annuity + plan.balloon * factor**rest)


@compiled
def redefault_month(down, hazard, start, last, draw):
    """Return the first month in `start` + 1 .. `last` in which the loan redefaults, or 0."""
    # -ln(u) is at least 1 - u, which decides most plans without the logarithm.
    if hazard * (down[last] - down[start]) < 1.0 - draw:
        return 0
    return first_month_at(down, hazard, start, last, -math.log(draw))


@compiled
def plan_terms(block, entry):
    """Return the terms of a plan: of an offer, of a cure, or under way at the valuation date."""
    terms = block.terms
    cured = entry == BY_CURE or (entry != BY_OFFER and terms["offer_month"] < 0)
    rate = terms["cure_rate"] if cured else terms["restructuring_rate"]
    term = int(terms["cure_term"] if cured else terms["restructuring_term"])
    hazard = terms["cure_redefault_hazard"] if cured else terms["restructuring_redefault_hazard"]
    grace = 0 if cured else int(terms["grace_months"])
    balloon = 0.0 if cured else terms["restructuring_balloon"]
    haircut = 0.0 if cured else terms["haircut"]
    if entry < 0:
        haircut = 0.0
        grace = 0
        term = max(1, term - int(math.floor(block.loan["stage_elapsed"])))
    annuity = 1.0 / term if rate == 0.0 else rate / (1.0 - (1.0 + rate) ** -term)
    return PlanTerms(cured, rate, term, grace, hazard, 1.0 - haircut, balloon, annuity)


@compiled
def agreed_plan(block, terms, s, start):
    """Return the repayment plan of lane `s` that begins after month `start`."""
    balance = owed(block.lanes, s) * terms.kept
    level = balance * (1.0 - terms.balloon)
    balloon = balance * terms.balloon
    installment = level * terms.annuity + balloon * terms.rate
    first = start + terms.grace + 1
    return RepaymentPlan(level, balloon, installment, first, start + terms.grace + terms.term)


@compiled
def stage_after_redefault(block, plan_terms, s, again):
    """Return the stage after a redefault: closed, another plan, litigation or dormant."""
    terms, lanes = block.terms, block.lanes
    if is_paid(block, s):
        return CLOSED
    lanes["plans"][s] += 1
    another = not plan_terms.cured and lanes["plans"][s] < terms["maximum_plans"]
    if another and again < terms["acceptance_probability"]:
        return PLAN
    if terms["litigate"] != 0 and block.claim >= terms["litigation_minimum_claim"]:
        return LITIGATION
    return DORMANT


@compiled
def repay_lane(block, terms, i, s):
    """Simulate the installments of lane `s`. Return the next stage and its time [months]."""
    lanes, end = block.lanes, block.lanes["end"][s]
    start = month_of(lanes["time"][s])
    accrue(block, s, lanes["time"][s])
    plan = agreed_plan(block, terms, s, start)
    last = plan.last
    default = 0
    if terms.hazard > 0.0:
        down = block.down[s, block.loan["policy"]]
        draw = lanes["w"][REDEFAULT, i]
        default = redefault_month(down, terms.hazard, start, min(last, end), draw)
    until = min(last, end) if default == 0 else default - 1
    paid = max(0, until - plan.first + 1)
    receive_monthly(block, s, INSTALLMENT, plan.first, until, plan.installment)

    if default == 0 and last <= end:
        if plan.balloon > 0.0:
            receive(block, s, INSTALLMENT, last, plan.balloon)
        return CLOSED, float(last)
    if default == 0 or (not terms.cured and block.terms["haircut_revoked"] == 0):
        lanes["principal"][s] = balance_after(terms, plan, paid)
        lanes["interest_and_fees"][s] = 0.0
        lanes["accrued_to"][s] = float(end if default == 0 else default)
    else:
        accrue(block, s, float(default))
        pay(lanes, s, min(owed(lanes, s), plan.installment * paid))
    if default == 0:
        factor = block.terms["plan_discount_factor"] * math.exp(-terms.hazard)
        wait = max(0, plan.first - 1 - end)
        rest = last - plan.first + 1 - paid
        lanes["plan_value"][s] = value_of_rest(plan, factor, wait, rest)
        return PLAN, float(end)
    again = lanes["w"][AGAIN, i]
    return stage_after_redefault(block, terms, s, again), float(default)


@compiled
def repay(block):
    """Simulate repayment plans, until none is left that has not reached the end.

    A loan whose stage on the tape is the plan has the entry -1. A second plan has the terms of an
    offer, whatever the terms of the first one.
    """
    lanes, loan = block.lanes, block.loan
    at, entry = lanes["at"], lanes["entry"]
    count, plans = pack(block, PLAN), 0
    while count > 0:
        draw_block(
            block.replicate, lanes, lanes["number"], count, loan["key"], PLAN_STREAM, plans, 0
        )
        on_tape = entry[at[0]] < 0
        offered = plan_terms(block, -1 if on_tape else BY_OFFER)
        cured = plan_terms(block, BY_CURE)

        for i in range(count):
            s = at[i]
            terms = cured if entry[s] == BY_CURE else offered
            stage, t = repay_lane(block, terms, i, s)
            lanes["stage"][s], lanes["time"][s] = stage, t
            if entry[s] < 0:
                entry[s] = BY_OFFER
            if stage != PLAN:
                move(block, s, PLAN, stage, month_of(t))
        count, plans = pack(block, PLAN), plans + 1
