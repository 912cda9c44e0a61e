"""What a batch says of its runs: a line as each ends, and the table at the end."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from npl_sim.core.errors import counted
from npl_sim.reports.formats import Unit, money_unit, percent

if TYPE_CHECKING:
    from rich.console import Console

    from npl_sim.runs.batch.table import Row

__all__ = ["print_rows", "said"]

MOST_LINES = 5
"""Lines of a failure's message that are printed; the table holds them all."""

LONGEST = 200
"""Characters of a run's most important issue that are printed. [characters]"""

MARK = "!"
"""After the status of a run of which a line below the table says more."""


def _remark(row: Row) -> str:
    """Return what to know of a run before its price is used; empty where there is nothing."""
    parts = []
    if row.loans_quarantined:
        unit = money_unit(row.gbv_quarantined, row.currency)
        parts.append(
            f"{counted(row.loans_quarantined, 'row')} in quarantine (GBV {unit.show(row.gbv_quarantined)} {unit.name})"
        )
    for count, kind in ((row.errors, "error"), (row.warnings, "warning")):
        if count:
            parts.append(counted(count, kind))
    first = (
        row.top_issue
        if len(row.top_issue) <= LONGEST
        else f"{row.top_issue[:LONGEST].rstrip()}..."
    )
    return ", ".join(parts) + (f"; first: {first}" if first else "")


def said(row: Row) -> str:
    """Return what came of a run, in a line."""
    if row.status == "failed":
        lines = row.message.splitlines()
        more = f" (and {len(lines) - 1} more lines)" if len(lines) > 1 else ""
        return f"failed: {lines[0]}{more}"
    unit = money_unit(max(abs(row.mean), row.gbv / 100.0), row.currency)
    when = "was done before" if row.status == "skipped" else f"done in {row.seconds:.1f} s"
    remark = _remark(row)
    return (
        f"{when}; value {unit.show(row.mean)} {unit.name} ({percent(row.of_gbv, 2)} of GBV)"
        + (f", buyer's bid {unit.show(row.buyer_bid)}" if math.isfinite(row.buyer_bid) else "")
        + (f"; {remark}" if remark else "")
    )


def _unit(done: Sequence[Row], currency: str) -> Unit:
    """Return the unit of runs of a currency; one in error may have any price, and does not set that of the others."""
    own = [row for row in done if row.currency == currency]
    sound = [row for row in own if not row.errors] or own
    return money_unit(max(max(abs(row.mean), row.gbv / 100.0) for row in sound), currency)


def print_rows(rows: Sequence[Row], labels: Sequence[str], console: Console) -> None:
    """Print the table; amounts of one currency share a unit. Lines below it say what was set aside and what failed."""
    from npl_sim.reports.price.text_tables import table_of

    done = [row for row in rows if row.status != "failed"]
    header = [
        "run",
        "value",
        "std\nerror",
        "% of\nGBV",
        "buyer's\nbid",
        "q 5%",
        "ES",
        "s",
        "status",
    ]
    units = {currency: _unit(done, currency) for currency in {row.currency for row in done}}
    one = len(units) == 1
    cells = []
    for row, label in zip(rows, labels, strict=True):
        if row.status == "failed":
            cells.append([label, *["-"] * 7, row.status])
            continue
        unit = units[row.currency]
        amounts = unit.column([row.mean, row.se, row.buyer_bid, row.q5, row.es])
        mean, se, bid, q5, es = amounts if one else [f"{a} {unit.name}" for a in amounts]
        status = f"{row.status} {MARK}" if _remark(row) else row.status
        cells.append(
            [label, mean, se, percent(row.of_gbv, 2), bid, q5, es, f"{row.seconds:.1f}", status]
        )
    console.print()
    if one:
        console.print(
            f"Amounts in {next(iter(units.values())).name}", highlight=False, markup=False
        )
    console.print(table_of(header, cells, plain=not console.is_terminal))
    for message, first in _told(rows, labels):
        lines = message.splitlines()
        shown = lines[:MOST_LINES] + (
            [f"and {len(lines) - MOST_LINES:,} more"] if len(lines) > MOST_LINES else []
        )
        for line in shown:
            console.print(f"{first}: {line}", highlight=False, markup=False, soft_wrap=True)


def _told(rows: Sequence[Row], labels: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Yield what is to be said below the table, and of which runs; what was set aside first."""
    for texts in ([_remark(row) for row in rows], [row.message for row in rows]):
        told: dict[str, list[str]] = {}
        for text, label in zip(texts, labels, strict=True):
            if text:
                told.setdefault(text, []).append(label)
        for text, those in told.items():
            yield text, those[0] if len(those) == 1 else f"{those[0]} and {len(those) - 1} more"
