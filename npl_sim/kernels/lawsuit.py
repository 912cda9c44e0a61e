"""Lawsuit: default judgment, mediation, judgment, appeal. docs/model.md section 4.4."""

from __future__ import annotations

from typing import NamedTuple

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, month_of, owed, post
from npl_sim.kernels.codes import CLOSED, COURT, COURT_FEE, JUDGED, LAWYER, LITIGATION
from npl_sim.kernels.draws import quantile
from npl_sim.kernels.fees import fee

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
def lawsuit_fee(block, amount):
    """Return the fee for filing a lawsuit."""
    court = fee(block.package.fees[COURT], amount)
    summary = amount <= block.terms["summary_maximum_claim"]
    return court * block.terms["summary_fee_factor"] if summary else court


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
        terms["cost_shifting"] * advanced + terms["lawyer_fee_shifting"] * lawyers
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
    quantiles, duration = block.package.quantiles, block.terms["default_judgment_duration"]
    final = judged_at(suit, quantile(quantiles, duration, w[LENGTH, i]))
    if month_of(final) > end:
        return LITIGATION, float(end)
    if w[OUTCOME, i] >= block.terms["default_judgment_win_probability"]:
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
    kept = terms["mediation_fee_factor"] * fee(block.package.fees[COURT], suit.claimed)
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
    won = w[OUTCOME, i] < terms["lawsuit_win_probability"]
    if w[APPEAL, i] < terms["appeal_probability"]:
        if month_of(final) <= end:
            if terms["lawyer_appeal_fee"] > 0.0:
                post(block, s, LAWYER, month_of(final), -terms["lawyer_appeal_fee"])
                lawyers += terms["lawyer_appeal_fee"]
            if not won:
                second = fee(block.package.fees[COURT], suit.claimed)
                post(block, s, COURT_FEE, month_of(final), -second)
                advanced += second
        quantiles, duration = block.package.quantiles, terms["appeal_duration"]
        final += quantile(quantiles, duration, w[APPEAL_LENGTH, i]) * suit.slowness
        if w[REVERSAL, i] < terms["reversal_probability"]:
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
        queue, lawyers, spent = loan["court_queue"], terms["lawyer_fixed_fee"], 0.0
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
    if w[ABSENT, i] < terms["default_judgment_probability"]:
        return judge_by_default(block, i, s, suit)
    if w[MEDIATION, i] < terms["mediation_probability"]:
        return mediate(block, i, s, suit)
    return judge(block, i, s, suit)
