"""Litigation: payment order, arbitration, lawsuit, preservation. docs/model.md section 4.4."""

from __future__ import annotations

from typing import NamedTuple

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, month_of, owed, post
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
from npl_sim.kernels.rng import draw

SUIT = -1
"""A lawsuit follows; no code of a stage."""


class Filing(NamedTuple):
    """A claim filed with a court or a tribunal."""

    at: float
    """Time of filing. [months]"""
    slowness: float
    """Congestion at the filing."""
    claimed: float
    """Amount claimed. [currency]"""
    advanced: float
    """Court fees advanced so far. [currency]"""
    length: float
    """Draw of the duration."""
    outcome: float
    """Draw of the outcome."""
    award: float
    """Draw of the share awarded."""


class Lawsuit(NamedTuple):
    """A lawsuit before its outcome."""

    filing: Filing
    claimed: float
    """Amount claimed. [currency]"""
    on_tape: bool
    """Whether the loan's stage on the tape is litigation."""
    fee: float
    """Fee of the lawsuit. [currency]"""
    advanced: float
    """Court fees advanced, this fee included. [currency]"""
    queue: float
    """Months in the court queue."""
    lawyers: float
    """Lawyer's fixed fees. [currency]"""


@compiled
def preserve(path, t):
    """Pay for the preservation of assets and lodge security. Return the court's fee."""
    terms, state = path.terms, path.state
    claim = owed(state)
    court = fee(path.package.fees[PRESERVING], claim)
    state["deposit"] = terms["security_deposit"] * claim
    cost = court + terms["security_cost"] * claim + state["deposit"]
    post(path, PRESERVATION, month_of(t), -cost)
    state["preserved_at"] = t + terms["preservation_delay"]
    return court


@compiled
def lawsuit_fee(path, amount):
    """Return the fee for filing a lawsuit."""
    court = fee(path.package.fees[COURT], amount)
    summary = amount <= path.terms["summary_maximum_claim"]
    return court * path.terms["summary_fee_factor"] if summary else court


@compiled
def scale_claim(state, share):
    """Reduce the claim to a share of it."""
    state["principal"] *= share
    state["interest_and_fees"] *= share


@compiled
def award(path, t, advanced, lawyers, share_draw):
    """Turn the claim into a judgment: the share awarded, and the costs shifted to the debtor."""
    terms, state = path.terms, path.state
    accrue(path, t)
    scale_claim(state, quantile(path.package.quantiles, terms["award_share"], share_draw))
    state["interest_and_fees"] += (
        terms["cost_shifting"] * advanced + terms["lawyer_fee_shifting"] * lawyers
    )
    return JUDGED, t


@compiled
def judged_at(path, suit, duration):
    """Return the time of a judgment at first instance. `duration` is a row of the quantiles."""
    months = quantile(path.package.quantiles, duration, suit.filing.length)
    if suit.on_tape:
        months = max(0.0, months - path.loan["stage_elapsed"])
    return suit.filing.at + (months + suit.queue) * suit.filing.slowness


@compiled
def judge_by_default(path, suit):
    """Decide a lawsuit whose defendant does not appear."""
    final = judged_at(path, suit, path.terms["default_judgment_duration"])
    if month_of(final) > path.end:
        return LITIGATION, float(path.end)
    if suit.filing.outcome >= path.terms["default_judgment_win_probability"]:
        return CLOSED, final
    return award(path, final, suit.advanced, suit.lawyers, suit.filing.award)


@compiled
def mediate(path, suit, length):
    """End a lawsuit by a mediated agreement."""
    terms, state, filing = path.terms, path.state, suit.filing
    months = quantile(path.package.quantiles, terms["mediation_duration"], length)
    agreed = filing.at + (months + suit.queue) * filing.slowness
    if month_of(agreed) > path.end:
        return LITIGATION, float(path.end)
    accrue(path, agreed)
    # The reduction of a mediated case does not apply on top of that of summary procedure.
    kept = terms["mediation_fee_factor"] * fee(path.package.fees[COURT], suit.claimed)
    refund = max(0.0, suit.fee - kept)
    if refund > 0.0:
        post(path, COURT_FEE, month_of(agreed), refund)
    scale_claim(state, 1.0 - terms["mediation_discount"])
    state["interest_and_fees"] += terms["cost_shifting"] * (suit.advanced - refund)
    return JUDGED, agreed


@compiled
def judge(path, suit, appeal, appeal_length):
    """Decide a lawsuit at first instance, and on appeal."""
    terms, end, filing = path.terms, path.end, suit.filing
    advanced, lawyers = suit.advanced, suit.lawyers
    final = judged_at(path, suit, terms["lawsuit_duration"])
    won = filing.outcome < terms["lawsuit_win_probability"]
    if appeal < terms["appeal_probability"]:
        reversal, _, _, _ = draw(path.replicate, path.loan["key"], LITIGATION_STREAM, 2)
        if month_of(final) <= end:
            if terms["lawyer_appeal_fee"] > 0.0:
                post(path, LAWYER, month_of(final), -terms["lawyer_appeal_fee"])
                lawyers += terms["lawyer_appeal_fee"]
            if not won:
                second = fee(path.package.fees[COURT], suit.claimed)
                post(path, COURT_FEE, month_of(final), -second)
                advanced += second
        months = quantile(path.package.quantiles, terms["appeal_duration"], appeal_length)
        final += months * filing.slowness
        if reversal < terms["reversal_probability"]:
            won = not won
    if month_of(final) > end:
        return LITIGATION, float(end)
    if not won:
        return CLOSED, final
    return award(path, final, advanced, lawyers, filing.award)


@compiled
def sue(path, filing, on_tape):
    """File a lawsuit and simulate it up to an agreement or a final judgment."""
    loan, terms = path.loan, path.terms
    accrue(path, filing.at)
    claimed = owed(path.state)
    suit_fee = queue = lawyers = 0.0
    if not on_tape:
        suit_fee = lawsuit_fee(path, claimed)
        post(path, COURT_FEE, month_of(filing.at), -suit_fee)
        queue = loan["court_queue"]
        lawyers = terms["lawyer_fixed_fee"]
    suit = Lawsuit(filing, claimed, on_tape, suit_fee, filing.advanced + suit_fee, queue, lawyers)
    if terms["default_judgment_probability"] > 0.0:
        _, _, absent, _ = draw(path.replicate, loan["key"], LITIGATION_STREAM, 2)
        if absent < terms["default_judgment_probability"]:
            return judge_by_default(path, suit)
    mediation, mediation_length, appeal, appeal_length = draw(
        path.replicate, loan["key"], LITIGATION_STREAM, 1
    )
    if mediation < terms["mediation_probability"]:
        return mediate(path, suit, mediation_length)
    return judge(path, suit, appeal, appeal_length)


@compiled
def arbitrate(path, filing):
    """Take the claim to arbitration. The award is final."""
    cost = fee(path.package.fees[ARBITRATING], filing.claimed)
    post(path, COURT_FEE, month_of(filing.at), -cost)
    months = quantile(path.package.quantiles, path.terms["arbitration_duration"], filing.length)
    final = filing.at + months * filing.slowness
    if month_of(final) > path.end:
        return LITIGATION, float(path.end)
    if filing.outcome >= path.terms["arbitration_win_probability"]:
        return CLOSED, final
    return award(path, final, filing.advanced + cost, path.terms["lawyer_fixed_fee"], filing.award)


@compiled
def apply_for_order(path, filing, objection):
    """Apply for a payment order. An objection leads to a lawsuit.

    Returns
    -------
    tuple
        Next stage or `SUIT`, its time [months], and the filing of the lawsuit.
    """
    loan, terms, state = path.loan, path.terms, path.state
    cost = terms["payment_order_fee_factor"] * fee(path.package.fees[COURT], filing.claimed)
    post(path, COURT_FEE, month_of(filing.at), -cost)
    advanced = filing.advanced + cost
    months = quantile(path.package.quantiles, terms["payment_order_duration"], filing.length)
    t = filing.at + (months + loan["court_queue"]) * filing.slowness
    if month_of(t) > path.end:
        return LITIGATION, float(path.end), filing
    if objection >= terms["objection_probability"]:
        accrue(path, t)
        state["interest_and_fees"] += (
            terms["cost_shifting"] * advanced
            + terms["lawyer_fee_shifting"] * terms["lawyer_fixed_fee"]
        )
        state["guarantor_liable"] = 0
        return JUDGED, t, filing
    # The draw of the order's duration is used up. The lawsuit takes a fresh one.
    _, _, _, length = draw(path.replicate, loan["key"], LITIGATION_STREAM, 2)
    suit = Filing(
        t, filing.slowness, filing.claimed, advanced, length, filing.outcome, filing.award
    )
    return SUIT, t, suit


@compiled
def file_claim(path, filing, barred, objection):
    """File a claim by the route that the policy prefers.

    Returns
    -------
    tuple
        Next stage or `SUIT`, its time [months], and the filing of the lawsuit.
    """
    loan, terms, fees = path.loan, path.terms, path.package.fees
    t, claimed = filing.at, filing.claimed
    arbitration = terms["route"] == ARBITRATION and loan["arbitration_clause"] != 0
    if terms["lawyer_fixed_fee"] > 0.0:
        post(path, LAWYER, month_of(t), -terms["lawyer_fixed_fee"])
    advanced = preserve(path, t) if terms["preserve"] != 0 else 0.0
    if barred:
        _, defense, _, _ = draw(path.replicate, loan["key"], LITIGATION_STREAM, 2)
        if defense < terms["defense_raised"]:
            cost = fee(fees[ARBITRATING], claimed) if arbitration else lawsuit_fee(path, claimed)
            post(path, COURT_FEE, month_of(t), -cost)
            return CLOSED, t, filing
    filing = Filing(
        t, filing.slowness, claimed, advanced, filing.length, filing.outcome, filing.award
    )
    if arbitration:
        stage, t = arbitrate(path, filing)
        return stage, t, filing
    if terms["route"] == PAYMENT_ORDER:
        return apply_for_order(path, filing, objection)
    return SUIT, t, filing


@compiled
def litigate(path, t, on_tape, barred):
    """Simulate a loan from filing to an enforceable title, or to the loss of the claim.

    Parameters
    ----------
    path
        Context of the loan.
    t
        Time of filing. [months]
    on_tape
        Whether the loan's stage on the tape is litigation (a lawsuit that is paid for).
    barred
        Whether the limitation period has run out.

    Returns
    -------
    tuple
        Next stage and its time [months].
    """
    stage, t = take_route(path, t, on_tape, barred)
    if path.state["deposit"] > 0.0:
        post(path, PRESERVATION, min(month_of(t), path.end), path.state["deposit"])
        path.state["deposit"] = 0.0
    return stage, t


@compiled
def take_route(path, t, on_tape, barred):
    """Take the route that the policy prefers, and a lawsuit where that route fails."""
    loan = path.loan
    slowness = path.scenario.congestion[max(1, month_of(t))]
    objection, length, outcome, award_draw = draw(
        path.replicate, loan["key"], LITIGATION_STREAM, 0
    )
    accrue(path, t)
    if on_tape:
        elapsed = loan["elapsed_probability"]
        length = elapsed + length * (1.0 - elapsed)
    filing = Filing(t, slowness, owed(path.state), 0.0, length, outcome, award_draw)
    # One call of `sue` keeps the compiled code small, because kernels are compiled inline.
    stage = SUIT
    if not on_tape:
        stage, t, filing = file_claim(path, filing, barred, objection)
    return (stage, t) if stage != SUIT else sue(path, filing, on_tape)
