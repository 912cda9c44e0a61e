"""Sheet of the loans: every loan with its share of the bid, and sums as formulas."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book import concentration
from npl_sim.reports.bid_book.names import name_of
from npl_sim.reports.table import Cell, Column, Table
from npl_sim.reports.writers import workbook_cells
from npl_sim.reports.writers.workbook import RULE, SPARE, Place, Sheet
from npl_sim.reports.writers.workbook_cells import Formats, put

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.reports.bid_book.pages.view import BookView


LOAN_HEAD = 6
"""Row of the headers, counted from 0; the sums are in the two rows above."""

MOST_BANK_CELLS = 1_000_000
"""Most cells of the bank's own columns on the sheet."""

SUMMED = ("GBV", "mean price", "part of std deviation", "part of shortfall", "bid")
"""Columns that sum to the figures of the package."""


def write_loans(sheet: Sheet, view: BookView, formats: Formats) -> str:
    """Write the list of loans and return the address of the cell that sums their bids.

    Parameters
    ----------
    sheet, view, formats
        Sheet to write to; bid book with its loans; formats of the workbook.
    """
    table = loan_rows(view)
    sheet.widen(table)
    sheet.row = 2
    sheet.paragraph(table.shown_note, 12, italic=True, font_color="#555555")
    first = LOAN_HEAD + 1
    most = workbook_cells.MOST_ROWS - first - SPARE
    shown = (
        table.rows
        if len(table.rows) <= most
        else (*table.rows[: most - 1], _rest(table, most - 1))
    )
    sheet.row = LOAN_HEAD
    place = sheet.table(Table("", table.columns, shown))
    sums = _sums(table)
    for row, label, function in (
        (LOAN_HEAD - 2, "all loans", "SUM("),
        (LOAN_HEAD - 1, "rows that the filter shows", "SUBTOTAL(109,"),
    ):
        look: dict[str, Any] = {"bold": True}
        if row == LOAN_HEAD - 1:
            look = {"bold": True, "bottom": 1, "bottom_color": RULE}
        put(sheet.sheet, row, 0, label, "text", formats, **{**look, "text_wrap": False})
        for j, value in sums.items():
            name = _column_name(j)
            formula = f"={function}{name}{place.first + 1}:{name}{place.last + 1})"
            sheet.sheet.write_formula(row, j, formula, formats.kind("cents", **look), value)
        gbv, bid = (_column(table, name) for name in ("GBV", "bid"))
        g, b = f"{_column_name(gbv)}{row + 1}", f"{_column_name(bid)}{row + 1}"
        share = sums[bid] / sums[gbv] if sums[gbv] else math.nan
        shown_share = "" if math.isnan(share) else share
        of_gbv = _column(table, "bid, % of GBV")
        sheet.sheet.write_formula(
            row, of_gbv, f'=IF({g}=0,"",{b}/{g})', formats.kind("fine", **look), shown_share
        )
    sheet.finish(repeat=LOAN_HEAD)
    sheet.sheet.freeze_panes(first, 1)
    sheet.sheet.autofilter(LOAN_HEAD, 0, place.last, len(table.columns) - 1)
    return f"Loans!{_column_name(_column(table, 'bid'))}{LOAN_HEAD - 1}"


def write_check(sheet: Sheet, book: BidBook, formats: Formats, total: str, place: Place) -> None:
    """Write the sum of the loans' bids, the package effect, and the difference to the bid.

    Parameters
    ----------
    sheet, book, formats
        Sheet to write to, bid book, and formats of the workbook.
    total
        Address of the cell that sums the bids of the loans.
    place
        Table whose first row holds the bid.
    """
    bid = book.bid.price.value
    cents, effect = int(book.parts.loans["bid_cents"].sum()), book.parts.package_effect
    check = formats.kind("cents")
    for label, formula, value in (
        ("sum of the loans' parts of the bid", f"={total}", cents / 100.0),
        (concentration.PACKAGE_EFFECT, "", effect / 100.0),
        (
            "difference to the bid, to the cent",
            f"=ROUND(B{sheet.row + 1}+B{sheet.row + 2}-B{place.first + 1},2)",
            round((cents + effect) / 100.0 - bid, 2) + 0.0,
        ),
    ):
        put(sheet.sheet, sheet.row, 0, label, "text", formats)
        if formula:
            sheet.sheet.write_formula(sheet.row, 1, formula, check, value)
        else:
            sheet.sheet.write_number(sheet.row, 1, value, check)
        sheet.row += 1


def loan_rows(view: BookView) -> Table:
    """Return every loan: its value, bid and risk, its security, then the bank's own columns."""
    table = concentration.loan_table(view.book)
    facts, bank = view.package.loans, view.table.bank_columns()
    too_many = bank.size > MOST_BANK_CELLS
    if too_many:
        bank = bank.iloc[:, :0]
    entered, entries = _entries(view)
    own = tuple(Column(str(name), "text") for name in bank.columns)
    texts = [bank[name].astype(object).where(bank[name].notna(), "") for name in bank.columns]
    more = zip(
        map(name_of, facts["security"]),
        facts["free_collateral"].tolist(),
        *entries,
        *(text.astype(str).tolist() for text in texts),
        strict=True,
    )
    rows = tuple((*row, *rest) for row, rest in zip(table.rows, more, strict=True))
    first = Column(_("security"), "text", 18.0), Column(_("free collateral"), "cents")
    note = table.note
    if too_many:
        note += " " + _("The bank's own columns are in the table {table} of the run.").format(
            table="bank_loans"
        )
    elif own:
        note += " " + _(
            "The columns from {name} on are the bank's own, as the file shows them."
        ).format(name=own[0].name)
    columns = (*table.columns, *first, *entered, *own)
    return dataclasses.replace(table, columns=columns, rows=rows, note=note)


def _entries(view: BookView) -> tuple[tuple[Column, ...], list[list[Any]]]:
    """Return columns of what people entered, with their cells by loan; none without entries."""
    found = view.heading.experts
    if found is None:
        return (), []
    by_loan = found.loans.set_index("loan_id").reindex(view.package.loans["loan_id"])
    columns = (
        ("author", Column(_("author"), "text", 16.0)),
        ("weight", Column(_("weight of the estimate"), "share")),
        ("model", Column(_("value of the model"), "cents")),
        ("expert", Column(_("value of the expert"), "cents")),
        ("blended", Column(_("value used"), "cents")),
        ("difference", Column(_("value used less model"), "cents")),
        ("difference_se", Column(_("its standard error"), "cents")),
    )
    cells = [by_loan[name].astype(object) for name, _column in columns]
    return (
        tuple(column for _name, column in columns),
        [cell.where(cell.notna(), None).tolist() for cell in cells],
    )


def _sums(table: Table) -> dict[int, float]:
    """Return the values of the formulas by column; bids are summed in cents, without rounding."""
    sums = {}
    for name in SUMMED:
        j = _column(table, name)
        values = [float(row[j]) for row in table.rows]
        sums[j] = (
            sum(round(100.0 * v) for v in values) / 100.0 if name == "bid" else math.fsum(values)
        )
    return sums


def _column(table: Table, name: str) -> int:
    return [column.name for column in table.columns].index(name)


def _column_name(column: int) -> str:
    """Return the letters of a column, counted from 0."""
    first, last = divmod(column, 26)
    return (_column_name(first - 1) if first else "") + chr(ord("A") + last)


def _rest(table: Table, kept: int) -> tuple[Any, ...]:
    """Return one row for the loans beyond the rows of a sheet, so that the sums still hold."""
    rows = table.rows[kept:]
    label = f"{len(rows):,} further loans that do not fit on a sheet"
    sums = [
        sum(float(r[j]) for r in rows) if c.name in SUMMED else None
        for j, c in enumerate(table.columns)
    ]
    return (Cell(label, "text"), *sums[1:])
