"""Page on the collateral: values, appraisals and expected proceeds by kind and region."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from npl_sim.analysis.package.facts import NOT_GIVEN
from npl_sim.analysis.package.strata import PACKAGE
from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.names import name_of
from npl_sim.reports.bid_book.pages.page import Block, Html, Page, escape, joined
from npl_sim.reports.bid_book.pages.table import (
    Column,
    HeatCell,
    Row,
    heat_table,
    row,
    table,
)
from npl_sim.reports.bid_book.pages.view import BookView, number, percent
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.cells import level_bar

LEAST_SHARE = 0.05
"""Least share of free value of a kind that the text speaks of."""

MOST_KINDS, MOST_REGIONS = 6, 7
"""Most rows and columns of the two-way table; the workbook has all."""


def page(view: BookView) -> Page:
    """Return the page on the collateral."""
    frame = view.package.collateral
    whole = dict(frame[frame["group"] == PACKAGE].iloc[0])
    if not whole["items"]:
        return Page(
            headline=_("No loan has collateral."),
            reasons=Html(_("The price rests on debtors, guarantors and other assets.")),
            blocks=(),
            note=view.foot,
        )
    blocks = [
        Block(
            _table(frame, whole, view),
            _("Value and expected proceeds"),
            _("{unit}; the line in the last column is at the package's {share}%.").format(
                unit=view.unit.name, share=percent(whole["proceeds_of_free"], 0)
            ),
        )
    ]
    if len(frame[frame["group"] == "region"]) > 1:
        blocks.append(
            Block(
                _cells(frame, whole, view),
                _("Expected proceeds, % of free value, by kind and city")
                if view.book.parts.cells.by_city
                else _("Expected proceeds, % of free value, by kind and region"),
                _("Colored: at least the package's share. Gray: less, the darker the less."),
            )
        )
    blocks.append(
        Block(
            _ages(frame, whole, view),
            _("Age of the appraisals"),
            _("Older than {months} months, or undated: {share}% of the appraised value.").format(
                months=number(view.study.prudence.limits.appraisal_months),
                share=percent(whole["stale_share"], 0),
            ),
        )
    )
    return Page(_headline(whole, view), _reasons(frame, whole, view), tuple(blocks), _note(view))


def _note(view: BookView) -> str:
    text = _(
        "Free value: appraised value less prior liens, at most the secured amount; an item "
        "that secures several loans counts once. Proceeds: expected receipts from sale and "
        "acceptance against debt, before costs; claims, failed auctions and sales of loans limit "
        "them. Proceeds of a loan with several items are split by free value."
    )
    return f"{text} {view.foot}"


def _headline(whole: dict[str, Any], view: BookView) -> str:
    return _(
        "Collateral worth {free} is expected to bring {proceeds}, {share}%, in {months} months."
    ).format(
        free=view.phrase(whole["free"]),
        proceeds=view.round_money(whole["proceeds"]),
        share=percent(whole["proceeds_of_free"], 0),
        months=number(whole["proceeds_months"]),
    )


def _reasons(frame: pd.DataFrame, whole: dict[str, Any], view: BookView) -> Html:
    return joined([*_liens(whole, view), *_kinds(frame, whole), *_stale(whole)], " ")


def _liens(whole: dict[str, Any], view: BookView) -> Iterator[str]:
    items = int(whole["items"])
    yield ngettext(
        "{count} item is appraised at {appraised}; prior liens take {liens}.",
        "{count} items are appraised at {appraised}; prior liens take {liens}.",
        items,
    ).format(
        count=number(items),
        appraised=view.money(whole["appraised"]),
        liens=view.money(whole["prior_liens"]),
    )
    missing = int(whole["unvalued"])
    if missing:
        yield ngettext(
            "{count} item has no value on the tape and counts 0.",
            "{count} items have no value on the tape and count 0.",
            missing,
        ).format(count=number(missing))


def _kinds(frame: pd.DataFrame, whole: dict[str, Any]) -> Iterator[str]:
    kinds = frame[frame["group"] == "kind"]
    kinds = kinds[(kinds["free"] >= LEAST_SHARE * whole["free"]) & (kinds["free"] > 0.0)]
    if len(kinds) < 2:
        return
    best = kinds.loc[kinds["proceeds_of_free"].idxmax()]
    worst = kinds.loc[kinds["proceeds_of_free"].idxmin()]
    yield _("Proceeds run from {low}% of free value ({worst}) to {high}% ({best}).").format(
        low=percent(worst["proceeds_of_free"], 0),
        worst=name_of(str(worst["name"])),
        high=percent(best["proceeds_of_free"], 0),
        best=name_of(str(best["name"])),
    )


def _stale(whole: dict[str, Any]) -> Iterator[str]:
    if whole["stale_share"] > 0.0:
        yield _("{share}% of the appraised value rests on old or undated appraisals.").format(
            share=percent(whole["stale_share"], 0)
        )


def _table(frame: pd.DataFrame, whole: dict[str, Any], view: BookView) -> Html:
    columns = (
        Column("", 138),
        Column(_("Items"), 42),
        Column(_("Appraised"), 58),
        Column(_("Prior liens"), 50),
        Column(_("Free value"), 58),
        Column(_("Age of appraisal, months"), 60),
        Column(_("Stale, %"), 42),
        Column(_("Expected proceeds"), 60),
        Column(_("In months"), 46),
        Column(_("Proceeds, % of free value"), 0, left=True, style="padding-left:14px"),
    )
    largest = float(frame["proceeds_of_free"].max())
    place = _("City") if view.book.parts.cells.by_city else _("Region")
    rows: list[Row] = []
    for group, title in (("kind", _("Kind")), ("region", place)):
        part = frame[frame["group"] == group]
        rows.append(row(title, kind="group"))
        rows += [_row(r, whole, view, largest) for _i, r in part.iterrows()]
    rows.append(_row(whole, whole, view, largest))
    return table(columns, rows, "tight")


def _row(found: Any, whole: dict[str, Any], view: BookView, largest: float) -> Row:
    is_package = found["group"] == PACKAGE
    share = percent(found["proceeds_of_free"], 0)
    return row(
        name_of(str(found["name"])),
        number(float(found["items"])),
        view.money(found["appraised"]),
        view.money(found["prior_liens"]),
        view.money(found["free"]),
        number(found["appraisal_months"]),
        percent(found["stale_share"], 0),
        view.money(found["proceeds"]),
        number(found["proceeds_months"]),
        level_bar(
            float(found["proceeds_of_free"]),
            share,
            largest,
            float(whole["proceeds_of_free"]),
            marks.INK if is_package else marks.ACCENT,
        ),
        kind="total" if is_package else "",
    )


def _cells(frame: pd.DataFrame, whole: dict[str, Any], view: BookView) -> Html:
    """Return the share of proceeds by kind and region, with the free value below it."""
    cells = frame[frame["group"] == "cell"]
    kinds = frame.loc[frame["group"] == "kind", "name"].tolist()[:MOST_KINDS]
    regions = frame.loc[frame["group"] == "region", "name"].tolist()[:MOST_REGIONS]
    by_place = {(r["name"], r["region"]): r for _i, r in cells.iterrows()}
    level = float(whole["proceeds_of_free"])
    gaps = (cells["proceeds_of_free"] - level).abs()
    reach = float(gaps.max()) if gaps.notna().any() and gaps.max() > 0.0 else 1.0
    return heat_table(
        _("Kind"),
        _("City: share, and free value")
        if view.book.parts.cells.by_city
        else _("Region: share, and free value"),
        [name_of(region) for region in regions],
        [_wrapped(name_of(kind)) for kind in kinds],
        [[_cell(by_place.get((k, r)), level, reach, view) for r in regions] for k in kinds],
    )


def _wrapped(name: str) -> Html:
    return Html(f'<span style="white-space:normal">{escape(name)}</span>')


def _cell(found: Any, level: float, reach: float, view: BookView) -> HeatCell:
    if found is None or not math.isfinite(found["proceeds_of_free"]):
        return HeatCell(number(math.nan), 0.0)
    share = float(found["proceeds_of_free"])
    text = f"{percent(share, 0)}  ({view.money(found['free'])})"
    return HeatCell(text, (share - level) / reach)


def _ages(frame: pd.DataFrame, whole: dict[str, Any], view: BookView) -> Html:
    columns = (
        Column(_("Years since the appraisal"), 200),
        Column(_("Items"), 80),
        Column(_("Appraised"), 100),
        Column(_("% of it"), 80),
        Column(""),
    )
    part = frame[frame["group"] == "appraisal"]
    rows = [
        row(
            age_of(str(r["name"])),
            number(float(r["items"])),
            view.money(r["appraised"]),
            percent(r["appraised"] / whole["appraised"] if whole["appraised"] else math.nan, 0),
            "",
        )
        for _i, r in part.iterrows()
    ]
    return table(columns, rows, "tight")


def age_of(low: str) -> str:
    """Return the band of years since the appraisal that begins at a whole year."""
    if low == NOT_GIVEN:
        return _("Undated")
    return _("{years} or more").format(years=low) if low == "3" else f"{low} – {int(low) + 1}"
