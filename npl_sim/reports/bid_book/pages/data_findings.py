"""Page on the data: findings with the rows and claims that they touch, and their effect."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from npl_sim.analysis.package.data_findings import TOPICS, effect_range
from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.pages.page import Block, Html, Page, escape, gray, joined
from npl_sim.reports.bid_book.pages.table import Column, Row, row, table
from npl_sim.reports.bid_book.pages.view import BookView, number, percent
from npl_sim.reports.formats import error_text
from npl_sim.reports.writers.terminal import text_width

MOST_OF_TOPIC = {"result": 4, "reading": 7, "input": 6, "set aside": 3, "no value": 7}
"""Most rows of each topic; of other topics, `MOST_OTHERS`."""

MOST_OTHERS = 4

HEIGHT, LINE, SPACE, LETTERS = 760, 15, 8, 60
"""Height of a sheet for the rows, of a line, and of the space around a row [px]. Letters of a line
of the first column."""

LONGEST = 180
"""Longest text of a finding; the workbook has the whole text. [characters]"""


def page(view: BookView) -> Page:
    """Return the page on the data."""
    frame = view.package.findings
    if frame.empty:
        return Page(
            headline=_("Nothing was found in the data."),
            reasons=Html(_("No reading is open, no input is stale, and no row is set aside.")),
            blocks=(),
            note=view.foot,
        )
    text = _(
        "Effect: change of the price if the finding is settled against what was read, all else "
        "equal. Each is measured by a run on the same scenarios. Not determined: no run can tell. "
        "Findings may overlap, so claims are not added."
    )
    return Page(
        headline=_headline(frame, view),
        reasons=joined(_reasons(frame, view), " "),
        blocks=(Block(_table(frame, view)),),
        note=f"{text} {view.foot}",
    )


def _headline(frame: pd.DataFrame, view: BookView) -> str:
    """Return the open effects on the price, or that none is known."""
    low, high = effect_range(frame)
    price = view.book.result.mean.value
    unknown = int(frame["effect"].isna().sum())
    if low == 0.0 and high == 0.0:
        return ngettext(
            "{count} finding has no measured effect on the price.",
            "{count} findings have no measured effect on the price.",
            unknown,
        ).format(count=number(unknown))
    if price > 0.0:
        return _("Open findings on the data together move the price by {low}% to {high}%.").format(
            low=_signed_share(low / price), high=_signed_share(high / price)
        )
    return _("Open findings on the data together move the price by {low} to {high}.").format(
        low=view.change(low), high=view.change(high)
    )


def _signed_share(share: float) -> str:
    text = percent(share)
    return f"+{text}" if share > 0.0 and text.strip("0.,") else text


def _reasons(frame: pd.DataFrame, view: BookView) -> Iterator[str]:
    measured = frame[frame["effect"].notna() & (frame["effect"] != 0.0) & ~frame["confirmed"]]
    if len(measured):
        top = measured.loc[measured["effect"].abs().idxmax()]
        yield _("The largest effect, {effect}: {finding}.").format(
            effect=view.change(float(top["effect"])), finding=_text(top)
        )
    unknown = frame[frame["effect"].isna()]
    if len(unknown):
        yield ngettext(
            "For {count} finding the effect is not determined.",
            "For {count} findings the effect is not determined.",
            len(unknown),
        ).format(count=number(len(unknown)))
    aside = frame[(frame["topic"] == "set aside") & frame["amount"].notna()]
    if len(aside) and float(aside["amount"].sum()) > 0.0:
        yield _("Claims of {amount} are set aside and are not in the price.").format(
            amount=view.money(float(aside["amount"].sum()))
        )


def topic_title(topic: str) -> str:
    """Return the title of a topic of findings."""
    return {
        "result": _("Doubts about the result"),
        "reading": _("Other readings of the tape"),
        "input": _("Stale and missing inputs"),
        "set aside": _("Rows set aside"),
        "no value": _("Loans without value"),
        "assumed": _("Columns that the tape does not have"),
        "error": _("Other errors"),
        "warning": _("Other warnings"),
    }[topic]


def _table(frame: pd.DataFrame, view: BookView) -> Html:
    columns = (
        Column(_("Finding"), 0),
        Column(_("Rows"), 42),
        Column(_("Claims"), 54),
        Column(_("Effect on the price"), 94),
        Column(_("± one standard error"), 56),
        Column(_("% of price"), 50),
    )
    return table(columns, _rows(frame, view))


def _rows(frame: pd.DataFrame, view: BookView) -> list[Row]:
    """Return the rows by topic, as many as the sheet holds; what is left out is counted."""
    rows: list[Row] = []
    left = HEIGHT
    for topic in TOPICS:
        part = frame[frame["topic"] == topic]
        if part.empty:
            continue
        most = MOST_OF_TOPIC.get(topic, MOST_OTHERS)
        shown = part if len(part) <= most else part.iloc[: most - 1]
        # Height of the title and the count of what is left out.
        left -= 2 * (LINE + SPACE)
        count = 0
        made = []
        for _i, found in shown.iterrows():
            left -= _height(found)
            if left < 0:
                break
            made.append(_row(found, view))
            count += 1
        rows += [row(topic_title(topic), kind="group"), *made]
        rest = len(part) - count
        if rest:
            more = ngettext(
                "{count} more, in the workbook", "{count} more, in the workbook", rest
            ).format(count=number(rest))
            rows.append(row(gray(more)))
    return rows


def _height(found: Any) -> int:
    """Return the height of the row of a finding. [px]"""
    letters = text_width(_text(found)) + 1 + text_width(_place(found))
    return LINE * -(-letters // LETTERS) + SPACE


def _row(found: Any, view: BookView) -> Row:
    effect, price = float(found["effect"]), view.book.result.mean.value
    known = math.isfinite(effect)
    where = _place(found)
    place = f' <span class="mut s">{escape(where)}</span>' if where else ""
    return row(
        Html(f"{escape(_text(found))}{place}"),
        number(float(found["rows"])),
        view.money(float(found["amount"])),
        view.change(effect) if known else _unknown(),
        _error(float(found["effect_se"]), view),
        _signed_share(effect / price) if known and price > 0.0 else number(math.nan),
    )


def _unknown() -> Html:
    return Html(
        f'<span class="mut" style="white-space:nowrap">{escape(_("not determined"))}</span>'
    )


def _error(error: float, view: BookView) -> str:
    """Return a standard error; one that rounds to 0 is not 0."""
    return error_text(error / view.unit.size, view.decimals) if error > 0.0 else view.money(error)


def _text(found: Any) -> str:
    text = str(found["finding"]).rstrip(".")
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _place(found: Any) -> str:
    place = "" if found["topic"] == "no value" else str(found["place"])
    return f"{place}, {_('confirmed by the study')}" if found["confirmed"] else place
