"""Tables of cash against the plan, forecast, returns and statements."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pandas as pd

from npl_sim.analysis.track.comparison import Comparison
from npl_sim.analysis.track.tracking import Tracking
from npl_sim.core.language import gettext as _
from npl_sim.reports.table import Cell, Column, Table
from npl_sim.reports.track.names import (
    ORDER,
    attribute_name,
    attribute_title,
    cell_name,
    reason,
    verdict,
)
from npl_sim.reports.track.sentences import price_text
from npl_sim.valuation.roll_forward import RollForward


def comparison_tables(found: Comparison) -> list[Table]:
    """Return one table of cash against the plan for each attribute that has cells."""
    return [
        _cells_table(attribute, cells) for attribute in ORDER if len(cells := found.of(attribute))
    ]


def _cells_table(attribute: str, cells: pd.DataFrame) -> Table:
    columns = (
        Column(attribute_name(attribute), "text", 22),
        Column(_("actual"), "money"),
        Column(_("plan"), "money"),
        Column(_("plan 5%"), "money"),
        Column(_("plan 95%"), "money"),
        Column(_("ratio"), "number"),
        Column(_("std dev of ratio"), "number"),
        Column(_("std error of ratio"), "number"),
        Column(_("quantile in plan"), "share"),
        Column(_("p-value"), "number"),
        Column(_("finding"), "text", 22),
    )
    rows = tuple(
        (
            cell_name(attribute, cell["name"]),
            *(cell[name] for name in ("actual", "plan", "low", "high", "ratio")),
            *(cell[name] for name in ("spread", "ratio_se", "quantile", "p_value")),
            verdict(cell),
        )
        for _index, cell in cells.iterrows()
    )
    title, why = attribute_title(attribute), reason(cells)
    return Table(f"{title} ({why})" if why else title, columns, rows)


def remaining_table(found: Tracking) -> Table:
    """Return estimated remaining collections by the end of their window."""
    columns = (
        Column(_("to month, from the valuation date")),
        Column(_("plan at purchase"), "money"),
        Column(_("plan, rest"), "money"),
        Column(_("forecast, rest"), "money"),
        Column(_("std error"), "money"),
        Column(_("forecast 5%"), "money"),
        Column(_("forecast 95%"), "money"),
        Column(_("forecast after costs"), "money"),
    )
    rows = tuple(
        (str(r.window), r.planned_at_start, r.planned, r.forecast, r.se, r.low, r.high, r.net)
        for r in found.remaining
    )
    note = _("Gross collections without the residual at the horizon. A dash is not determined.")
    return Table(_("Estimated remaining collections (ERC)"), columns, rows, note)


def returns_table(found: Tracking) -> Table:
    """Return multiple and rate of return at the price paid."""
    columns = (Column(""), Column(_("plan"), "number"), Column(_("now"), "number"))
    earned = found.returns
    if earned is None:
        nothing = _("not determined: state the price paid with --price-paid")
        return Table(_("Return at the price paid"), columns, (), nothing=nothing)
    rows: list[tuple[Any, ...]] = [
        (_("price paid with its costs"), _money(earned.price), _money(earned.price)),
        (_("cash to date"), None, _money(earned.collected)),
        (_("money multiple"), earned.plan_multiple, earned.multiple),
        (_("IRR of the mean cash"), _share(earned.plan_irr), _share(earned.irr)),
        (_("IRR, 5% of near scenarios"), None, _share(earned.irr_low)),
        (_("IRR, 95% of near scenarios"), None, _share(earned.irr_high)),
    ]
    return Table(_("Return at the price paid"), columns, tuple(rows), basis_text(found))


def _money(amount: float) -> Cell:
    return Cell(amount, "money")


def _share(rate: float) -> Cell:
    return Cell(rate, "fine")


def basis_text(found: Tracking) -> str:
    """Return whether figures are after costs."""
    if found.net:
        return _("After costs, which the file of cash states.")
    return _("Of receipts: the file of cash states no costs, so cash after costs is not known.")


def statement_table(title: str, statement: RollForward, interest: str) -> Table:
    """Return the roll-forward of a value, to the cent.

    Parameters
    ----------
    title
        What is rolled forward.
    statement
        The roll-forward.
    interest
        Name of the unwinding.
    """
    columns = (Column(""), Column(_("amount"), "cents"))
    closing, change = statement.closing, statement.from_forecast
    rows: list[tuple[Any, ...]] = [
        (_("opening"), statement.opening / 100.0),
        (interest, int(statement.interest.sum()) / 100.0),
        (_("collections"), -int(statement.cash.sum()) / 100.0),
        (_("collections above the plan, with their return"), statement.from_cash / 100.0),
    ]
    if closing is None or change is None:
        rows.append((_("change of the forecast"), _("not determined")))
        rows.append((_("closing"), _("not determined")))
    else:
        rows.append((_("change of the forecast"), change / 100.0))
        rows.append((_("closing"), closing / 100.0))
    note = _("Rate {rate:.4f}% a year.").format(rate=100.0 * statement.rate)
    return Table(title, columns, tuple(rows), note)


def statements(found: Tracking) -> list[Table]:
    """Return the roll-forwards of the value and of the amortized cost."""
    value = statement_table(
        _("Value at the required return, rolled forward"), found.value, _("unwinding")
    )
    title = _("Amortized cost (purchased credit-impaired)")
    columns = (Column(""), Column(_("amount"), "cents"))
    cost = found.cost
    if cost is None:
        nothing = _("not determined: state the price paid with --price-paid")
        return [value, Table(title, columns, (), nothing=nothing)]
    if cost.statement is None:
        nothing = _("not determined: the plan earns no rate of return at this price")
        return [value, Table(title, columns, (), nothing=nothing)]
    statement = statement_table(title, cost.statement, _("interest income"))
    note = f"{statement.note} {price_text(found)}".rstrip()
    return [value, dataclasses.replace(statement, note=note)]


def account_table(found: Tracking) -> Table:
    """Return where every amount of the file of cash went."""
    account = found.actual.account
    columns = (
        Column(_("amounts of the file")),
        Column(_("count"), "count"),
        Column(_("amount"), "cents"),
    )
    meaning = {
        "used": _("counted in the comparison"),
        "cost_on_start": _("counted in month 1: costs dated on the valuation date"),
        "unknown_loan": _("set aside: the loan is not among those that are priced"),
        "before_start": _(
            "set aside: on or before the valuation date, other than costs of that day"
        ),
        "after_date": _("set aside: after the as-of date"),
        "incomplete_month": _("set aside: after the last whole month"),
        "copy": _("set aside: the same as an earlier row in every cell"),
    }
    rows: list[tuple[Any, ...]] = [
        (meaning[r.reason], int(r.amounts), int(r.cents) / 100.0) for r in account.itertuples()
    ]
    total = int(account["cents"].sum()) / 100.0
    rows.append((_("file"), int(account["amounts"].sum()), total))
    return Table(_("Account of the file of cash"), columns, tuple(rows), total=True)


def rest_table(found: Tracking) -> Table:
    """Return receipts of the rest by attribute: plan and forecast."""
    columns = (
        Column(_("receipts after the months elapsed")),
        Column("", "text", 22),
        Column(_("plan"), "money"),
        Column(_("forecast"), "money"),
    )
    rest = found.forecast.by_attribute
    rows = tuple(
        (attribute_name(name), cell_name(name, value), plan, forecast)
        for name in ORDER
        if name in rest
        for value, plan, forecast in rest[name]
        if plan or (math.isfinite(forecast) and forecast)
    )
    return Table(_("Forecast of the rest by attribute"), columns, rows)
