"""COLLECTION and the limitation clock at filing (docs/model.md, sections 4.1 and 4.2)."""

from __future__ import annotations

import math

from npl_sim.core.layout import Kind, Stage, Stream

from .book import Case
from .plan import cure_terms, offered_terms

__all__ = ["collect"]

MOST_REACHES = 200
MOST_PROMISES = 50


def collect(case: Case, t: float, on_tape: bool) -> tuple[Stage, float] | None:
    """Collect from time 0 until the borrower resolves, is sued, or nobody works the loan any more.

    1. Filing month, last month of collection, offer, event.
    2. Partial payments, commissions and contact costs of months 1..e.
    3. Paid, settled, cured, restructured, sued or dormant, in this order.
    """
    _, _, _, accept = case.words(Stream.BORROWER, 0)
    filing = filing_month(case)
    last = min(case.terms.collection_months, case.end)
    if filing is not None:
        last = min(last, filing)
    accepted = offer_stands(case, filing, last) and accept < case.terms.acceptance_probability
    if accepted:
        last = case.terms.offer_month
    event, settles = follow_events(case, last)
    if event is not None:
        last, accepted = event, False

    receive_partial_payments(case, last)
    if case.is_paid:
        return Stage.CLOSED, last
    if event is not None:
        if settles:
            settle_claim(case, event)
            return Stage.CLOSED, event
        case.plan = cure_terms(case)
        return Stage.PLAN, event
    if accepted:
        case.plan = offered_terms(case)
        return Stage.PLAN, last
    if filing is not None and filing < case.end:
        case.barred = is_time_barred(case, filing, last)
        return Stage.LITIGATION, filing
    if last < case.end:
        return Stage.DORMANT, last
    return None


def filing_month(case: Case) -> int | None:
    """Return F (step 1): the month at whose end the loan is sued if it is still unresolved."""
    terms, left = case.terms, case.loan.limitation_left
    if not case.may_sue():
        return None
    if terms.file_before_expiry and 0.0 <= left < math.inf:
        return min(terms.litigation_after_months, max(0, math.floor(left - terms.expiry_margin)))
    return terms.litigation_after_months


def offer_stands(case: Case, filing: int | None, last: int) -> bool:
    """Return whether a restructuring is offered while the loan is in collection (step 3)."""
    month = case.terms.offer_month
    return (
        0 <= month <= last
        and month < case.end
        and (filing is None or month < filing)
        and bool(case.loan.offered)
        and case.willing() < case.terms.offered_share
    )


def follow_events(case: Case, last: int) -> tuple[int | None, bool]:
    """Return the month of settlement or cure (step 4), none by month `last`; and whether it
    settles.
    """
    _, event, sort, _ = case.words(Stream.BORROWER, 0)
    frailty = case.loan.responsiveness * case.quantile(case.terms.frailty, 1.0 - case.willing())
    hazard = case.resolved()
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
        settle, cure = case.tables.settle[month], case.tables.cure[month]
        if sort >= settle / (settle + cure):
            return month, False
        if case.terms.promise_months < 0:
            return month, True
        due = month + case.terms.promise_months
        if due > last:
            return None, False
        kept, event, sort, _ = case.words(Stream.PROMISE, round_)
        if kept < case.terms.promise_kept_probability:
            return due, True
        case.acknowledged = True
        begin = due
    return None, False


def receive_partial_payments(case: Case, last: int) -> None:
    """Post payments, commissions and contact costs of months 1..last, then apply the sum (steps 5
    and 6).
    """
    paid_share, is_payer = case.paid_share(), case.is_payer
    total = 0.0
    for m in range(1, last + 1):
        case.post(m, Kind.CONTACT, -case.tables.cost[m], "contacts and fees of the month")
        if is_payer:
            amount = case.claim0 * (paid_share[m] - paid_share[m - 1]) / case.payers
            case.post(m, Kind.VOLUNTARY, amount, "the borrower pays a part of the claim")
            pay_commission(case, m, amount, "partial payment")
            total += amount
    case.accrue(last)
    case.reduce(min(total, case.owed))


def pay_commission(case: Case, m: int, amount: float, what: str) -> None:
    """Pay the agency its share, if an agency has the account in month m."""
    rate = case.tables.commission[m]
    case.post(m, Kind.COMMISSION, -rate * amount, f"agency's commission of {rate:g} on a {what}")


def settle_claim(case: Case, m: int) -> None:
    """Receive what is owed less the discount; the rest of the claim is waived (step 8)."""
    discount = case.tables.discount[m]
    amount = case.owed * (1.0 - discount)
    case.post(m, Kind.SETTLEMENT, amount, f"settled at a discount of {discount:g}")
    pay_commission(case, m, amount, "settlement")
    case.scale(0.0)


def is_time_barred(case: Case, filing: float, last: int) -> bool:
    """Return whether the claim is time-barred when it is filed after collection (section 4.2).

    The clock runs out at x unless the debtor was reached in the time that still counts, `(begin,
    x]`: at first the part of the last period that lies after the valuation date, later the part
    that the last reach has added. The last reach within it moves the expiry to a full period after
    it.
    """
    period, x = case.terms.limitation_months, case.loan.limitation_left
    if filing > case.loan.long_stop_left:
        return True
    if math.isinf(x) or math.isinf(period):
        return False
    if x < 0.0:
        return True
    if case.acknowledged or (case.is_payer and case.paid_share()[last] > 0.0):
        return False
    begin = max(0.0, x - period)
    for i in range(MOST_REACHES):
        if x >= filing:
            return False
        reached, when, _, _ = case.words(Stream.LIMITATION, i)
        p = 1.0 - math.exp(-case.tables.reach * (x - begin))
        if reached >= p:
            return True
        last_reach = x + math.log(1.0 - when * p) / case.tables.reach
        begin, x = x, last_reach + period
    return False
