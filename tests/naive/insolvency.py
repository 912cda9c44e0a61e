"""INSOLVENCY: acceptance, liquidation, plan and its failure (docs/insolvency.md)."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from scipy import special

from npl_sim.core.layout import FeeRow, Kind, Stage, Status, Stream

from .basics import month
from .enforce import call_guarantor
from .loan_state import LoanState, normal

__all__ = ["acceptance", "enter", "proceed", "rejected"]


def debtor(state: LoanState, step: int) -> tuple[float, float, float, float]:
    """Return four uniforms that all loans of the debtor share."""
    return state.draw(state.loan.borrower, Stream.INSOLVENCY, step)


def accepted_uniform(state: LoanState) -> float:
    """Return the draw of the acceptance, mixed with that of group and region."""
    own = debtor(state, 0)[0]
    r = state.terms.insolvency_region_correlation
    g = state.terms.insolvency_group_correlation if state.loan.group_key != 0 else 0.0
    if r == 0.0 and g == 0.0:
        return own
    z = math.sqrt(max(0.0, 1.0 - r - g)) * normal(own)
    if g > 0.0:
        z += math.sqrt(g) * normal(state.draw(state.loan.group_key, Stream.GROUP, 2)[0])
    if r > 0.0:
        z += math.sqrt(r) * normal(state.draw(state.loan.region_key, Stream.GROUP, 3)[0])
    return float(special.ndtr(z))


def acceptance(state: LoanState) -> int | None:
    """Return the month of acceptance before the end, or none (section 2)."""
    if state.loan.stage == Stage.INSOLVENCY:
        return None
    found = []
    if state.loan.insolvency_hazard > 0.0:
        threshold, hazard = -math.log(accepted_uniform(state)), 0.0
        for m in range(1, state.end):
            hazard += state.loan.insolvency_hazard * state.conditions.distress[m]
            if hazard >= threshold:
                found.append(m)
                break
    if state.loan.insolvency_status == Status.PETITION:
        _, petition, length, _ = debtor(state, 2)
        if petition < state.terms.petition_acceptance_probability:
            found.append(max(1, month(state.quantile(state.terms.petition_duration, length))))
    return min((m for m in found if m < state.end), default=None)


def rejected(state: LoanState, stage: Stage, accepted: int) -> bool:
    """Return whether a claim that was never sued is time-barred at the acceptance."""
    loan = state.loan
    sued = stage not in (Stage.COLLECTION, Stage.DORMANT) or state.late_from < math.inf
    if loan.stage != Stage.COLLECTION or sued or state.plan is not None:
        return False
    return bool(loan.limitation_left < 0.0 or loan.long_stop_left < accepted)


def enter(state: LoanState, accepted: int) -> None:
    """Stop interest at the acceptance; a plan that the loan had is void."""
    state.accrue(float(accepted))
    state.kept_plan = None


@dataclass
class Proceeding:
    """One proceeding: the guarantors still to pay, and the time of the last payment."""

    state: LoanState
    latest: float
    calls: list[Any] = field(default_factory=list)

    def call(self, until: float) -> None:
        """Let guarantors pay up to a time, in order of time."""
        while self.calls and not self.state.is_paid and self.calls[0][0] <= until:
            at, pay = self.calls.pop(0)
            pay(at)
            self.latest = at

    def receive(self, t: float, amount: float, reason: str) -> None:
        """Receive a payment of the estate or of a plan."""
        if amount > 0.0:
            self.state.receive(t, Kind.INSOLVENCY, amount, reason)
            self.latest = t


def proceed(state: LoanState, t: float, on_tape: bool) -> tuple[Stage, float] | None:
    """Run the proceeding from its acceptance, or from the valuation date (sections 3 to 6)."""
    state.since = math.inf
    case = Proceeding(state, t, guarantors(state, t))
    outcome = run(case, t, on_tape)
    case.call(math.inf)
    if state.is_paid:
        return Stage.CLOSED, case.latest
    return None if outcome is None else (Stage.CLOSED, max(outcome, case.latest))


def guarantors(state: LoanState, t: float) -> list[Any]:
    """Return what guarantors will pay: called by the enforcement before, else now."""
    called = t if state.enforced_at is None else state.enforced_at
    found = []
    for guarantor in state.guarantors if state.bound else []:
        call = call_guarantor(state, guarantor, called)
        if call is None or not state.happens(call[0]):
            continue
        if state.enforced_at is None or month(call[0]) > month(t):
            found.append(call)
    return sorted(found, key=lambda call: call[0])


def run(case: Proceeding, t: float, on_tape: bool) -> float | None:
    """Run reorganization or liquidation. Return the time of closing; none if it is not over."""
    state = case.state
    terms, loan = state.terms, state.loan
    _, form, length, assets = debtor(state, 0)
    status = Status(loan.insolvency_status) if on_tape else Status.ACCEPTED
    spent = loan.stage_elapsed if on_tape else 0.0
    if on_tape:
        length = loan.elapsed_probability + length * (1.0 - loan.elapsed_probability)
    if status == Status.CLOSED:
        return t
    drawn = status != Status.LIQUIDATION and form < terms.reorganization_probability
    if drawn or status in (Status.REORGANIZATION, Status.PLAN):
        ends, failed = reorganize(case, t, length, assets, status, spent)
        if failed is None or state.is_paid:
            return ends
        t, length, spent = failed, debtor(state, 2)[3], 0.0
    return liquidate(case, t, length, assets, spent)


def liquidate(
    case: Proceeding, t: float, length: float, assets: float, spent: float
) -> float | None:
    """Liquidate (section 4): collateral first, then the dividend on the rest of the claim."""
    state, terms = case.state, case.state.terms
    distributes = assets >= terms.no_distribution_probability
    row = terms.insolvency_duration if distributes else terms.no_distribution_duration
    wait = max(0.0, state.quantile(row, length) - spent) * state.congestion(t)
    claim, collateral = state.owed, 0.0
    sold, closed = t + terms.collateral_time_share * wait, t + wait
    if state.happens(sold):
        case.call(sold)
        for k, item in enumerate(state.items):
            if not secures(state, k) or state.is_paid:
                continue
            proceeds, net = recovery(state, item, sold)
            if proceeds > 0.0:
                state.unsold[k] = False
                net = min(net, state.owed)
                case.receive(sold, net, f"the estate sells item {k + 1}")
                collateral += net
    if not state.happens(closed):
        return None
    case.call(closed)
    if distributes and not state.is_paid:
        rate = dividend(state, claim, collateral)
        amount = min(state.owed, rate * max(0.0, claim - collateral))
        case.receive(closed, amount, f"dividend of {rate:.2%}")
    return closed


def secures(state: LoanState, k: int) -> bool:
    """Return whether item k is unsold and is ours by mortgage or pledge; seizures are lifted."""
    return state.unsold[k] and not state.items[k].seizure_only


def recovery(state: LoanState, item: Any, t: float) -> tuple[float, float]:
    """Return proceeds above liens and what the claim may take of them, after costs and fee."""
    nobody = state.auctions[item.terms].no_bidder_probability
    discount = state.terms.estate_sale_discount
    if state.draw(item.key, Stream.COLLATERAL, 3)[0] < nobody:
        discount = state.terms.no_bidder_discount
    price = state.item_value(item, t) * (1.0 - discount)
    proceeds = price - item.liens
    if proceeds <= 0.0:
        return 0.0, 0.0
    fee = state.fee(FeeRow.ADMINISTRATOR, proceeds) * state.terms.administrator_collateral_factor
    costs = fee + state.terms.collateral_cost * price
    return proceeds, max(0.0, min(proceeds - costs, item.cap))


def dividend(state: LoanState, claim: float, collateral: float) -> float:
    """Return the dividend of ordinary claims: free assets less all that ranks before."""
    terms, loan = state.terms, state.loan
    unit = loan.debtor_claims / state.claim0
    others = terms.other_claims * loan.debtor_claims
    free = state.quantile(terms.free_assets, debtor(state, 1)[0]) * (claim * unit + others)
    costs = (
        terms.insolvency_cost_share * free
        + state.fee(FeeRow.INSOLVENCY_COURT, free)
        + state.fee(FeeRow.ADMINISTRATOR, free)
    )
    before = (terms.employee_share + terms.tax_share) * others
    ordinary = (claim - collateral) * unit
    ordinary += max(0.0, others * (1.0 - terms.other_secured_share) - before)
    if ordinary <= 0.0:
        return 0.0
    return min(1.0, max(0.0, free - costs - before) / ordinary)


def reorganize(
    case: Proceeding, t: float, length: float, assets: float, status: Status, spent: float
) -> tuple[float | None, float | None]:
    """Reorganize (section 5). Return the time of the end, or that of the failure."""
    state, terms = case.state, case.state.terms
    if status != Status.PLAN:
        wait = max(0.0, state.quantile(terms.insolvency_plan_duration, length) - spent)
        t += wait * state.congestion(t)
    if not state.happens(t):
        return None, None
    case.call(t)
    worth = [max(0.0, min(state.item_value(x, t) - x.liens, x.cap)) for x in state.items]
    covered = sum(v for k, v in enumerate(worth) if secures(state, k))
    covered = min(state.owed, covered)
    pays = terms.plan_secured_share * covered, terms.plan_ordinary_share
    total = pays[0] + pays[1] * (state.owed - covered)
    if status != Status.PLAN and not confirmed(state, t, assets, pays):
        return None, t
    elapsed = math.floor(spent) if status == Status.PLAN else 0
    return follow(case, t, total / terms.plan_term, elapsed)


def confirmed(state: LoanState, t: float, assets: float, pays: tuple[float, float]) -> bool:
    """Return whether both classes accept the plan, or the court confirms it without them."""
    terms = state.terms
    _, secured, ordinary, cram_down = debtor(state, 1)
    if secured < terms.secured_vote_probability and ordinary < terms.ordinary_vote_probability:
        return True
    if cram_down >= terms.cram_down_probability:
        return False
    nets = [recovery(state, item, t)[1] for item in state.items]
    collateral = sum(net for k, net in enumerate(nets) if secures(state, k))
    collateral = min(state.owed, collateral)
    rate = 0.0
    if assets >= terms.no_distribution_probability:
        rate = dividend(state, state.owed, collateral)
    return pays[0] >= collateral and pays[1] >= rate


def follow(
    case: Proceeding, t: float, installment: float, elapsed: int
) -> tuple[float | None, float | None]:
    """Follow a confirmed plan (section 6) until it is fulfilled or fails."""
    state, terms = case.state, case.state.terms
    grace = max(0, terms.plan_grace_months - elapsed)
    left = max(1, terms.plan_term - max(0, elapsed - terms.plan_grace_months))
    start = month(t)
    due = [start + grace + k for k in range(1, left + 1)]
    failed = failure_month(state, start, due[-1])
    for m in due:
        if m > state.end or (failed is not None and m >= failed):
            break
        case.call(float(m))
        if state.is_paid:
            break
        case.receive(float(m), min(installment, state.owed), "installment of the plan")
    if failed is not None:
        case.call(float(failed))
        return None, float(failed)
    if due[-1] <= state.end:
        return float(due[-1]), None
    case.call(math.inf)
    rest = installment * sum(1 for m in due if m > state.end)
    state.principal, state.other, state.late = min(state.owed, rest), 0.0, 0.0
    return None, None


def failure_month(state: LoanState, start: int, last: int) -> int | None:
    """Return the month in which the plan fails, or none."""
    hazard, threshold = 0.0, -math.log(debtor(state, 2)[0])
    for m in range(start + 1, min(last, state.end) + 1):
        hazard += state.terms.plan_failure_hazard * state.conditions.distress[m]
        if hazard >= threshold:
            return m
    return None
