"""Legal steps of one loan in words: suit, judgment, enforcement, collateral.

A step that is no longer possible is replaced by the reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np

from npl_sim.analysis.cash_routes import surely_barred
from npl_sim.core.language import gettext as _
from npl_sim.core.layout import Stage
from npl_sim.engine.compile_model import Model
from npl_sim.kernels.collection import filing_month

if TYPE_CHECKING:
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
            _(
                "Litigation: already filed, {stage_elapsed:.1f} months ago; its fees are paid"
            ).format(stage_elapsed=loan["stage_elapsed"])
        )
    elif claim < suit.minimum_claim:
        yield _("Litigation: none, the claim is below {minimum_claim}").format(
            minimum_claim=money(suit.minimum_claim)
        )
        return
    else:
        month = filing_month(loan, terms, claim)
        if loan["stage"] == Stage.COLLECTION and bool(surely_barred(model)[0]):
            yield (
                _(
                    "Litigation: filed in month {month} and lost: limitation has run out, and "
                    "the debtor pleads it"
                ).format(month=month)
            )
            return
        route = route_of(suit, bool(loan["arbitration_clause"]))
        yield from _filing(study, suit, loan, claim, month, route)
    yield from _course(suit, route)
    if suit.preservation is not None and loan["stage"] == Stage.COLLECTION:
        p = suit.preservation
        fee = study.legal.preservation_fee.fee(claim)
        guarantee = _("by a letter for {security}").format(
            security=money(p.security * p.premium * claim)
        )
        cost = _("lodged in cash") if p.form == "cash" else guarantee
        yield (
            _("  preservation: court fee {fee}, security {security} {cost}").format(
                fee=money(fee), security=money(p.security * claim), cost=cost
            )
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
        yield _("Litigation: where the plan fails, by {name}").format(name=name)
    else:
        why = _("the policy sues after {after_months} months").format(
            after_months=suit.after_months
        )
        if month < suit.after_months:
            why = _(
                "limitation draws near ({limitation_left:.1f} months left, margin "
                "{expiry_margin:g})"
            ).format(limitation_left=loan["limitation_left"], expiry_margin=suit.expiry_margin)
        yield _("Litigation: filed in month {month} because {why}; by {name}").format(
            month=month, why=why, name=name
        )
    if suit.route != route:
        yield (
            _(
                "  the policy prefers arbitration, which the contract does not provide "
                "(arbitration_clause: no)"
            )
        )
    elif loan["arbitration_clause"] and route != "arbitration":
        yield (
            _(
                "  the contract provides arbitration (arbitration_clause: yes): a court "
                "may refuse the case, which is not modeled"
            )
        )
    if loan["stage"] == Stage.COLLECTION and loan["limitation_left"] < 0.0:
        pleads = percent(suit.defense_raised)
        yield (
            _(
                "  limitation has run out: with {pleads} the debtor pleads it, and the "
                "claim is lost"
            ).format(pleads=pleads)
        )
    if loan["court_queue"] > 0.0 and route != "arbitration":
        yield _("  waits {court_queue:.1f} months behind the package's own cases").format(
            court_queue=loan["court_queue"]
        )
    share = percent(suit.lawyer_contingency_share)
    yield (
        _("  {suit}; lawyer {lawyer_fixed_fee} and {share} of receipts").format(
            suit=_fee(study, suit, claim, route),
            lawyer_fixed_fee=money(suit.lawyer_fixed_fee),
            share=share,
        )
    )


def _fee(study: Study, suit: Litigation, claim: float, route: Route) -> str:
    """Return the fee of a route on today's claim, in words."""
    legal = study.legal
    if route == "arbitration":
        return _("arbitration fee on today's claim {claim}").format(
            claim=money(legal.arbitration_fee.fee(claim))
        )
    court = legal.court_fee.fee(claim)
    if route == "payment_order":
        order = money(legal.payment_order_fee_factor * court)
        return _("court fee of the order on today's claim {order}").format(order=order)
    summary = claim <= suit.lawsuit.summary_maximum_claim
    suffix = _(" (summary procedure)") if summary else ""
    return _("court fee on today's claim {court}{suffix}").format(
        court=money(court * (legal.summary_fee_factor if summary else 1.0)), suffix=suffix
    )


def _course(suit: Litigation, route: Route) -> Iterator[str]:
    """Yield how long the route takes and how it ends."""
    if route == "arbitration":
        terms = suit.arbitration
        yield (
            _(
                "  arbitration: {mean:.1f} months on average, won with {win_probability}; "
                "no appeal"
            ).format(mean=terms.duration.mean, win_probability=percent(terms.win_probability))
        )
        return
    lawsuit, first = suit.lawsuit, "lawsuit"
    if route == "payment_order":
        order = suit.payment_order
        yield (
            _(
                "  payment order: {mean:.1f} months on average; the debtor objects with "
                "{objection_probability}, then a lawsuit follows"
            ).format(
                mean=order.duration.mean,
                objection_probability=percent(order.objection_probability),
            )
        )
        first = _("lawsuit after an objection")
    yield (
        _(
            "  {first}: {mean:.1f} months on average, won with {win_probability}; "
            "mediation {mediation_probability}, appeal {appeal_probability}"
        ).format(
            first=first,
            mean=lawsuit.duration.mean,
            win_probability=percent(lawsuit.win_probability),
            mediation_probability=percent(lawsuit.mediation_probability),
            appeal_probability=percent(lawsuit.appeal_probability),
        )
    )
