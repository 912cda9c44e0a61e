"""Tables on the package, for the workbook: the numbers of the printed pages, all rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.analysis.package.strata import PACKAGE
from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.names import name_of, names_of, reason_name
from npl_sim.reports.bid_book.pages.collateral import age_of
from npl_sim.reports.bid_book.pages.data_findings import topic_title
from npl_sim.reports.bid_book.pages.strata import group_title, label_of
from npl_sim.reports.table import Cell, Column, Kind, Table

if TYPE_CHECKING:
    from npl_sim.reports.bid_book.pages.view import BookView


def columns_of(view: BookView, *columns: tuple[str, Kind, float]) -> tuple[Column, ...]:
    """Return columns from name, kind and width; amounts carry the currency in their head."""
    currency = view.study.currency
    return tuple(
        Column(f"{name}, {currency}" if kind in ("money", "cents") else name, kind, width)
        for name, kind, width in columns
    )


def picked(frame: pd.DataFrame, names: Iterable[str]) -> list[tuple[Any, ...]]:
    """Return some columns of a frame as rows."""
    return list(frame[list(names)].itertuples(index=False, name=None))


def strata_table(view: BookView) -> Table:
    """Return the strata of the package."""
    frame = view.package.strata
    columns = columns_of(
        view,
        (_("Group"), "text", 24.0),
        (_("Stratum"), "text", 30.0),
        (_("Loans"), "count", 9.0),
        (_("Claims"), "cents", 18.0),
        (_("Share of claims"), "share", 10.0),
        (_("Free collateral"), "cents", 18.0),
        (_("Collateral, % of claim"), "share", 11.0),
        (_("Expected receipts"), "cents", 18.0),
        (_("Receipts, % of claim"), "share", 11.0),
        (_("Months to cash"), "decimal", 10.0),
        (_("Share of the target price"), "cents", 18.0),
        (_("% of the target price"), "share", 11.0),
        (_("Price, % of claim"), "fine", 11.0),
    )
    numbers = picked(
        frame,
        (
            *("loans", "claim", "share_of_claims", "free_collateral", "collateral_of_claim"),
            *("receipts", "receipts_of_claim", "months_to_cash", "price", "share_of_price"),
            "price_of_claim",
        ),
    )
    rows = [
        (_strata_group(one, view), label_of(one, view), *values)
        for (_i, one), values in zip(frame.iterrows(), numbers, strict=True)
    ]
    return Table(_("Strata"), columns, tuple(rows), total=True)


def _strata_group(one: Any, view: BookView) -> str:
    group = str(one["group"])
    return "" if group == one["name"] else group_title(group, view)


_COLLATERAL = (
    *("items", "appraised", "prior_liens", "free", "appraisal_months", "stale_share"),
    *("unvalued", "proceeds", "proceeds_of_free", "discount", "proceeds_months"),
)


def collateral_tables(view: BookView) -> list[Table]:
    """Return the collateral by kind and region, by kind in each region, and by appraisal."""
    frame = view.package.collateral
    place = _("City") if view.book.parts.cells.by_city else _("Region")
    columns = (
        *columns_of(view, (_("Kind or place"), "text", 30.0), (place, "text", 20.0)),
        *columns_of(
            view,
            (_("Items"), "count", 9.0),
            (_("Appraised"), "cents", 18.0),
            (_("Prior liens"), "cents", 18.0),
            (_("Free value"), "cents", 18.0),
            (_("Age of appraisal, months"), "decimal", 11.0),
            (_("Stale share"), "share", 9.0),
            (_("Items without a value"), "count", 10.0),
            (_("Expected proceeds"), "cents", 18.0),
            (_("Proceeds, % of free value"), "share", 11.0),
            (_("Discount to free value"), "share", 11.0),
            (_("In months"), "decimal", 9.0),
        ),
    )
    tables = []
    for title, groups in (
        (_("By kind, then by place"), ("kind", "region", PACKAGE)),
        (_("By kind in each place"), ("cell",)),
        (_("By years since the appraisal"), ("appraisal",)),
    ):
        part = frame[frame["group"].isin(groups)]
        rows = [
            (_collateral_name(one), name_of(str(one["region"])), *values)
            for (_i, one), values in zip(part.iterrows(), picked(part, _COLLATERAL), strict=True)
        ]
        tables.append(Table(title, columns, tuple(rows), total=PACKAGE in groups))
    return tables


def _collateral_name(one: Any) -> str:
    name = str(one["name"])
    return age_of(name) if one["group"] == "appraisal" else name_of(name)


def borrowers_table(view: BookView) -> Table:
    """Return the largest borrowers."""
    frame = view.package.borrowers
    columns = columns_of(
        view,
        (_("Rank"), "count", 10.0),
        (_("Borrower"), "text", 18.0),
        (_("Name"), "text", 26.0),
        (_("Loans"), "count", 8.0),
        (_("Regions"), "text", 18.0),
        (_("Stages"), "text", 20.0),
        (_("Guarantor"), "text", 10.0),
        (_("Claim"), "cents", 17.0),
        (_("Free collateral"), "cents", 17.0),
        (_("Kinds of collateral"), "text", 24.0),
        (_("Expected receipts"), "cents", 17.0),
        (_("Months to cash"), "decimal", 9.0),
        (_("Years in default"), "decimal", 9.0),
        (_("Share of the target price"), "cents", 17.0),
        (_("Standard error, at most"), "cents", 15.0),
        (_("Price, % of claim"), "share", 9.0),
        (_("% of the target price"), "share", 9.0),
        (_("Anomalies"), "text", 22.0),
        (_("Why without value"), "text", 30.0),
    )
    rows = [
        (
            *(r["rank"], str(r["borrower_id"]), str(r["name"]), r["loans"]),
            *(_listed(r["regions"]), _listed(r["stages"])),
            *(_("yes") if r["guaranteed"] else "", r["claim"], r["free_collateral"]),
            *(_listed(r["kinds"]), r["receipts"], r["months_to_cash"], r["years"]),
            *(r["price"], r["price_se"], r["price_of_claim"], r["share_of_price"]),
            *(_listed(r["anomalies"]), ", ".join(names_of(str(r["reasons"]), reason_name))),
        )
        for _i, r in frame.iterrows()
    ]
    return Table(_("Largest borrowers"), columns, tuple(rows))


def _listed(keys: Any) -> str:
    return ", ".join(names_of(str(keys)))


def findings_table(view: BookView) -> Table:
    """Return every finding on the data, each with its effect on the price."""
    frame, price = view.package.findings, view.book.result.mean.value
    columns = columns_of(
        view,
        (_("Topic"), "text", 26.0),
        (_("Finding"), "text", 80.0),
        (_("Where"), "text", 30.0),
        (_("Rows"), "count", 9.0),
        (_("Claims"), "money", 17.0),
        (_("Effect on the price"), "money", 17.0),
        (_("Standard error"), "money", 14.0),
        (_("% of price"), "fine", 10.0),
        (_("Confirmed"), "text", 11.0),
    )
    unknown = Cell(_("not determined"), "text")
    rows = [
        (
            *(topic_title(str(r["topic"])), str(r["finding"]), _place(r), r["rows"], r["amount"]),
            unknown if math.isnan(r["effect"]) else r["effect"],
            r["effect_se"],
            r["effect"] / price if price > 0.0 else math.nan,
            _("yes") if r["confirmed"] else "",
        )
        for _i, r in frame.iterrows()
    ]
    nothing = _("nothing was found")
    return Table(_("Findings on the data"), columns, tuple(rows), nothing=nothing)


def _place(found: Any) -> str:
    place = str(found["place"])
    return "" if found["topic"] == "no value" else place
