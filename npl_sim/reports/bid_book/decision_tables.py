"""Tables of the decision, for the workbook: prices, cash, returns, cases, assumptions."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.package_tables import columns_of, picked
from npl_sim.reports.bid_book.pages.decision import RISKS
from npl_sim.reports.bid_book.pages.key_assumptions import assumptions_of
from npl_sim.reports.bid_book.pages.words import (
    case_name,
    figure_unit,
    input_name,
    risk_name,
    setting_text,
    state_name,
)
from npl_sim.reports.table import Cell, Column, Kind, Table

if TYPE_CHECKING:
    from npl_sim.reports.bid_book.pages.view import BookView


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
    heads = (_("Opening"), _("Target"), _("Walk-away"))
    columns = (Column("", "text", 40.0), *(Column(head, "cents", 22.0) for head in heads))
    return Table(_("Three prices"), columns, rows)


def cash_table(view: BookView) -> Table:
    """Return the cash by quarter, then by year."""
    frame = view.book.cash.table
    columns = columns_of(
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
        _("Cash by quarter, then by year"), columns, tuple(picked(frame, names)), total=True
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
    columns = columns_of(
        view,
        (_("Price"), "cents", 18.0),
        *(
            (head, kind, 18.0 if kind == "cents" else 11.0)
            for head, (_name, kind) in zip(heads, _RETURNS, strict=True)
        ),
    )
    names = ("price", *(name for name, _kind in _RETURNS))
    return Table(_("Return against the price"), columns, tuple(picked(frame, names)))


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
    return columns_of(view, *first, *rest)


def two_way_table(view: BookView) -> Table:
    """Return bid and return against collateral prices and delay."""
    first: tuple[tuple[str, Kind, float], ...] = (
        (_("Collateral prices, multiple"), "number", 16.0),
        (_("Delay of all cash, months"), "count", 14.0),
    )
    names = ("collateral", "delay", *(name for name, _kind in _CASE))
    rows = tuple(picked(view.book.two_way, names))
    return Table(_("Collateral prices and delay"), _case_columns(view, *first), rows)


def downside_table(view: BookView) -> Table:
    """Return the named downside cases."""
    frame = view.book.downside
    names = tuple(name for name, _kind in _CASE)
    rows = [
        (case_name(str(case)), *values)
        for case, values in zip(frame["case"], picked(frame, names), strict=True)
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
    columns = columns_of(
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


def assumptions_table(view: BookView) -> Table:
    """Return the assumptions that matter, with their whole sources."""
    columns = columns_of(
        view,
        (_("Assumption"), "text", 32.0),
        (_("Worse setting"), "text", 16.0),
        (_("Lowest value"), "number", 11.0),
        (_("Highest value"), "number", 11.0),
        (_("Unit"), "text", 18.0),
        (_("Effect on the target price"), "cents", 18.0),
        (_("Figures"), "count", 9.0),
        (_("Published"), "count", 10.0),
        (_("State"), "text", 22.0),
        (_("Source"), "text", 80.0),
        (_("Owner"), "text", 16.0),
    )
    rows = [
        (
            *(input_name(r.input), setting_text(r.input, r.setting_unit, r.setting)),
            *(r.low, r.high, figure_unit(r.unit), r.change, r.figures, r.published),
            *(state_name(r.state), r.source, view.owner(r.input)),
        )
        for r in assumptions_of(view).itertuples()
    ]
    return Table(_("Assumptions that matter"), columns, tuple(rows))
