"""The sheet of the loans: every loan with its part of the bid, and sums that are formulas."""

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

__all__ = ["LOAN_HEAD", "write_loans"]

LOAN_HEAD = 6
"""Row of the headers, counted from 0; the sums stand in the two rows above it."""

SUMMED = ("GBV", "mean price", "part of std deviation", "part of shortfall", "bid")
"""Columns that add up to the package's."""


def write_loans(sheet: Sheet, book: BidBook, formats: Formats) -> str:
    """Write the list of loans and return the cell that sums their bids, as a formula names it.

    Parameters
    ----------
    sheet, book, formats
        Where, what, and how.
    """
    table = concentration.loan_table(book)
    sheet.widen(table)
    sheet.row = 2
    sheet.paragraph(table.note, 12, italic=True, font_color="#555555")
    first = LOAN_HEAD + 1
    room = workbook_cells.MOST_ROWS - first - SPARE
    shown = (
        table.rows
        if len(table.rows) <= room
        else (*table.rows[: room - 1], _rest(table, room - 1))
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
            letter = _letter(j)
            formula = f"={function}{letter}{place.first + 1}:{letter}{place.last + 1})"
            sheet.sheet.write_formula(row, j, formula, formats.kind("cents", **look), value)
        gbv, bid = (_column(table, name) for name in ("GBV", "bid"))
        g, b = f"{_letter(gbv)}{row + 1}", f"{_letter(bid)}{row + 1}"
        share = sums[bid] / sums[gbv] if sums[gbv] else math.nan
        shown_share = "" if math.isnan(share) else share
        of_gbv = _column(table, "bid, % of GBV")
        sheet.sheet.write_formula(
            row, of_gbv, f'=IF({g}=0,"",{b}/{g})', formats.kind("fine", **look), shown_share
        )
    sheet.finish(repeat=LOAN_HEAD)
    sheet.sheet.freeze_panes(first, 1)
    sheet.sheet.autofilter(LOAN_HEAD, 0, place.last, len(table.columns) - 1)
    return f"Loans!{_letter(_column(table, 'bid'))}{LOAN_HEAD - 1}"


def _sums(table: Table) -> dict[int, float]:
    """Return what the formulas come to, by column; the bids are summed in cents, so without rounding."""
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


def _letter(column: int) -> str:
    return chr(ord("A") + column)


def _rest(table: Table, kept: int) -> tuple[Any, ...]:
    """Return one row for the loans that a sheet has no room for, so that the sums still hold."""
    rows = table.rows[kept:]
    label = f"{len(rows):,} further loans that do not fit on a sheet"
    sums = [
        sum(float(r[j]) for r in rows) if c.name in SUMMED else None
        for j, c in enumerate(table.columns)
    ]
    return (Cell(label, "text"), *sums[1:])
