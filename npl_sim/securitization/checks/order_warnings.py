"""Warnings on orders of payment: principal before interest, junior before senior."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npl_sim.core.issues import Issue, warning_at
from npl_sim.securitization.terms.claims import FixedReturn
from npl_sim.securitization.terms.conditions import (
    AllOf,
    AnyOf,
    Condition,
    NotOf,
    Outstanding,
    Redeemed,
)
from npl_sim.securitization.terms.rates import NoRate
from npl_sim.securitization.terms.steps import (
    AllDue,
    ExcessShare,
    Pay,
    PayInterest,
    PayPrincipal,
    Scheduled,
    Step,
    TargetBalance,
)

if TYPE_CHECKING:
    from npl_sim.securitization.terms.deal_terms import DealTerms


def required_redeemed(condition: Condition | None) -> frozenset[str]:
    """Return the tranches that must have been repaid for a condition to hold."""
    if condition is None:
        return frozenset()
    if isinstance(condition, Redeemed):
        return frozenset(condition.tranches)
    if isinstance(condition, NotOf):
        return (
            frozenset(condition.of.tranches)
            if isinstance(condition.of, Outstanding)
            else frozenset()
        )
    if isinstance(condition, AllOf):
        return frozenset().union(*(required_redeemed(c) for c in condition.of))
    if isinstance(condition, AnyOf):
        first, *others = (required_redeemed(c) for c in condition.of)
        return first.intersection(*others)
    return frozenset()


def locked_principal(deal: DealTerms, steps: tuple[Step, ...]) -> tuple[str, ...]:
    """Return the tranches that no step can repay because of circular conditions."""
    free = {t.name for t in deal.tranches if t.balance == 0.0}
    repaying = [s for s in steps if isinstance(s, PayPrincipal)]
    while True:
        more = {
            name for s in repaying if required_redeemed(s.when) <= free for name in s.to
        } - free
        if not more:
            break
        free |= more
    return tuple(t.name for t in deal.tranches if t.name not in free)


def order_warnings(deal: DealTerms) -> Iterator[Issue]:
    """Warn of orders of payment that are probably unintended."""
    for key, steps in deal.orders.items():
        yield from _interest_first(deal, key, steps)
        yield from _senior_first(deal, key, steps)
        yield from _amounts(deal, key, steps)
        yield from _idle(key, steps)


def _first(
    steps: tuple[Step, ...], kind: type[PayInterest | PayPrincipal], name: str
) -> int | None:
    """Return the position of the first step of a kind that pays a tranche; None if none does."""
    return next((i for i, s in enumerate(steps) if isinstance(s, kind) and name in s.to), None)


def _interest_first(deal: DealTerms, key: str, steps: tuple[Step, ...]) -> Iterator[Issue]:
    for t in deal.tranches:
        principal, interest = (
            _first(steps, PayPrincipal, t.name),
            _first(steps, PayInterest, t.name),
        )
        if (
            isinstance(t.coupon, NoRate)
            or principal is None
            or interest is None
            or interest < principal
        ):
            continue
        yield warning_at(
            (key, principal),
            f"repays principal of {t.name!r} before its interest, which {key}.{interest} pays; "
            "expected interest first",
        )


def _senior_first(deal: DealTerms, key: str, steps: tuple[Step, ...]) -> Iterator[Issue]:
    """Warn of a junior tranche or its return that ranks before a senior tranche."""
    ranked = [t for t in deal.tranches if t.balance > 0.0]
    for s, senior in enumerate(ranked):
        for junior in ranked[s + 1 :]:
            for kind, what in ((PayPrincipal, "principal"), (PayInterest, "interest")):
                ahead = _ahead(steps, kind, senior.name, junior.name)
                if ahead is not None:
                    yield warning_at(
                        (key, ahead, "to"),
                        f"pays {what} of {junior.name!r} before {what} of {senior.name!r}, "
                        "which is listed as more senior; expected the senior tranche first, or "
                        "tranches by seniority",
                    )
    yield from _returns(deal, key, steps)


def _ahead(
    steps: tuple[Step, ...], kind: type[PayInterest | PayPrincipal], senior: str, junior: str
) -> int | None:
    """Return the position of a step that pays the junior first; None if there is none."""
    for i, step in enumerate(steps):
        if not isinstance(step, kind):
            continue
        in_turn = isinstance(step, PayPrincipal) and step.order == "sequential"
        if senior in step.to and not (
            in_turn and junior in step.to and step.to.index(junior) < step.to.index(senior)
        ):
            return None
        if junior in step.to and senior not in required_redeemed(step.when):
            limited = isinstance(step, PayPrincipal) and not isinstance(step.amount, AllDue)
            return None if limited else i
    return None


def _returns(deal: DealTerms, key: str, steps: tuple[Step, ...]) -> Iterator[Issue]:
    """Warn of junior returns and excess shares paid before senior principal without a cap."""
    senior = next((t.name for t in deal.tranches if t.balance > 0.0), None)
    until = None if senior is None else _first(steps, PayPrincipal, senior)
    returns = {c.name: c.tranche for c in deal.claims if isinstance(c, FixedReturn)}
    for i, step in enumerate(steps[: until or 0]):
        if getattr(step, "caps", ()) or getattr(step, "when", None) is not None:
            continue
        if isinstance(step, Pay):
            for name in step.of:
                if returns.get(name, senior) != senior:
                    yield warning_at(
                        (key, i, "of"),
                        f"pays {name!r}, the return of {returns[name]!r}, before principal of "
                        f"{senior!r}; expected it later, or caps",
                    )
        if isinstance(step, ExcessShare) and step.share > 0.0:
            yield warning_at(
                (key, i, "share"),
                f"pays {100.0 * step.share:g}% of the cash at hand to {step.payee!r} before "
                f"principal of {senior!r}; expected it later, or caps",
            )


def _idle(key: str, steps: tuple[Step, ...]) -> Iterator[Issue]:
    """Warn of steps that never pay: a cap of 0, or interest that waits for its principal."""
    for i, step in enumerate(steps):
        for j, cap in enumerate(getattr(step, "caps", ())):
            name = next(n for n in ("amount", "share", "rate") if hasattr(cap, n))
            if getattr(cap, name) == 0.0:
                yield warning_at(
                    (key, i, "caps", j, name),
                    "got 0, so that the step never pays; expected more than 0",
                )
        if isinstance(step, PayInterest):
            others = {
                n for s in steps if isinstance(s, PayInterest) and s is not step for n in s.to
            }
            for name in required_redeemed(step.when) & (set(step.to) - others):
                yield warning_at(
                    (key, i, "when"),
                    f"pays interest of {name!r} only once its principal is repaid; expected "
                    "interest while it is outstanding",
                )


def _amounts(deal: DealTerms, key: str, steps: tuple[Step, ...]) -> Iterator[Issue]:
    """Warn of principal schedules that do not sum to the balance."""
    whole = {
        n
        for s in steps
        if isinstance(s, PayPrincipal) and isinstance(s.amount, AllDue)
        for n in s.to
    }
    for i, step in enumerate(steps):
        if not isinstance(step, PayPrincipal):
            continue
        for name in step.to:
            balance = deal.tranche(name).balance
            if isinstance(step.amount, Scheduled):
                planned = sum(step.amount.amounts)
                if planned > balance * (1.0 + 1e-9):
                    yield warning_at(
                        (key, i, "amount", "amounts"),
                        f"sum to {planned:,.2f}, more than the balance of {name!r}, "
                        f"{balance:,.2f}; expected at most the balance",
                    )
                elif planned < balance * (1.0 - 1e-9) and name not in whole:
                    yield warning_at(
                        (key, i, "amount", "amounts"),
                        f"sum to {planned:,.2f} of the balance of {name!r}, {balance:,.2f}, and "
                        "no other step repays the rest; expected amounts that sum to the balance",
                    )
            left = step.amount.points[-1].share if isinstance(step.amount, TargetBalance) else 0.0
            if left > 0.0 and name not in whole:
                yield warning_at(
                    (key, i, "amount", "points"),
                    f"leave {100.0 * left:g}% of {name!r} for good, which no other step repays; "
                    "expected a last share of 0",
                )
