"""Tables that reports on deals share: sources and uses at closing, tested ratios by date."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import MISSING, Unit, fixed_or_missing
from npl_sim.reports.table import Table, ready_table
from npl_sim.securitization.closing import closing_of
from npl_sim.securitization.results import by_date as bydate
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.triggers import limit_of
from npl_sim.securitization.waterfall.run import DealRun

MOST_DATES = 12
"""Dates in a table of the terminal; files hold all."""

LEVELS = (0.05, 0.5, 0.95)
"""Quantiles of tested values."""


def closing_rows(deal: Deal, unit: Unit) -> list[list[str]]:
    """Return the rows of a table of sources and uses at closing: what, amount.

    Parameters
    ----------
    deal
        The deal.
    unit
        Unit of the amounts.
    """
    closing = closing_of(deal)
    rows: list[list[str]] = []
    for side, title in (("source", "sources"), ("use", "uses")):
        part = [x for x in closing.lines if x[0] == side]
        amounts = unit.column([*(x[3] for x in part), closing.total(side)])
        names = [f"{party}: {what}" for _, party, what, _ in part]
        rows += [
            [name, amount]
            for name, amount in zip(
                [*names, _("total {title}").format(title=title)], amounts, strict=True
            )
        ]
    if not closing.balanced:
        rows.append([_("sources less uses: they do not balance"), unit.show(closing.gap)])
    return rows


def limit_texts(deal: Deal) -> dict[str, str]:
    """Return when the test of each trigger fails, in words, by name; date triggers have none."""
    found = {t.name: limit_of(t) for t in deal.triggers}
    return {
        name: _("fails {limit} {limit2:.6g}").format(limit=limit[0], limit2=limit[1])
        for name, limit in found.items()
        if limit is not None
    }


def ratio_table(run: DealRun) -> Table:
    """Return the values that triggers test, by date; one column for each trigger.

    Parameters
    ----------
    run
        A run of a deal that has triggers.
    """
    texts = limit_texts(run.deal)
    rows = _dated_rows(run, bydate.ratios_by_date(run, LEVELS), "trigger", list(texts))
    return ready_table(
        _("Tested values by date: median (5% quantile, 95% quantile)"),
        ["date", *(f"{name}\n{text}" for name, text in texts.items())],
        rows,
    )


def cover_table(run: DealRun) -> Table | None:
    """Return the interest coverage of tranches by date; None where no interest is owed."""
    covers = bydate.interest_cover_by_date(run, LEVELS).rename(columns={"defined": "tested"})
    names = list(dict.fromkeys(covers["tranche"]))
    rows = _dated_rows(run, covers[covers["tested"] > 0], "tranche", names)
    title = _("Interest cover by date, where interest is owed: median (5% quantile, 95% quantile)")
    return ready_table(title, ["date", *names], rows) if rows else None


def _dated_rows(run: DealRun, frame: pd.DataFrame, by: str, names: list[str]) -> list[list[str]]:
    """Return a row for each shown date that the table has."""
    rows = []
    for k in _spread(len(run.terms.dates)):
        here = frame[frame["payment"] == k + 1].set_index(by)
        if len(here):
            cells = (_cell(here.loc[name]) if name in here.index else MISSING for name in names)
            rows.append([str(run.terms.dates.payment[k]), *cells])
    return rows


def _spread(count: int) -> list[int]:
    """Return at most `MOST_DATES` places, from the first to the last, evenly spread."""
    step = max(1, math.ceil(count / MOST_DATES))
    return [*range(0, count - 1, step), count - 1] if count else []


def _cell(row: Any) -> str:
    if not row["tested"]:
        return MISSING
    low, middle, high = (fixed_or_missing(row[f"{p:g}"], 3) for p in LEVELS)
    return f"{middle} ({low}, {high})"


def ratios_line(state: Mapping[Any, Any], limits: Mapping[str, str]) -> str:
    """Return what triggers tested in a scenario on one date, in words; empty without tests.

    Parameters
    ----------
    state
        A row of `ledger.state_table`.
    limits
        Limits in words by trigger.
    """
    tested = {name: state[f"tested {name}"] for name in limits}
    parts = [
        f"{name} {'without denominator' if math.isinf(value) else f'{value:.4f}'} ({limits[name]})"
        for name, value in tested.items()
        if not math.isnan(value)
    ]
    covers = [
        _("interest cover of {text} {value:,.4f}").format(
            text=key.removeprefix("interest cover "), value=value
        )
        for key, value in state.items()
        if key.startswith("interest cover ") and not math.isnan(value)
    ]
    return ", ".join([*parts, *covers])
