"""Bid book as an Excel workbook: all tables as numbers, native charts, bids by loan.

The sheets of the committee come first, with the numbers of the printed pages; then the loans, then
annexes.
"""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from npl_sim.core.disk.whole_file import write_output
from npl_sim.core.packages import optional_package
from npl_sim.reports.account import account_text
from npl_sim.reports.bid_book import (
    assumptions,
    charts,
    concentration,
    price,
    prudence,
    sensitivities,
    two_sides,
)
from npl_sim.reports.bid_book.committee_sheets import (
    BEFORE_EXPERTS,
    COMMITTEE_SHEETS,
    DECISION,
    EXPERTS,
    sheet_titles,
    write_committee,
)
from npl_sim.reports.bid_book.decision_points import points
from npl_sim.reports.bid_book.loan_sheet import write_check, write_loans
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.pages.view import BookView
from npl_sim.reports.bid_book.run_sources import source_tables
from npl_sim.reports.bid_book.sentences import paragraphs
from npl_sim.reports.evidence import evidence_sentences, evidence_tables
from npl_sim.reports.heading import NO_HEADING, Heading, issue_lines, issue_title
from npl_sim.reports.table import Table
from npl_sim.reports.writers.workbook import Place, Sheet
from npl_sim.reports.writers.workbook_cells import Formats, safe_text

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


SHEETS = (
    *COMMITTEE_SHEETS,
    "Loans",
    "Summary",
    "Distribution",
    "Buyer",
    "Seller",
    "Bridge",
    "Segments",
    "Sensitivities",
    "Concentration",
    "Prudence",
    "Assumptions",
    "Findings",
    "Sources",
)
"""Sheets in their order: those of the committee, the loans, annexes. One more lists rows in
quarantine."""

ONE_PAGE = frozenset({"Seller", "Segments", "Concentration", "Prudence"})
"""Sheets that are printed on one page."""


def write_workbook(
    path: str | Path, study: Study, table: LoanTable, book: BidBook, heading: Heading = NO_HEADING
) -> Path:
    """Write the bid book as an Excel workbook; the same inputs give the same bytes.

    Parameters
    ----------
    path
        File to write.
    study, table, book
        The study, its loans and their bid book.
    heading
        Issues and loans without value.

    Raises
    ------
    NplSimError
        If xlsxwriter is not installed, or the file cannot be written.
    """
    xlsxwriter = optional_package("xlsxwriter", "the workbook", "report")
    path = Path(path)
    options = {
        "in_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, options)
    _Writer(workbook, study, table, book, heading).write()
    workbook.close()
    write_output(path, file.getvalue())
    return path


class _Writer:
    """Fills the sheets of one workbook."""

    def __init__(
        self, workbook: Any, study: Study, table: LoanTable, book: BidBook, heading: Heading
    ) -> None:
        self.workbook, self.study, self.table, self.book = workbook, study, table, book
        self.heading = heading
        self.unit = unit_of(book)
        self.formats = Formats(workbook, cents=self.unit.size < 1e6)
        self.currency = book.result.currency or "package currency"
        day = study.valuation_date
        workbook.set_properties(
            {
                "title": safe_text(f"Bid book of {study.name}"),
                "subject": "Valuation of a package of non-performing loans",
                "author": "npl_sim",
                "comments": f"Valued at {day} in {self.currency}; seed {book.result.flows.seed}",
                "created": datetime(day.year, day.month, day.day),
            }
        )
        names = [*SHEETS]
        if heading.experts is not None:
            names.insert(names.index(BEFORE_EXPERTS) + 1, EXPERTS)
        self.sheets = {name: self._sheet(name) for name in names}

    def _sheet(self, name: str) -> Sheet:
        study = self.study
        subtitle = f"{study.name}, valued at {study.valuation_date}; amounts in {self.currency}"
        more = {"Summary": "Price and measures", "Concentration": "Factors and concentration"}
        title = (sheet_titles() | more).get(name, name)
        footer = f"{study.name}, valued at {study.valuation_date}"
        return Sheet(self.workbook.add_worksheet(name), self.formats, title, subtitle, footer)

    def write(self) -> None:
        """Fill every sheet."""
        book, tape = self.book, self.table
        view = BookView(self.study, tape, book, self.unit, self.heading)
        write_committee(self.sheets, view)
        total = write_loans(self.sheets["Loans"], view, self.formats)
        self._summary(total)
        self._distribution()
        self._buyer()
        self._price_steps()
        self._sensitivities()
        seller = (two_sides.hold_value_table, two_sides.day_one_table, two_sides.changes_table)
        self._plain("Seller", [table(book) for table in seller])
        largest = concentration.largest_loans(book)
        self._plain("Segments", [*concentration.part_tables(book), largest])
        factors = (concentration.factor_table, concentration.concentration_table)
        self._plain("Concentration", [table(book) for table in factors])
        tables = [prudence.prudence_table(book), prudence.flags_table(book)]
        behind = evidence_tables(self.heading.evidence)
        self._plain("Prudence", [*tables, *prudence.second_tables(book), *behind])
        settings = assumptions.assumption_table(self.study, self.heading.origins)
        self._list("Assumptions", settings)
        self._findings()
        self._plain("Sources", source_tables(self.study, tape, book))
        self.sheets[DECISION].sheet.activate()

    def _tables(self, sheet: Sheet, tables: list[Table]) -> list[Place]:
        """Write tables below one another, in columns that are wide enough for all."""
        for table in tables:
            sheet.widen(table)
        return [sheet.table(table) for table in tables]

    def _plain(self, name: str, tables: list[Table]) -> None:
        sheet = self.sheets[name]
        self._tables(sheet, tables)
        sheet.finish(one_page=name in ONE_PAGE)
        sheet.sheet.freeze_panes(2, 0)

    def _list(self, name: str, table: Table) -> None:
        """Write one long table with a filter."""
        sheet = self.sheets[name]
        place = sheet.table(table)
        sheet.finish(repeat=place.head)
        sheet.sheet.freeze_panes(place.first, 0)
        sheet.sheet.autofilter(place.head, 0, max(place.last, place.head), len(table.columns) - 1)

    def _findings(self) -> None:
        sheet = self.sheets["Findings"]
        findings = prudence.findings_table(self.table)
        sheet.widen(findings)
        for line in account_text(self.table.reconciliation, self.study.currency).split("\n"):
            sheet.paragraph(line, len(findings.columns))
        sheet.row += 1
        sheet.table(findings)
        sheet.finish()
        if len(self.table.quarantine):
            self.sheets["Set aside"] = self._sheet("Set aside")
            self._list("Set aside", prudence.quarantine_table(self.table))

    def _summary(self, total: str) -> None:
        sheet, book = self.sheets["Summary"], self.book
        headline = price.headline_table(book)
        sheet.widen(headline)
        first, *others = paragraphs(book, self.unit)
        sheet.paragraph(first, len(headline.columns), font_size=11)
        for text in evidence_sentences(self.heading.evidence, self.unit):
            sheet.paragraph(f"{text}.", len(headline.columns))
        self._issues(sheet, len(headline.columns))
        for text in others:
            sheet.paragraph(text, len(headline.columns), font_size=11)
        sheet.row += 1
        place = sheet.table(headline, bold=(0, 2, 4))
        write_check(sheet, book, self.formats, total, place)
        sheet.row += 1
        self._points(sheet, len(headline.columns))
        if self.heading.nothing is not None and len(self.heading.nothing.loans):
            sheet.table(prudence.worthless_table(self.heading))
        sheet.table(price.package_table(book, self.study.name, self.study.valuation_date))
        sheet.finish(one_page=True)

    def _issues(self, sheet: Sheet, columns: int) -> None:
        lines = issue_lines(self.heading.issues, self.book.result.currency)
        if not lines:
            return
        sheet.row += 1
        sheet.heading(issue_title(self.heading.issues))
        for line in lines:
            look = {"bold": True, "font_color": "#B00020"} if line.startswith("error") else {}
            sheet.paragraph(line, columns, **look)
        sheet.row += 1

    def _points(self, sheet: Sheet, columns: int) -> None:
        sheet.heading("Points for the committee")
        for point in points(self.study, self.table, self.book, self.unit, self.heading):
            look = {"bold": True} if point.weight == "decide" else {}
            sheet.paragraph(f"{point.weight}: {point.text}", columns, **look)
        sheet.row += 1

    def _distribution(self) -> None:
        sheet, book = self.sheets["Distribution"], self.book
        row = sheet.reserve(charts.ROWS)
        tables = [
            table(book)
            for table in (price.quantiles, price.bins, price.recovery_table, price.kinds_table)
        ]
        _, place, *_ = self._tables(sheet, tables)
        charts.histogram_chart(self.workbook, sheet, "Distribution", place, row, self.unit)
        sheet.finish()

    def _buyer(self) -> None:
        sheet, book = self.sheets["Buyer"], self.book
        row = sheet.reserve(charts.ROWS)
        ledger = two_sides.ledger_table(book)
        tables = [ledger, two_sides.rates_table(book), two_sides.debt_table(book)]
        place, *_ = self._tables(sheet, tables)
        items = [c.name for c in ledger.columns[1:-3]]
        charts.buyer_chart(self.workbook, sheet, "Buyer", place, row, items, self.unit)
        sheet.finish(one_page=True)

    def _price_steps(self) -> None:
        sheet = self.sheets["Bridge"]
        row = sheet.reserve(charts.ROWS)
        steps = two_sides.price_steps_table(self.book)
        parts = charts.price_steps_parts(steps)
        for table in (steps, parts):
            sheet.widen(table)
        sheet.table(steps, bold=(0, len(steps.rows) - 1))
        sheet.table(two_sides.causes(self.book))
        place = sheet.table(parts)
        charts.price_steps_chart(self.workbook, sheet, "Bridge", place, row, self.unit)
        sheet.finish(one_page=True)

    def _sensitivities(self) -> None:
        sheet, book = self.sheets["Sensitivities"], self.book
        row = sheet.reserve(charts.ROWS)
        grid = sensitivities.grid_table(book)
        tables = (
            sensitivities.tornado_table(book),
            sensitivities.stress_table(book, self.study),
            sensitivities.reverse_table(book),
        )
        for table in (*tables, grid):
            sheet.widen(table)
        place = sheet.table(sensitivities.swing_table(book))
        charts.tornado_chart(self.workbook, sheet, "Sensitivities", place, row, self.unit)
        sheet.table(tables[0])
        cell = sheet.table(grid)
        scale = {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#56B4E9"}
        sheet.sheet.conditional_format(cell.first, 1, cell.last, len(grid.columns) - 1, scale)
        sheet.table(sensitivities.grid_errors(book))
        sheet.table(tables[1])
        sheet.table(tables[2])
        sheet.finish()
