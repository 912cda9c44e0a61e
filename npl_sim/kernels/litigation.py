"""Litigation: payment order, arbitration, lawsuit, preservation. docs/model.md section 4.4."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, month_of, owed, post
from npl_sim.kernels.block_draws import draw_block, quantile_block
from npl_sim.kernels.codes import (
    ARBITRATING,
    ARBITRATION,
    CLOSED,
    COURT,
    COURT_FEE,
    JUDGED,
    LAWYER,
    LITIGATION,
    LITIGATION_STREAM,
    PAYMENT_ORDER,
    PRESERVATION,
    PRESERVING,
)
from npl_sim.kernels.fees import fee
from npl_sim.kernels.lanes import move, pack
from npl_sim.kernels.lawsuit import (
    AWARD,
    AWARDED,
    BARRED_DEFENSE,
    LENGTH,
    LENGTH_AFTER_ORDER,
    MONTHS,
    OBJECTION,
    ORDER_MONTHS,
    OUTCOME,
    Claim,
    award,
    lawsuit_fee,
    sue,
)

SUIT = -1
"""A lawsuit follows; no code of a stage."""


@compiled
def goes_to_arbitration(block):
    """Return whether the claim goes to arbitration."""
    return block.terms["route"] == ARBITRATION and block.loan["arbitration_clause"] != 0


@compiled
def draw_for_litigation(block, count, on_tape):
    """Fill the rows of draws, durations and awards."""
    loan, terms, lanes = block.loan, block.terms, block.lanes
    w, number, quantiles = lanes["w"], lanes["number"], block.package.quantiles
    for step in range(3):
        draw_block(
            block.replicate, lanes, number, count, loan["key"], LITIGATION_STREAM, step, 4 * step
        )
    duration = terms["lawsuit_duration"]
    if on_tape:
        elapsed = loan["elapsed_probability"]
        for i in range(count):
            w[LENGTH, i] = elapsed + w[LENGTH, i] * (1.0 - elapsed)
    elif terms["route"] == PAYMENT_ORDER:
        order = terms["payment_order_duration"]
        quantile_block(lanes, count, quantiles, order, LENGTH, ORDER_MONTHS)
        # The draw of the order's duration is used up. The lawsuit takes a fresh one.
        for i in range(count):
            w[LENGTH, i] = w[LENGTH_AFTER_ORDER, i]
    elif goes_to_arbitration(block):
        duration = terms["arbitration_duration"]
    quantile_block(lanes, count, quantiles, duration, LENGTH, MONTHS)
    quantile_block(lanes, count, quantiles, terms["award_share"], AWARD, AWARDED)


@compiled
def preserve(block, s, t):
    """Pay for the preservation of assets and lodge security. Return the court's fee."""
    terms, lanes = block.terms, block.lanes
    claim = owed(lanes, s)
    court = fee(block.package.fees[PRESERVING], claim)
    deposit = terms["security_deposit"] * claim
    lanes["deposit"][s] = deposit
    post(block, s, PRESERVATION, month_of(t), -(court + terms["security_cost"] * claim + deposit))
    lanes["preserved_at"][s] = t + terms["preservation_delay"]
    return court


@compiled
def arbitrate(block, i, s, claim):
    """Take the claim to arbitration. The award is final."""
    terms, w, end = block.terms, block.lanes["w"], block.lanes["end"][s]
    cost = fee(block.package.fees[ARBITRATING], claim.claimed)
    post(block, s, COURT_FEE, month_of(claim.at), -cost)
    final = claim.at + w[MONTHS, i] * claim.slowness
    if month_of(final) > end:
        return LITIGATION, float(end)
    if w[OUTCOME, i] >= terms["arbitration_win_probability"]:
        return CLOSED, final
    return award(block, i, s, final, claim.advanced + cost, terms["lawyer_fixed_fee"])


@compiled
def apply_for_order(block, i, s, claim):
    """Apply for a payment order. An objection leads to a lawsuit.

    Returns
    -------
    tuple
        Next stage or `SUIT`, its time [months], and court fees advanced.
    """
    terms, lanes, end = block.terms, block.lanes, block.lanes["end"][s]
    cost = terms["payment_order_fee_factor"] * fee(block.package.fees[COURT], claim.claimed)
    post(block, s, COURT_FEE, month_of(claim.at), -cost)
    advanced = claim.advanced + cost
    months = lanes["w"][ORDER_MONTHS, i] + block.loan["court_queue"]
    t = claim.at + months * claim.slowness
    if month_of(t) > end:
        return LITIGATION, float(end), advanced
    if lanes["w"][OBJECTION, i] < terms["objection_probability"]:
        return SUIT, t, advanced
    accrue(block, s, t)
    lanes["interest_and_fees"][s] += (
        terms["cost_shifting"] * advanced
        + terms["lawyer_fee_shifting"] * terms["lawyer_fixed_fee"]
    )
    lanes["guarantor_liable"][s] = 0
    return JUDGED, t, advanced


@compiled
def file_claim(block, i, s, t, claimed, slowness):
    """File a claim by the route that the policy prefers.

    Returns
    -------
    tuple
        Next stage or `SUIT`, its time [months], and court fees advanced.
    """
    terms, fees = block.terms, block.package.fees
    arbitration = goes_to_arbitration(block)
    if terms["lawyer_fixed_fee"] > 0.0:
        post(block, s, LAWYER, month_of(t), -terms["lawyer_fixed_fee"])
    advanced = preserve(block, s, t) if terms["preserve"] != 0 else 0.0
    barred = block.lanes["barred"][s] != 0
    if barred and block.lanes["w"][BARRED_DEFENSE, i] < terms["defense_raised"]:
        cost = fee(fees[ARBITRATING], claimed) if arbitration else lawsuit_fee(block, claimed)
        post(block, s, COURT_FEE, month_of(t), -cost)
        return CLOSED, t, advanced
    claim = Claim(t, slowness, claimed, advanced)
    if arbitration:
        stage, t = arbitrate(block, i, s, claim)
        return stage, t, advanced
    if terms["route"] == PAYMENT_ORDER:
        return apply_for_order(block, i, s, claim)
    return SUIT, t, advanced


@compiled
def litigate_lane(block, i, s, on_tape):
    """Simulate lane `s` from filing to a title, or to the loss of the claim.

    Returns
    -------
    tuple
        Next stage and its time [months].
    """
    lanes, t = block.lanes, block.lanes["time"][s]
    slowness = block.congestion[s, max(1, month_of(t))]
    accrue(block, s, t)
    stage, advanced = SUIT, 0.0
    if not on_tape:
        stage, t, advanced = file_claim(block, i, s, t, owed(lanes, s), slowness)
    if stage == SUIT:
        stage, t = sue(block, i, s, Claim(t, slowness, owed(lanes, s), advanced), on_tape)
    if lanes["deposit"][s] > 0.0:
        month = min(month_of(t), lanes["end"][s])
        post(block, s, PRESERVATION, month, lanes["deposit"][s])
        lanes["deposit"][s] = 0.0
    return stage, t


@compiled
def litigate(block):
    """Simulate litigation from filing to an enforceable title, or to the loss of the claim."""
    count = pack(block, LITIGATION)
    if count == 0:
        return
    lanes, on_tape = block.lanes, block.loan["stage"] == LITIGATION
    draw_for_litigation(block, count, on_tape)

    for i in range(count):
        s = lanes["at"][i]
        stage, t = litigate_lane(block, i, s, on_tape)
        lanes["stage"][s], lanes["time"][s] = stage, t
        if stage != LITIGATION:
            move(block, s, LITIGATION, stage, month_of(t))
