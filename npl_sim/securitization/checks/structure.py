"""Validation of a structure against its deal."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from npl_sim.core.issues import Issue, KeyPath, error_at
from npl_sim.securitization.terms.limits import (
    AdvanceRateLimit,
    DefaultProbabilityLimit,
    ExpectedLossLimit,
    Limit,
    StressLimit,
)
from npl_sim.securitization.terms.rates import FixedRate, FloatingRate
from npl_sim.securitization.terms.steps import PayPrincipal, Scheduled
from npl_sim.securitization.terms.structure import (
    Coupon,
    Price,
    RestOf,
    ShareOfNotes,
    Structure,
    TimesOf,
)

if TYPE_CHECKING:
    from npl_sim.securitization.terms.deal_terms import DealTerms


def structure_errors(deal: DealTerms) -> Iterator[Issue]:
    """Yield the errors between a structure and its deal."""
    structure = deal.structure
    if structure is None:
        return
    for check in (_sized_once, _limits, _followers, _scheduled, _unknowns):
        for issue in check(deal, structure):
            yield error_at(("structure", *issue.path), issue.message)


def _sized_once(deal: DealTerms, structure: Structure) -> Iterator[Issue]:
    """Yield tranches that are sized twice."""
    sized = [s.tranche for s in structure.size]
    for i, name in enumerate(sized):
        if name in sized[:i]:
            yield error_at(
                ("size", i, "tranche"), f"got {name!r} a second time; expected each tranche once"
            )


def _limits(deal: DealTerms, structure: Structure) -> Iterator[Issue]:
    for i, size in enumerate(structure.size):
        for j, limit in enumerate(size.limits):
            yield from _limit(("size", i, "limits", j), limit, structure)


def _limit(where: KeyPath, limit: Limit, structure: Structure) -> Iterator[Issue]:
    if isinstance(limit, ExpectedLossLimit | DefaultProbabilityLimit) and limit.rating is not None:
        table = structure.ratings
        if table is None:
            yield error_at(
                (*where, "rating"),
                f"got {limit.rating!r}, but the structure has no table of ratings; expected "
                "ratings: a file or a table",
            )
        elif table.allowed(limit.rating, limit.kind, 1.0) is None:
            names = ", ".join(r.rating for r in table.ratings)
            yield error_at(
                (*where, "rating"),
                f"got {limit.rating!r}, for which table {table.name!r} has no {limit.kind}; "
                f"its ratings: {names}",
            )
    if isinstance(limit, StressLimit) and limit.rating is not None:
        stresses = structure.stresses
        if stresses is None:
            yield error_at(
                (*where, "rating"),
                f"got {limit.rating!r}, but the structure has no stresses; expected stresses: a "
                "file or a table",
            )
        elif stresses.of(limit.rating) is None:
            names = ", ".join(r.rating for r in stresses.ratings)
            yield error_at(
                (*where, "rating"),
                f"got {limit.rating!r}, which table {stresses.name!r} does not have; its "
                f"ratings: {names}",
            )
    if (
        isinstance(limit, AdvanceRateLimit)
        and limit.of == "purchase_price"
        and not structure.purchase_price
    ):
        yield error_at(
            (*where, "of"), "purchase_price, but the structure has none; expected purchase_price"
        )


def _followers(deal: DealTerms, structure: Structure) -> Iterator[Issue]:
    sized = {s.tranche for s in structure.size}
    if structure.frontier is not None:
        sized.add(structure.frontier.tranche)
    followers = [f.tranche for f in structure.follow]
    of_total = {f.tranche for f in structure.follow if isinstance(f, ShareOfNotes | RestOf)}
    for i, rule in enumerate(structure.follow):
        where: KeyPath = ("follow", i)
        if rule.tranche in sized:
            yield error_at(
                (*where, "tranche"),
                f"{rule.tranche!r} is sized and cannot follow; expected one or the other",
            )
        if rule.tranche in followers[:i]:
            yield error_at(
                (*where, "tranche"),
                f"got {rule.tranche!r} a second time; expected one rule for each tranche",
            )
        if isinstance(rule, TimesOf) and rule.of in followers:
            yield error_at(
                (*where, "of"),
                f"{rule.of!r} itself follows; expected a tranche that is sized or keeps its "
                "balance",
            )
    kinds = {f.kind for f in structure.follow if f.tranche in of_total}
    if len(kinds) > 1 or sum(f.kind == "rest" for f in structure.follow) > 1:
        yield error_at(
            ("follow",),
            "more than one rule depends on the sum of all balances; expected one rest, or only "
            "shares of notes",
        )
    if sum(f.share for f in structure.follow if isinstance(f, ShareOfNotes)) >= 1.0:
        yield error_at(
            ("follow",),
            "shares of notes sum to 1 or more; expected less, for the sized tranche is a note",
        )


def _scheduled(deal: DealTerms, structure: Structure) -> Iterator[Issue]:
    """A schedule of amounts does not follow a balance."""
    changing = {s.tranche for s in structure.size} | {f.tranche for f in structure.follow}
    if structure.frontier is not None:
        changing.add(structure.frontier.tranche)
    for key, steps in deal.orders.items():
        for i, step in enumerate(steps):
            if isinstance(step, PayPrincipal) and isinstance(step.amount, Scheduled):
                for name in changing & set(step.to):
                    yield error_at(
                        ("size",),
                        f"the balance of {name!r} changes, but {key}.{i} repays it by scheduled "
                        "amounts, which do not follow; "
                        "expected target_balance, whose points are shares",
                    )


def _unknowns(deal: DealTerms, structure: Structure) -> Iterator[Issue]:
    tranches = {t.name: t for t in deal.tranches}
    targets = {a.name: a.target for a in deal.accounts}
    for i, item in enumerate(structure.solve):
        where: KeyPath = ("solve", i, "find")
        if isinstance(item.find, Coupon):
            coupon = tranches[item.find.tranche].coupon if item.find.tranche in tranches else None
            if coupon is not None and not isinstance(coupon, FixedRate | FloatingRate):
                yield error_at(
                    (*where, "tranche"),
                    f"the coupon of {item.find.tranche!r} is of kind {coupon.kind}; expected "
                    "fixed or floating",
                )
        elif isinstance(item.find, Price):
            if item.want.kind != "yield" or item.want.tranche != item.find.tranche:
                yield error_at(
                    (*where, "kind"),
                    "a price changes nothing but the yield of its own tranche; expected want: "
                    "yield of that tranche",
                )
        elif item.find.account in targets and targets[item.find.account] is None:
            yield error_at(
                (*where, "account"),
                f"{item.find.account!r} has no target; expected one that can be varied",
            )
