"""Warnings on amounts and limits of a deal, such as shares typed in percent."""

from __future__ import annotations

from collections.abc import Iterator

from npl_sim.core.issues import Issue, warning_at
from npl_sim.securitization.terms.accounts import FixedTarget, MultipleTarget, ShareTarget
from npl_sim.securitization.terms.calendar import MeanPlan, PlanLeftPrice, PointsPlan
from npl_sim.securitization.terms.claims import (
    Fee,
    Hedge,
    NotionalSchedule,
    PerDate,
    PerYear,
    Swap,
)
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.limits import AdvanceRateLimit, InterestCoverLimit, NetCoverLimit
from npl_sim.securitization.terms.rates import FloatingRate
from npl_sim.securitization.terms.steps import ReserveTopUp
from npl_sim.securitization.terms.triggers import (
    BalanceTrigger,
    CollectionRatio,
    ProfitabilityRatio,
    ServicerReplacement,
)

HIGH_RATIO = 2.0
"""Ratio to plan above which a limit was probably typed in percent."""
MOST_TIMES = 10.0
"""Multiple of the next interest and fees above which a reserve is warned of."""
HIGH_COVER = 20.0
"""Cover above which a limit was probably typed in percent."""
LARGE_CALL = 0.5
"""Share of notes left at which a call is no clean-up."""


def amount_warnings(deal: Deal) -> Iterator[Issue]:
    """Warn of amounts and limits of a deal that are probably unintended."""
    for check in (_sizes, _limits, _size_limits, _accounts, _hedges):
        yield from check(deal)


def _sizes(deal: Deal) -> Iterator[Issue]:
    """Warn of amounts that are large relative to the pool or the notes."""
    pool, notes = deal.pool_balance, deal.notes
    if notes <= 0.0:
        yield warning_at(
            ("tranches",),
            f"balances sum to {notes:,.2f} {deal.currency}, so that nothing is issued; expected "
            "notes",
        )
    if notes > pool:
        yield warning_at(
            ("tranches",),
            f"balances sum to {notes:,.2f} {deal.currency}, more than the pool_balance of "
            f"{pool:,.2f}; expected notes of less than the claims behind them",
        )
    plan = deal.business_plan
    if isinstance(plan, PointsPlan) and plan.points[-1].cumulative > pool:
        yield warning_at(
            ("business_plan", "points"),
            f"expect {plan.points[-1].cumulative:,.2f}, more than the pool_balance of "
            f"{pool:,.2f}; expected less",
        )
    if isinstance(plan, MeanPlan) and not 1.0 / 3.0 <= plan.factor <= 3.0:
        yield warning_at(
            ("business_plan", "factor"),
            f"got {plan.factor:g}; expected a multiple of the mean near 1",
        )
    for i, claim in enumerate(deal.claims):
        for j, part in enumerate(claim.amounts if isinstance(claim, Fee) else ()):
            if isinstance(part, PerYear | PerDate) and part.amount > 0.1 * pool:
                yield warning_at(
                    ("claims", i, "amounts", j, "amount"),
                    f"got {part.amount:,.2f}, more than a tenth of the pool_balance; expected a "
                    "smaller fee",
                )


def _limits(deal: Deal) -> Iterator[Issue]:
    for i, trigger in enumerate(deal.triggers):
        if (
            isinstance(trigger, CollectionRatio | ServicerReplacement | ProfitabilityRatio)
            and trigger.below > HIGH_RATIO
        ):
            yield warning_at(
                ("triggers", i, "below"),
                f"got {trigger.below:g}, that is {100.0 * trigger.below:g}% of plan; expected a "
                "ratio such as 0.9",
            )
        if isinstance(trigger, BalanceTrigger) and trigger.at_most >= 1.0:
            yield warning_at(
                ("triggers", i, "at_most"),
                f"got {trigger.at_most:g}, which holds from the first date on; expected less "
                "than 1",
            )
    call = deal.clean_up_call
    if call is not None and isinstance(call.price, PlanLeftPrice) and call.price.share == 0.0:
        yield warning_at(
            ("clean_up_call", "price", "share"),
            "got 0, so that the package is given away; expected a share such as 1.0",
        )
    if call is not None and call.below == 0.0:
        yield warning_at(
            ("clean_up_call", "below"),
            "got 0, so that it is never called; expected a share such as 0.1",
        )
    if call is not None and call.below >= LARGE_CALL:
        yield warning_at(
            ("clean_up_call", "below"),
            f"got {call.below:g}: the package may be sold with {100.0 * call.below:g}% of the "
            "notes unpaid; expected little, such as 0.1",
        )


def _size_limits(deal: Deal) -> Iterator[Issue]:
    """Warn of size limits that were probably typed in percent."""
    for i, sized in enumerate(deal.structure.size if deal.structure else ()):
        for j, limit in enumerate(sized.limits):
            key = ("structure", "size", i, "limits", j)
            if isinstance(limit, AdvanceRateLimit) and limit.at_most > 1.0:
                yield warning_at(
                    (*key, "at_most"),
                    f"got {limit.at_most:g}, that is {100.0 * limit.at_most:g}% of the "
                    "collateral; expected a share of at most 1",
                )
            if (
                isinstance(limit, NetCoverLimit | InterestCoverLimit)
                and limit.at_least > HIGH_COVER
            ):
                yield warning_at(
                    (*key, "at_least"),
                    f"got {limit.at_least:g} times; expected a cover such as 1.2",
                )


def _accounts(deal: Deal) -> Iterator[Issue]:
    """Warn of account targets that nothing fills, or that are large for a reserve."""
    filled = {
        s.account for steps in deal.orders.values() for s in steps if isinstance(s, ReserveTopUp)
    }
    for i, account in enumerate(deal.accounts):
        if account.target is not None and account.name not in filled:
            yield warning_at(
                ("accounts", i, "target"),
                f"no reserve step fills {account.name!r}; expected one, or no target",
            )
        share = account.target.share if isinstance(account.target, ShareTarget) else 0.0
        if share > 0.5:
            yield warning_at(
                ("accounts", i, "target", "share"),
                f"got {share:g}, more than half of the balances; expected a reserve of a few "
                "percent",
            )
        if isinstance(account.target, MultipleTarget) and account.target.times > MOST_TIMES:
            yield warning_at(
                ("accounts", i, "target", "times"),
                f"got {account.target.times:g} times the next interest and fees; expected a few "
                "times",
            )
        if isinstance(account.target, FixedTarget) and account.target.amount > 0.5 * deal.notes:
            yield warning_at(
                ("accounts", i, "target", "amount"),
                f"got {account.target.amount:,.2f}, more than half of the notes "
                f"({deal.notes:,.2f}); expected a smaller reserve",
            )


def _hedges(deal: Deal) -> Iterator[Issue]:
    floats = any(isinstance(t.coupon, FloatingRate) for t in deal.tranches)
    for i, hedge in enumerate(deal.hedges):
        if not floats:
            yield warning_at(
                ("hedges", i),
                f"{_kind(hedge)} {hedge.name!r}, but no tranche floats; expected a floating "
                "coupon to hedge",
            )
        notional = hedge.notional
        if isinstance(notional, NotionalSchedule) and max(notional.amounts) > deal.notes * (
            1.0 + 1e-9
        ):
            yield warning_at(
                ("hedges", i, "notional", "amounts"),
                f"go to {max(notional.amounts):,.2f}, more than the notes ({deal.notes:,.2f}); "
                "expected at most what is hedged",
            )


def _kind(hedge: Hedge) -> str:
    return "a swap" if isinstance(hedge, Swap) else "a rate cap"
