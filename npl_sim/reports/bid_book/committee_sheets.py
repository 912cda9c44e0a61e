"""Sheets of the workbook in the order in which a committee decides."""

from __future__ import annotations

import dataclasses
import html
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book import decision_tables as tables
from npl_sim.reports.bid_book import package_tables
from npl_sim.reports.bid_book.pages.verdict import headline, reasons
from npl_sim.reports.experts import author_table, loan_table

if TYPE_CHECKING:
    from npl_sim.reports.bid_book.pages.view import BookView
    from npl_sim.reports.table import Table
    from npl_sim.reports.writers.workbook import Sheet

DECISION = "Decision"

CONTENT: dict[str, Callable[[BookView], list[Table]]] = {
    "Package": lambda view: [package_tables.strata_table(view)],
    "Collateral": package_tables.collateral_tables,
    "Cash": lambda view: [tables.cash_table(view)],
    "Returns": lambda view: [tables.prices_table(view), tables.two_way_table(view)],
    "Borrowers": lambda view: [package_tables.borrowers_table(view)],
    "Downside": lambda view: [tables.downside_table(view)],
    "Key assumptions": lambda view: [tables.assumptions_table(view)],
    "Data": lambda view: [package_tables.findings_table(view)],
}
"""Tables of each sheet, from top to bottom."""

COMMITTEE_SHEETS = (DECISION, *CONTENT)
"""Sheets in their order, without that of experts, which few studies have."""

EXPERTS, BEFORE_EXPERTS = "Experts", "Borrowers"
"""Sheet of model and expert side by side, and the sheet that it follows."""

_MARKUP = re.compile("<[^>]*>")


def sheet_titles() -> dict[str, str]:
    """Return the titles of the sheets by name, in the language in use."""
    return {
        DECISION: _("Decision"),
        "Package": _("The package"),
        "Collateral": _("Collateral"),
        "Cash": _("Cash by period"),
        "Returns": _("Return against the price"),
        "Borrowers": _("Largest borrowers"),
        "Downside": _("Downside cases"),
        "Key assumptions": _("Assumptions that matter"),
        "Data": _("Findings on the data"),
        EXPERTS: _("Model and experts"),
    }


def write_committee(sheets: dict[str, Sheet], view: BookView) -> None:
    """Write the sheets of the committee.

    Parameters
    ----------
    sheets
        Empty sheets by name.
    view
        Bid book, its study and loans: the source of the printed pages too.
    """
    _decision(sheets[DECISION], view)
    for name, make in CONTENT.items():
        _write(sheets[name], make(view))
    found = view.heading.experts
    if found is not None:
        _write(sheets[EXPERTS], [author_table(found), loan_table(found, len(found.loans))])


def _write(sheet: Sheet, made: list[Table]) -> None:
    """Write tables below one another; the head of the first is repeated on each printed page."""
    if len(made) == 1:  # the title of the sheet is its title
        made = [dataclasses.replace(made[0], title="")]
    for table in made:
        sheet.widen(table)
    places = [sheet.table(table) for table in made]
    sheet.finish(repeat=places[0].head)
    sheet.sheet.freeze_panes(places[0].first, 1)


def _decision(sheet: Sheet, view: BookView) -> None:
    """Write what page 1 decides on, to be printed on one page."""
    made = (tables.offers_table(view), tables.risks_table(view), tables.sign_off_table(view))
    for table in made:
        sheet.widen(table)
    columns = len(made[0].columns)
    sheet.paragraph(headline(view), columns, bold=True, font_size=13)
    sheet.paragraph(html.unescape(_MARKUP.sub("", reasons(view))), columns)
    sheet.row += 1
    sheet.table(made[0], bold=(0,))
    for table in made[1:]:
        sheet.table(table)
    sheet.paragraph(view.foot, columns, italic=True, font_color="#555555")
    sheet.finish(one_page=True)
