"""Cross-section validation of a deal: cash without an owner, debts without a payer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npl_sim.core.issues import Issue, KeyPath, error_at
from npl_sim.securitization.checks.names import name_errors
from npl_sim.securitization.checks.structure import structure_errors
from npl_sim.securitization.checks.terms import (
    closing_errors,
    coupon_errors,
    date_errors,
    plan_date_errors,
    repayment_errors,
    source_errors,
)
from npl_sim.securitization.terms.accounts import MultipleTarget
from npl_sim.securitization.terms.calendar import PlanLeftPrice
from npl_sim.securitization.terms.claims import Fee, OfCollections, RecoveryCosts, Swap
from npl_sim.securitization.terms.rates import NoRate
from npl_sim.securitization.terms.steps import (
    AVAILABLE,
    Pay,
    PayInterest,
    PayPrincipal,
    PayResidual,
    ReserveTopUp,
)
from npl_sim.securitization.terms.triggers import (
    CollectionRatio,
    CumulativeLoss,
    ProfitabilityRatio,
    ServicerReplacement,
)

if TYPE_CHECKING:
    from npl_sim.securitization.terms.deal_terms import DealTerms


def deal_errors(deal: DealTerms) -> tuple[Issue, ...]:
    """Return the errors across the terms of a deal."""
    checks = (
        date_errors,
        plan_date_errors,
        _unique,
        name_errors,
        _steps,
        _targets,
        _orders,
        _payers,
        _plan,
        _sources,
        coupon_errors,
        repayment_errors,
        source_errors,
        closing_errors,
        structure_errors,
    )
    return tuple(issue for check in checks for issue in check(deal))


def _payable(deal: DealTerms) -> tuple[str, ...]:
    return (*(c.name for c in deal.claims), *(h.name for h in deal.hedges if isinstance(h, Swap)))


def _unique(deal: DealTerms) -> Iterator[Issue]:
    groups = {
        "tranches": [t.name for t in deal.tranches],
        "accounts": [a.name for a in deal.accounts],
        "claims": [c.name for c in deal.claims],
        "hedges": [h.name for h in deal.hedges],
        "triggers": [t.name for t in deal.triggers],
    }
    for key, names in groups.items():
        for i, name in enumerate(names):
            if not name.strip():
                yield error_at((key, i, "name"), "is empty; expected a name")
            if name in names[:i]:
                yield error_at(
                    (key, i, "name"), f"got {name!r} a second time; expected different names"
                )
    for i, name in enumerate(groups["accounts"]):
        if name == AVAILABLE:
            yield error_at(
                ("accounts", i, "name"),
                f"{AVAILABLE!r} is the cash at hand; expected another name",
            )
    for i, name in enumerate(groups["hedges"]):
        if name in groups["claims"]:
            yield error_at(
                ("hedges", i, "name"),
                f"got {name!r}, the name of a claim; expected different names",
            )
    costs = [i for i, c in enumerate(deal.claims) if isinstance(c, RecoveryCosts)]
    for i in costs[1:]:
        yield error_at(
            ("claims", i),
            "a second claim of kind recovery_costs; expected one, which several steps may pay",
        )


def _steps(deal: DealTerms) -> Iterator[Issue]:
    """Yield names given twice in a step, and reserves that are filled from themselves."""
    for key, steps in deal.orders.items():
        for i, step in enumerate(steps):
            if isinstance(step, ReserveTopUp) and step.account in step.sources:
                yield error_at(
                    (key, i, "sources"),
                    f"got {step.account!r}, the account that is filled; expected another",
                )
            for field in ("of", "to", "sources"):
                names = getattr(step, field, ())
                if isinstance(names, tuple) and len(set(names)) < len(names):
                    yield error_at((key, i, field), "a name is listed twice; expected each once")


def _targets(deal: DealTerms) -> Iterator[Issue]:
    fees = {c.name: c for c in deal.claims if isinstance(c, Fee)}
    filled = {
        s.account for steps in deal.orders.values() for s in steps if isinstance(s, ReserveTopUp)
    }
    for i, account in enumerate(deal.accounts):
        where: KeyPath = ("accounts", i, "target")
        target = account.target
        if target is None:
            if account.name in filled:
                yield error_at(
                    where, "missing; expected what the reserve step fills the account to"
                )
            continue
        if isinstance(target, MultipleTarget):
            for j, name in enumerate(target.claims):
                parts = fees[name].amounts if name in fees else ()
                if any(isinstance(p, OfCollections) for p in parts):
                    yield error_at(
                        (*where, "claims", j),
                        f"{name!r} is paid on collections, which are not known in advance; "
                        "expected another fee",
                    )


def _orders(deal: DealTerms) -> Iterator[Issue]:
    """No cash is left without an owner."""
    for key, steps in deal.orders.items():
        last = steps[-1]
        if not isinstance(last, PayResidual):
            yield error_at(
                (key, len(steps) - 1),
                f"the last step is of kind {last.kind!r}, so that cash could be left without an "
                "owner; expected a residual",
            )
        for i, step in enumerate(steps[:-1]):
            if isinstance(step, PayResidual):
                yield error_at(
                    (key, i), "a residual takes all that is left; expected it to be the last step"
                )


def _payers(deal: DealTerms) -> Iterator[Issue]:
    """Every debt has a step that pays it."""
    for key, steps in deal.orders.items():
        paid = {n for s in steps if isinstance(s, Pay) for n in s.of}
        interest = {n for s in steps if isinstance(s, PayInterest) for n in s.to}
        principal = {n for s in steps if isinstance(s, PayPrincipal) for n in s.to}
        for t in deal.tranches:
            if t.balance > 0 and t.name not in principal:
                yield error_at(
                    (key,), f"no step repays the principal of tranche {t.name!r}; expected one"
                )
            if not isinstance(t.coupon, NoRate) and t.name not in interest:
                yield error_at(
                    (key,), f"tranche {t.name!r} bears interest, but no step pays it; expected one"
                )
        for name in _payable(deal):
            if name not in paid:
                yield error_at((key,), f"no step pays {name!r}; expected one of kind pay")


def _plan(deal: DealTerms) -> Iterator[Issue]:
    if deal.business_plan is not None:
        return
    for i, t in enumerate(deal.triggers):
        needs = (
            isinstance(t, CollectionRatio | ServicerReplacement)
            or (isinstance(t, ProfitabilityRatio) and t.proxy_rate is not None)
            or (isinstance(t, CumulativeLoss) and t.measure == "plan")
        )
        if needs:
            yield error_at(
                ("triggers", i),
                f"{t.name!r} looks at the business plan; expected the deal to have a "
                "business_plan",
            )
    if deal.clean_up_call is not None and isinstance(deal.clean_up_call.price, PlanLeftPrice):
        yield error_at(
            ("clean_up_call", "price"),
            "looks at the business plan; expected the deal to have a business_plan",
        )


def _sources(deal: DealTerms) -> Iterator[Issue]:
    """A source is that of a term which exists."""
    for i, source in enumerate(deal.sources):
        for j, term in enumerate(source.terms):
            at: object = deal
            for part in term.split("."):
                if isinstance(at, tuple):
                    at = at[int(part)] if part.isdecimal() and int(part) < len(at) else None
                else:
                    at = getattr(at, part, None) if not part.startswith("_") else None
            if at is None:
                yield error_at(
                    ("sources", i, "terms", j),
                    f"got {term!r}, which the deal does not have; expected the key of a term",
                )
