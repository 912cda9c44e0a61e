"""Model and expert on paper: the value by author, and the loans with the largest differences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.bid_book.pages.page import Block
from npl_sim.reports.bid_book.pages.table import Column, Row, row, table
from npl_sim.reports.bid_book.pages.view import BookView, error_text
from npl_sim.reports.experts import entry_name

if TYPE_CHECKING:
    from npl_sim.analysis.experts import ExpertComparison

MOST_AUTHORS, MOST_LOANS = 2, 3
"""Most authors and loans on the page; the workbook has all."""


def by_effect(frame: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a comparison, the largest difference first."""
    order = frame["difference"].abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order]


def experts_block(view: BookView, found: ExpertComparison) -> Block:
    """Return model and expert by author and by loan."""
    columns = [
        Column("", 170, left=True),
        Column(_("Entry"), 150, left=True),
        Column(_("Claim")),
        Column(_("Model")),
        Column(_("Expert")),
        Column(_("Value used")),
        Column(_("Difference")),
        Column(_("± std error")),
    ]
    authors = by_effect(found.authors.iloc[:-1])
    loans = by_effect(found.loans)
    rows = [_row(view, r.author, _loans(r.loans), r) for r in authors[:MOST_AUTHORS].itertuples()]
    rows += [
        _row(view, f"{r.loan_id}, {r.author}", entry_name(r.entry), r)
        for r in loans[:MOST_LOANS].itertuples()
    ]
    total = next(found.authors.iloc[-1:].itertuples())
    rows.append(_row(view, _("All entries"), _loans(total.loans), total, "total"))
    subtitle = _(
        "{unit}. By author, then the loans with the largest differences; the workbook has all. "
        "Difference: value used less model."
    ).format(unit=view.unit.name)
    return Block(table(columns, rows, "tight"), _("Model and expert"), subtitle)


def entries_text(view: BookView, found: ExpertComparison) -> str:
    """Return who entered what for how many loans, and its effect on the value."""
    parts = []
    for r in by_effect(found.authors.iloc[:-1]).itertuples():
        kinds = found.loans.loc[found.loans["author"] == r.author, "entry"]
        names = dict.fromkeys(name for kind in kinds for name in entry_name(kind).split(", "))
        parts.append(
            _("{author}, {entries} for {loans}: value {change}").format(
                author=r.author,
                entries=", ".join(names),
                loans=_loans(r.loans),
                change=view.change(r.difference),
            )
        )
    return _("Entered by hand: {parts}.").format(parts="; ".join(parts))


def _loans(count: int) -> str:
    return ngettext("{count} loan", "{count} loans", count).format(count=f"{count:,}")


def _row(view: BookView, name: str, entry: str, r: Any, kind: Any = "") -> Row:
    money = (view.money(x) for x in (r.claim, r.model, r.expert, r.blended))
    error = error_text(r.difference_se / view.unit.size, view.decimals)
    return row(name, entry, *money, view.change(r.difference), error, kind=kind)
