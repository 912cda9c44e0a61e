"""Histogram of scenarios split at a price, with marks at several prices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from npl_sim.reports.bid_book.pages.page import Html
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.scales import Scale, tick_text, ticks

BINS = 36
TAIL = 0.005
"""Share of scenarios that is cut at each end."""


@dataclass(frozen=True)
class Mark:
    """A price in a histogram."""

    value: float
    text: str
    main: bool = False
    """Whether the histogram is split here."""


@dataclass(frozen=True)
class Side:
    """What a side of the split means."""

    headline: str
    lines: tuple[str, ...]


def weighted_histogram(
    values: np.ndarray, weights: np.ndarray, bins: int = BINS, tail: float = TAIL
) -> tuple[np.ndarray, np.ndarray]:
    """Return edges and shares of a histogram without its extreme tails.

    Parameters
    ----------
    values, weights
        Values and their weights, of the same shape; the weights sum to 1.
    bins
        Number of bins.
    tail
        Share cut at each end.
    """
    low, high = np.quantile(values, [tail, 1.0 - tail])
    if not high > low:
        low, high = low - 0.5, high + 0.5
    edges = np.linspace(low, high, bins + 1)
    shares, _ = np.histogram(values, edges, weights=weights)
    return edges, shares


def split_histogram(
    edges: np.ndarray,
    shares: np.ndarray,
    prices: Sequence[Mark],
    sides: tuple[Side, Side],
    label: str,
    floor: Mark | None = None,
    size: tuple[int, int] = (290, 200),
) -> Html:
    """Return a histogram that is gray below the main price and accent above it.

    Parameters
    ----------
    edges, shares
        Edges of the bins and their shares.
    prices
        Prices, the main one among them.
    sides
        What lies below and above the main price.
    label
        The finding, for who cannot see the chart.
    floor
        A further price, marked below the axis.
    size
        Width and height. [px]
    """
    width, height = size
    base = height - 42.0
    every = [float(edges[0]), float(edges[-1])] + [p.value for p in prices]
    every += [floor.value] if floor else []
    low, high = min(every), max(every)
    margin = 0.02 * (high - low)
    x = Scale(low - margin, high + margin, 1.0, width - 1.0)
    y = Scale(0.0, max(float(shares.max()), 1e-12), base, 62.0)
    split = next(p.value for p in prices if p.main)
    parts = []
    for left, right, share in zip(edges, edges[1:], shares, strict=False):
        for start, end, fill in _halves(float(left), float(right), split):
            parts.append(
                marks.bar(x(start), y(share), x(end) - x(start) - 0.5, base - y(share), fill)
            )
    parts.append(marks.line(0.0, base, width, base, marks.INK))
    at = ticks(low, high, 6)
    parts += [marks.text(x(t), base + 13.0, tick_text(t, at), "m", "middle") for t in at]
    parts += _price_marks(prices, x, base)
    parts += _sides(sides, width)
    if floor:
        parts += _floor(floor, x(floor.value), base, width)
    return marks.chart(width, height, label, parts)


def _halves(left: float, right: float, split: float) -> list[tuple[float, float, str]]:
    if right <= split:
        return [(left, right, marks.PALE_GRAY)]
    if left >= split:
        return [(left, right, marks.MIDDLE)]
    return [(left, split, marks.PALE_GRAY), (split, right, marks.MIDDLE)]


def _price_marks(prices: Sequence[Mark], x: Scale, base: float) -> list[str]:
    """Return lines at prices; labels on three heights so that none covers another."""
    parts = []
    for i, price in enumerate(sorted(prices, key=lambda p: p.value)):
        color = marks.ACCENT if price.main else marks.INK
        top = 12.0 + 13.0 * i
        at = x(price.value)
        parts.append(marks.line(at, top - 9.0, at, base, color, 2.0 if price.main else 1.2))
        on_left = at > 0.55 * x.end
        parts.append(
            marks.text(
                at - 4.0 if on_left else at + 4.0,
                top,
                price.text,
                "a" if price.main else "b",
                "end" if on_left else "start",
            )
        )
    return parts


def _sides(sides: tuple[Side, Side], width: float) -> list[str]:
    parts = []
    for side, x, anchor, kind in (
        (sides[0], 0.0, "start", "b"),
        (sides[1], width, "end", "a"),
    ):
        parts.append(marks.text(x, 66.0, side.headline, f"{kind} halo", anchor))
        parts += [
            marks.text(x, 78.0 + 11.0 * i, text, "m halo", anchor)
            for i, text in enumerate(side.lines)
        ]
    return parts


def _floor(floor: Mark, at: float, base: float, width: float) -> list[str]:
    tip = [(at, base + 17.0), (at - 4.0, base + 25.0), (at + 4.0, base + 25.0)]
    anchor = "end" if at > 0.5 * width else "start"
    x = at + 8.0 if anchor == "start" else at - 8.0
    return [marks.area(tip, marks.INK), marks.text(x, base + 27.0, floor.text, "b", anchor)]
