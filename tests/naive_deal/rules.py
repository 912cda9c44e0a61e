"""Conditions, triggers, caps and targets of one scenario. Sections 5 and 6 of docs/deals.md."""

from __future__ import annotations

from typing import Any

from tests.naive_deal.calendar import act_365, fraction
from tests.naive_deal.income import rate

__all__ = ["holds", "room", "target", "check_triggers"]


def holds(condition: Any, s: Any) -> bool:
    """Return whether a condition is true in a scenario at this point."""
    if condition is None:
        return True
    if condition.kind == "trigger":
        return bool(s.active[condition.name])
    if condition.kind == "accelerated":
        return bool(s.accelerated)
    if condition.kind == "outstanding":
        return any(s.balance[name] > 0 for name in condition.tranches)
    if condition.kind == "redeemed":
        return all(s.balance[name] == 0 for name in condition.tranches)
    if condition.kind == "from_payment":
        return bool(s.k >= condition.number)
    if condition.kind == "not":
        return not holds(condition.of, s)
    if condition.kind == "all":
        return all(holds(part, s) for part in condition.of)
    return any(holds(part, s) for part in condition.of)


def _fails(trigger: Any, s: Any) -> bool:
    k, cash, plan, deal = s.k, s.cash, s.plan, s.deal
    upto = range(1, k + 1)
    so_far = sum(cash["net"][j] for j in upto)
    if trigger.kind in ("collection_ratio", "servicer_replacement"):
        return plan.at[k] > 0 and so_far / plan.at[k] < trigger.below
    if trigger.kind == "profitability_ratio":
        if trigger.proxy_rate is None:
            upper = sum(cash["closed_pv"][j] for j in upto)
            lower = sum(cash["closed_target"][j] for j in upto)
        else:
            v = {
                j: (1 + trigger.proxy_rate) ** -act_365(deal.cutoff_date, s.dates.c[j])
                for j in upto
            }
            upper = sum(cash["net"][j] * v[j] for j in upto)
            lower = sum((plan.at[j] - plan.at[j - 1]) * v[j] for j in upto)
        return lower > 0 and upper / lower < trigger.below
    if trigger.kind == "interest_shortfall":
        return any(s.interest[n] > trigger.tolerance * s.original[n] for n in trigger.tranches)
    if trigger.kind == "cumulative_loss":
        expected = (
            plan.at[k] if trigger.measure == "plan" else sum(cash["resolved"][j] for j in upto)
        )
        return (expected - so_far) / deal.pool_balance > trigger.above
    if trigger.kind == "balance":
        left = sum(s.balance[n] for n in trigger.tranches)
        return left <= trigger.at_most * sum(s.original[n] for n in trigger.tranches)
    assert trigger.kind == "from_date"
    return s.dates.t[k] >= trigger.date


def check_triggers(s: Any) -> None:
    """Test every trigger once, counting fails and passes in a row."""
    for trigger in s.deal.triggers:
        if s.k < trigger.first_test:
            continue
        name = trigger.name
        if _fails(trigger, s):
            s.fails[name], s.passes[name] = s.fails[name] + 1, 0
            if s.fails[name] >= trigger.consecutive:
                s.active[name] = True
        else:
            s.fails[name], s.passes[name] = 0, s.passes[name] + 1
            if trigger.cure_after is not None and s.passes[name] >= trigger.cure_after:
                s.active[name] = False


def room(cap: Any, key: tuple[str, int], s: Any) -> float:
    """Return what a cap leaves to a step."""
    if cap.kind == "per_date":
        return cap.amount
    if cap.kind == "per_year":
        return cap.amount - s.paid_in_year.get((key, s.dates.t[s.k].year), 0.0)
    if cap.kind == "lifetime":
        return cap.amount - s.paid_in_life.get(key, 0.0)
    if cap.kind == "of_collections":
        return cap.share * s.cash["received"][s.k]
    if cap.kind == "of_balance":
        return cap.rate * s.dates.y[s.k] * sum(s.balance[n] for n in cap.tranches)
    assert cap.kind == "of_available"
    return cap.share * s.available


def target(account: Any, s: Any) -> float:
    """Return what an account is to hold when its step is reached."""
    word = account.target
    if s.ending:
        return 0.0
    tranches = getattr(word, "tranches", ())
    watched = word.while_outstanding or tranches
    if watched and all(s.balance[n] == 0 for n in watched):
        return 0.0
    if word.kind == "fixed":
        return word.amount
    if word.kind == "share_of":
        value = word.share * sum(s.balance[n] for n in tranches)
    else:
        value = word.times * _next_needs(word, s)
    value = max(value, word.floor)
    return value if word.cap is None else min(value, word.cap)


def _next_needs(word: Any, s: Any) -> float:
    """Return interest and fees of the next period with the balances of now."""
    k, total = s.k + 1, 0.0
    start, end = s.dates.a[k - 1], s.dates.a[k]
    for name in word.tranches:
        tranche = s.deal.tranche(name)
        years = fraction(tranche.day_count or s.deal.day_count, start, end)
        total += s.balance[name] * max(rate(tranche.coupon, start, s.index[k]), 0.0) * years
    for claim in s.deal.claims:
        if claim.name not in word.claims:
            continue
        for part in claim.amounts:
            if part.kind == "per_year":
                total += part.amount * s.dates.y[k]
            elif part.kind == "per_date":
                total += part.amount
            else:
                total += part.rate * s.dates.y[k] * sum(s.balance[n] for n in part.tranches)
    return total
