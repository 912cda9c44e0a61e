"""Sheet of the loans: every loan with its share of the bid, and sums as formulas."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from npl_sim.reports.bid_book import concentration
from npl_sim.reports.table import Cell, Table
from npl_sim.reports.writers import workbook_cells
from npl_sim.reports.writers.workbook import RULE, SPARE, Sheet
from npl_sim.reports.writers.workbook_cells import Formats, put

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook


LOAN_HEAD = 6
"""Row of the headers, counted from 0; the sums are in the two rows above."""

SUMMED = ("GBV", "mean price", "part of std deviation", "part of shortfall", "bid")
"""Columns that sum to the figures of the package."""


def write_loans(sheet: Sheet, book: BidBook, formats: Formats) -> str:
    """Write the list of loans and return the address of the cell that sums their bids.

    Parameters
    ----------
    sheet, book, formats
        Sheet to write to, bid book, and formats of the workbook.
    """
    table = concentration.loan_table(book)
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
    return chr(ord("A") + column)


def _rest(table: Table, kept: int) -> tuple[Any, ...]:
    """Return one row for the loans beyond the rows of a sheet, so that the sums still hold."""
    rows = table.rows[kept:]
    label = f"{len(rows):,} further loans that do not fit on a sheet"
    sums = [
        sum(float(r[j]) for r in rows) if c.name in SUMMED else None
        for j, c in enumerate(table.columns)
    ]
    return (Cell(label, "text"), *sums[1:])
