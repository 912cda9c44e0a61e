"""The path of one loan in one scenario (docs/model.md, section 4)."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from npl_sim.core.layout import Kind, Stage, Stream

from .basics import month
from .book import Case, Final, Ledger, Words, open_case
from .collect import collect
from .enforce import enforce
from .litigate import litigate
from .plan import repay
from .tables import Tables
from .title import use_title
from .world import World

__all__ = ["walk"]

STAGES = {
    Stage.COLLECTION: collect,
    Stage.PLAN: repay,
    Stage.LITIGATION: litigate,
    Stage.JUDGED: use_title,
    Stage.ENFORCEMENT: enforce,
}


def walk(
    loan: Any,
    items: Sequence[Any],
    guarantors: Sequence[Any],
    assets: Sequence[Any],
    terms: Any,
    auctions: Sequence[Any],
    fees: Sequence[Any],
    quantile: Callable[[int, float], float],
    tables: Tables,
    world: World,
    draw: Callable[[int, Stream, int], Words],
    horizon: int,
    sale_month: int | None,
) -> Ledger:
    """Simulate a loan from its stage on the tape to the end, and return its ledger.

    `items` are the loan's own; `draw(key, stream, step)` is the scenario's.

    1. Begin at time 0 in the stage of the tape.
    2. Simulate stages until one is CLOSED or DORMANT, or its time is past the end.
    3. A stage that is not over by the end returns nothing: the loan is still in it.
    4. Exit: sell the loan, or count what is left of it.
    """
    case = open_case(
        loan,
        items,
        guarantors,
        assets,
        terms,
        auctions,
        fees,
        quantile,
        tables,
        world,
        draw,
        horizon,
        sale_month,
    )
    stage, t, on_tape = Stage(case.loan.stage), 0.0, True
    case.ledger.history.append((0, stage))
    while stage in STAGES and t < case.end:
        outcome = STAGES[stage](case, t, on_tape)
        if outcome is None:
            break
        stage, t = outcome
        on_tape = False
        case.ledger.history.append((month(t), stage))
    leave(case, stage)
    return case.ledger


def leave(case: Case, stage: Stage) -> None:
    """Sell the loan at the end, or count the residual share of its claim (section 4.8)."""
    sold = case.sells and stage != Stage.CLOSED
    if stage != Stage.CLOSED:
        case.accrue(case.end)
        if sold:
            case.post(case.end, Kind.SALE, sale_price(case, stage), "the loan is sold")
            case.ledger.history.append((case.end, Stage.CLOSED))
        else:
            residual = case.terms.residual_share * case.owed
            if stage == Stage.PLAN and case.kept_plan is not None:
                residual = case.kept_plan
            case.post(
                case.end, Kind.RESIDUAL, residual, "share of the remaining claim at the horizon"
            )
    case.ledger.final = Final(stage, case.principal, case.other, case.since, sold)


def sale_price(case: Case, stage: Stage) -> float:
    """Return the price of the loan: its secured and its unsecured part, in bulk, in this world."""
    terms, end = case.terms, case.end
    if stage == Stage.PLAN and case.kept_plan is not None:
        return case.kept_plan * (1.0 - terms.sale_bulk_discount) * case.world.sale_up[end]
    covered = sum(
        max(0.0, min(case.item_value(item, end) - item.liens, item.cap))
        for item, unsold in zip(case.items, case.unsold, strict=True)
        if unsold
    )
    secured = min(case.owed, covered)
    age_effect = math.exp(-terms.sale_decay * (case.loan.age + end))
    price = (
        terms.sale_unsecured_price[stage] * age_effect * (case.owed - secured)
        + terms.sale_secured_price[stage] * secured
    )
    return price * (1.0 - terms.sale_bulk_discount) * case.world.sale_up[end]
