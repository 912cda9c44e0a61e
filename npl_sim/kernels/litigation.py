"""Legal action: payment order, arbitration, lawsuit, with preservation. docs/model.md section 4.4."""

from __future__ import annotations

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

__all__ = ["litigate"]


@compiled
def preserve(loan, terms, fees, books, case, t):
    """Pay for the preservation of assets and lodge security; return the court's fee."""
    claim = owed(case)
    court = fee(fees[PRESERVING], claim)
    case["deposit"] = terms["security_deposit"] * claim
    cost = court + terms["security_cost"] * claim + case["deposit"]
    post(books, loan["group"], PRESERVATION, month_of(t), -cost)
    case["preserved_at"] = t + terms["preservation_delay"]
    return court


@compiled
def lawsuit_fee(terms, fees, amount):
    """Return the fee for filing a lawsuit."""
    court = fee(fees[COURT], amount)
    return court * terms["summary_factor"] if amount <= terms["summary_maximum"] else court


@compiled
def scale_claim(case, share):
    """Keep a share of the claim."""
    case["principal"] *= share
    case["other"] *= share


@compiled
def award(loan, terms, quantiles, case, t, advanced, lawyers, share_draw):
    """Turn the claim into a judgment: the share awarded, and the costs that the loser owes."""
    accrue(case, loan["accrual"], t)
    scale_claim(case, quantile(quantiles, terms["award"], share_draw))
    case["other"] += terms["cost_shifting"] * advanced + terms["lawyer_shifting"] * lawyers
    return JUDGED, t


@compiled
def sue(
    loan,
    terms,
    fees,
    quantiles,
    books,
    case,
    t,
    end,
    slowness,
    on_tape,
    advanced,
    length,
    outcome,
    award_draw,
    trial,
):
    """File a lawsuit at `t` and follow it to an agreement or a final judgment."""
    group = loan["group"]
    mediation, mediation_length, appeal, appeal_length = draw(
        trial, loan["key"], LITIGATION_STREAM, 1
    )
    accrue(case, loan["accrual"], t)
    claimed = owed(case)
    suit_fee = 0.0
    queue = 0.0
    lawyers = 0.0
    if not on_tape:
        suit_fee = lawsuit_fee(terms, fees, claimed)
        post(books, group, COURT_FEE, month_of(t), -suit_fee)
        advanced += suit_fee
        queue = loan["court_queue"]
        lawyers = terms["lawyer_fixed"]

    if terms["default_judgment"] > 0.0:
        _, _, absent, _ = draw(trial, loan["key"], LITIGATION_STREAM, 2)
        if absent < terms["default_judgment"]:
            months = quantile(quantiles, terms["default_duration"], length)
            if on_tape:
                months = max(0.0, months - loan["stage_elapsed"])
            final = t + (months + queue) * slowness
            if month_of(final) > end:
                return LITIGATION, float(end)
            if outcome >= terms["default_win"]:
                return CLOSED, final
            return award(loan, terms, quantiles, case, final, advanced, lawyers, award_draw)

    if mediation < terms["lawsuit_mediation"]:
        months = quantile(quantiles, terms["mediation_duration"], mediation_length)
        agreed = t + (months + queue) * slowness
        if month_of(agreed) > end:
            return LITIGATION, float(end)
        accrue(case, loan["accrual"], agreed)
        # A fee that was halved already is not halved again.
        back = max(0.0, suit_fee - terms["mediation_factor"] * fee(fees[COURT], claimed))
        if back > 0.0:
            post(books, group, COURT_FEE, month_of(agreed), back)
        scale_claim(case, 1.0 - terms["mediation_discount"])
        case["other"] += terms["cost_shifting"] * (advanced - back)
        return JUDGED, agreed

    months = quantile(quantiles, terms["lawsuit_duration"], length)
    if on_tape:
        months = max(0.0, months - loan["stage_elapsed"])
    final = t + (months + queue) * slowness
    won = outcome < terms["lawsuit_win"]
    if appeal < terms["lawsuit_appeal"]:
        reversal, _, _, _ = draw(trial, loan["key"], LITIGATION_STREAM, 2)
        if month_of(final) <= end:
            if terms["lawyer_appeal"] > 0.0:
                post(books, group, LAWYER, month_of(final), -terms["lawyer_appeal"])
                lawyers += terms["lawyer_appeal"]
            if not won:
                second = fee(fees[COURT], claimed)
                post(books, group, COURT_FEE, month_of(final), -second)
                advanced += second
        final += quantile(quantiles, terms["appeal_duration"], appeal_length) * slowness
        if reversal < terms["lawsuit_reversal"]:
            won = not won
    if month_of(final) > end:
        return LITIGATION, float(end)
    if not won:
        return CLOSED, final
    return award(loan, terms, quantiles, case, final, advanced, lawyers, award_draw)


@compiled
def litigate(
    loan, terms, fees, quantiles, congestion, books, case, t, end, on_tape, barred, trial
):
    """Walk a loan from filing to a title, or to the loss of the claim.

    Parameters
    ----------
    on_tape
        Whether the loan stands in litigation at the valuation date (a lawsuit that is paid for).
    barred
        Whether the limitation period has run out.

    Returns
    -------
    tuple
        Next stage and its time [months].
    """
    stage, t = follow_case(
        loan, terms, fees, quantiles, congestion, books, case, t, end, on_tape, barred, trial
    )
    if case["deposit"] > 0.0:
        post(books, loan["group"], PRESERVATION, min(month_of(t), end), case["deposit"])
        case["deposit"] = 0.0
    return stage, t


@compiled
def follow_case(
    loan, terms, fees, quantiles, congestion, books, case, t, end, on_tape, barred, trial
):
    """Take the route that the policy prefers, and a lawsuit where it fails."""
    group = loan["group"]
    month = month_of(t)
    slowness = congestion[max(1, month)]
    objection, length, outcome, award_draw = draw(trial, loan["key"], LITIGATION_STREAM, 0)
    accrue(case, loan["accrual"], t)
    arbitration = not on_tape and terms["route"] == ARBITRATION and loan["arbitration_clause"] != 0
    advanced = 0.0
    if on_tape:
        gone = loan["elapsed_probability"]
        length = gone + length * (1.0 - gone)
    else:
        claimed = owed(case)
        if terms["lawyer_fixed"] > 0.0:
            post(books, group, LAWYER, month, -terms["lawyer_fixed"])
        if terms["preserve"] != 0:
            advanced = preserve(loan, terms, fees, books, case, t)
        if barred:
            _, defence, _, _ = draw(trial, loan["key"], LITIGATION_STREAM, 2)
            if defence < terms["defence_raised"]:
                cost = (
                    fee(fees[ARBITRATING], claimed)
                    if arbitration
                    else lawsuit_fee(terms, fees, claimed)
                )
                post(books, group, COURT_FEE, month, -cost)
                return CLOSED, t

    if arbitration:
        cost = fee(fees[ARBITRATING], claimed)
        post(books, group, COURT_FEE, month, -cost)
        final = t + quantile(quantiles, terms["arbitration_duration"], length) * slowness
        if month_of(final) > end:
            return LITIGATION, float(end)
        if outcome >= terms["arbitration_win"]:
            return CLOSED, final
        return award(
            loan, terms, quantiles, case, final, advanced + cost, terms["lawyer_fixed"], award_draw
        )

    if not on_tape and terms["route"] == PAYMENT_ORDER:
        cost = terms["payment_order_factor"] * fee(fees[COURT], claimed)
        post(books, group, COURT_FEE, month, -cost)
        advanced += cost
        t += (
            quantile(quantiles, terms["payment_order_duration"], length) + loan["court_queue"]
        ) * slowness
        if month_of(t) > end:
            return LITIGATION, float(end)
        if objection >= terms["payment_order_objection"]:
            accrue(case, loan["accrual"], t)
            case["other"] += (
                terms["cost_shifting"] * advanced
                + terms["lawyer_shifting"] * terms["lawyer_fixed"]
            )
            case["bound"] = 0
            return JUDGED, t
        # The order's length is spent; a suit after it takes a fresh one.
        _, _, _, length = draw(trial, loan["key"], LITIGATION_STREAM, 2)

    return sue(
        loan,
        terms,
        fees,
        quantiles,
        books,
        case,
        t,
        end,
        slowness,
        on_tape,
        advanced,
        length,
        outcome,
        award_draw,
        trial,
    )
