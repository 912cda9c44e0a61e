"""Table of the runs of a batch for the terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import Unit, money_unit, percent
from npl_sim.runs.batch.row_text import row_remark

if TYPE_CHECKING:
    from rich.console import Console

    from npl_sim.runs.batch.table import Row

__all__ = ["print_rows"]

MOST_LINES = 5
"""Lines of a failure's message that are printed; the table holds them all."""

MARK = "!"
"""After the status of a run of which a line below the table says more."""


def _unit(done: Sequence[Row], currency: str) -> Unit:
    """Return the unit of the runs of a currency, set by the runs without errors."""
    own = [row for row in done if row.currency == currency]
    sound = [row for row in own if not row.errors] or own
    return money_unit(max(max(abs(row.mean), row.gbv / 100.0) for row in sound), currency)


def print_rows(rows: Sequence[Row], labels: Sequence[str], console: Console) -> None:
    """Print the table, then remarks on quarantine and failures; a currency has one unit."""
    from npl_sim.reports.price.text_tables import table_of

    done = [row for row in rows if row.status != "failed"]
    header = [
        "run",
        "value",
        "std\nerror",
        _("% of\nGBV"),
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
        status = f"{row.status} {MARK}" if row_remark(row) else row.status
        cells.append(
            [label, mean, se, percent(row.of_gbv, 2), bid, q5, es, f"{row.seconds:.1f}", status]
        )
    console.print()
    if one:
        console.print(
            _("Amounts in {values}").format(values=next(iter(units.values())).name),
            highlight=False,
            markup=False,
        )
    console.print(table_of(header, cells, plain=not console.is_terminal))
    for message, first in _remarks(rows, labels):
        lines = message.splitlines()
        shown = lines[:MOST_LINES] + (
            [_("and {lines:,} more").format(lines=len(lines) - MOST_LINES)]
            if len(lines) > MOST_LINES
            else []
        )
        for line in shown:
            console.print(f"{first}: {line}", highlight=False, markup=False, soft_wrap=True)


def _remarks(rows: Sequence[Row], labels: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Yield remarks on runs with the labels of the runs, those on quarantine first."""
    for texts in ([row_remark(row) for row in rows], [row.message for row in rows]):
        labels_of: dict[str, list[str]] = {}
        for text, label in zip(texts, labels, strict=True):
            if text:
                labels_of.setdefault(text, []).append(label)
        for text, those in labels_of.items():
            yield (
                text,
                those[0]
                if len(those) == 1
                else _("{those} and {those2} more").format(those=those[0], those2=len(those) - 1),
            )
