"""Errors in terms of a deal: dates, negative coupons, circular repayment, empty sources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npl_sim.core.issues import Issue, KeyPath, error_at
from npl_sim.securitization.checks.order_warnings import locked_principal
from npl_sim.securitization.closing import closing_of
from npl_sim.securitization.terms.calendar import PointsPlan
from npl_sim.securitization.terms.claims import Fee
from npl_sim.securitization.terms.conditions import Condition
from npl_sim.securitization.terms.rates import FixedRate, SteppedRate
from npl_sim.securitization.terms.steps import AVAILABLE, PayResidual, ReserveTopUp

if TYPE_CHECKING:
    from npl_sim.securitization.terms.deal_terms import DealTerms

MEANT = "expected 0 or more: note holders never pay the deal"


def coupon_errors(deal: DealTerms) -> Iterator[Issue]:
    """Return the fixed coupons that are negative."""
    for i, tranche in enumerate(deal.tranches):
        coupon = tranche.coupon
        if isinstance(coupon, FixedRate) and coupon.rate < 0.0:
            yield error_at(
                ("tranches", i, "coupon", "rate"),
                f"got {coupon.rate:g}, a negative fixed coupon; {MEANT}",
            )
        for j, step in enumerate(coupon.steps if isinstance(coupon, SteppedRate) else ()):
            if step.rate < 0.0:
                where = ("tranches", i, "coupon", "steps", j, "rate")
                yield error_at(where, f"got {step.rate:g}, a negative fixed coupon; {MEANT}")


def repayment_errors(deal: DealTerms) -> Iterator[Issue]:
    """Yield the tranches that no step can repay because of circular conditions."""
    for key, steps in deal.orders.items():
        for name in locked_principal(deal, steps):
            place = next(
                (i for i, s in enumerate(steps) if s.kind == "principal" and name in s.to), None
            )
            if place is not None:  # else `checks` reports that no step repays it
                yield error_at(
                    (key, place, "when"),
                    f"principal of {name!r} is never paid: its condition waits for tranches "
                    "that it precedes (circular); expected a condition that can come true",
                )


def source_errors(deal: DealTerms) -> Iterator[Issue]:
    """Yield the steps whose only sources are accounts that are always empty."""
    filled = {
        s.account for steps in deal.orders.values() for s in steps if isinstance(s, ReserveTopUp)
    }
    holding = {
        a.name for a in deal.accounts if a.name in filled or (a.initial > 0.0 and not a.sweep)
    }
    known = {a.name for a in deal.accounts}
    for key, steps in deal.orders.items():
        for i, step in enumerate(steps):
            if isinstance(step, PayResidual) or AVAILABLE in step.sources:
                continue
            if set(step.sources) <= known - holding:  # unknown names are refused elsewhere
                yield error_at(
                    (key, i, "sources"),
                    f"got {', '.join(step.sources)} alone, which nothing fills, so that the "
                    f"step never pays; expected {AVAILABLE!r}, or an "
                    "account that a reserve step or its initial fills",
                )


def closing_errors(deal: DealTerms) -> Iterator[Issue]:
    """Yield reserves and costs at closing that exceed the cash at closing."""
    closing = closing_of(deal)
    sources = closing.total("source")
    spent = sum(a.initial for a in deal.accounts) + deal.closing_costs
    if spent > sources * (1.0 + 1e-9):
        largest = max(
            range(len(deal.accounts)), key=lambda i: deal.accounts[i].initial, default=None
        )
        costs = largest is None or deal.accounts[largest].initial < deal.closing_costs
        where: KeyPath = ("closing_costs",) if costs else ("accounts", largest or 0, "initial")
        yield error_at(
            where,
            f"uses at closing exceed sources: accounts and closing costs {spent:,.2f}, notes "
            f"and other cash {sources:,.2f}; expected at most the sources, or other_cash",
        )


def placed_conditions(deal: DealTerms) -> Iterator[tuple[KeyPath, Condition]]:
    """Return the conditions of a deal, each with the path to it."""
    for i, claim in enumerate(deal.claims):
        if isinstance(claim, Fee) and claim.accrues_when is not None:
            yield ("claims", i, "accrues_when"), claim.accrues_when
    for key, steps in deal.orders.items():
        for i, step in enumerate(steps):
            if not isinstance(step, PayResidual) and step.when is not None:
                yield (key, i, "when"), step.when


def date_errors(deal: DealTerms) -> Iterator[Issue]:
    """Return the dates that are out of order."""
    if deal.closing_date < deal.cutoff_date:
        yield error_at(
            ("closing_date",),
            f"got {deal.closing_date}, before the cut-off of {deal.cutoff_date}; expected it "
            "later",
        )
    if deal.schedule.first_payment <= deal.closing_date:
        yield error_at(
            ("schedule", "first_payment"),
            f"got {deal.schedule.first_payment}, not after closing on {deal.closing_date}; "
            "expected it later",
        )
    if deal.legal_final < deal.schedule.first_payment:
        yield error_at(
            ("legal_final",),
            f"got {deal.legal_final}, before the first payment on "
            f"{deal.schedule.first_payment}; expected it later",
        )


def plan_date_errors(deal: DealTerms) -> Iterator[Issue]:
    """Return a business plan that begins before the cut-off."""
    if (
        isinstance(deal.business_plan, PointsPlan)
        and deal.business_plan.points[0].date <= deal.cutoff_date
    ):
        first = deal.business_plan.points[0].date
        yield error_at(
            ("business_plan", "points", 0, "date"),
            f"got {first}, not after the cut-off of {deal.cutoff_date}, at which the plan "
            "begins with 0; expected it later",
        )
