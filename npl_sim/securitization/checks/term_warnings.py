"""Warnings on terms of a deal that are probably unintended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from npl_sim.core.issues import Issue, KeyPath, warning_at
from npl_sim.securitization.checks.amount_warnings import amount_warnings
from npl_sim.securitization.checks.date_warnings import date_warnings, holiday_warnings
from npl_sim.securitization.checks.order_warnings import order_warnings
from npl_sim.securitization.checks.terms import placed_conditions
from npl_sim.securitization.terms.conditions import Accelerated, TriggerActive, inner
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.rates import FloatingRate, SteppedRate

HIGH_RATE = 0.30
"""Annual rate above which a figure was probably typed in percent. [per year]"""
HIGH_PRICE, LOW_PRICE = 2.0, 0.02
"""Issue prices beyond which a price was probably typed in percent. [share of par]"""


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
        amount_warnings,
        _unread,
        order_warnings,
        date_warnings,
    )
    return tuple(issue for check in checks for issue in check(deal))


def deal_warnings(deal: Deal) -> tuple[Issue, ...]:
    """Return `term_warnings` of a deal, and from when on its holidays are estimated."""
    return (*term_warnings(deal), *holiday_warnings(deal))


def _rates(deal: Deal) -> Iterator[Issue]:
    """Warn of annual rates that were probably typed in percent."""
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
    """Warn of coupon steps that never apply, or that apply before their date."""
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
    """Warn of floating coupons with a cap below their margin."""
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
                f"got {c.cap:g}, not above the spread of {c.spread:g}, so that the coupon never "
                "floats; expected a cap above the spread",
            )


def _prices(deal: Deal) -> Iterator[Issue]:
    for i, t in enumerate(deal.tranches):
        if not LOW_PRICE <= t.price <= HIGH_PRICE:
            yield warning_at(
                ("tranches", i, "price"),
                f"got {t.price:g}, that is {100.0 * t.price:g}% of par; expected a share of "
                "par, such as 1.0",
            )


def _unread(deal: Deal) -> Iterator[Issue]:
    """Warn of unused triggers, and of conditions that are never true."""
    placed = list(placed_conditions(deal))
    parts = [(where, part) for where, condition in placed for part in inner(condition)]
    read = {part.name for _, part in parts if isinstance(part, TriggerActive)} | set(
        deal.event_of_default
    )
    for i, trigger in enumerate(deal.triggers):
        if trigger.name not in read:
            yield warning_at(
                ("triggers", i, "name"),
                f"got {trigger.name!r}, which no condition and no event_of_default reads; "
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
