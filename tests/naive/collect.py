"""COLLECTION and the limitation clock at filing (docs/model.md, sections 4.1 and 4.2)."""

from __future__ import annotations

import math

from npl_sim.core.layout import Kind, Stage, Stream

from .loan_state import LoanState
from .plan import cure_terms, offered_terms

__all__ = ["collect"]

MOST_REACHES = 200
MOST_PROMISES = 50


def collect(state: LoanState, t: float, on_tape: bool) -> tuple[Stage, float] | None:
    """Collect from time 0 until the borrower resolves, is sued, or nobody works the loan any more.

    1. Filing month, last month of collection, offer, event.
    2. Partial payments, commissions and contact costs of months 1..e.
    3. Paid, settled, cured, restructured, sued or dormant, in this order.
    """
    _, _, _, accept = state.uniforms(Stream.BORROWER, 0)
    filing = filing_month(state)
    last = min(state.terms.collection_months, state.end)
    if filing is not None:
        last = min(last, filing)
    accepted = offer_stands(state, filing, last) and accept < state.terms.restructuring_accept
    if accepted:
        last = state.terms.offer_month
    event, settles = follow_events(state, last)
    if event is not None:
        last, accepted = event, False

    receive_partial_payments(state, last)
    if state.is_paid:
        return Stage.CLOSED, last
    if event is not None:
        if settles:
            settle_claim(state, event)
            return Stage.CLOSED, event
        state.plan = cure_terms(state)
        return Stage.PLAN, event
    if accepted:
        state.plan = offered_terms(state)
        return Stage.PLAN, last
    if filing is not None and filing < state.end:
        state.barred = is_time_barred(state, filing, last)
        return Stage.LITIGATION, filing
    if last < state.end:
        return Stage.DORMANT, last
    return None


def filing_month(state: LoanState) -> int | None:
    """Return F (step 1): the month at whose end the loan is sued if it is still unresolved."""
    terms, left = state.terms, state.loan.limitation_left
    if not state.may_sue():
        return None
    if terms.file_before_expiry and 0.0 <= left < math.inf:
        return min(terms.litigation_after_months, max(0, math.floor(left - terms.expiry_margin)))
    return terms.litigation_after_months


def offer_stands(state: LoanState, filing: int | None, last: int) -> bool:
    """Return whether a restructuring is offered while the loan is in collection (step 3)."""
    month = state.terms.offer_month
    return (
        0 <= month <= last
        and month < state.end
        and (filing is None or month < filing)
        and bool(state.loan.offered)
        and state.willing() < state.terms.most_willing
    )


def follow_events(state: LoanState, last: int) -> tuple[int | None, bool]:
    """Return the month of settlement or cure (step 4), none by month `last`; and whether it
    settles.
    """
    _, event, sort, _ = state.uniforms(Stream.BORROWER, 0)
    frailty = state.loan.responsiveness * state.quantile(
        state.terms.frailty, 1.0 - state.willing()
    )
    hazard = state.resolved()
    begin = 0
    for round_ in range(MOST_PROMISES):
        hits = (
            m
            for m in range(begin + 1, last + 1)
            if frailty * (hazard[m] - hazard[begin]) >= -math.log(event)
        )
        month = next(hits, None)
        if month is None:
            return None, False
        settle, cure = state.tables.settle[month], state.tables.cure[month]
        if sort >= settle / (settle + cure):
            return month, False
        if state.terms.promise_months < 0:
            return month, True
        due = month + state.terms.promise_months
        if due > last:
            return None, False
        kept, event, sort, _ = state.uniforms(Stream.PROMISE, round_)
        if kept < state.terms.promise_kept:
            return due, True
        state.acknowledged = True
        begin = due
    return None, False


def receive_partial_payments(state: LoanState, last: int) -> None:
    """Post payments, commissions and contact costs of months 1..last, then apply the sum (steps 5
    and 6).
    """
    paid_share, is_payer = state.paid_share(), state.is_payer
    total = 0.0
    for m in range(1, last + 1):
        state.post(m, Kind.CONTACT, -state.tables.cost[m], "contacts and fees of the month")
        if is_payer:
            amount = state.claim0 * (paid_share[m] - paid_share[m - 1]) / state.payers
            state.post(m, Kind.VOLUNTARY, amount, "the borrower pays a part of the claim")
            pay_commission(state, m, amount, "partial payment")
            total += amount
    state.accrue(last)
    state.reduce(min(total, state.owed))


def pay_commission(state: LoanState, m: int, amount: float, what: str) -> None:
    """Pay the agency its share, if an agency has the account in month m."""
    rate = state.tables.commission[m]
    state.post(m, Kind.COMMISSION, -rate * amount, f"agency's commission of {rate:g} on a {what}")


def settle_claim(state: LoanState, m: int) -> None:
    """Receive what is owed less the discount; the rest of the claim is waived (step 8)."""
    discount = state.tables.discount[m]
    amount = state.owed * (1.0 - discount)
    state.post(m, Kind.SETTLEMENT, amount, f"settled at a discount of {discount:g}")
    pay_commission(state, m, amount, "settlement")
    state.scale(0.0)


def is_time_barred(state: LoanState, filing: float, last: int) -> bool:
    """Return whether the claim is time-barred when it is filed after collection (section 4.2).

    The clock runs out at x unless the debtor was reached in the time that still counts,
    `(begin, x]`. At first that is the part of the last period after the valuation date, later the
    part that the last contact has added. The last contact in it moves the expiry to a full period
    after the contact.
    """
    period, x = state.terms.limitation_months, state.loan.limitation_left
    if filing > state.loan.long_stop_left:
        return True
    if math.isinf(x) or math.isinf(period):
        return False
    if x < 0.0:
        return True
    if state.acknowledged or (state.is_payer and state.paid_share()[last] > 0.0):
        return False
    begin = max(0.0, x - period)
    for i in range(MOST_REACHES):
        if x >= filing:
            return False
        contact, when, _, _ = state.uniforms(Stream.LIMITATION, i)
        p = 1.0 - math.exp(-state.tables.reach * (x - begin))
        if contact >= p:
            return True
        last_reach = x + math.log(1.0 - when * p) / state.tables.reach
        begin, x = x, last_reach + period
    return False
