"""Page on the package: its strata, with claims, collateral, receipts and share of the price."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pandas as pd

from npl_sim.analysis.package.strata import PACKAGE, PACKAGE_EFFECT
from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.names import band, name_of
from npl_sim.reports.bid_book.pages.page import Block, Html, Page, bold, escape, joined
from npl_sim.reports.bid_book.pages.table import Column, Row, row, table
from npl_sim.reports.bid_book.pages.view import BookView, number, percent
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.cells import level_bar, share_bar

HEIGHT, LINE, TITLE = 783.0, 17.8, 22.0
"""Height of a sheet for the rows of the table, of a row, and of the title of a group. [px]"""

HEADLINE_GROUPS = ("security", "product", "stage", "years", "claim", "loan_to_value", "region")
"""Groups that the headline may speak of."""

LEAST_SHARE = 0.03
"""Least share of claims of a stratum that the text speaks of."""


def page(view: BookView) -> Page:
    """Return the page on the package."""
    frame = view.package.strata
    return Page(
        headline=_headline(frame, view),
        reasons=_reasons(frame, view),
        blocks=(Block(_figures(view)), Block(_table(frame, view))),
        note=_(
            "Receipts: expected, undiscounted, before costs. Collateral: appraised value less "
            "prior liens, at most the secured amount. Target price: {price}, shared over "
            "the loans by their value at the "
            "buyer's return; gray line at the package's {share}%."
        ).format(
            price=view.money(view.book.bid.price.value),
            share=percent(_whole(frame)["price_of_claim"]),
        )
        + f" {view.foot}",
    )


def _whole(frame: pd.DataFrame) -> dict[str, Any]:
    """Return the row of the package."""
    return dict(frame[frame["group"] == PACKAGE].iloc[0])


def label_of(row: Any, view: BookView) -> str:
    """Return the name of a stratum."""
    if row["name"]:
        return name_of(str(row["name"]))
    scale = {"claim": view.unit.size, "loan_to_value": 0.01}.get(str(row["group"]), 1.0)
    return band(float(row["low"]), float(row["high"]), scale)


def group_title(group: str, view: BookView) -> str:
    """Return the title of a group of strata."""
    return {
        "product": _("Product"),
        "security": _("Security"),
        "stage": _("Stage"),
        "claim": _("Claim, {unit}").format(unit=view.unit.name),
        "years": _("Years since default"),
        "loan_to_value": _("Claim, % of free collateral"),
        "region": _("Region"),
        "city": _("City"),
        "branch": _("Branch"),
    }.get(group, group)


def _headline(frame: pd.DataFrame, view: BookView) -> str:
    """Return the stratum whose share of the price differs most from its share of claims."""
    chosen = frame[frame["group"].isin(HEADLINE_GROUPS)]
    chosen = chosen[(chosen["share_of_claims"] >= LEAST_SHARE) & (chosen["share_of_claims"] < 1)]
    gap = (chosen["share_of_price"] - chosen["share_of_claims"]).abs()
    whole = _whole(frame)
    if chosen.empty or not gap.max() > 0.0:
        return _("{claims} of claims are priced at {share}%.").format(
            claims=view.money(whole["claim"]), share=percent(whole["price_of_claim"])
        )
    # Of equal gaps the first group in the order of the headline wins.
    rank = chosen["group"].map({name: i for i, name in enumerate(HEADLINE_GROUPS)})
    order = pd.DataFrame({"gap": -gap.round(3), "rank": rank})
    at = order.sort_values(["gap", "rank"], kind="stable").index[0]
    found = frame.loc[at]
    name = label_of(found, view)
    if not found["name"]:
        name = f"{group_title(str(found['group']), view)}, {name[:1].lower()}{name[1:]}"
    return _("{stratum}: {claims}% of claims, {price}% of price.").format(
        stratum=name,
        claims=percent(found["share_of_claims"], 0),
        price=percent(found["share_of_price"], 0),
    )


def _reasons(frame: pd.DataFrame, view: BookView) -> Html:
    return joined([*_by_count(frame, view), *_largest(frame, view), *_dearest(frame, view)], " ")


def _by_count(frame: pd.DataFrame, view: BookView) -> Iterator[str]:
    """Yield the product with most loans, unless it is the only one."""
    products = frame[frame["group"] == "product"]
    if len(products) < 2:
        return
    most, whole = products.loc[products["loans"].idxmax()], _whole(frame)
    yield _(
        "{product}: {loans} loans, {count}% of the count, {claims}% of the claims and {price}% "
        "of the price."
    ).format(
        product=label_of(most, view),
        loans=number(float(most["loans"])),
        count=percent(most["loans"] / whole["loans"], 0),
        claims=percent(most["share_of_claims"], 0),
        price=percent(most["share_of_price"], 0),
    )


def _largest(frame: pd.DataFrame, view: BookView) -> Iterator[str]:
    """Yield the loans in the highest band of claims."""
    bands = frame[(frame["group"] == "claim") & (frame["high"] == math.inf)]
    if bands.empty or math.isinf(bands.iloc[0]["low"]):
        return
    top = bands.iloc[0]
    yield ngettext(
        "{count} loan is over {limit}: {claims}% of the claims and {price}% of the price.",
        "{count} loans are over {limit} each: {claims}% of the claims and {price}% of the price.",
        int(top["loans"]),
    ).format(
        count=number(float(top["loans"])),
        limit=f"{top['low'] / view.unit.size:,.10g}",
        claims=percent(top["share_of_claims"], 0),
        price=percent(top["share_of_price"], 0),
    )


def _dearest(frame: pd.DataFrame, view: BookView) -> Iterator[str]:
    """Yield the stage with the highest price of its claims."""
    stages = frame[(frame["group"] == "stage") & (frame["share_of_claims"] >= LEAST_SHARE)]
    if len(stages) < 2 or not stages["price_of_claim"].notna().any():
        return
    best = stages.loc[stages["price_of_claim"].idxmax()]
    worst = stages.loc[stages["price_of_claim"].idxmin()]
    yield _(
        "By stage the price runs from {low}% of the claim ({worst}) to {high}% ({best})."
    ).format(
        low=percent(worst["price_of_claim"], 0),
        worst=label_of(worst, view),
        high=percent(best["price_of_claim"], 0),
        best=label_of(best, view),
    )


def _figures(view: BookView) -> Html:
    """Return the six figures of the package."""
    loans, whole = view.package.loans, _whole(view.package.strata)
    claim, principal = whole["claim"], float(loans["principal"].sum())
    items = int(view.table.collateral["collateral_id"].nunique())
    borrowers = int(loans["borrower_id"].nunique())
    backed = int(loans["guaranteed"].sum())
    figures = (
        (
            number(len(loans)),
            ngettext("loans of {count} borrower", "loans of {count} borrowers", borrowers).format(
                count=number(borrowers)
            ),
        ),
        (view.money(claim), _("gross book value")),
        (
            view.money(principal),
            _("principal, {share}%").format(share=_of(principal, claim)),
        ),
        (
            view.money(claim - principal),
            _("interest and fees, {share}%").format(share=_of(claim - principal, claim)),
        ),
        (
            view.money(whole["free_collateral"]),
            ngettext(
                "free collateral, {count} item", "free collateral, {count} items", items
            ).format(count=number(items)),
        ),
        (
            number(backed),
            ngettext("loan with a guarantor", "loans with a guarantor", backed),
        ),
    )
    cells = "".join(
        f'<div><span class="v">{escape(value)}</span><span class="k">{escape(text)}</span></div>'
        for value, text in figures
    )
    return Html(f'<div class="kpi">{cells}</div>')


def _of(part: float, whole: float) -> str:
    return percent(part / whole if whole else math.nan, 0)


def _table(frame: pd.DataFrame, view: BookView) -> Html:
    columns = (
        Column("", 158),
        Column(_("Loans"), 46),
        Column(_("Claims"), 60),
        Column(_("Share of total, %"), 86, left=True, style="padding-left:8px"),
        Column(_("Collateral, % of claim"), 56),
        Column(_("Receipts, % of claim"), 54),
        Column(_("Months to cash"), 48),
        Column(_("Target price"), 52),
        Column(_("Target price, % of claim"), 0, left=True, style="padding-left:14px"),
    )
    return table(columns, _rows(frame, view), "tight")


def _rows(frame: pd.DataFrame, view: BookView) -> list[Row]:
    """Return the rows by group; groups of one row and those that do not fit are left out."""
    whole = _whole(frame)
    shown = frame[~frame["group"].isin((PACKAGE, PACKAGE_EFFECT))]
    largest = float(shown["price_of_claim"].max())
    level = float(whole["price_of_claim"])
    rows: list[Row] = []
    left = HEIGHT - LINE * int(frame["group"].isin((PACKAGE, PACKAGE_EFFECT)).sum())
    for group, part in shown.groupby("group", sort=False):
        height = TITLE + LINE * len(part)
        if len(part) < 2 or height > left:
            continue
        left -= height
        rows.append(row(group_title(str(group), view), kind="group"))
        rows += [_row(r, view, largest, level) for _i, r in part.iterrows()]
    for _i, rest in frame[frame["group"] == PACKAGE_EFFECT].iterrows():
        rows.append(row(label_of(rest, view), *[""] * 6, view.money(float(rest["price"])), ""))
    rows.append(_row(whole, view, largest, level))
    return rows


def _row(found: Any, view: BookView, largest: float, level: float) -> Row:
    is_package = found["group"] == PACKAGE
    share, price = percent(found["share_of_claims"], 0), percent(found["price_of_claim"])
    covered = found["free_collateral"] > 0.0
    return row(
        label_of(found, view),
        number(float(found["loans"])),
        view.money(found["claim"]),
        bold(share) if is_package else share_bar(float(found["share_of_claims"]), share),
        percent(found["collateral_of_claim"] if covered else math.nan, 0),
        percent(found["receipts_of_claim"]),
        number(found["months_to_cash"]),
        view.money(found["price"]),
        level_bar(
            float(found["price_of_claim"]),
            price,
            largest,
            level,
            marks.INK if is_package else marks.ACCENT,
        ),
        kind="total" if is_package else "",
    )
