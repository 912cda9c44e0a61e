"""Bars: in a cell of a table, and by period with whiskers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from npl_sim.reports.bid_book.pages.page import Html
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.scales import Scale, tick_text, ticks


def cell_bar(
    value: float,
    largest: float,
    text: str,
    width: int = 90,
    fill: str = marks.MIDDLE,
    beside: int = 42,
) -> Html:
    """Return a small bar with its number beside it.

    Parameters
    ----------
    value, largest
        The number, and the largest of its column, which fills the width. The sign does not count.
    text
        The number as text.
    width, beside
        Width of the cell, and the part of it for the number. [px]
    fill
        Color of the bar.
    """
    length = min(abs(value) / largest, 1.0) * (width - beside) if largest > 0.0 else 0.0
    parts = [
        marks.bar(0.0, 1.5, length, 10.0, fill),
        marks.text(length + 5.0, 10.2, text, "b" if fill == marks.ACCENT else ""),
    ]
    return marks.chart(width, 13, text, parts)


@dataclass(frozen=True)
class PeriodBar:
    """Bar of one period."""

    start: float
    end: float
    """Period on the time axis, such as years."""
    value: float
    low: float
    high: float
    """Mean and ends of the whisker, per unit of height."""


def period_bars(
    bars: Sequence[PeriodBar],
    labels: Sequence[tuple[float, str]],
    label: str,
    width: int = 680,
    height: int = 190,
    whisker_label: str = "",
) -> Html:
    """Return bars whose width is the length of the period, so that the area is the amount.

    Parameters
    ----------
    bars
        Bars from left to right.
    labels
        Texts below the axis, each centered at a time.
    label
        The finding, for who cannot see the chart.
    width, height
        Size. [px]
    whisker_label
        What a whisker holds; shown at the highest one.
    """
    first, last = bars[0].start, bars[-1].end
    top = max([b.high for b in bars] + [b.value for b in bars] + [0.0])
    bottom = min([b.low for b in bars] + [b.value for b in bars] + [0.0])
    top = top if top > bottom else bottom + 1.0
    x = Scale(first, last, 34.0, width - 2.0)
    y = Scale(bottom, top, height - 20.0, 14.0)
    parts = []
    marks_at = ticks(bottom, top, 4)
    for at in marks_at:
        parts.append(marks.line(34.0, y(at), width - 2.0, y(at)))
        parts.append(marks.text(28.0, y(at) + 3.5, tick_text(at, marks_at), "m", "end"))
    for one in bars:
        zero, end = y(0.0), y(one.value)
        left, right = x(one.start) + 0.8, x(one.end) - 0.8
        parts.append(marks.bar(left, min(zero, end), right - left, abs(zero - end), marks.MIDDLE))
        parts.append(marks.whisker((left + right) / 2.0, y(one.low), y(one.high)))
    parts.append(marks.line(34.0, y(0.0), width - 2.0, y(0.0), marks.INK))
    if whisker_label:
        best = max(bars, key=lambda b: b.high)
        middle = x((best.start + best.end) / 2.0)
        parts.append(marks.text(middle + 8.0, y(best.high) + 4.0, whisker_label, "m"))
    parts += [marks.text(x(at), height - 6.0, name, "m", "middle") for at, name in labels]
    return marks.chart(width, height, label, parts)
