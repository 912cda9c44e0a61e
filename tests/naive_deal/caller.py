"""What the package is worth to a caller, by scenario and date. Section 4 of docs/deals.md, event
5."""

from __future__ import annotations

from typing import Any

from tests.naive_deal.calendar import act_365

__all__ = ["estimates"]


def estimates(deal: Any, dates: Any, cash: list[dict[str, Any]]) -> list[list[float]]:
    """Return the caller's estimate of what is left after each payment date, counted from 1; empty
    without a call."""
    if deal.clean_up_call is None:
        return [[] for _ in cash]
    rate = deal.clean_up_call.required_return
    left = [[_left(deal, dates, c, k, rate) for k in range(dates.count + 1)] for c in cash]
    so_far = [[sum(c["net"][1 : k + 1]) for k in range(dates.count + 1)] for c in cash]
    found = [[0.0] * (dates.count + 1) for _ in cash]
    for k in range(1, dates.count + 1):
        x, y = [row[k] for row in so_far], [row[k] for row in left]
        x_mean, y_mean = sum(x) / len(x), sum(y) / len(y)
        spread = sum((a - x_mean) ** 2 for a in x) / len(x)
        slope = 0.0
        if spread > (1e-9 * x_mean) ** 2:
            slope = sum((a - x_mean) * b for a, b in zip(x, y, strict=True)) / len(x) / spread
        for n in range(len(cash)):
            scaled = y_mean * (x[n] / x_mean if x_mean > 0 else 1.0)
            line = y_mean + slope * (x[n] - x_mean)
            found[n][k] = max(0.0, min(scaled, line)) if y[n] > 0 else 0.0
    return found


def _left(deal: Any, dates: Any, cash: dict[str, Any], k: int, rate: float) -> float:
    worth = 0.0
    for j in range(k + 1, dates.count + 1):
        amount = cash["net"][j]
        for fee in deal.claims:
            if fee.kind == "fee" and fee.role == "servicer":
                for part in fee.amounts:
                    if part.kind == "of_collections":
                        gross = cash["received"][j]
                        amount -= part.share * (
                            gross if part.base == "gross" else max(cash["net"][j], 0.0)
                        )
        worth += amount * (1 + rate) ** -act_365(dates.t[k], dates.t[j])
    return worth
