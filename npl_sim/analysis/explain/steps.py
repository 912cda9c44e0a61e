"""Legal steps of one loan in words: suit, judgment, enforcement, collateral.

A step that is no longer possible is replaced by the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from npl_sim.analysis.cash_routes import surely_barred, surely_too_late, too_late_to_apply
from npl_sim.core.errors import known
from npl_sim.core.layout import Stage
from npl_sim.engine.compile_model import Model
from npl_sim.kernels.collection import filing_month

if TYPE_CHECKING:
    from npl_sim.policy.enforcement import Enforcement
    from npl_sim.policy.litigation import Litigation
    from npl_sim.policy.policy import Policy
    from npl_sim.study.model import Study


Route: TypeAlias = Literal["lawsuit", "payment_order", "arbitration"]
"""Procedures that lead from a claim to an enforceable title."""


def money(amount: float) -> str:
    """Return an amount to the cent."""
    return f"{amount:,.2f}"


def percent(share: float) -> str:
    """Return a share of 1 in percent."""
    return f"{100 * share:.1f} %"


def litigation(study: Study, policy: Policy, model: Model) -> Iterator[str]:
    """Yield the filing of the claim by the procedure for this loan, where it is still possible."""
    loan, terms = model.package.loans[0], model.package.terms[model.package.loans[0]["policy"]]
    claim = float(loan["principal"] + loan["interest_and_fees"])
    suit = policy.litigation
    if suit is None or loan["stage"] not in (Stage.COLLECTION, Stage.LITIGATION, Stage.PLAN):
        return
    route: Route = "lawsuit"
    if loan["stage"] == Stage.LITIGATION:
        yield (
            f"Litigation: already filed, {loan['stage_elapsed']:.1f} months ago; its fees are paid"
        )
    elif claim < suit.minimum_claim:
        yield f"Litigation: none, the claim is below {money(suit.minimum_claim)}"
        return
    else:
        month = filing_month(loan, terms, claim)
        if loan["stage"] == Stage.COLLECTION and bool(surely_barred(model)[0]):
            yield (
                f"Litigation: filed in month {month} and lost: limitation has run out, and "
                "the debtor pleads it"
            )
            return
        route = route_of(suit, bool(loan["arbitration_clause"]))
        yield from _filing(study, suit, loan, claim, month, route)
    yield from _course(suit, route)
    if suit.preservation is not None and loan["stage"] == Stage.COLLECTION:
        p = suit.preservation
        fee = study.legal.preservation_fee.fee(claim)
        guarantee = f"by a letter for {money(p.security * p.premium * claim)}"
        cost = "lodged in cash" if p.form == "cash" else guarantee
        yield (
            f"  preservation: court fee {money(fee)}, security {money(p.security * claim)} {cost}"
        )


def route_of(suit: Litigation, clause: bool) -> Route:
    """Return the procedure for a loan; arbitration needs a clause in its contract.

    Parameters
    ----------
    suit
        Terms of the policy.
    clause
        Whether the contract provides arbitration.
    """
    return "lawsuit" if suit.route == "arbitration" and not clause else suit.route


def _filing(
    study: Study, suit: Litigation, loan: np.void, claim: float, month: int, route: Route
) -> Iterator[str]:
    """Yield month, procedure and cost of the filing."""
    name = route.replace("_", " ")
    if loan["stage"] == Stage.PLAN:
        yield f"Litigation: where the plan fails, by {name}"
    else:
        why = f"the policy sues after {suit.after_months} months"
        if month < suit.after_months:
            why = (
                f"limitation draws near ({loan['limitation_left']:.1f} months left, margin "
                f"{suit.expiry_margin:g})"
            )
        yield f"Litigation: filed in month {month} because {why}; by {name}"
    if suit.route != route:
        yield (
            "  the policy prefers arbitration, which the contract does not provide "
            "(arbitration_clause: no)"
        )
    elif loan["arbitration_clause"] and route != "arbitration":
        yield (
            "  the contract provides arbitration (arbitration_clause: yes): a court may "
            "refuse the case, which is not modeled"
        )
    if loan["stage"] == Stage.COLLECTION and loan["limitation_left"] < 0.0:
        pleads = percent(suit.defense_raised)
        yield (
            f"  limitation has run out: with {pleads} the debtor pleads it, and the claim is lost"
        )
    if loan["court_queue"] > 0.0 and route != "arbitration":
        yield f"  waits {loan['court_queue']:.1f} months behind the package's own cases"
    share = percent(suit.lawyer_contingency_share)
    yield (
        f"  {_fee(study, suit, claim, route)}; lawyer {money(suit.lawyer_fixed_fee)} and "
        f"{share} of receipts"
    )


def _fee(study: Study, suit: Litigation, claim: float, route: Route) -> str:
    """Return the fee of a route on today's claim, in words."""
    legal = study.legal
    if route == "arbitration":
        return f"arbitration fee on today's claim {money(legal.arbitration_fee.fee(claim))}"
    court = legal.court_fee.fee(claim)
    if route == "payment_order":
        order = money(legal.payment_order_fee_factor * court)
        return f"court fee of the order on today's claim {order}"
    summary = claim <= suit.lawsuit.summary_maximum_claim
    suffix = " (summary procedure)" if summary else ""
    return (
        "court fee on today's claim "
        f"{money(court * (legal.summary_fee_factor if summary else 1.0))}{suffix}"
    )


def _course(suit: Litigation, route: Route) -> Iterator[str]:
    """Yield how long the route takes and how it ends."""
    if route == "arbitration":
        terms = suit.arbitration
        yield (
            f"  arbitration: {terms.duration.mean:.1f} months on average, won with "
            f"{percent(terms.win_probability)}; no appeal"
        )
        return
    lawsuit, first = suit.lawsuit, "lawsuit"
    if route == "payment_order":
        order = suit.payment_order
        yield (
            f"  payment order: {order.duration.mean:.1f} months on average; the debtor objects "
            f"with {percent(order.objection_probability)}, then a lawsuit follows"
        )
        first = "lawsuit after an objection"
    yield (
        f"  {first}: {lawsuit.duration.mean:.1f} months on average, won with "
        f"{percent(lawsuit.win_probability)}; mediation "
        f"{percent(lawsuit.mediation_probability)}, appeal {percent(lawsuit.appeal_probability)}"
    )


def reaches_title(policy: Policy, model: Model) -> bool:
    """Return whether the loan has a title, or may win one."""
    loan = model.package.loans[0]
    if loan["stage"] in (Stage.LITIGATION, Stage.JUDGED, Stage.ENFORCEMENT):
        return True
    suit = policy.litigation
    may_sue = (
        suit is not None and loan["principal"] + loan["interest_and_fees"] >= suit.minimum_claim
    )
    return (
        loan["stage"] in (Stage.COLLECTION, Stage.PLAN)
        and may_sue
        and not bool(surely_barred(model)[0])
    )


def enforcement(policy: Policy, model: Model) -> Iterator[str]:
    """Yield how a judgment is performed or enforced, where it still may be."""
    e, loan = policy.enforcement, model.package.loans[0]
    if loan["stage"] == Stage.DORMANT:
        yield (
            "Dormant: the model takes no further step; only a sale or the residual at the "
            "exit counts"
        )
        return
    if not reaches_title(policy, model):
        return
    if e is None:
        if loan["stage"] != Stage.ENFORCEMENT:
            yield "Enforcement: none, the policy has no section enforcement"
        return
    if loan["stage"] == Stage.JUDGED:
        yield from _judged(policy, model)
        if bool(surely_too_late(model)[0]):
            return
    elif loan["stage"] == Stage.ENFORCEMENT:
        yield f"Enforcement: under way for {loan['stage_elapsed']:.1f} months"
    else:
        yield (
            f"Judgment: performed voluntarily with {percent(e.performance_probability)}; "
            "else enforcement is applied for "
            f"{e.performance_window + e.application_delay:g} months later"
        )
    yield from _sources(e)


def _judged(policy: Policy, model: Model) -> Iterator[str]:
    e, loan = policy.enforcement, model.package.loans[0]
    e = known(e, "e")
    gone = float(loan["elapsed_probability"])
    chance = (
        e.performance_probability * (1.0 - gone) / (1.0 - gone * e.performance_probability)
        if gone * e.performance_probability < 1.0
        else 0.0
    )
    text = (
        f"Judgment, {loan['stage_elapsed']:.1f} months old: still performed voluntarily "
        f"with {percent(chance)}"
    )
    wait = max(0.0, e.performance_window + e.application_delay - float(loan["stage_elapsed"]))
    if not bool(
        too_late_to_apply(model.package.loans, model.package.terms[model.package.loans["policy"]])[
            0
        ]
    ):
        yield f"{text}; else enforcement is applied for in {wait:.1f} months"
        return
    yield text
    pleads = 1.0 if policy.litigation is None else policy.litigation.defense_raised
    after = (
        "nothing more is done"
        if bool(surely_too_late(model)[0])
        else "otherwise enforcement goes on"
    )
    yield (
        "Enforcement: the window to apply has expired; the debtor objects with "
        f"{percent(pleads)}, {after}"
    )


def _sources(e: Enforcement) -> Iterator[str]:
    yield (
        f"  income garnished with {percent(e.garnishment_probability)}; "
        f"guarantors pay with {percent(e.guarantor_payment_probability)}; "
        f"resumption {percent(e.resumption_probability)}"
    )
    for a in e.assets:
        yield (
            f"  {a.name}: owned with {percent(a.ownership_probability)}, "
            f"found with {percent(a.discovery_probability)} "
            f"(frozen with {percent(a.freeze_probability)} if preserved), "
            f"worth {percent(a.coverage.mean)} of the claim, "
            f"dissipate at {percent(a.dissipation_rate)} a year"
        )
