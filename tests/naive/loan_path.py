"""The path of one loan in one scenario (docs/model.md, section 4)."""

from __future__ import annotations

import math
from typing import Any

from npl_sim.core.layout import Kind, Stage

from .auction import ours_of
from .basics import month
from .collect import collect
from .enforce import enforce
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
}


def loan_path(given: LoanInput) -> Ledger:
    """Simulate a loan from its stage on the tape to the end, and return its ledger.

    1. Begin at time 0 in the stage of the tape.
    2. Simulate stages until one is CLOSED or DORMANT, or its time is past the end.
    3. A stage that is not over by the end returns nothing: the loan is still in it.
    4. Exit: sell the loan, or count what is left of it.
    """
    state = open_loan(given)
    stage, t, on_tape = Stage(state.loan.stage), 0.0, True
    state.ledger.history.append((0, stage))
    while stage in STAGES and t < state.end:
        outcome = STAGES[stage](state, t, on_tape)
        if outcome is None:
            break
        stage, t = outcome
        on_tape = False
        state.ledger.history.append((month(t), stage))
    leave(state, stage)
    return state.ledger


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
