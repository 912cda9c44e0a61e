"""Comparables on the decision page: our shares beside those of other packages."""

from __future__ import annotations

import itertools
import math

from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.pages.page import Block, Html
from npl_sim.reports.bid_book.pages.view import BookView, number, percent
from npl_sim.reports.bid_book.pages.words import security_name
from npl_sim.reports.bid_book.svg.dots import DotLine, dot_lines

LINES = 5
"""Most lines of comparables on the page."""


def comparables_block(view: BookView) -> Block:
    """Return our shares beside those of other packages."""
    lines = [*_own_lines(view), *_published_lines(view)]
    if not lines:
        return Block(
            Html(""),
            _("No comparable covers this package"),
            _("Neither published figures nor our own comparables are of its classes."),
        )
    shown = lines[:LINES]
    ranges = [low <= one.value <= high for one in shown for low, high in one.ranges]
    title = _("Ranges shown that hold ours: {inside} of {count}").format(
        inside=sum(ranges), count=len(ranges)
    )
    subtitle = _(
        "% of gross book value unless said: this package (dot) and other packages (gray)."
    )
    return Block(dot_lines(shown, title), title, subtitle)


def _own_lines(view: BookView) -> list[DotLine]:
    own = None if view.heading.evidence is None else view.heading.evidence.own
    if own is None or not math.isfinite(float(own.package["low"])):
        return []
    package = own.package
    middle = ((100.0 * float(package["low"]), 100.0 * float(package["high"])),)
    value, count = float(package["model"]), int(package["comparables"])
    name = _("Our comparables")
    note = ngettext("{count} deal", "{count} deals", count).format(count=count)
    return [DotLine(name, 100.0 * value, percent(value), middle, note)]


def _published_lines(view: BookView) -> list[DotLine]:
    frame = view.book.published.table
    if frame.empty:
        return []
    frame = frame[frame["verdict"].isin(("inside", "below", "above"))]
    keys = ["segment", "security", "measure", "after_months"]
    lines: dict[str, list[tuple[float, DotLine]]] = {}
    for values, rows in frame.groupby(keys, dropna=False, sort=False):
        segment, security, measure, months = values
        # Named only where the segment has both.
        both = frame.loc[frame["segment"] == segment, "security"].nunique() > 1
        shown = f"{segment}, {security_name(str(security))}" if both else str(segment)
        ours = float(rows["model"].iloc[0])
        ranges = tuple((100.0 * r.low, 100.0 * r.high) for r in rows.itertuples())
        count = len(rows)
        note = ngettext("{count} figure", "{count} figures", count).format(count=count)
        name = _measure(shown, str(measure), float(months))
        line = DotLine(name, 100.0 * ours, percent(ours), ranges, note)
        lines.setdefault(f"{segment}/{security}", []).append((float(rows["gbv"].max()), line))
    classes = sorted(lines.values(), key=lambda own: -max(gbv for gbv, _line in own))
    # A line of each class before the second of any.
    ranked = [sorted(own, key=lambda pair: -pair[0]) for own in classes]
    rounds = itertools.zip_longest(*ranked)
    return [pair[1] for level in rounds for pair in level if pair is not None]


def _measure(segment: str, measure: str, months: float) -> str:
    short = segment if len(segment) <= 16 else segment[:15] + "…"
    if measure == "price_of_principal":
        return _("{segment}: price, % of principal").format(segment=short)
    if measure == "price_of_gbv":
        return _("{segment}: price").format(segment=short)
    if math.isfinite(months):
        return _("{segment}: receipts, {months} m").format(segment=short, months=number(months))
    return _("{segment}: receipts").format(segment=short)
