"""LITIGATION: payment order, arbitration, lawsuit (docs/model.md, section 4.4)."""

from __future__ import annotations

from npl_sim.core.layout import FeeRow, Kind, Route, Stage, Stream

from .loan_state import LoanState

__all__ = ["litigate"]

Outcome = tuple[Stage, float] | None


def litigate(state: LoanState, t: float, on_tape: bool) -> Outcome:
    """Go to court at t; return nothing if the case is still pending at the end.

    A cash deposit comes back at the end of the stage.
    """
    outcome = go_to_court(state, t, on_tape)
    back = min(outcome[1], float(state.end)) if outcome is not None else float(state.end)
    state.post(back, Kind.PRESERVATION, state.deposit, "the deposit comes back")
    state.deposit = 0.0
    return outcome


def go_to_court(state: LoanState, t: float, on_tape: bool) -> Outcome:
    """Take the case to its end.

    1. A case on the tape continues as a lawsuit whose filing costs were paid long ago.
    2. A new case pays its lawyer, and preserves assets.
    3. A time-barred claim is lost if the debtor pleads it.
    4. Otherwise it goes by its route.
    """
    state.accrue(t)
    if on_tape:
        gone = state.loan.elapsed_probability
        length = gone + state.uniforms(Stream.LITIGATION, 0)[1] * (1.0 - gone)
        return sue(state, t, state.congestion(t), length, 0.0, 0.0, lawyers=0.0, on_tape=True)
    state.post(t, Kind.LAWYER, -state.terms.lawyer_fixed, "lawyer's fixed fee at filing")
    advanced = preserve(state, t) if state.terms.preserve else 0.0
    route = route_of(state)
    if state.barred and state.uniforms(Stream.LITIGATION, 2)[1] < state.terms.defence_raised:
        amount = arbitration_fee(state) if route == Route.ARBITRATION else lawsuit_fee(state)
        advance(state, t, amount, "fee of a claim that is dismissed as time-barred")
        return Stage.CLOSED, t
    if route == Route.PAYMENT_ORDER:
        return apply_for_order(state, t, advanced)
    if route == Route.ARBITRATION:
        return arbitrate(state, t, advanced)
    length = state.uniforms(Stream.LITIGATION, 0)[1]
    return file_suit(state, t, state.congestion(t), length, advanced)


def route_of(state: LoanState) -> Route:
    """Return the way to a title (step 3)."""
    if state.terms.route == Route.ARBITRATION and not state.loan.arbitration_clause:
        return Route.LAWSUIT
    return Route(state.terms.route)


def preserve(state: LoanState, t: float) -> float:
    """Apply for preservation (step 2): the court's fee, a letter's premium, a deposit.

    Return the court's fee, which the loser owes in the end.
    """
    terms = state.terms
    fee = state.fee(FeeRow.PRESERVATION, state.owed)
    state.post(
        t,
        Kind.PRESERVATION,
        -fee - terms.security_cost * state.owed,
        "preservation: fee and premium",
    )
    state.deposit = terms.security_deposit * state.owed
    state.post(t, Kind.PRESERVATION, -state.deposit, "security lodged in cash")
    state.preserved_at = t + terms.preservation_delay
    return fee


def advance(state: LoanState, t: float, amount: float, reason: str) -> None:
    """Advance a court's or tribunal's fee."""
    state.post(t, Kind.COURT_FEE, -amount, reason)


def lawsuit_fee(state: LoanState) -> float:
    """Return the fee for accepting the case, lower in summary procedure (step 7)."""
    summary = state.owed <= state.terms.summary_maximum
    return state.fee(FeeRow.COURT, state.owed) * (state.terms.summary_factor if summary else 1.0)


def arbitration_fee(state: LoanState) -> float:
    return state.fee(FeeRow.ARBITRATION, state.owed)


def apply_for_order(state: LoanState, t: float, advanced: float) -> Outcome:
    """Apply for a payment order (step 5); an objection leads to a lawsuit, filed when the order
    fails.
    """
    objection, length, _, _ = state.uniforms(Stream.LITIGATION, 0)
    fee = state.terms.payment_order_factor * state.fee(FeeRow.COURT, state.owed)
    advance(state, t, fee, "fee of the payment order")
    congestion = state.congestion(t)
    t1 = (
        t
        + (state.quantile(state.terms.payment_order_duration, length) + state.loan.court_queue)
        * congestion
    )
    if not state.happens(t1):
        return None
    if objection < state.terms.payment_order_objection:
        return file_suit(
            state, t1, congestion, state.uniforms(Stream.LITIGATION, 2)[3], advanced + fee
        )
    state.accrue(t1)
    shift_costs(state, advanced + fee, state.terms.lawyer_fixed)
    state.bound = False
    return Stage.JUDGED, t1


def arbitrate(state: LoanState, t: float, advanced: float) -> Outcome:
    """Go to arbitration (step 6)."""
    _, length, outcome, _ = state.uniforms(Stream.LITIGATION, 0)
    fee = arbitration_fee(state)
    advance(state, t, fee, "fee of the arbitration")
    t1 = t + state.quantile(state.terms.arbitration_duration, length) * state.congestion(t)
    if not state.happens(t1):
        return None
    if outcome >= state.terms.arbitration_win:
        return Stage.CLOSED, t1
    return win(state, t1, advanced + fee, state.terms.lawyer_fixed)


def file_suit(
    state: LoanState, t: float, congestion: float, length: float, advanced: float
) -> Outcome:
    """File a lawsuit at t: advance its fee, then as in `sue`. `advanced` was spent before."""
    state.accrue(t)
    fee = lawsuit_fee(state)
    advance(state, t, fee, "fee of the lawsuit")
    return sue(
        state,
        t,
        congestion,
        length,
        fee,
        advanced,
        lawyers=state.terms.lawyer_fixed,
        on_tape=False,
    )


def sue(
    state: LoanState,
    t: float,
    congestion: float,
    length: float,
    fee: float,
    advanced: float,
    lawyers: float,
    on_tape: bool,
) -> Outcome:
    """Carry a lawsuit filed at t to its end (step 7): absence, mediation, or judgment and
    appeal.
    """
    outcome = state.uniforms(Stream.LITIGATION, 0)[2]
    mediation, mediation_length, appeal, appeal_length = state.uniforms(Stream.LITIGATION, 1)
    reversal, _, absent, _ = state.uniforms(Stream.LITIGATION, 2)
    terms = state.terms
    queue = 0.0 if on_tape else state.loan.court_queue
    spent_time = state.loan.stage_elapsed if on_tape else 0.0
    court = state.fee(FeeRow.COURT, state.owed)

    def decided(q: int) -> float:
        return t + (max(0.0, state.quantile(q, length) - spent_time) + queue) * congestion

    if absent < terms.default_judgment:
        t2 = decided(terms.default_duration)
        if not state.happens(t2):
            return None
        return (
            win(state, t2, advanced + fee, lawyers)
            if outcome < terms.default_win
            else (Stage.CLOSED, t2)
        )
    if mediation < terms.lawsuit_mediation:
        t2 = t + (state.quantile(terms.mediation_duration, mediation_length) + queue) * congestion
        return mediate(state, t2, court, fee, advanced)
    t2 = decided(terms.lawsuit_duration)
    won = outcome < terms.lawsuit_win
    spent = advanced + fee
    if appeal < terms.lawsuit_appeal:
        if state.happens(t2):
            state.post(t2, Kind.LAWYER, -terms.lawyer_appeal, "lawyer's fee for the appeal")
            lawyers += terms.lawyer_appeal
            if not won:
                advance(state, t2, court, "fee of the creditor's appeal")
                spent += court
        t2 += state.quantile(terms.appeal_duration, appeal_length) * congestion
        won ^= reversal < terms.lawsuit_reversal
    if not state.happens(t2):
        return None
    return win(state, t2, spent, lawyers) if won else (Stage.CLOSED, t2)


def mediate(state: LoanState, t2: float, court: float, fee: float, advanced: float) -> Outcome:
    """End a lawsuit by agreement at t2: part of the fee comes back, part of the claim is given
    up.
    """
    if not state.happens(t2):
        return None
    state.accrue(t2)
    back = max(0.0, fee - state.terms.mediation_factor * court)
    state.post(t2, Kind.COURT_FEE, back, "part of the fee comes back after mediation")
    state.scale(1.0 - state.terms.mediation_discount)
    shift_costs(state, advanced + fee - back, 0.0)
    return Stage.JUDGED, t2


def shift_costs(state: LoanState, courts: float, lawyers: float) -> None:
    """Add to the claim what the loser refunds."""
    state.other += state.terms.cost_shifting * courts + state.terms.lawyer_shifting * lawyers


def win(state: LoanState, t2: float, spent: float, lawyers: float) -> Outcome:
    """Win at t2 (step 8): a share of the claim is awarded, and costs are shifted on top of it."""
    state.accrue(t2)
    state.scale(state.quantile(state.terms.award, state.uniforms(Stream.LITIGATION, 0)[3]))
    shift_costs(state, spent, lawyers)
    return Stage.JUDGED, t2
