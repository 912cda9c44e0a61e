"""The path of one loan in one scenario (docs/model.md, section 4)."""

from __future__ import annotations

import math
from typing import Any

from npl_sim.core.layout import Kind, Stage

from .auction import ours_of
from .basics import month
from .collect import collect
from .enforce import enforce
from .insolvency import acceptance, enter, proceed, rejected
from .litigate import litigate
from .loan_state import Final, Ledger, LoanInput, LoanState, open_loan
from .plan import repay
from .title import use_title

__all__ = ["loan_path"]

STAGES = {
    Stage.COLLECTION: collect,
    Stage.PLAN: repay,
    Stage.LITIGATION: litigate,
    Stage.JUDGED: use_title,
    Stage.ENFORCEMENT: enforce,
    Stage.INSOLVENCY: proceed,
}


def loan_path(given: LoanInput) -> Ledger:
    """Simulate a loan from its stage on the tape to the end, and return its ledger.

    1. Begin at time 0 in the stage of the tape.
    2. Simulate stages until one is CLOSED or DORMANT, or its time is past the end.
    3. A stage that is not over by the end returns nothing: the loan is still in it.
    4. Where the debtor becomes insolvent, the stages end at the acceptance, and the proceeding
       takes their place.
    5. Exit: sell the loan, or count what is left of it.
    """
    state = open_loan(given)
    stage = Stage(state.loan.stage)
    state.ledger.history.append((0, stage))
    accepted = acceptance(state)
    if accepted is not None:
        state.end = accepted
    stage = simulate_stages(state, stage, 0.0, True)
    if accepted is not None and stage != Stage.CLOSED:
        state.end = state.exit_end
        if rejected(state, stage, accepted):
            state.ledger.history.append((accepted, Stage.CLOSED))
            leave(state, Stage.CLOSED)
            return state.ledger
        enter(state, accepted)
        state.ledger.history.append((accepted, Stage.INSOLVENCY))
        stage = simulate_stages(state, Stage.INSOLVENCY, float(accepted), False)
    state.end = state.exit_end
    leave(state, stage)
    return state.ledger


def simulate_stages(state: LoanState, stage: Stage, t: float, on_tape: bool) -> Stage:
    """Simulate stages from time t until the end. Return the last one."""
    while stage in STAGES and t < state.end:
        outcome = STAGES[stage](state, t, on_tape)
        if outcome is None:
            break
        stage, t = outcome
        on_tape = False
        state.ledger.history.append((month(t), stage))
    return stage


def leave(state: LoanState, stage: Stage) -> None:
    """Sell the loan at the end, or count the residual share of its claim (section 4.8)."""
    sold = state.sells and stage != Stage.CLOSED
    if stage != Stage.CLOSED:
        state.accrue(state.end)
        if sold:
            state.post(state.end, Kind.SALE, sale_price(state, stage), "the loan is sold")
            state.ledger.history.append((state.end, Stage.CLOSED))
        else:
            residual = state.terms.residual_share * state.owed
            if stage == Stage.PLAN and state.kept_plan is not None:
                residual = state.kept_plan
            state.post(
                state.end, Kind.RESIDUAL, residual, "share of the remaining claim at the horizon"
            )
    state.ledger.final = Final(stage, state.principal, state.other, state.since, sold)


def ours_left(state: LoanState, item: Any, value: float) -> float:
    """Return what an unsold item leaves for us, by the claim at the valuation date."""
    return ours_of(state.claim0, item, value - item.liens - item.claims_ahead)


def sale_price(state: LoanState, stage: Stage) -> float:
    """Return the price of the loan: its secured and its unsecured part, sold in bulk."""
    terms, end = state.terms, state.end
    if stage == Stage.PLAN and state.kept_plan is not None:
        return state.kept_plan * (1.0 - terms.sale_bulk_discount) * state.conditions.sale_up[end]
    covered = sum(
        max(0.0, min(ours_left(state, item, state.item_value(item, end)), item.cap))
        for item, unsold in zip(state.items, state.unsold, strict=True)
        if unsold
    )
    secured = min(state.owed, covered)
    age_effect = math.exp(-terms.sale_decay * (state.loan.age + end))
    price = (
        terms.sale_unsecured_price[stage] * age_effect * (state.owed - secured)
        + terms.sale_secured_price[stage] * secured
    )
    return price * (1.0 - terms.sale_bulk_discount) * state.conditions.sale_up[end]
