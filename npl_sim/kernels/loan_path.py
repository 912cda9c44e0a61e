"""Loan path: one loan through its stages in one scenario. docs/model.md section 4."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, month_of, move, owed, receive
from npl_sim.kernels.auction import unsold_value
from npl_sim.kernels.codes import (
    CLOSED,
    COLLECTION,
    DORMANT,
    ENFORCEMENT,
    JUDGED,
    LITIGATION,
    PLAN,
    RESIDUAL,
    SALE,
)
from npl_sim.kernels.collection import BY_OFFER, BY_PAYER, collect
from npl_sim.kernels.enforcement import enforce
from npl_sim.kernels.limitation import is_time_barred
from npl_sim.kernels.litigation import litigate
from npl_sim.kernels.repayment_plan import repay
from npl_sim.kernels.title import await_performance

ALL_UNSOLD = np.uint64(0xFFFFFFFFFFFFFFFF)


@compiled
def initialize_state(state, loan):
    """Initialize the loan state."""
    state["principal"] = loan["principal"]
    state["interest_and_fees"] = loan["interest_and_fees"]
    state["accrued_to"] = 0.0
    state["claim"] = loan["principal"] + loan["interest_and_fees"]
    state["unsold"] = ALL_UNSOLD
    state["guarantor_liable"] = 1
    state["default_interest"] = 0.0
    state["default_interest_from"] = math.inf
    state["preserved_at"] = -1.0
    state["deposit"] = 0.0
    state["plans"] = 0
    state["plan_value"] = -1.0
    state["exit_due"] = 0.0
    state["exit_secured"] = 0.0


@compiled
def sale_price(path, stage, due):
    """Return the price of the secured and the unsecured part of the claim, before the discount."""
    loan, terms, state, end = path.loan, path.terms, path.state, path.end
    secured = 0.0
    if loan["item_begin"] < loan["item_end"]:
        secured = min(due, unsold_value(path, float(end)))
    decay = math.exp(-terms["sale_decay"] * (loan["age"] + end))
    price = terms["sale_unsecured_price"][stage] * decay * (due - secured)
    price += terms["sale_secured_price"][stage] * secured
    state["exit_due"] = due
    state["exit_secured"] = secured
    return price


@compiled
def exit_loan(path, stage):
    """Sell an unresolved loan, or value it at the horizon. Return whether it was sold."""
    terms, state, end, policy = path.terms, path.state, path.end, path.loan["policy"]
    accrue(path, float(end))
    due = owed(state)
    kept = stage == PLAN and state["plan_value"] >= 0.0
    if path.scenario.exit[policy] == end:
        price = state["plan_value"] if kept else sale_price(path, stage, due)
        price *= (1.0 - terms["sale_bulk_discount"]) * path.scenario.sale_up[policy]
        if price > 0.0:
            receive(path, SALE, end, price)
        return True
    rest = state["plan_value"] if kept else terms["residual_share"] * due
    if rest > 0.0:
        receive(path, RESIDUAL, end, rest)
    return False


@compiled
def simulate_loan(path):
    """Simulate one loan in one scenario and accumulate its cash."""
    loan, state, end = path.loan, path.state, path.end
    initialize_state(state, loan)
    stage = int(loan["stage"])
    t = 0.0
    path.cash.stages[stage, 0] += state["claim"]
    on_tape = True
    barred = False
    entry = -1
    while stage < DORMANT and t < end:
        old = stage
        if stage == COLLECTION:
            stage, t, entry = collect(path)
            if stage == LITIGATION:
                barred = is_time_barred(path, t, entry == BY_PAYER)
        elif stage == PLAN:
            stage, t = repay(path, t, entry)
            if entry < 0:
                # A second plan has the terms of an offer, whatever the terms of the first one.
                entry = BY_OFFER
        elif stage == LITIGATION:
            stage, t = litigate(path, t, on_tape, barred)
        elif stage == JUDGED:
            stage, t = await_performance(path, t, on_tape)
        elif stage == ENFORCEMENT:
            stage, t = enforce(path, t, on_tape)
        on_tape = False
        if stage != old:
            move(path, old, stage, month_of(t))
    state["exit_stage"] = stage
    if stage != CLOSED and exit_loan(path, stage):
        move(path, stage, CLOSED, end)
