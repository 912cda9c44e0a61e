"""What is owed, and how it grows on a date. Section 3 of docs/deals.md."""

from __future__ import annotations

import math
from typing import Any

from tests.naive_deal.calendar import act_365, fraction
from tests.naive_deal.income import rate
from tests.naive_deal.rules import holds

__all__ = ["grow", "hedge_receipts"]


def _sum_of(names: Any, s: Any) -> float:
    return sum(s.balance[n] for n in names)


def _notional(word: Any, s: Any) -> float:
    if word.kind == "schedule":
        return word.amounts[s.k - 1] if s.k <= len(word.amounts) else 0.0
    return word.share * _sum_of(word.tranches, s)


def hedge_receipts(s: Any) -> float:
    """Return what hedges pay the deal on a date."""
    total, y, index = 0.0, s.dates.y[s.k], s.index[s.k]
    for hedge in s.deal.hedges:
        strike = hedge.fixed if hedge.kind == "swap" else hedge.strike
        total += _notional(hedge.notional, s) * y * max(index - strike, 0.0)
    return total


def _fee(claim: Any, s: Any) -> float:
    if claim.accrues_when is not None and not holds(claim.accrues_when, s):
        return 0.0
    total, y = 0.0, s.dates.y[s.k]
    received, costs = s.cash["received"][s.k], s.cash["costs"][s.k]
    for part in claim.amounts:
        if part.kind == "per_year":
            total += part.amount * y
        elif part.kind == "per_date":
            total += part.amount
        elif part.kind == "of_balance":
            total += part.rate * y * _sum_of(part.tranches, s)
        elif part.base == "gross":
            total += part.share * received
        else:
            total += part.share * max(received - costs, 0.0)
    return total


def _premium(claim: Any, s: Any) -> float:
    age = math.floor(act_365(s.deal.closing_date, s.dates.a[s.k - 1]))
    value = claim.rates[0].rate
    for step in claim.rates:
        if step.from_year <= age:
            value = step.rate
    return s.dates.y[s.k] * value * _sum_of(claim.tranches, s)


def grow(s: Any) -> None:
    """Let every debt grow by what the period adds, with balances and debts as the date before left
    them."""
    k, y = s.k, s.dates.y[s.k]
    start, end = s.dates.a[k - 1], s.dates.a[k]
    for tranche in s.deal.tranches:
        base = s.balance[tranche.name]
        if tranche.interest_on_unpaid:
            base += s.interest[tranche.name]
        years = fraction(tranche.day_count or s.deal.day_count, start, end)
        coupon = max(rate(tranche.coupon, start, s.index[k]), 0.0)
        s.interest[tranche.name] += years * coupon * base
    for claim in s.deal.claims:
        before = s.owed[claim.name]
        if claim.kind == "fee":
            s.owed[claim.name] += _fee(claim, s)
        elif claim.kind == "recovery_costs":
            s.owed[claim.name] += s.cash["costs"][k] + y * claim.rate * before
        elif claim.kind == "guarantee_premium":
            s.owed[claim.name] += _premium(claim, s)
        else:
            base = s.balance[claim.tranche] + (before if claim.compounding else 0.0)
            s.owed[claim.name] += y * claim.rate * base
    for hedge in s.deal.hedges:
        if hedge.kind == "swap":
            s.owed[hedge.name] += (
                _notional(hedge.notional, s) * y * max(hedge.fixed - s.index[k], 0.0)
            )
