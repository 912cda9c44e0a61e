"""What comes in: collections by period, reference rates, rates, the business plan. Sections 2 and
5 of docs/deals.md."""

from __future__ import annotations

from datetime import date
from typing import Any

from tests.naive_deal.calendar import fraction

__all__ = ["Plan", "collections", "index_by_period", "rate"]


def collections(
    deal: Any, dates: Any, days: list[date], cash: dict[str, list[float]]
) -> dict[str, Any]:
    """Return one scenario's cash by period (lists counted from 1; entry 0 is nothing) and what is
    not the deal's."""
    names = [n for n in cash if n not in ("received", "costs")]
    periods: dict[str, Any] = {
        n: [0.0] * (dates.count + 1) for n in ("received", "costs", "held", *names)
    }
    outside = {"before_cutoff": 0.0, "to_seller": 0.0, "after_last": 0.0}
    for n, day in enumerate(days):
        received, costs = cash["received"][n], cash["costs"][n]
        if day <= deal.cutoff_date:
            outside["before_cutoff"] += received - costs
            continue
        if deal.interim_collections == "seller" and day <= deal.closing_date:
            outside["to_seller"] += received - costs
            continue
        if day > dates.c[dates.count]:
            outside["after_last"] += received - costs
            continue
        k = next(k for k in range(1, dates.count + 1) if day <= dates.c[k])
        periods["received"][k] += received
        periods["costs"][k] += costs
        since = max(day, deal.closing_date)
        periods["held"][k] += received * max(0.0, fraction(deal.day_count, since, dates.t[k]))
        for name in names:
            periods[name][k] += cash[name][n]
    periods["net"] = [r - c for r, c in zip(periods["received"], periods["costs"], strict=True)]
    return periods | outside


def index_by_period(
    deal: Any,
    dates: Any,
    given: list[float] | None,
    days: list[date],
    short_rate: list[float] | None,
) -> list[float]:
    """Return the reference rate of each period, counted from 1."""
    if given is not None:
        return [0.0, *given]
    found = [0.0]
    for k in range(1, dates.count + 1):
        if deal.index is None:
            found.append(0.0)
        elif deal.index.kind == "flat":
            found.append(deal.index.rate)
        elif deal.index.kind == "simulated":
            value = short_rate[0]
            for n, day in enumerate(days):
                if day <= dates.a[k - 1]:
                    value = short_rate[n]
            found.append(value + deal.index.spread)
        else:
            value = deal.index.points[0].rate
            for point in deal.index.points:
                if point.date <= dates.a[k - 1]:
                    value = point.rate
            found.append(value)
    return found


def rate(word: Any, start: date, index: float) -> float:
    """Return the rate of a period that starts on a date."""
    if word.kind == "none":
        return 0.0
    if word.kind == "fixed":
        return float(word.rate)
    if word.kind == "stepped":
        value = word.steps[0].rate
        for step in word.steps:
            if step.since <= start:
                value = step.rate
        return float(value)
    value = index
    if word.index_floor is not None:
        value = max(value, word.index_floor)
    if word.index_cap is not None:
        value = min(value, word.index_cap)
    value += word.spread
    if word.floor is not None:
        value = max(value, word.floor)
    if word.cap is not None:
        value = min(value, word.cap)
    return float(value)


class Plan:
    """The business plan: cumulative net collections expected by the end of each collection
    period."""

    def __init__(self, deal: Any, dates: Any, nets: list[list[float]]) -> None:
        word = deal.business_plan
        self.at = [0.0] * (dates.count + 1)
        self.total = 0.0
        if word is None:
            return
        if word.kind == "mean":
            for k in range(1, dates.count + 1):
                cumulative = [sum(net[1 : k + 1]) for net in nets]
                self.at[k] = word.factor * sum(cumulative) / len(cumulative)
            self.total = self.at[dates.count]
            return
        corners = [(deal.cutoff_date, 0.0)] + [(p.date, p.cumulative) for p in word.points]
        for k in range(1, dates.count + 1):
            self.at[k] = _on_lines(corners, dates.c[k])
        self.total = corners[-1][1]


def _on_lines(corners: list[tuple[date, float]], day: date) -> float:
    for (d0, x0), (d1, x1) in zip(corners, corners[1:], strict=False):
        if d0 <= day <= d1:
            return x0 + (x1 - x0) * (day - d0).days / (d1 - d0).days
    return corners[-1][1]
