"""An expert's estimate in one scenario, from the words of docs/experts.md."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

from npl_sim.core.layout import Stream

from .basics import month

__all__ = ["Outcome", "Shared", "expert_outcome", "part_of", "quantile"]

Draw = Callable[[int, int, int], tuple[float, float, float, float]]
"""Uniforms by key, stream and step."""


@dataclass(frozen=True)
class Shared:
    """Keys of what an estimate shares with others, each with its share of the variance."""

    region: tuple[int, float]
    group: tuple[int, float]
    borrower: tuple[int, float]


@dataclass(frozen=True)
class Outcome:
    """What the estimate brings in a scenario."""

    month: int
    amount: float
    """Recovery of all loans that the estimate covers. [currency]"""


def quantile(low: float, mode: float, high: float, u: float) -> float:
    """Return the quantile of a triangular distribution whose 10 % and 90 % points are given."""
    if low == high:
        return mode
    first, last = ends(low, mode, high)
    width = last - first
    if u < (mode - first) / width:
        return first + math.sqrt(u * width * (mode - first))
    return last - math.sqrt((1.0 - u) * width * (last - mode))


def ends(low: float, mode: float, high: float) -> tuple[float, float]:
    """Return the ends by fixed-point steps on the two equations of the points."""
    first, last = low, high
    for _ in range(10_000):
        width = last - first
        left = math.sqrt(0.1 * width * (mode - first))
        right = math.sqrt(0.1 * width * (last - mode))
        first, last = low - left, high + right
    return first, last


def expert_outcome(
    row: Any, key: int, unit: float, shared: Shared, horizon: int, draw: Draw
) -> Outcome | None:
    """Return the outcome of an estimate in one scenario; None where the model stands.

    Parameters
    ----------
    row
        The estimate.
    key
        Key of the id that it names.
    unit
        Currency per unit of its recovery.
    shared
        What it shares with other estimates.
    horizon
        Months.
    draw
        Uniforms of the scenario.
    """
    chosen, recovered, waited, _ = draw(key, Stream.EXPERT, 0)
    if chosen >= row.weight:
        return None
    normal = NormalDist()
    common, left = 0.0, 1.0
    for (at, share), stream, step in (
        (shared.region, Stream.GROUP, 1),
        (shared.group, Stream.GROUP, 0),
        (shared.borrower, Stream.BORROWER, 0),
    ):
        if at != 0:
            common -= math.sqrt(share) * normal.inv_cdf(draw(at, stream, step)[0])
            left -= share
    own = math.sqrt(left)
    good = normal.cdf(common + own * normal.inv_cdf(recovered))
    late = normal.cdf(-common + own * normal.inv_cdf(waited))
    points = (row.recovery_low, row.recovery_base, row.recovery_high)
    amount = quantile(*(unit * x for x in points), good)
    when = quantile(row.months_low, row.months_base, row.months_high, late)
    return Outcome(min(month(when), horizon), max(amount, 0.0))


def part_of(loan: int, amount: float, claims: dict[int, float], ranks: dict[int, float]) -> float:
    """Return the loan's part of a recovery: by rank, pro rata to claims within a rank."""
    left = amount
    for rank in sorted(set(ranks.values())):
        peers = [i for i in claims if ranks[i] == rank]
        total = sum(claims[i] for i in peers)
        paid = min(left, total)
        if loan in peers:
            return paid * claims[loan] / total
        left -= paid
    raise ValueError(f"loan {loan} is not covered")
