"""The printed bid book: its pages in order, as one HTML file that needs no other file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.disk.whole_file import write_output
from npl_sim.core.language import gettext as _
from npl_sim.core.language import language, ngettext
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.pages import (
    borrowers,
    cash,
    collateral,
    data_findings,
    decision,
    downside,
    key_assumptions,
    returns,
    strata,
)
from npl_sim.reports.bid_book.pages.page import Page
from npl_sim.reports.bid_book.pages.view import BookView
from npl_sim.reports.heading import NO_HEADING, Heading
from npl_sim.reports.writers.html import render

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.reports.formats import Unit
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

MOST_PAGES = 12
"""Most printed pages; the workbook has the rest."""

PAGES: tuple[Callable[[BookView], Page], ...] = (
    decision.page,
    strata.page,
    collateral.page,
    cash.page,
    returns.page,
    borrowers.page,
    downside.page,
    key_assumptions.page,
    data_findings.page,
)
"""Pages in the order in which a committee decides."""


def book_html(view: BookView) -> str:
    """Return the printed bid book as text; the same inputs give the same text.

    Parameters
    ----------
    view
        Bid book, its study and loans, and the unit of its amounts.
    """
    made = [make(view) for make in PAGES]
    return pages_html(_("Bid book"), view.study, len(view.table.loans), view.unit, made)


def pages_html(title: str, study: Study, count: int, unit: Unit, pages: Sequence[Page]) -> str:
    """Return printed pages as one HTML text.

    Parameters
    ----------
    title
        Title of the document.
    study, count
        The study, and its number of loans.
    unit
        Unit of every amount.
    pages
        Pages in order.
    """
    content = {
        "language": language(),
        "title": title,
        "name": study.name,
        "loans": ngettext("{count} loan", "{count} loans", count).format(count=f"{count:,}"),
        "date": _("Valuation date {date}").format(date=study.valuation_date),
        "unit": _("{unit} unless said").format(unit=unit.name),
        "pages": pages,
        "numbers": [
            _("Page {number} of {count}").format(number=i, count=len(pages))
            for i in range(1, len(pages) + 1)
        ],
    }
    return render("bid_book.html.j2", content)


def write_book(
    path: str | Path,
    study: Study,
    table: LoanTable,
    book: BidBook,
    heading: Heading = NO_HEADING,
    unit: Unit | None = None,
) -> Path:
    """Write the printed bid book.

    Parameters
    ----------
    path
        File to write (.html).
    study, table, book
        The study, its loans and their bid book.
    heading
        Issues and loans without value.
    unit
        Unit of every amount; defaults to one that fits the price.

    Raises
    ------
    NplSimError
        If jinja2 is not installed, or the file cannot be written.
    """
    path = Path(path)
    view = BookView(study, table, book, unit_of(book) if unit is None else unit, heading)
    write_output(path, book_html(view).encode())
    return path
