"""Tables of sensitivities and stress tests."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from npl_sim.analysis.reverse import LOSS
from npl_sim.analysis.sensitivity import MOST_SCENARIOS
from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import percent
from npl_sim.reports.table import Table, table_of

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.study.model import Study


PER = {
    "multiple": "per cent",
    "months": "month",
    "percentage points": "percentage point",
    "rounds": "round",
}


def setting_text(unit: str, setting: float) -> str:
    """Return the setting of an input as text."""
    if not math.isfinite(setting):
        return _("beyond its range")
    if unit == "multiple":
        return f"× {setting:.3g}"
    sign = "+" if setting > 0.0 else ""
    name = "points" if unit == "percentage points" else unit
    return f"{sign}{setting:.3g} {name.removesuffix('s') if abs(setting) == 1.0 else name}"


def tornado_table(book: BidBook) -> Table:
    """Return the price under each one-at-a-time change."""
    rows = tuple(
        (
            r.lever,
            setting_text(r.unit, r.setting),
            r.price,
            r.change,
            r.se,
            r.change / (r.price - r.change) if r.price != r.change else math.nan,
            r.bid,
            100.0 * r.sensitivity,
            100.0 * r.sensitivity_se,
            PER[r.unit],
        )
        for r in book.tornado.itertuples(index=False)
    )
    return table_of(
        _("One thing at a time"),
        "input [28] | setting [14] | price [money] | change [money] | "
        "std error [money] | change, % [share] | bid [money] | "
        "price moves by, % [number] | std error, % [number] | for one [20]",
        rows,
        note=_(
            "Scenarios are those of the price, so the error is that of the change. The "
            "bid is - for the required return, and where cash changes for the better."
        )
        + _fewer(book),
    )


def _fewer(book: BidBook) -> str:
    """Return the scenarios of the changes, where these are not those of the price."""
    flows = book.result.flows
    count = min(flows.scenarios, MOST_SCENARIOS)
    if count == flows.scenarios and flows.draws == 1:
        return ""
    return _(
        " Changes are measured on {count:,} scenarios of one draw each and added "
        "to the price and bid of the summary."
    ).format(count=count)


def swing_table(book: BidBook) -> Table:
    """Return the worse and the better end of each input, largest swing first."""
    rows = []
    for name, ends in book.tornado.groupby("lever", sort=False):
        ends = ends.sort_values("change", kind="stable")
        worse, better = ends.iloc[0], ends.iloc[-1]
        low, high = (setting_text(end["unit"], end["setting"]) for end in (worse, better))
        rows.append((str(name), low, worse["change"], high, better["change"]))
    return table_of(
        _("Swing by input"),
        "input [28] | worse at [14] | change [money] | better at [14] | change [money]",
        rows,
    )


def grid_table(book: BidBook) -> Table:
    """Return the price by required return and horizon."""
    title, note = (
        _("Price by required return and horizon"),
        _("Cash after the horizon does not count."),
    )
    return _grid(title, book, book.grid.price, note)


def grid_errors(book: BidBook) -> Table:
    """Return the standard errors of the grid."""
    return _grid(_("Its standard errors"), book, book.grid.se)


def _grid(title: str, book: BidBook, values: np.ndarray, note: str = "") -> Table:
    header = [
        _("required return [share 16]"),
        *(_("{m} months [money]").format(m=m) for m in book.grid.horizons),
    ]
    rows = np.column_stack([book.grid.returns, values]).tolist()
    return table_of(title, " | ".join(header), map(tuple, rows), note=note)


def stress_table(book: BidBook, study: Study | None = None) -> Table:
    """Return the named stresses side by side, with a study also their descriptions."""
    base = book.stresses["bid"].iloc[0] if len(book.stresses) else math.nan
    rows: list[tuple[Any, ...]] = []
    for i, r in enumerate(book.stresses.itertuples(index=False)):
        moved = (r.change, r.se) if i else (None, None)
        change = r.bid - base if i else None
        rows.append((r.stress, r.price, *moved, r.q5, r.shortfall, r.bid, change, r.p_loss))
    worst = percent(book.result.pricing.shortfall_level, 0)
    header = _(
        "stress [24] | price [money] | change [money] | std error [money] | 5% "
        "quantile [money] | mean of worst {worst} [money] | bid [money] | change "
        "of bid [money] | P(cash < bid) [share]"
    ).format(worst=worst)
    if study is not None:
        described = {s.name: s.description for s in study.market.stresses}
        rows = [(*row, described.get(row[0], "")) for row in rows]
        header += " | description [60]"
    return table_of(
        _("Named stresses side by side"),
        header,
        rows,
        note=_(
            "P(cash < bid): probability that undiscounted net cash does not repay the "
            "bid of the study as it stands."
        )
        + _fewer(book),
    )


def reverse_table(book: BidBook) -> Table:
    """Return the setting of each input at which the price loses a share."""
    return table_of(
        _("Reverse stress: the price loses {loss}").format(loss=percent(LOSS, 0)),
        "input [28] | today [14] | needed [18] | worst tried [18] | loss there [share]",
        (
            (
                r.lever,
                setting_text(r.unit, r.neutral) if r.neutral else _("as it is"),
                setting_text(r.unit, r.needed),
                setting_text(r.unit, r.worst),
                r.loss_at_worst,
            )
            for r in book.reverse.itertuples(index=False)
        ),
        note=_("Each input by itself, on fewer scenarios that all runs share."),
        nothing=_("not defined: the price is 0 or less"),
    )
