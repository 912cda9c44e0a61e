"""LITIGATION: payment order, arbitration, lawsuit (docs/model.md, section 4.4)."""

from __future__ import annotations

import math

from npl_sim.layout import FeeRow, Kind, Route, Stage, Stream

from .book import Case

__all__ = ["litigate"]

Outcome = tuple[Stage, float] | None


def litigate(case: Case, t: float, on_tape: bool) -> Outcome:
    """Go to court at t. None: the case is still pending at the end.

    1. A case on the tape goes on as a lawsuit whose filing costs were paid long ago.
    2. A new case pays its lawyer, and preserves assets.
    3. A time-barred claim dies if the debtor pleads it.
    4. Otherwise it goes by its route.
    """
    case.accrue(t)
    if on_tape:
        return sue(case, t, case.congestion(t), first_instance_left(case), fee=0.0, advanced=0.0)
    case.post(t, Kind.LAWYER, -case.terms.lawyer_fixed, "lawyer's fixed fee at filing")
    advanced = preserve(case, t) if case.terms.preserve else 0.0
    route = route_of(case)
    if case.barred and case.words(Stream.LITIGATION, 2)[1] < case.terms.p_defence:
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
    """Apply for preservation (step 2): pay, and learn whether assets are frozen until when.

    Return the court's fee, which the loser owes in the end.
    """
    terms = case.terms
    fee = case.fee(FeeRow.PRESERVATION, case.owed)
    cost = fee + terms.security_rate * case.owed
    case.post(t, Kind.PRESERVATION, -cost, "preservation: court's fee and security")
    found, renewal, _, _ = case.words(Stream.PRESERVATION, 0)
    if found < terms.p_find_preserved:
        case.frozen_from = t
        case.frozen_until = t + terms.freeze_months * (1.0 + renewals(renewal, terms.p_renewal))
    return fee


def renewals(word: float, p: float) -> float:
    """Return how many times in a row the freeze is renewed in time."""
    if p >= 1.0:
        return math.inf
    return 0.0 if p <= 0.0 else float(math.floor(math.log(word) / math.log(p)))


def advance(case: Case, t: float, amount: float, reason: str) -> None:
    """Advance a court's or tribunal's fee."""
    case.post(t, Kind.COURT_FEE, -amount, reason)


def lawsuit_fee(case: Case) -> float:
    """Return the fee for accepting the case, lower in summary procedure (step 7)."""
    summary = case.owed <= case.terms.summary_maximum
    return case.fee(FeeRow.COURT, case.owed) * (case.terms.summary_fee_factor if summary else 1.0)


def arbitration_fee(case: Case) -> float:
    return case.fee(FeeRow.ARBITRATION, case.owed)


def apply_for_order(case: Case, t: float, advanced: float) -> Outcome:
    """Apply for a payment order (step 5); an objection leads to a lawsuit, filed when the order fails."""
    objection, length, _, award = case.words(Stream.LITIGATION, 0)
    fee = case.terms.order_fee_factor * case.fee(FeeRow.COURT, case.owed)
    advance(case, t, fee, "fee of the payment order")
    congestion = case.congestion(t)
    t1 = t + case.quantile(case.terms.q_order, length) * congestion
    if not case.happens(t1):
        return None
    if objection < case.terms.p_objection:
        return file_suit(case, t1, congestion, award, advanced + fee)
    case.accrue(t1)
    case.other += advanced + fee
    case.bound = False
    return Stage.JUDGED, t1


def arbitrate(case: Case, t: float, advanced: float) -> Outcome:
    """Go to arbitration (step 6)."""
    _, length, outcome, _ = case.words(Stream.LITIGATION, 0)
    fee = arbitration_fee(case)
    advance(case, t, fee, "fee of the arbitration")
    t1 = t + case.quantile(case.terms.q_arbitration, length) * case.congestion(t)
    if not case.happens(t1):
        return None
    return win(case, t1, advanced + fee) if outcome < case.terms.p_arbitration_win else (Stage.CLOSED, t1)


def file_suit(case: Case, t: float, congestion: float, length: float, advanced: float) -> Outcome:
    """File a lawsuit at t: advance its fee, then as in `sue`. `advanced` was spent before."""
    case.accrue(t)
    fee = lawsuit_fee(case)
    advance(case, t, fee, "fee of the lawsuit")
    duration = case.quantile(case.terms.q_first, length)
    return sue(case, t, congestion, duration, fee, advanced)


def first_instance_left(case: Case) -> float:
    """Return how long the first instance of a case on the tape will last yet (step 1)."""
    gone = case.loan.elapsed_probability
    length = gone + case.words(Stream.LITIGATION, 0)[1] * (1.0 - gone)
    return max(0.0, case.quantile(case.terms.q_first, length) - case.loan.stage_elapsed)


def sue(case: Case, t: float, congestion: float, duration: float, fee: float, advanced: float) -> Outcome:
    """Carry a lawsuit filed at t to its end (step 7): mediation, or judgment and appeal."""
    outcome = case.words(Stream.LITIGATION, 0)[2]
    mediation, mediation_length, appeal, appeal_length = case.words(Stream.LITIGATION, 1)
    terms, draw_length = case.terms, case.quantile
    if mediation < terms.p_mediation:
        return mediate(case, t + draw_length(terms.q_mediation, mediation_length) * congestion, fee, advanced)
    t2 = t + duration * congestion
    won = outcome < terms.p_win
    spent = advanced + fee
    if appeal < terms.p_appeal:
        if not won:
            second = case.fee(FeeRow.COURT, case.owed)
            spent += second
            if case.happens(t2):
                advance(case, t2, second, "fee of the creditor's appeal")
        t2 += draw_length(terms.q_appeal, appeal_length) * congestion
        won ^= case.words(Stream.LITIGATION, 2)[0] < terms.p_reversal
    if not case.happens(t2):
        return None
    return win(case, t2, spent) if won else (Stage.CLOSED, t2)


def mediate(case: Case, t2: float, fee: float, advanced: float) -> Outcome:
    """End a lawsuit by agreement at t2: part of the fee comes back, part of the claim is given up."""
    if not case.happens(t2):
        return None
    case.accrue(t2)
    kept = case.terms.mediation_fee_factor * fee
    case.post(t2, Kind.COURT_FEE, fee - kept, "part of the fee comes back after mediation")
    case.scale(1.0 - case.terms.mediation_discount)
    case.other += advanced + kept
    return Stage.JUDGED, t2


def win(case: Case, t2: float, spent: float) -> Outcome:
    """Win at t2 (step 8): a share of the claim is awarded, and the fees advanced on top of it."""
    case.accrue(t2)
    case.scale(case.quantile(case.terms.q_award, case.words(Stream.LITIGATION, 0)[3]))
    case.other += spent
    return Stage.JUDGED, t2
