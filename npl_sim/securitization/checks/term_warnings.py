"""Warnings on terms of a deal that are probably unintended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from npl_sim.core.issues import Issue, KeyPath, warning_at
from npl_sim.securitization.checks.date_warnings import date_warnings, holiday_warnings
from npl_sim.securitization.checks.order_warnings import order_warnings
from npl_sim.securitization.checks.terms import placed_conditions
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
from npl_sim.securitization.terms.conditions import Accelerated, TriggerActive, inner
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.limits import AdvanceRateLimit, InterestCoverLimit, NetCoverLimit
from npl_sim.securitization.terms.rates import FloatingRate, SteppedRate
from npl_sim.securitization.terms.steps import ReserveTopUp
from npl_sim.securitization.terms.triggers import (
    BalanceTrigger,
    CollectionRatio,
    ProfitabilityRatio,
    ServicerReplacement,
)

__all__ = ["deal_warnings", "term_warnings"]

HIGH_RATE = 0.30
"""Annual rate above which a figure was probably typed in percent. [per year]"""
HIGH_PRICE, LOW_PRICE = 2.0, 0.02
"""Issue prices beyond which a price was probably typed in percent, or in hundredths of it. [share
of par]"""
HIGH_RATIO = 2.0
"""Ratio to plan above which a limit was probably typed in percent."""
MOST_TIMES = 10.0
"""Multiple of the next interest and fees above which a reserve is warned of."""
HIGH_COVER = 20.0
"""Cover above which a limit was probably typed in percent."""
LARGE_CALL = 0.5
"""Share of notes left at which a call is no clean-up."""


def term_warnings(deal: Deal) -> tuple[Issue, ...]:
    """Return what in the terms of a deal is probably unintended, one sentence each.

    Parameters
    ----------
    deal
        The deal as it was written.
    """
    checks = (
        _rates,
        _stepped,
        _capped,
        _prices,
        _sizes,
        _unread,
        _limits,
        _size_limits,
        _accounts,
        _hedges,
        order_warnings,
        date_warnings,
    )
    return tuple(issue for check in checks for issue in check(deal))


def deal_warnings(deal: Deal) -> tuple[Issue, ...]:
    """Return `term_warnings` of a deal, and from when on its holidays are estimated."""
    return (*term_warnings(deal), *holiday_warnings(deal))


def _rates(deal: Deal) -> Iterator[Issue]:
    """Say which annual rates are probably percentages."""
    for name in type(deal).model_fields:
        if name != "structure":
            yield from _rates_in((name,), getattr(deal, name))


def _rates_in(where: KeyPath, item: object) -> Iterator[Issue]:
    if isinstance(item, tuple):
        for i, part in enumerate(item):
            yield from _rates_in((*where, i), part)
    if not isinstance(item, BaseModel):
        return
    for name, info in type(item).model_fields.items():
        value, key = getattr(item, name), (*where, name)
        if isinstance(value, float) and abs(value) > HIGH_RATE and _is_rate(info):
            yield warning_at(
                key,
                f"got {value:g}, that is {100.0 * value:,.4g}% a year; expected a share of 1, "
                "such as 0.05 for 5% a year",
            )
        elif isinstance(value, tuple | BaseModel):
            yield from _rates_in(key, value)


def _is_rate(info: FieldInfo) -> bool:
    """Return whether a field is an annual rate, by its unit or that of its type."""
    inside = [m for a in get_args(info.annotation) for m in getattr(a, "__metadata__", ())]
    extras = [getattr(m, "json_schema_extra", None) for m in (info, *inside)]
    return any(isinstance(x, dict) and x.get("unit") == "per year" for x in extras)


def _stepped(deal: Deal) -> Iterator[Issue]:
    """Say which steps of a coupon never come, or hold before their date."""
    for i, t in enumerate(deal.tranches):
        steps = t.coupon.steps if isinstance(t.coupon, SteppedRate) else ()
        for j, one in enumerate(steps):
            key = ("tranches", i, "coupon", "steps", j, "since")
            if j == 0 and one.since > deal.closing_date:
                yield warning_at(
                    key,
                    f"got {one.since}, after closing on {deal.closing_date}, and its rate holds "
                    "before it too; expected closing",
                )
            elif one.since >= deal.legal_final:
                yield warning_at(
                    key,
                    f"got {one.since}, not before legal_final {deal.legal_final}, so that it "
                    "never holds; expected an earlier date",
                )


def _capped(deal: Deal) -> Iterator[Issue]:
    """Say which floating coupons never float, for their cap lies below their margin."""
    for i, t in enumerate(deal.tranches):
        c = t.coupon
        if (
            isinstance(c, FloatingRate)
            and c.cap is not None
            and c.spread > 0.0
            and c.cap <= c.spread
        ):
            yield warning_at(
                ("tranches", i, "coupon", "cap"),
                f"got {c.cap:g}, not above the spread of {c.spread:g}, so that the coupon does "
                "not float above a "
                "reference rate of 0; expected a cap above the spread",
            )


def _prices(deal: Deal) -> Iterator[Issue]:
    for i, t in enumerate(deal.tranches):
        if not LOW_PRICE <= t.price <= HIGH_PRICE:
            yield warning_at(
                ("tranches", i, "price"),
                f"got {t.price:g}, that is {100.0 * t.price:g}% of par; expected a share of "
                "par, such as 1.0",
            )


def _sizes(deal: Deal) -> Iterator[Issue]:
    """Say which amounts are large beside the pool or the notes."""
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
            f"{pool:,.2f}; expected notes of less "
            "than the claims behind them",
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


def _unread(deal: Deal) -> Iterator[Issue]:
    """Say which triggers switch nothing, and which conditions can never come true."""
    placed = list(placed_conditions(deal))
    parts = [(where, part) for where, condition in placed for part in inner(condition)]
    read = {part.name for _, part in parts if isinstance(part, TriggerActive)} | set(
        deal.event_of_default
    )
    for i, trigger in enumerate(deal.triggers):
        if trigger.name not in read:
            yield warning_at(
                ("triggers", i, "name"),
                f"got {trigger.name!r}, which no condition and no event_of_default reads: it "
                "switches nothing; "
                "expected a step or fee that depends on it",
            )
    for where, part in parts:
        if isinstance(part, Accelerated):
            if not deal.event_of_default:
                yield warning_at(
                    where,
                    "got accelerated, but event_of_default names no trigger, so that it is "
                    "never true; expected one",
                )
            elif where[0] == "steps" and deal.steps_after_default:
                yield warning_at(
                    where,
                    "got accelerated, which is never true in steps: an accelerated deal follows "
                    "steps_after_default",
                )
    if deal.steps_after_default and not deal.event_of_default:
        yield warning_at(
            ("steps_after_default",),
            "is never used, for event_of_default names no trigger; expected one",
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
            "notes unpaid; expected "
            "little, such as 0.1",
        )


def _size_limits(deal: Deal) -> Iterator[Issue]:
    """Say which limits of sizes were probably typed in percent."""
    for i, sized in enumerate(deal.structure.size if deal.structure else ()):
        for j, limit in enumerate(sized.limits):
            key = ("structure", "size", i, "limits", j)
            if isinstance(limit, AdvanceRateLimit) and limit.at_most > 1.0:
                yield warning_at(
                    (*key, "at_most"),
                    f"got {limit.at_most:g}, that is {100.0 * limit.at_most:g}% of what stands "
                    "behind the notes; expected a share "
                    "of at most 1",
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
                f"({deal.notes:,.2f}); expected a "
                "smaller reserve",
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
                "expected at most "
                "what is hedged",
            )


def _kind(hedge: Hedge) -> str:
    return "a swap" if isinstance(hedge, Swap) else "a rate cap"
