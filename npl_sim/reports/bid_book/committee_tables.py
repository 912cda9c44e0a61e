"""Tables behind the printed pages, for the workbook: the same numbers, all rows."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.analysis.package.strata import PACKAGE
from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.names import name_of, names_of
from npl_sim.reports.bid_book.pages.collateral import age_of
from npl_sim.reports.bid_book.pages.data_findings import topic_title
from npl_sim.reports.bid_book.pages.decision import RISKS
from npl_sim.reports.bid_book.pages.strata import group_title, label_of
from npl_sim.reports.bid_book.pages.words import risk_name, setting_text
from npl_sim.reports.table import Cell, Column, Kind, Table

if TYPE_CHECKING:
    from npl_sim.reports.bid_book.pages.view import BookView


def _columns(view: BookView, *columns: tuple[str, Kind, float]) -> tuple[Column, ...]:
    """Return columns from name, kind and width; amounts carry the currency in their head."""
    currency = view.study.currency
    return tuple(
        Column(f"{name}, {currency}" if kind in ("money", "cents") else name, kind, width)
        for name, kind, width in columns
    )


def _picked(frame: pd.DataFrame, names: Iterable[str]) -> list[tuple[Any, ...]]:
    return list(frame[list(names)].itertuples(index=False, name=None))


def offers_table(view: BookView) -> Table:
    """Return opening, target and walk-away price with what each earns and risks."""
    book = view.book
    three = tuple(book.offers)
    prices = [offer.price.value for offer in three]
    found = [offer.returns for offer in three]
    floor = book.deal.reservation.value

    def of(base: float) -> list[float]:
        return [price / base if base > 0.0 else math.nan for price in prices]

    def line(name: str, kind: Kind, values: Iterable[float]) -> tuple[Any, ...]:
        return (name, *(Cell(value, kind) for value in values))

    currency = view.study.currency
    rows = (
        line(_("Price, {currency}").format(currency=currency), "cents", prices),
        line(_("Standard error of it"), "cents", [offer.price.se for offer in three]),
        line(_("% of gross book value"), "fine", of(book.result.gbv)),
        line(_("% of principal"), "fine", of(book.principal)),
        line(_("% of free collateral"), "fine", of(book.free_collateral)),
        line(_("Own IRR, mean"), "fine", [r.own_mean.value for r in found]),
        line(_("Own IRR, 5% of cases below"), "fine", [r.own_quantile(0.05) for r in found]),
        line(_("Own IRR, 95% of cases below"), "fine", [r.own_quantile(0.95) for r in found]),
        line(_("Unlevered IRR before tax"), "fine", [r.unlevered.value for r in found]),
        line(_("Multiple of own money"), "number", [r.multiple for r in found]),
        line(_("Payback, months"), "count", [r.payback for r in found]),
        line(_("Chance of losing money"), "fine", [r.loss.value for r in found]),
        line(_("Upper end of its interval"), "fine", [r.loss.high for r in found]),
        line(_("Chance of less than the target"), "fine", [r.below_target.value for r in found]),
        line(_("Own money put in"), "cents", [r.put_in for r in found]),
        line(_("Above or below the bank's floor"), "cents", [p - floor for p in prices]),
    )
    heads = (_("Opening"), _("Target"), _("Walk away"))
    columns = (Column("", "text", 40.0), *(Column(head, "cents", 22.0) for head in heads))
    return Table(_("Three prices"), columns, rows)


def strata_table(view: BookView) -> Table:
    """Return the strata of the package."""
    frame = view.package.strata
    columns = _columns(
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
    numbers = _picked(
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
    columns = (
        *_columns(view, (_("Kind or region"), "text", 30.0), (_("Region"), "text", 20.0)),
        *_columns(
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
        (_("By kind, then by region"), ("kind", "region", PACKAGE)),
        (_("By kind in each region"), ("cell",)),
        (_("By years since the appraisal"), ("appraisal",)),
    ):
        part = frame[frame["group"].isin(groups)]
        rows = [
            (_collateral_name(one), name_of(str(one["region"])), *values)
            for (_i, one), values in zip(part.iterrows(), _picked(part, _COLLATERAL), strict=True)
        ]
        tables.append(Table(title, columns, tuple(rows), total=PACKAGE in groups))
    return tables


def _collateral_name(one: Any) -> str:
    name = str(one["name"])
    return age_of(name) if one["group"] == "appraisal" else name_of(name)


def borrowers_table(view: BookView) -> Table:
    """Return the largest borrowers."""
    frame = view.package.borrowers
    columns = _columns(
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
            *(_listed(r["anomalies"]), _listed(r["reasons"])),
        )
        for _i, r in frame.iterrows()
    ]
    return Table(_("Largest borrowers"), columns, tuple(rows))


def _listed(keys: Any) -> str:
    return ", ".join(names_of(str(keys)))


def findings_table(view: BookView) -> Table:
    """Return every finding on the data, each with its effect on the price."""
    frame, price = view.package.findings, view.book.result.mean.value
    columns = _columns(
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
    return name_of(place) if found["topic"] == "no value" else place


def cash_table(view: BookView) -> Table:
    """Return the cash by quarter, then by year."""
    frame = view.book.cash.table
    columns = _columns(
        view,
        (_("From month"), "count", 10.0),
        (_("To month"), "count", 10.0),
        (_("Receipts"), "cents", 18.0),
        (_("Costs"), "cents", 18.0),
        (_("Net, mean"), "cents", 18.0),
        (_("Low, 5%"), "cents", 18.0),
        (_("High, 95%"), "cents", 18.0),
        (_("Net to date"), "cents", 18.0),
        (_("Net to date, % of price"), "share", 11.0),
    )
    names = ("first", "last", "receipts", "costs", "net", "low", "high", "to_date", "of_price")
    return Table(
        _("Cash by quarter, then by year"), columns, tuple(_picked(frame, names)), total=True
    )


_RETURNS: tuple[tuple[str, Kind], ...] = (
    ("of_gbv", "fine"),
    ("own_irr", "fine"),
    ("own_irr_se", "fine"),
    ("own_irr_5", "fine"),
    ("own_irr_25", "fine"),
    ("own_irr_75", "fine"),
    ("own_irr_95", "fine"),
    ("unlevered_irr", "fine"),
    ("multiple", "number"),
    ("payback", "count"),
    ("loss", "fine"),
    ("loss_high", "fine"),
    ("below_target", "fine"),
    ("put_in", "cents"),
)


def prices_table(view: BookView) -> Table:
    """Return what each price earns and risks."""
    frame = view.book.prices
    heads = (
        *(_("% of gross book value"), _("Own IRR, mean"), _("Standard error of it")),
        *(_("5% below"), _("25% below"), _("75% below"), _("95% below")),
        *(_("Unlevered IRR before tax"), _("Multiple of own money"), _("Payback, months")),
        *(_("Chance of losing money"), _("Upper end of its interval")),
        *(_("Chance of less than the target"), _("Own money put in")),
    )
    columns = _columns(
        view,
        (_("Price"), "cents", 18.0),
        *(
            (head, kind, 18.0 if kind == "cents" else 11.0)
            for head, (_name, kind) in zip(heads, _RETURNS, strict=True)
        ),
    )
    names = ("price", *(name for name, _kind in _RETURNS))
    return Table(_("Return against the price"), columns, tuple(_picked(frame, names)))


_CASE: tuple[tuple[str, Kind], ...] = (
    ("bid", "cents"),
    ("bid_se", "cents"),
    ("own_irr", "fine"),
    ("own_irr_se", "fine"),
    ("payback", "count"),
    ("loss", "fine"),
)


def _case_columns(view: BookView, *first: tuple[str, Kind, float]) -> tuple[Column, ...]:
    heads = (
        *(_("Target price by the same rule"), _("Standard error of it")),
        *(_("Own IRR at our bid, mean"), _("Standard error of the IRR")),
        *(_("Payback, months"), _("Chance of losing money")),
    )
    rest = (
        (h, k, 18.0 if k == "cents" else 13.0) for h, (_n, k) in zip(heads, _CASE, strict=True)
    )
    return _columns(view, *first, *rest)


def two_way_table(view: BookView) -> Table:
    """Return bid and return against collateral prices and delay."""
    first: tuple[tuple[str, Kind, float], ...] = (
        (_("Collateral prices, multiple"), "number", 16.0),
        (_("Delay of all cash, months"), "count", 14.0),
    )
    names = ("collateral", "delay", *(name for name, _kind in _CASE))
    rows = tuple(_picked(view.book.two_way, names))
    return Table(_("Collateral prices and delay"), _case_columns(view, *first), rows)


def downside_table(view: BookView) -> Table:
    """Return the named downside cases."""
    frame = view.book.downside
    names = tuple(name for name, _kind in _CASE)
    rows = [
        (name_of(str(case)), *values)
        for case, values in zip(frame["case"], _picked(frame, names), strict=True)
    ]
    columns = _case_columns(view, (_("Case"), "text", 34.0))
    return Table(_("Downside cases"), columns, tuple(rows))


def risks_table(view: BookView) -> Table:
    """Return the largest sensitivities, each at its worse setting."""
    own = view.book.offers.target.returns.own_mean.value
    price = view.book.bid.price.value
    rows = [
        (
            f"{risk_name(one.name)} {setting_text(one.name, one.unit, one.setting)}",
            one.bid_change,
            price + one.bid_change,
            Cell(own + one.own_irr_change, "fine"),
        )
        for one in view.worse_ends()[:RISKS]
    ]
    columns = _columns(
        view,
        (_("What could make us wrong"), "text", 40.0),
        (_("Change of the target price"), "cents", 22.0),
        (_("New target price"), "cents", 22.0),
    )
    last = Column(_("Own IRR at our bid"), "fine", 22.0)
    return Table(_("Largest risks, each alone"), (*columns, last), tuple(rows))


def sign_off_table(view: BookView) -> Table:
    """Return empty rows in which readers sign, and what the inputs confirm or override."""
    rows = [(name, "", "", "") for name in (_("Deal team"), _("Risk"), _("Legal"), _("Committee"))]
    listed = "; ".join(view.overrides) or _("none")
    columns = tuple(
        Column(name, "text", width)
        for name, width in (
            (_("Who"), 40.0),
            (_("Name, signature"), 22.0),
            (_("Read, agrees, objects, overrides what"), 22.0),
            (_("Date"), 22.0),
        )
    )
    note = _("Overridden or confirmed in the inputs: {overrides}.").format(overrides=listed)
    return Table(_("Sign-off"), columns, tuple(rows), note=note)
