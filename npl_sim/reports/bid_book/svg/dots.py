"""Dots against ticks: our figure beside the ranges of others, one line a class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import east_asian_width

from npl_sim.reports.bid_book.pages.page import Html
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.scales import Scale, tick_text, ticks


@dataclass(frozen=True)
class DotLine:
    """One class with our figure and those of others."""

    name: str
    value: float
    """Our figure; NaN if it is not known."""
    text: str
    """Our figure as text."""
    ranges: tuple[tuple[float, float], ...]
    """Ranges of others, each from low to high."""
    note: str
    """How many others there are; at the right edge."""


_LEFT, _GLYPH = 124.0, 4.7
"""Least place for names, and the width of a letter. [px]"""


def _left(lines: Sequence[DotLine]) -> float:
    """Return where the axis begins, right of the longest name. [px]"""
    wide = (sum(2 if east_asian_width(c) in "WF" else 1 for c in one.name) for one in lines)
    return max([_LEFT, *(_GLYPH * letters + 8.0 for letters in wide)])


def dot_lines(lines: Sequence[DotLine], label: str, width: int = 290) -> Html:
    """Return dots (ours) against ranges (others) on one axis from 0.

    Parameters
    ----------
    lines
        Classes from top to bottom.
    label
        The finding, for who cannot see the chart.
    width
        Width. [px]
    """
    every = [n for one in lines for n in (one.value, *(e for r in one.ranges for e in r))]
    known = [n for n in every if n == n]
    low_end, high = min([*known, 0.0]), max([*known, 1e-9])
    left = _left(lines)
    x = Scale(low_end, high, left, width - 66.0)
    bottom = 20.0 * len(lines) + 2.0
    parts = []
    at = ticks(low_end, high, 4 if left <= _LEFT else 2)
    for tick in at:
        parts.append(marks.line(x(tick), 2.0, x(tick), bottom))
        parts.append(marks.text(x(tick), bottom + 12.0, tick_text(tick, at), "m", "middle"))
    for i, one in enumerate(lines):
        middle = 12.0 + 20.0 * i
        parts.append(marks.text(0.0, middle + 3.5, one.name))
        parts.append(marks.text(width, middle + 3.5, one.note, "m", "end"))
        for low, top in one.ranges:
            span = max(x(top) - x(low), 1.0)
            parts.append(marks.bar(x(low), middle - 4.0, span, 8.0, marks.PALE_GRAY))
            parts += [
                marks.line(x(e), middle - 4.5, x(e), middle + 4.5, marks.GRAY) for e in (low, top)
            ]
        if one.value == one.value:
            parts.append(marks.dot(x(one.value), middle, 4.5))
            parts.append(marks.text(x(one.value) + 7.0, middle + 3.5, one.text, "a halo"))
    return marks.chart(width, bottom + 16.0, label, parts)
