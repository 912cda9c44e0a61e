"""What is wrong across the words of a deal: names that meet nothing, cash without an owner, debts without a payer."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from npl_sim.securitization.checks.structure import structure_faults
from npl_sim.securitization.checks.terms import (
    closing_faults,
    coupon_faults,
    date_faults,
    placed_conditions,
    plan_date_faults,
    repayment_faults,
    source_faults,
)
from npl_sim.securitization.terms.accounts import MultipleTarget
from npl_sim.securitization.terms.calendar import PlanLeftPrice
from npl_sim.securitization.terms.claims import (
    Fee,
    FixedReturn,
    GuaranteePremium,
    OfBalance,
    OfCollections,
    RecoveryCosts,
    Swap,
)
from npl_sim.securitization.terms.conditions import Outstanding, Redeemed, TriggerActive, inner
from npl_sim.securitization.terms.rates import NoRate
from npl_sim.securitization.terms.steps import (
    AVAILABLE,
    CapOfBalance,
    Pay,
    PayInterest,
    PayPrincipal,
    PayResidual,
    ReserveTopUp,
    Step,
)
from npl_sim.securitization.terms.triggers import (
    CollectionRatio,
    CumulativeLoss,
    ProfitabilityRatio,
    ServicerReplacement,
)

if TYPE_CHECKING:
    from npl_sim.securitization.terms.deal_terms import DealTerms

__all__ = ["Found", "faults"]

Where = tuple[str | int, ...]
Found = tuple[Where, str]


def faults(deal: DealTerms) -> tuple[Found, ...]:
    """Return every fault across the words of a deal: the path to the value, and what is wrong with it."""
    checks = (
        date_faults,
        plan_date_faults,
        _unique,
        _references,
        _conditions,
        _targets,
        _orders,
        _payers,
        _plan,
        _sources,
        coupon_faults,
        repayment_faults,
        source_faults,
        closing_faults,
        structure_faults,
    )
    return tuple(fault for check in checks for fault in check(deal))


def _unknown(where: Where, name: str, known: Iterable[str], what: str) -> Iterator[Found]:
    names = tuple(known)
    if name in names:
        return
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    expected = ", ".join(names) or "none, the deal has none"
    yield where, f"got {name!r}, which is no {what}; expected one of: {expected}{hint}"


def _all(where: Where, names: Iterable[str], known: Iterable[str], what: str) -> Iterator[Found]:
    known = tuple(known)
    for i, name in enumerate(names):
        yield from _unknown((*where, i), name, known, what)


def _tranches(deal: DealTerms) -> tuple[str, ...]:
    return tuple(t.name for t in deal.tranches)


def _payable(deal: DealTerms) -> tuple[str, ...]:
    return (*(c.name for c in deal.claims), *(h.name for h in deal.hedges if isinstance(h, Swap)))


def _unique(deal: DealTerms) -> Iterator[Found]:
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
                yield (key, i, "name"), "is empty; expected a name"
            if name in names[:i]:
                yield (key, i, "name"), f"got {name!r} a second time; expected different names"
    for i, name in enumerate(groups["accounts"]):
        if name == AVAILABLE:
            yield (
                ("accounts", i, "name"),
                f"{AVAILABLE!r} is the cash at hand; expected another name",
            )
    for i, name in enumerate(groups["hedges"]):
        if name in groups["claims"]:
            yield (
                ("hedges", i, "name"),
                f"got {name!r}, the name of a claim; expected different names",
            )
    costs = [i for i, c in enumerate(deal.claims) if isinstance(c, RecoveryCosts)]
    for i in costs[1:]:
        yield (
            ("claims", i),
            "a second claim of kind recovery_costs; expected one, which several steps may pay",
        )


def _references(deal: DealTerms) -> Iterator[Found]:
    tranches = _tranches(deal)
    for i, claim in enumerate(deal.claims):
        if isinstance(claim, FixedReturn):
            yield from _unknown(("claims", i, "tranche"), claim.tranche, tranches, "tranche")
        if isinstance(claim, GuaranteePremium):
            yield from _all(("claims", i, "tranches"), claim.tranches, tranches, "tranche")
        if isinstance(claim, Fee):
            for j, part in enumerate(claim.amounts):
                if isinstance(part, OfBalance):
                    yield from _all(
                        ("claims", i, "amounts", j, "tranches"), part.tranches, tranches, "tranche"
                    )
    for i, hedge in enumerate(deal.hedges):
        if hedge.notional.kind == "of_balance":
            yield from _all(
                ("hedges", i, "notional", "tranches"), hedge.notional.tranches, tranches, "tranche"
            )
    for i, trigger in enumerate(deal.triggers):
        named = getattr(trigger, "tranches", ())
        yield from _all(("triggers", i, "tranches"), named, tranches, "tranche")
    yield from _all(
        ("event_of_default",), deal.event_of_default, (t.name for t in deal.triggers), "trigger"
    )
    if deal.clean_up_call is not None:
        yield from _all(
            ("clean_up_call", "tranches"), deal.clean_up_call.tranches, tranches, "tranche"
        )
    for key, steps in deal.orders.items():
        for i, step in enumerate(steps):
            yield from _of_step(deal, (key, i), step)


def _of_step(deal: DealTerms, where: Where, step: Step) -> Iterator[Found]:
    """Return the names of a step that meet nothing."""
    tranches, accounts = _tranches(deal), tuple(a.name for a in deal.accounts)
    if isinstance(step, PayResidual):
        if step.to is not None:
            yield from _unknown((*where, "to"), step.to, tranches, "tranche")
        return
    yield from _all((*where, "sources"), step.sources, (AVAILABLE, *accounts), "account")
    if isinstance(step, Pay):
        yield from _all((*where, "of"), step.of, _payable(deal), "claim or swap")
    if isinstance(step, PayInterest | PayPrincipal):
        yield from _all((*where, "to"), step.to, tranches, "tranche")
    if isinstance(step, ReserveTopUp):
        yield from _unknown((*where, "account"), step.account, accounts, "account")
        if step.account in step.sources:
            yield (
                (*where, "sources"),
                f"got {step.account!r}, the account that is filled; expected another",
            )
    for name in ("of", "to", "sources"):
        names = getattr(step, name, ())
        if len(set(names)) < len(names):
            yield (*where, name), "the same name stands twice; expected each once"
    for j, cap in enumerate(step.caps):
        if isinstance(cap, CapOfBalance):
            yield from _all((*where, "caps", j, "tranches"), cap.tranches, tranches, "tranche")


def _conditions(deal: DealTerms) -> Iterator[Found]:
    triggers, tranches = tuple(t.name for t in deal.triggers), _tranches(deal)
    for where, condition in placed_conditions(deal):
        for part in inner(condition):
            if isinstance(part, TriggerActive):
                yield from _unknown(where, part.name, triggers, "trigger")
            if isinstance(part, Outstanding | Redeemed):
                for name in part.tranches:
                    yield from _unknown(where, name, tranches, "tranche")


def _targets(deal: DealTerms) -> Iterator[Found]:
    tranches, fees = _tranches(deal), {c.name: c for c in deal.claims if isinstance(c, Fee)}
    filled = {
        s.account for steps in deal.orders.values() for s in steps if isinstance(s, ReserveTopUp)
    }
    for i, account in enumerate(deal.accounts):
        where: Where = ("accounts", i, "target")
        target = account.target
        if target is None:
            if account.name in filled:
                yield where, "missing; expected what the reserve step fills the account to"
            continue
        yield from _all(
            (*where, "while_outstanding"), target.while_outstanding, tranches, "tranche"
        )
        yield from _all((*where, "tranches"), getattr(target, "tranches", ()), tranches, "tranche")
        if isinstance(target, MultipleTarget):
            yield from _all((*where, "claims"), target.claims, fees, "fee")
            for j, name in enumerate(target.claims):
                parts = fees[name].amounts if name in fees else ()
                if any(isinstance(p, OfCollections) for p in parts):
                    yield (
                        (*where, "claims", j),
                        f"{name!r} is paid on collections, which are not known in advance; expected another fee",
                    )


def _orders(deal: DealTerms) -> Iterator[Found]:
    """No cash is left without an owner."""
    for key, steps in deal.orders.items():
        last = steps[-1]
        if not isinstance(last, PayResidual):
            yield (
                (key, len(steps) - 1),
                f"the last step is of kind {last.kind!r}, so that cash could be left without an owner; expected a residual",
            )
        for i, step in enumerate(steps[:-1]):
            if isinstance(step, PayResidual):
                yield (
                    (key, i),
                    "a residual takes all that is left; expected it to be the last step",
                )


def _payers(deal: DealTerms) -> Iterator[Found]:
    """Every debt has a step that pays it."""
    for key, steps in deal.orders.items():
        paid = {n for s in steps if isinstance(s, Pay) for n in s.of}
        interest = {n for s in steps if isinstance(s, PayInterest) for n in s.to}
        principal = {n for s in steps if isinstance(s, PayPrincipal) for n in s.to}
        for t in deal.tranches:
            if t.balance > 0 and t.name not in principal:
                yield (key,), f"no step repays the principal of tranche {t.name!r}; expected one"
            if not isinstance(t.coupon, NoRate) and t.name not in interest:
                yield (
                    (key,),
                    f"tranche {t.name!r} bears interest, but no step pays it; expected one",
                )
        for name in _payable(deal):
            if name not in paid:
                yield (key,), f"no step pays {name!r}; expected one of kind pay"


def _plan(deal: DealTerms) -> Iterator[Found]:
    if deal.business_plan is not None:
        return
    for i, t in enumerate(deal.triggers):
        needs = (
            isinstance(t, CollectionRatio | ServicerReplacement)
            or (isinstance(t, ProfitabilityRatio) and t.proxy_rate is not None)
            or (isinstance(t, CumulativeLoss) and t.measure == "plan")
        )
        if needs:
            yield (
                ("triggers", i),
                f"{t.name!r} looks at the business plan; expected the deal to have a business_plan",
            )
    if deal.clean_up_call is not None and isinstance(deal.clean_up_call.price, PlanLeftPrice):
        yield (
            ("clean_up_call", "price"),
            "looks at the business plan; expected the deal to have a business_plan",
        )


def _sources(deal: DealTerms) -> Iterator[Found]:
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
                yield (
                    ("sources", i, "terms", j),
                    f"got {term!r}, which the deal does not have; expected the key of a term",
                )
