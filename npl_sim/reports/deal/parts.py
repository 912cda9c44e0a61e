"""Parts of a deal's output that several commands share: sources and uses at closing, tested ratios by date."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from npl_sim.reports.formats import Unit
from npl_sim.reports.price.text_tables import table_of
from npl_sim.securitization.closing import closing_of
from npl_sim.securitization.results import by_date as bydate
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.terms.triggers import limit_of
from npl_sim.securitization.waterfall.run import DealRun

if TYPE_CHECKING:
    from npl_sim.reports.stacked_table import StackedTable

__all__ = ["closing_rows", "cover_table", "limit_texts", "ratio_table", "ratios_line"]

MOST_DATES = 12
"""Dates in a table of the terminal; files hold all."""


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
            for name, amount in zip([*names, f"total {title}"], amounts, strict=True)
        ]
    if not closing.balanced:
        rows.append(["sources less uses: they do not balance", unit.show(closing.gap)])
    return rows


def limit_texts(deal: Deal) -> dict[str, str]:
    """Return when each trigger's test fails, in words, by name; triggers on dates have none."""
    found = {t.name: limit_of(t) for t in deal.triggers}
    return {
        name: f"fails {limit[0]} {limit[1]:.6g}"
        for name, limit in found.items()
        if limit is not None
    }


def ratio_table(run: DealRun, plain: bool) -> StackedTable:
    """Return what triggers compare with their limits, by date: one column for each trigger.

    Parameters
    ----------
    run
        A run of a deal that has triggers.
    plain
        Whether the table goes to a file or pipe.
    """
    ratios = bydate.ratios_by_date(run, (0.05, 0.5, 0.95))
    texts = limit_texts(run.deal)
    shown = [k for k in _spread(len(run.terms.dates)) if (ratios["payment"] == k + 1).any()]
    rows = []
    for k in shown:
        here = ratios[ratios["payment"] == k + 1].set_index("trigger")
        rows.append([str(run.terms.dates.payment[k]), *(_cell(here.loc[name]) for name in texts)])
    return table_of(["date", *(f"{name}\n{text}" for name, text in texts.items())], rows, plain)


def cover_table(run: DealRun, plain: bool) -> StackedTable | None:
    """Return the interest cover of tranches by date, as `ratio_table` tells ratios; none where no interest is owed."""
    covers = bydate.interest_cover_by_date(run, (0.05, 0.5, 0.95)).rename(
        columns={"defined": "tested"}
    )
    names = list(dict.fromkeys(covers["tranche"]))
    rows = []
    for k in _spread(len(run.terms.dates)):
        here = covers[covers["payment"] == k + 1].set_index("tranche")
        if here["tested"].any():
            rows.append(
                [str(run.terms.dates.payment[k]), *(_cell(here.loc[name]) for name in names)]
            )
    return table_of(["date", *names], rows, plain) if rows else None


def _spread(count: int) -> list[int]:
    """Return at most `MOST_DATES` places, from the first to the last, evenly spread."""
    step = max(1, math.ceil(count / MOST_DATES))
    return [*range(0, count - 1, step), count - 1] if count else []


def _cell(row: Any) -> str:
    if not row["tested"]:
        return "-"
    return f"{_number(row['0.5'])} ({_number(row['0.05'])}, {_number(row['0.95'])})"


def _number(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def ratios_line(state: Mapping[Any, Any], limits: Mapping[str, str]) -> str:
    """Return what a scenario's triggers compared with their limits on one date, in words; empty: nothing was tested.

    Parameters
    ----------
    state
        A row of `ledger.state_table`.
    limits
        Limits in words by trigger.
    """
    parts = [
        f"{name} {'without denominator' if math.isinf(state[f'tested {name}']) else format(state[f'tested {name}'], '.4f')} ({text})"
        for name, text in limits.items()
        if not math.isnan(state[f"tested {name}"])
    ]
    covers = [
        f"interest cover of {key.removeprefix('interest cover ')} {value:,.4f}"
        for key, value in state.items()
        if key.startswith("interest cover ") and not math.isnan(value)
    ]
    return ", ".join([*parts, *covers])
