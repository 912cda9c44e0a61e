"""Whiskers side by side: mean and range of several cases on one axis, with a line at a level."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from npl_sim.reports.bid_book.pages.page import Html
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.scales import Scale, tick_text, ticks


@dataclass(frozen=True)
class WhiskerLine:
    """One case."""

    name: str
    mean: float
    text: str
    """The mean as text."""
    low: float
    high: float
    """Ends of the whisker."""
    main: bool = False
    """Whether it is the case to look at."""


def whisker_lines(
    lines: Sequence[WhiskerLine], level: float, level_text: str, label: str, width: int = 680
) -> Html:
    """Return a horizontal whisker for each case, with a dot at its mean.

    Parameters
    ----------
    lines
        Cases from top to bottom.
    level, level_text
        Number at which a line stands, and its name.
    label
        The finding, for who cannot see the chart.
    width
        Width. [px]
    """
    ends = [end for one in lines for end in (one.low, one.high, one.mean)]
    low, high = min([*ends, level, 0.0]), max([*ends, level])
    x = Scale(low, high if high > low else low + 1.0, 190.0, width - 24.0)
    bottom = 18.0 + 24.0 * len(lines)
    parts = []
    at = ticks(low, high, 6)
    for tick in at:
        parts.append(marks.line(x(tick), 16.0, x(tick), bottom))
        parts.append(marks.text(x(tick), bottom + 12.0, tick_text(tick, at), "m", "middle"))
    if low <= 0.0:
        parts.append(marks.line(x(0.0), 16.0, x(0.0), bottom, marks.INK))
    parts.append(marks.line(x(level), 6.0, x(level), bottom, marks.INK, 1.2))
    parts.append(marks.text(x(level) + 5.0, 11.0, level_text, "b"))
    for i, one in enumerate(lines):
        middle = 31.0 + 24.0 * i
        band, color = (
            (marks.LIGHT, marks.ACCENT) if one.main else (marks.PALE_GRAY, marks.DARK_GRAY)
        )
        parts.append(marks.text(0.0, middle + 3.5, one.name, "b" if one.main else ""))
        parts.append(marks.bar(x(one.low), middle - 4.0, x(one.high) - x(one.low), 8.0, band))
        parts.append(marks.dot(x(one.mean), middle, 4.5, color))
        kind = "a halo" if one.main else "b halo"
        parts.append(marks.text(x(one.mean), middle - 7.0, one.text, kind, "middle"))
    return marks.chart(width, bottom + 16.0, label, parts)
