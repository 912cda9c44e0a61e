"""Litigation: payment order, arbitration, lawsuit, preservation. docs/model.md section 4.4."""

from __future__ import annotations

from typing import NamedTuple

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
from npl_sim.kernels.draws import quantile
from npl_sim.kernels.fees import fee
from npl_sim.kernels.lanes import move, pack

SUIT = -1
"""A lawsuit follows; no code of a stage."""

OBJECTION, LENGTH, OUTCOME, AWARD = range(4)
MEDIATION, MEDIATION_LENGTH, APPEAL, APPEAL_LENGTH = range(4, 8)
REVERSAL, BARRED_DEFENSE, ABSENT, LENGTH_AFTER_ORDER = range(8, 12)
"""Rows of draws."""
ORDER_MONTHS, MONTHS, AWARDED = range(12, 15)
"""Rows of durations of the payment order and of what follows [months], and the share awarded."""


class Claim(NamedTuple):
    """A claim filed with a court or a tribunal in one lane."""

    at: float
    """Time of filing. [months]"""
    slowness: float
    """Congestion at the filing."""
    claimed: float
    """Amount claimed. [currency]"""
    advanced: float
    """Court fees advanced so far. [currency]"""


class Lawsuit(NamedTuple):
    """A lawsuit before its outcome in one lane."""

    at: float
    """Time of filing. [months]"""
    slowness: float
    """Congestion at the filing of the claim."""
    claimed: float
    """Amount claimed. [currency]"""
    fee: float
    """Fee of the lawsuit. [currency]"""
    advanced: float
    """Court fees advanced, this fee included. [currency]"""
    queue: float
    """Months in the court queue."""
    lawyers: float
    """Lawyer's fixed fees. [currency]"""
    spent: float
    """Months spent in the lawsuit before the valuation date."""


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
    quantile_block(lanes, count, quantiles, terms["award"], AWARD, AWARDED)


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
def lawsuit_fee(block, amount):
    """Return the fee for filing a lawsuit."""
    court = fee(block.package.fees[COURT], amount)
    summary = amount <= block.terms["summary_maximum"]
    return court * block.terms["summary_factor"] if summary else court


@compiled
def scale_claim(lanes, s, share):
    """Reduce the claim to a share of it."""
    lanes["principal"][s] *= share
    lanes["interest_and_fees"][s] *= share


@compiled
def award(block, i, s, t, advanced, lawyers):
    """Turn the claim into a judgment: the share awarded, and the costs shifted to the debtor."""
    terms, lanes = block.terms, block.lanes
    accrue(block, s, t)
    scale_claim(lanes, s, lanes["w"][AWARDED, i])
    lanes["interest_and_fees"][s] += (
        terms["cost_shifting"] * advanced + terms["lawyer_shifting"] * lawyers
    )
    return JUDGED, t


@compiled
def judged_at(suit, months):
    """Return the time of a judgment at first instance, `months` after an unhindered filing."""
    return suit.at + (max(0.0, months - suit.spent) + suit.queue) * suit.slowness


@compiled
def judge_by_default(block, i, s, suit):
    """Decide a lawsuit whose defendant does not appear."""
    w, end = block.lanes["w"], block.lanes["end"][s]
    quantiles, duration = block.package.quantiles, block.terms["default_duration"]
    final = judged_at(suit, quantile(quantiles, duration, w[LENGTH, i]))
    if month_of(final) > end:
        return LITIGATION, float(end)
    if w[OUTCOME, i] >= block.terms["default_win"]:
        return CLOSED, final
    return award(block, i, s, final, suit.advanced, suit.lawyers)


@compiled
def mediate(block, i, s, suit):
    """End a lawsuit by a mediated agreement."""
    terms, lanes, end = block.terms, block.lanes, block.lanes["end"][s]
    length = lanes["w"][MEDIATION_LENGTH, i]
    months = quantile(block.package.quantiles, terms["mediation_duration"], length)
    agreed = suit.at + (months + suit.queue) * suit.slowness
    if month_of(agreed) > end:
        return LITIGATION, float(end)
    accrue(block, s, agreed)
    # The reduction of a mediated case does not apply on top of that of summary procedure.
    kept = terms["mediation_factor"] * fee(block.package.fees[COURT], suit.claimed)
    refund = max(0.0, suit.fee - kept)
    if refund > 0.0:
        post(block, s, COURT_FEE, month_of(agreed), refund)
    scale_claim(lanes, s, 1.0 - terms["mediation_discount"])
    lanes["interest_and_fees"][s] += terms["cost_shifting"] * (suit.advanced - refund)
    return JUDGED, agreed


@compiled
def judge(block, i, s, suit):
    """Decide a lawsuit at first instance, and on appeal."""
    terms, w, end = block.terms, block.lanes["w"], block.lanes["end"][s]
    advanced, lawyers = suit.advanced, suit.lawyers
    final = judged_at(suit, w[MONTHS, i])
    won = w[OUTCOME, i] < terms["lawsuit_win"]
    if w[APPEAL, i] < terms["lawsuit_appeal"]:
        if month_of(final) <= end:
            if terms["lawyer_appeal"] > 0.0:
                post(block, s, LAWYER, month_of(final), -terms["lawyer_appeal"])
                lawyers += terms["lawyer_appeal"]
            if not won:
                second = fee(block.package.fees[COURT], suit.claimed)
                post(block, s, COURT_FEE, month_of(final), -second)
                advanced += second
        quantiles, duration = block.package.quantiles, terms["appeal_duration"]
        final += quantile(quantiles, duration, w[APPEAL_LENGTH, i]) * suit.slowness
        if w[REVERSAL, i] < terms["lawsuit_reversal"]:
            won = not won
    if month_of(final) > end:
        return LITIGATION, float(end)
    if not won:
        return CLOSED, final
    return award(block, i, s, final, advanced, lawyers)


@compiled
def sue(block, i, s, claim, on_tape):
    """File a lawsuit and simulate it up to an agreement or a final judgment."""
    loan, terms, w = block.loan, block.terms, block.lanes["w"]
    accrue(block, s, claim.at)
    claimed = owed(block.lanes, s)
    suit_fee = queue = lawyers = 0.0
    spent = loan["stage_elapsed"]
    if not on_tape:
        suit_fee = lawsuit_fee(block, claimed)
        post(block, s, COURT_FEE, month_of(claim.at), -suit_fee)
        queue, lawyers, spent = loan["court_queue"], terms["lawyer_fixed"], 0.0
    suit = Lawsuit(
        claim.at,
        claim.slowness,
        claimed,
        suit_fee,
        claim.advanced + suit_fee,
        queue,
        lawyers,
        spent,
    )
    if w[ABSENT, i] < terms["default_judgment"]:
        return judge_by_default(block, i, s, suit)
    if w[MEDIATION, i] < terms["lawsuit_mediation"]:
        return mediate(block, i, s, suit)
    return judge(block, i, s, suit)


@compiled
def arbitrate(block, i, s, claim):
    """Take the claim to arbitration. The award is final."""
    terms, w, end = block.terms, block.lanes["w"], block.lanes["end"][s]
    cost = fee(block.package.fees[ARBITRATING], claim.claimed)
    post(block, s, COURT_FEE, month_of(claim.at), -cost)
    final = claim.at + w[MONTHS, i] * claim.slowness
    if month_of(final) > end:
        return LITIGATION, float(end)
    if w[OUTCOME, i] >= terms["arbitration_win"]:
        return CLOSED, final
    return award(block, i, s, final, claim.advanced + cost, terms["lawyer_fixed"])


@compiled
def apply_for_order(block, i, s, claim):
    """Apply for a payment order. An objection leads to a lawsuit.

    Returns
    -------
    tuple
        Next stage or `SUIT`, its time [months], and court fees advanced.
    """
    terms, lanes, end = block.terms, block.lanes, block.lanes["end"][s]
    cost = terms["payment_order_factor"] * fee(block.package.fees[COURT], claim.claimed)
    post(block, s, COURT_FEE, month_of(claim.at), -cost)
    advanced = claim.advanced + cost
    months = lanes["w"][ORDER_MONTHS, i] + block.loan["court_queue"]
    t = claim.at + months * claim.slowness
    if month_of(t) > end:
        return LITIGATION, float(end), advanced
    if lanes["w"][OBJECTION, i] < terms["payment_order_objection"]:
        return SUIT, t, advanced
    accrue(block, s, t)
    lanes["interest_and_fees"][s] += (
        terms["cost_shifting"] * advanced + terms["lawyer_shifting"] * terms["lawyer_fixed"]
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
    if terms["lawyer_fixed"] > 0.0:
        post(block, s, LAWYER, month_of(t), -terms["lawyer_fixed"])
    advanced = preserve(block, s, t) if terms["preserve"] != 0 else 0.0
    barred = block.lanes["barred"][s] != 0
    if barred and block.lanes["w"][BARRED_DEFENSE, i] < terms["defence_raised"]:
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
