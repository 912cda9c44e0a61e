"""Fan chart: a line with bands, and marks at places on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from npl_sim.reports.bid_book.pages.page import Html
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.scales import Scale, tick_text, ticks


@dataclass(frozen=True)
class Fan:
    """Series of a fan chart, all of one shape."""

    x: np.ndarray
    middle: np.ndarray
    """The line."""
    low: np.ndarray
    high: np.ndarray
    """Ends of the outer band."""
    inner_low: np.ndarray
    inner_high: np.ndarray
    """Ends of the inner band."""
    dashed: np.ndarray | None = None
    """A second line, dashed."""


@dataclass(frozen=True)
class Note:
    """Text inside a chart, at a point of its scales."""

    x: float
    y: float
    text: str
    kind: str = ""
    anchor: str = "start"


@dataclass(frozen=True)
class Vertical:
    """Vertical line with a name on top and a dot on the line of the chart."""

    x: float
    y: float
    text: str
    value: str = ""
    """Number beside the dot."""
    main: bool = False


@dataclass(frozen=True)
class Level:
    """Horizontal line with a name."""

    y: float
    text: str
    dashed: bool = False


def spread(notes: Sequence[Note], span: float, share: float = 0.06) -> list[Note]:
    """Return notes at the edge moved apart, so that none covers another.

    Parameters
    ----------
    notes
        Notes at the right edge.
    span
        Range of the axis.
    share
        Least distance, as a share of the range.
    """
    room = share * span
    moved: list[Note] = []
    for note in sorted(notes, key=lambda n: n.y):
        y = max(note.y, moved[-1].y + room) if moved else note.y
        moved.append(replace(note, y=y))
    return moved


def fan(
    series: Fan,
    label: str,
    verticals: Sequence[Vertical] = (),
    levels: Sequence[Level] = (),
    notes: Sequence[Note] = (),
    x_labels: Sequence[tuple[float, str]] = (),
    size: tuple[int, int] = (680, 260),
) -> Html:
    """Return a fan chart.

    Parameters
    ----------
    series
        Line and bands.
    label
        The finding, for who cannot see the chart.
    verticals, levels, notes
        Marks in the chart.
    x_labels
        Texts below the axis; round numbers by default.
    size
        Width and height. [px]
    """
    width, height = size
    right = width - (78.0 if any(n.anchor == "edge" for n in notes) else 2.0)
    bottom = min(float(series.low.min()), 0.0)
    top = max(float(series.high.max()), *(level.y for level in levels), bottom + 1e-9)
    x = Scale(float(series.x[0]), float(series.x[-1]), 36.0, right)
    y = Scale(bottom, top, height - 20.0, 22.0)
    parts = []
    at = ticks(bottom, top, 5)
    for tick in at:
        parts.append(marks.line(36.0, y(tick), right, y(tick)))
        parts.append(marks.text(30.0, y(tick) + 3.5, tick_text(tick, at), "m", "end"))
    parts += _bands(series, x, y)
    parts.append(marks.line(36.0, y(0.0), right, y(0.0), marks.INK))
    parts += _levels(levels, y, right)
    parts += _verticals(verticals, x, y)
    for note in notes:
        if note.anchor == "edge":
            parts.append(marks.text(right + 5.0, y(note.y) + 3.5, note.text, note.kind))
        else:
            parts.append(
                marks.text(x(note.x), y(note.y), note.text, f"{note.kind} halo", note.anchor)
            )
    below = ticks(float(series.x[0]), float(series.x[-1]), 8)
    shown = x_labels or [(t, tick_text(t, below)) for t in below]
    parts += [marks.text(x(t), height - 6.0, name, "m", "middle") for t, name in shown]
    return marks.chart(width, height, label, parts)


def _bands(series: Fan, x: Scale, y: Scale) -> list[str]:
    def around(low: np.ndarray, high: np.ndarray) -> list[tuple[float, float]]:
        up = [(x(a), y(b)) for a, b in zip(series.x, high, strict=True)]
        down = [(x(a), y(b)) for a, b in zip(series.x, low, strict=True)]
        return up + down[::-1]

    def through(values: np.ndarray) -> list[tuple[float, float]]:
        return [(x(a), y(b)) for a, b in zip(series.x, values, strict=True)]

    parts = [
        marks.area(around(series.low, series.high), marks.PALE),
        marks.area(around(series.inner_low, series.inner_high), marks.LIGHT),
        marks.path(through(series.middle), marks.ACCENT, 2.2),
    ]
    if series.dashed is not None:
        parts.append(marks.path(through(series.dashed), marks.DARK_GRAY, 1.2, "4 3"))
    return parts


def _levels(levels: Sequence[Level], y: Scale, right: float) -> list[str]:
    parts = []
    for level in levels:
        points = [(36.0, y(level.y)), (right, y(level.y))]
        parts.append(marks.path(points, marks.INK, 1.1, "4 3" if level.dashed else ""))
        place = (right - 4.0, "end") if level.dashed else (40.0, "start")
        shift = 12.0 if level.dashed else -4.0
        parts.append(marks.text(place[0], y(level.y) + shift, level.text, "b halo", place[1]))
    return parts


def _verticals(verticals: Sequence[Vertical], x: Scale, y: Scale) -> list[str]:
    parts = []
    taken: list[float] = []
    for one in sorted(verticals, key=lambda v: v.x):
        color, kind = (marks.ACCENT, "a") if one.main else (marks.INK, "b")
        at = x(one.x)
        # A name that would cover the one before it moves down a line.
        level = sum(1 for other in taken if at - other < 95.0)
        taken.append(at)
        top = 8.0 + 12.0 * level
        parts.append(marks.line(at, top - 7.0, at, y(0.0), color, 2.0 if one.main else 1.1))
        left = at > x.end - 100.0
        parts.append(
            marks.text(
                at - 5.0 if left else at + 5.0,
                top,
                one.text,
                f"{kind} halo",
                "end" if left else "start",
            )
        )
        parts.append(marks.dot(at, y(one.y), 4.0, "#fff", color))
        if one.value:
            parts.append(marks.text(at + 6.0, y(one.y) - 7.0, one.value, f"{kind} halo"))
    return parts
