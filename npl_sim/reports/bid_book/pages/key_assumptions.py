"""Page 8: the assumptions that matter, with value, unit, source, owner and effect."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.export import key_assumptions_of
from npl_sim.reports.bid_book.pages.experts import experts_block
from npl_sim.reports.bid_book.pages.page import Block, Html, Page, bold, escape, gray, joined
from npl_sim.reports.bid_book.pages.table import Column, row, table
from npl_sim.reports.bid_book.pages.view import DASH, BookView, number, percent
from npl_sim.reports.bid_book.pages.words import (
    figure_unit,
    input_name,
    setting_text,
    state_name,
)
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.bars import cell_bar

if TYPE_CHECKING:
    import pandas as pd

MOST_LETTERS = 74
"""Longest text of a source on the page; the workbook has all of it."""


def page(view: BookView) -> Page:
    """Return the page on the assumptions that matter."""
    frame = assumptions_of(view)
    found = view.heading.experts
    experts = () if found is None else (experts_block(view, found),)
    return Page(
        headline=_headline(view, frame),
        reasons=_reasons(view, frame),
        blocks=(_table(view, frame), *experts),
        note=_note(view),
    )


def assumptions_of(view: BookView) -> pd.DataFrame:
    """Return the assumptions that matter (`analysis.key_assumptions`)."""
    return key_assumptions_of(view.study, view.book, view.heading)


def _headline(view: BookView, frame: pd.DataFrame) -> str:
    if frame.empty:
        return _("No assumption moves the target price.")
    unsourced = int((frame["published"] == 0).sum())
    first = frame.iloc[0]
    return _(
        "{unsourced} of {count} assumptions that matter have no published source; one alone moves "
        "our price by {change}."
    ).format(unsourced=unsourced, count=len(frame), change=view.change(float(first["change"])))


def _reasons(view: BookView, frame: pd.DataFrame) -> Html:
    parts = []
    if len(frame):
        price = view.book.bid.price.value
        first = frame.iloc[0]
        parts.append(
            _("Largest: {name}, {share}% of the target price.").format(
                name=input_name(str(first["input"])).lower(),
                share=percent(abs(float(first["change"])) / price) if price > 0.0 else DASH,
            )
        )
    evidence = view.heading.evidence
    if evidence is not None:
        parts.append(
            _(
                "Of all {count} figures of market, collateral and policies, {published} have a "
                "published source and {assumed} are assumptions with a reason."
            ).format(
                count=f"{len(evidence.figures):,}",
                published=f"{evidence.published:,}",
                assumed=f"{evidence.assumed:,}",
            )
        )
        share = None if evidence.unsourced is None else evidence.unsourced.share
        if share is not None and math.isfinite(share.value):
            parts.append(
                _("{share}% of the effects of inputs rest on figures without one.").format(
                    share=percent(share.value, 0)
                )
            )
    return joined(map(escape, parts), " ")


def _value(r: Any) -> Html:
    if not math.isfinite(r.low):
        return escape(DASH)
    size = max(abs(r.low), abs(r.high))
    decimals = 0 if size >= 100.0 else 1 if size >= 1.0 else 3
    low, high = number(r.low, decimals), number(r.high, decimals)
    shown = low if low == high else _("{low} to {high}").format(low=low, high=high)
    return joined((bold(shown), gray(figure_unit(r.unit))), " ")


def _table(view: BookView, frame: pd.DataFrame) -> Block:
    columns = [
        Column("", 16),
        Column(_("Assumption, and where it is moved to"), 150, left=True),
        Column(_("Value today, range over kinds and policies"), 112, left=True),
        Column(_("Effect on the target price"), 104, left=True),
        Column(_("Published figures"), 52),
        Column(_("Source"), left=True, style="font-size:9px;line-height:1.25;padding-left:12px"),
        Column(
            _("Owner"),
            70,
            left=True,
            style="font-size:9px;line-height:1.25;white-space:normal;overflow-wrap:anywhere",
        ),
    ]
    largest = float(frame["change"].abs().max()) if len(frame) else 0.0
    rows = []
    for i, r in enumerate(frame.itertuples(), start=1):
        fill = marks.ACCENT if r.published == 0 else marks.LIGHT_GRAY
        moved = setting_text(r.input, r.setting_unit, r.setting)
        of = _("{published} of {count}")
        source = joined((state_name(r.state), gray(_short(r.source))), ". " if r.source else "")
        rows.append(
            row(
                gray(i),
                joined((bold(input_name(r.input) + "."), gray(moved)), " "),
                _value(r),
                cell_bar(r.change, largest, view.change(r.change), 96, fill, 42),
                of.format(published=r.published, count=r.figures) if r.figures else DASH,
                source,
                view.owner(r.input) or DASH,
            )
        )
    subtitle = _(
        "{unit}. Each assumption alone at its worse setting. Dark bars: no figure of it has a "
        "published source."
    ).format(unit=view.unit.name)
    return Block(table(columns, rows), _("Assumptions by effect on the target price"), subtitle)


def _short(text: str) -> str:
    own = text.removeprefix("assumption: ")
    return own if len(own) <= MOST_LETTERS else own[: MOST_LETTERS - 1].rstrip() + "…"


def _note(view: BookView) -> str:
    text = _(
        "A fifth worse: every figure of the input at 0.8 or 1.2 times its value, whichever is "
        "worse, on fewer scenarios. The workbook lists every figure with its source."
    )
    return f"{text} {view.foot}"
