"""Seller's book as an Excel workbook: all tables as numbers, every loan on a sheet."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from npl_sim.core.disk.whole_file import write_output
from npl_sim.core.language import gettext as _
from npl_sim.core.packages import optional_package
from npl_sim.reports.heading import NO_HEADING, Heading, issue_lines
from npl_sim.reports.sell import outlook, provisions, tables
from npl_sim.reports.sell.sentences import paragraphs, unit_of
from npl_sim.reports.table import Table
from npl_sim.reports.writers.workbook import Sheet
from npl_sim.reports.writers.workbook_cells import Formats, safe_text

if TYPE_CHECKING:
    from npl_sim.analysis.seller_book import SellerBook
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
"""Options of the workbook: text of a tape is never read as a formula, link or number."""


def write_workbook(
    path: str | Path,
    study: Study,
    table: LoanTable,
    book: SellerBook,
    heading: Heading = NO_HEADING,
) -> Path:
    """Write the seller's book as an Excel workbook; the same inputs give the same bytes.

    Parameters
    ----------
    path
        File to write (.xlsx).
    study, table, book
        The study, its loans and their seller's book.
    heading
        Issues of study, tape and result.

    Raises
    ------
    NplSimError
        If xlsxwriter is not installed, or the file cannot be written.
    """
    xlsxwriter = optional_package("xlsxwriter", "the workbook", "report")
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, OPTIONS)
    day, unit = study.valuation_date, unit_of(book)
    formats = Formats(workbook, cents=unit.size < 1e6)
    title = _("Seller's book of {name}").format(name=study.name)
    workbook.set_properties(
        {
            "title": safe_text(title),
            "author": "npl_sim",
            "created": datetime(day.year, day.month, day.day),
        }
    )
    currency = book.result.currency or _("package currency")
    subtitle = _("{name}, valued at {date}; amounts in {currency}").format(
        name=study.name, date=day, currency=currency
    )
    for name, shown in _sheets(book).items():
        sheet = Sheet(workbook.add_worksheet(name), formats, name, subtitle, subtitle)
        for one in shown:
            sheet.widen(one)
        if sheet.row == 3 and name == next(iter(_sheets(book))):
            texts = [*paragraphs(book, unit), *issue_lines(heading.issues, currency)]
            for text in texts:
                sheet.paragraph(text, len(shown[0].columns))
            sheet.row += 1
        for one in shown:
            sheet.table(one)
        sheet.finish()
        sheet.sheet.freeze_panes(2, 0)
    workbook.close()
    write_output(Path(path), file.getvalue())
    return Path(path)


def _sheets(book: SellerBook) -> dict[str, list[Table]]:
    """Return the tables of each sheet by its name, the decision first."""
    return {
        _("Decision"): [tables.ladder_table(book), tables.day_one_table(book)],
        _("Segments"): [tables.segment_table(book), tables.choice_table(book)],
        _("Loans"): [tables.loans_table(book, None)],
        _("Later sales"): [outlook.later_table(book)],
        _("Bids"): [outlook.bids_table(book), outlook.start_table(book)],
        _("Provisions"): [
            provisions.provision_table(book),
            provisions.needs_table(book),
            provisions.minimum_table(book),
        ],
        _("Assumptions"): [provisions.assumptions_table(book)],
    }
