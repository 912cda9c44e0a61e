"""LITIGATION: payment order, arbitration, lawsuit (docs/model.md, section 4.4)."""

from __future__ import annotations

from npl_sim.core.layout import FeeRow, Kind, Route, Stage, Stream

from .book import Case

__all__ = ["litigate"]

Outcome = tuple[Stage, float] | None


def litigate(case: Case, t: float, on_tape: bool) -> Outcome:
    """Go to court at t. None: the case is still pending at the end. A cash deposit comes back in
    the end.
    """
    outcome = go_to_court(case, t, on_tape)
    back = min(outcome[1], float(case.end)) if outcome is not None else float(case.end)
    case.post(back, Kind.PRESERVATION, case.deposit, "the deposit comes back")
    case.deposit = 0.0
    return outcome


def go_to_court(case: Case, t: float, on_tape: bool) -> Outcome:
    """Take the case to its end.

    1. A case on the tape goes on as a lawsuit whose filing costs were paid long ago.
    2. A new case pays its lawyer, and preserves assets.
    3. A time-barred claim dies if the debtor pleads it.
    4. Otherwise it goes by its route.
    """
    case.accrue(t)
    if on_tape:
        gone = case.loan.elapsed_probability
        length = gone + case.words(Stream.LITIGATION, 0)[1] * (1.0 - gone)
        return sue(case, t, case.congestion(t), length, 0.0, 0.0, lawyers=0.0, on_tape=True)
    case.post(t, Kind.LAWYER, -case.terms.lawyer_fixed_fee, "lawyer's fixed fee at filing")
    advanced = preserve(case, t) if case.terms.preserve else 0.0
    route = route_of(case)
    if case.barred and case.words(Stream.LITIGATION, 2)[1] < case.terms.defense_raised:
        amount = arbitration_fee(case) if route == Route.ARBITRATION else lawsuit_fee(case)
        advance(case, t, amount, "fee of a claim that is dismissed as time-barred")
        return Stage.CLOSED, t
    if route == Route.PAYMENT_ORDER:
        return apply_for_order(case, t, advanced)
    if route == Route.ARBITRATION:
        return arbitrate(case, t, advanced)
    length = case.words(Stream.LITIGATION, 0)[1]
    return file_suit(case, t, case.congestion(t), length, advanced)


def route_of(case: Case) -> Route:
    """Return the way to a title (step 3)."""
    if case.terms.route == Route.ARBITRATION and not case.loan.arbitration_clause:
        return Route.LAWSUIT
    return Route(case.terms.route)


def preserve(case: Case, t: float) -> float:
    """Apply for preservation (step 2): the court's fee, a letter's premium, a deposit.

    Return the court's fee, which the loser owes in the end.
    """
    terms = case.terms
    fee = case.fee(FeeRow.PRESERVATION, case.owed)
    case.post(
        t,
        Kind.PRESERVATION,
        -fee - terms.security_cost * case.owed,
        "preservation: fee and premium",
    )
    case.deposit = terms.security_deposit * case.owed
    case.post(t, Kind.PRESERVATION, -case.deposit, "security lodged in cash")
    case.preserved_at = t + terms.preservation_delay
    return fee


def advance(case: Case, t: float, amount: float, reason: str) -> None:
    """Advance a court's or tribunal's fee."""
    case.post(t, Kind.COURT_FEE, -amount, reason)


def lawsuit_fee(case: Case) -> float:
    """Return the fee for accepting the case, lower in summary procedure (step 7)."""
    summary = case.owed <= case.terms.summary_maximum_claim
    return case.fee(FeeRow.COURT, case.owed) * (case.terms.summary_fee_factor if summary else 1.0)


def arbitration_fee(case: Case) -> float:
    return case.fee(FeeRow.ARBITRATION, case.owed)


def apply_for_order(case: Case, t: float, advanced: float) -> Outcome:
    """Apply for a payment order (step 5); an objection leads to a lawsuit, filed when the order
    fails.
    """
    objection, length, _, _ = case.words(Stream.LITIGATION, 0)
    fee = case.terms.payment_order_fee_factor * case.fee(FeeRow.COURT, case.owed)
    advance(case, t, fee, "fee of the payment order")
    congestion = case.congestion(t)
    t1 = (
        t
        + (case.quantile(case.terms.payment_order_duration, length) + case.loan.court_queue)
        * congestion
    )
    if not case.happens(t1):
        return None
    if objection < case.terms.objection_probability:
        return file_suit(case, t1, congestion, case.words(Stream.LITIGATION, 2)[3], advanced + fee)
    case.accrue(t1)
    shift_costs(case, advanced + fee, case.terms.lawyer_fixed_fee)
    case.bound = False
    return Stage.JUDGED, t1


def arbitrate(case: Case, t: float, advanced: float) -> Outcome:
    """Go to arbitration (step 6)."""
    _, length, outcome, _ = case.words(Stream.LITIGATION, 0)
    fee = arbitration_fee(case)
    advance(case, t, fee, "fee of the arbitration")
    t1 = t + case.quantile(case.terms.arbitration_duration, length) * case.congestion(t)
    if not case.happens(t1):
        return None
    if outcome >= case.terms.arbitration_win_probability:
        return Stage.CLOSED, t1
    return win(case, t1, advanced + fee, case.terms.lawyer_fixed_fee)


def file_suit(case: Case, t: float, congestion: float, length: float, advanced: float) -> Outcome:
    """File a lawsuit at t: advance its fee, then as in `sue`. `advanced` was spent before."""
    case.accrue(t)
    fee = lawsuit_fee(case)
    advance(case, t, fee, "fee of the lawsuit")
    return sue(
        case,
        t,
        congestion,
        length,
        fee,
        advanced,
        lawyers=case.terms.lawyer_fixed_fee,
        on_tape=False,
    )


def sue(
    case: Case,
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
    outcome = case.words(Stream.LITIGATION, 0)[2]
    mediation, mediation_length, appeal, appeal_length = case.words(Stream.LITIGATION, 1)
    reversal, _, absent, _ = case.words(Stream.LITIGATION, 2)
    terms = case.terms
    queue = 0.0 if on_tape else case.loan.court_queue
    spent_time = case.loan.stage_elapsed if on_tape else 0.0
    court = case.fee(FeeRow.COURT, case.owed)

    def decided(q: int) -> float:
        return t + (max(0.0, case.quantile(q, length) - spent_time) + queue) * congestion

    if absent < terms.default_judgment_probability:
        t2 = decided(terms.default_judgment_duration)
        if not case.happens(t2):
            return None
        return (
            win(case, t2, advanced + fee, lawyers)
            if outcome < terms.default_judgment_win_probability
            else (Stage.CLOSED, t2)
        )
    if mediation < terms.mediation_probability:
        t2 = t + (case.quantile(terms.mediation_duration, mediation_length) + queue) * congestion
        return mediate(case, t2, court, fee, advanced)
    t2 = decided(terms.lawsuit_duration)
    won = outcome < terms.lawsuit_win_probability
    spent = advanced + fee
    if appeal < terms.appeal_probability:
        if case.happens(t2):
            case.post(t2, Kind.LAWYER, -terms.lawyer_appeal_fee, "lawyer's fee for the appeal")
            lawyers += terms.lawyer_appeal_fee
            if not won:
                advance(case, t2, court, "fee of the creditor's appeal")
                spent += court
        t2 += case.quantile(terms.appeal_duration, appeal_length) * congestion
        won ^= reversal < terms.reversal_probability
    if not case.happens(t2):
        return None
    return win(case, t2, spent, lawyers) if won else (Stage.CLOSED, t2)


def mediate(case: Case, t2: float, court: float, fee: float, advanced: float) -> Outcome:
    """End a lawsuit by agreement at t2: part of the fee comes back, part of the claim is given
    up.
    """
    if not case.happens(t2):
        return None
    case.accrue(t2)
    back = max(0.0, fee - case.terms.mediation_fee_factor * court)
    case.post(t2, Kind.COURT_FEE, back, "part of the fee comes back after mediation")
    case.scale(1.0 - case.terms.mediation_discount)
    shift_costs(case, advanced + fee - back, 0.0)
    return Stage.JUDGED, t2


def shift_costs(case: Case, courts: float, lawyers: float) -> None:
    """Add to the claim what the loser refunds."""
    case.other += case.terms.cost_shifting * courts + case.terms.lawyer_fee_shifting * lawyers


def win(case: Case, t2: float, spent: float, lawyers: float) -> Outcome:
    """Win at t2 (step 8): a share of the claim is awarded, and costs are shifted on top of it."""
    case.accrue(t2)
    case.scale(case.quantile(case.terms.award_share, case.words(Stream.LITIGATION, 0)[3]))
    shift_costs(case, spent, lawyers)
    return Stage.JUDGED, t2
