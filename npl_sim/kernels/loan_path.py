"""The walk of one loan through its stages. docs/model.md section 4."""

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

__all__ = ["walk"]

ALL_UNSOLD = np.uint64(0xFFFFFFFFFFFFFFFF)


@compiled
def open_case(case, loan):
    """Lay the loan's file on the table."""
    case["principal"] = loan["principal"]
    case["other"] = loan["other"]
    case["since"] = 0.0
    case["claim"] = loan["principal"] + loan["other"]
    case["unsold"] = ALL_UNSOLD
    case["bound"] = 1
    case["late"] = 0.0
    case["late_from"] = math.inf
    case["preserved_at"] = -1.0
    case["deposit"] = 0.0
    case["plans"] = 0
    case["plan_value"] = -1.0
    case["exit_due"] = 0.0
    case["exit_secured"] = 0.0


@compiled
def leave(loan, terms, package, world, books, case, stage, end, trial):
    """Sell what is unresolved at `end`, or value it at the horizon."""
    accrue(case, loan["accrual"], float(end))
    due = owed(case)
    kept = stage == PLAN and case["plan_value"] >= 0.0
    if world.exit[loan["policy"]] == end:
        if kept:
            price = case["plan_value"]
        else:
            secured = 0.0
            if loan["item_begin"] < loan["item_end"]:
                secured = min(
                    due, unsold_value(loan, package.items, world.indices, case, float(end), trial)
                )
            decay = math.exp(-terms["sale_decay"] * (loan["age"] + end))
            price = terms["sale_unsecured_price"][stage] * decay * (due - secured)
            price += terms["sale_secured_price"][stage] * secured
            case["exit_due"] = due
            case["exit_secured"] = secured
        price *= (1.0 - terms["sale_bulk_discount"]) * world.sale_up[loan["policy"]]
        if price > 0.0:
            receive(books, loan["group"], SALE, end, price)
        return True
    left = case["plan_value"] if kept else terms["residual_share"] * due
    if left > 0.0:
        receive(books, loan["group"], RESIDUAL, end, left)
    return False


@compiled
def walk(loan, package, tables, cohorts, c, world, books, case, trial):
    """Walk one loan through one scenario and enter its cash in the books."""
    terms = package.terms[loan["policy"]]
    horizon = books.discount.shape[0] - 1
    end = horizon
    if world.exit[loan["policy"]] >= 0:
        end = int(world.exit[loan["policy"]])
    open_case(case, loan)
    case["delay"] = terms["judgment_delay_rate"]
    gbv = case["claim"]
    stage = int(loan["stage"])
    t = 0.0
    books.stages[stage, 0] += gbv
    on_tape = True
    barred = False
    entry = -1
    while stage < DORMANT and t < end:
        was = stage
        if stage == COLLECTION:
            stage, t, entry = collect(
                loan, terms, tables, cohorts, c, package.quantiles, books, case, end, trial
            )
            if stage == LITIGATION:
                barred = is_time_barred(
                    loan, terms["limitation_months"], cohorts.reach[c], t, entry == BY_PAYER, trial
                )
        elif stage == PLAN:
            stage, t = repay(loan, terms, world, books, case, t, end, entry, trial)
            if entry < 0:
                # A second plan has the terms of an offer, whatever the first one on the tape had.
                entry = BY_OFFER
        elif stage == LITIGATION:
            stage, t = litigate(
                loan,
                terms,
                package.fees,
                package.quantiles,
                world.congestion,
                books,
                case,
                t,
                end,
                on_tape,
                barred,
                trial,
            )
        elif stage == JUDGED:
            stage, t = await_performance(
                loan, terms, package.quantiles, books, case, t, end, on_tape, trial
            )
        elif stage == ENFORCEMENT:
            stage, t = enforce(loan, package, terms, world, books, case, t, end, on_tape, trial)
        on_tape = False
        if stage != was:
            move(books, gbv, was, stage, month_of(t))
    case["exit_stage"] = stage
    if stage != CLOSED and leave(loan, terms, package, world, books, case, stage, end, trial):
        move(books, gbv, stage, CLOSED, end)
