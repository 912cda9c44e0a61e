"""Bars inside the cells of a table: shares, price against a level, claim and collateral."""

from __future__ import annotations

import math
from dataclasses import dataclass

from npl_sim.reports.bid_book.pages.page import Html
from npl_sim.reports.bid_book.svg import marks


def share_bar(share: float, text: str, largest: float = 1.0) -> Html:
    """Return a gray bar of a share, with its number.

    Parameters
    ----------
    share, largest
        The share, and the share that fills the cell.
    text
        The share as text.
    """
    length = _length(share, largest, 52.0)
    parts = [
        marks.bar(0.0, 1.5, length, 8.0, marks.LIGHT_GRAY),
        marks.text(length + 4.0, 9.4, text, "m"),
    ]
    return marks.chart(78, 11, text, parts)


def level_bar(
    value: float, text: str, largest: float, level: float, fill: str = marks.ACCENT
) -> Html:
    """Return a bar against a level that all rows share, with its number at the right.

    Parameters
    ----------
    value, largest
        The number, and the one that fills the cell.
    text
        The number as text.
    level
        Level of the line.
    fill
        Color of the bar.
    """
    at = _length(level, largest, 74.0)
    parts = [
        marks.bar(0.0, 1.5, _length(value, largest, 74.0), 8.0, fill),
        marks.line(at, -3.0, at, 14.0, marks.GRAY, 0.8),
        marks.text(106.0, 9.4, text, "b", "end"),
    ]
    return marks.chart(106, 11, text, parts)


def paired_bars(
    first: float, second: float, texts: tuple[str, str], largest: float, width: float = 136.0
) -> Html:
    """Return a gray bar above a dark line, each with its text: a claim and its collateral.

    Parameters
    ----------
    first, second
        Numbers of bar and line.
    texts
        Their texts.
    largest
        Number that fills the cell.
    width
        Width of the cell. [px]
    """
    room = width - 40.0
    top, low = (_length(x, largest, room) for x in (first, second))
    parts = [
        marks.bar(0.0, 1.0, top, 9.0, marks.PALE_GRAY),
        marks.text(top + 4.0, 9.2, texts[0], "b"),
    ]
    if second > 0.0:
        parts.append(marks.line(0.0, 14.0, low, 14.0, marks.INK, 2.0))
    # A long text begins further left, below its line, so that it ends inside the cell.
    start = max(min(low + 4.0, width - 4.6 * len(texts[1])), 0.0)
    below = start < low
    parts.append(marks.text(start, 23.0 if below else 18.0, texts[1], "m s"))
    return marks.chart(width, 25.0 if below else 20.0, ", ".join(texts), parts)


@dataclass(frozen=True)
class ErrorBar:
    """A number with its standard error, and a remark at the right edge."""

    value: float
    error: float
    """Standard error; NaN if it is not known."""
    text: str
    remark: str
    stands_out: bool = False
    """Whether the remark is what a reader must see."""


def error_bar(one: ErrorBar, largest: float, width: float = 170.0) -> Html:
    """Return a bar with a mark of one standard error on each side.

    Parameters
    ----------
    one
        The number.
    largest
        Number that fills the cell.
    width
        Width of the cell. [px]
    """
    room = width - 100.0
    end = _length(one.value, largest, room)
    parts = [marks.bar(0.0, 2.0, end, 10.0, marks.MIDDLE)]
    reach = end
    if math.isfinite(one.error) and one.error > 0.0:
        low, high = (
            _length(max(x, 0.0), largest, room)
            for x in (one.value - one.error, one.value + one.error)
        )
        parts.append(marks.line(low, 7.0, high, 7.0, marks.INK, 1.4))
        parts += [marks.line(x, 4.0, x, 10.0, marks.INK) for x in (low, high)]
        reach = max(end, high)
    parts.append(marks.text(reach + 5.0, 10.8, one.text, "b"))
    kind = "a" if one.stands_out else "m"
    parts.append(marks.text(width, 10.8, one.remark, kind, "end"))
    return marks.chart(width, 14, f"{one.text}, {one.remark}", parts)


def _length(value: float, largest: float, room: float) -> float:
    if not (math.isfinite(value) and largest > 0.0):
        return 0.0
    return min(max(value, 0.0) / largest, 1.2) * room
