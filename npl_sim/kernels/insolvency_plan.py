"""Reorganization of an insolvent debtor: vote, cram-down, plan, failure. docs/insolvency.md."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import is_paid, month_of, owed
from npl_sim.kernels.block_draws import draw_lane
from npl_sim.kernels.codes import CLOSED, INSOLVENCY, INSOLVENCY_STREAM, PLAN_CONFIRMED
from npl_sim.kernels.estate import (
    call_guarantors,
    covered_claim,
    dividend,
    receive_from_estate,
    recovery_of_item,
    secures_us,
)
from npl_sim.kernels.repayment_plan import redefault_month

__all__ = ["LIQUIDATES", "reorganize"]

LIQUIDATES = -1
"""The proceeding goes on as a liquidation; no code of a stage."""


@compiled
def is_confirmed(block, s, t, covered, draws):
    """Return whether a plan is confirmed: by both classes, or by the court against one.

    The court may confirm a rejected plan that pays each class at least what a liquidation would.
    """
    terms, lanes = block.terms, block.lanes
    _, secured, ordinary, cram_down = draw_lane(
        block, s, block.loan["borrower"], INSOLVENCY_STREAM, 1
    )
    accepts = secured < terms["secured_vote_probability"]
    if accepts and ordinary < terms["ordinary_vote_probability"]:
        return True
    if cram_down >= terms["cram_down_probability"]:
        return False
    _, assets, free_share, _ = draws
    begin, collateral, claim = block.loan["item_begin"], 0.0, owed(lanes, s)
    for k in range(block.loan["item_end"] - begin):
        if secures_us(block, s, k):
            _, net = recovery_of_item(block, block.package.items[begin + k], s, t)
            collateral += net
    collateral = min(collateral, claim)
    share = 0.0
    if assets >= terms["no_distribution_probability"]:
        share = dividend(block, claim, collateral, free_share)
    pays = terms["plan_secured_share"] * covered >= collateral
    return pays and terms["plan_ordinary_share"] >= share


@compiled
def follow_plan(block, i, s, t, installment, spent):
    """Receive the installments of a confirmed plan in lane `s`.

    Parameters
    ----------
    block
        Context of the loan.
    i, s
        Entry and lane.
    t
        Time of the confirmation, or of the valuation date. [months]
    installment
        Monthly installment. [currency]
    spent
        Whole months since the confirmation.

    Returns
    -------
    tuple
        Next stage or `LIQUIDATES`, and its time [months].
    """
    loan, terms, lanes, end = block.loan, block.terms, block.lanes, block.lanes["end"][s]
    start, hazard = month_of(t), terms["plan_failure_hazard"]
    grace = max(0, terms["plan_grace_months"] - spent)
    left = max(1, terms["plan_term"] - max(0, spent - terms["plan_grace_months"]))
    first, last = start + grace + 1, start + grace + left
    failed = 0
    if hazard > 0.0:
        failure, _, _, _ = draw_lane(block, s, loan["borrower"], INSOLVENCY_STREAM, 2)
        distress = block.distress[s, loan["policy"]]
        failed = redefault_month(distress, hazard, start, min(last, end), failure)
    until = min(last, end) if failed == 0 else failed - 1
    for month in range(first, until + 1):
        call_guarantors(block, i, s, float(month))
        if is_paid(block, s):
            break
        receive_from_estate(block, i, s, float(month), min(installment, owed(lanes, s)))
    if failed > 0:
        call_guarantors(block, i, s, float(failed))
        return LIQUIDATES, float(failed)
    if last <= end:
        return CLOSED, float(last)
    call_guarantors(block, i, s, math.inf)
    rest = installment * (last - max(until, first - 1))
    lanes["principal"][s] = min(owed(lanes, s), rest)
    lanes["interest_and_fees"][s] = lanes["default_interest"][s] = 0.0
    return INSOLVENCY, float(end)


@compiled
def reorganize(block, i, s, months, draws):
    """Reorganize the debtor of lane `s`. Return the next stage or `LIQUIDATES`, and its time.

    Parameters
    ----------
    block
        Context of the loan.
    i, s
        Entry and lane.
    months
        Months from now to the vote.
    draws
        As of `estate.liquidate`.
    """
    terms, lanes, end = block.terms, block.lanes, block.lanes["end"][s]
    confirmed = block.loan["insolvency_status"] == PLAN_CONFIRMED
    confirmed = confirmed and block.loan["stage"] == INSOLVENCY
    t = lanes["time"][s] + months
    if month_of(t) > end:
        return INSOLVENCY, float(end)
    call_guarantors(block, i, s, t)
    covered = covered_claim(block, s, t)
    total = terms["plan_secured_share"] * covered
    total += terms["plan_ordinary_share"] * (owed(lanes, s) - covered)
    if not confirmed and not is_confirmed(block, s, t, covered, draws):
        return LIQUIDATES, t
    spent = int(math.floor(block.loan["stage_elapsed"])) if confirmed else 0
    return follow_plan(block, i, s, t, total / terms["plan_term"], spent)
