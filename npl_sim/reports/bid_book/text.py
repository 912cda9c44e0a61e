"""The bid book for the terminal: plain aligned text, the same tables and sentences as workbook and report."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from npl_sim.reports.bid_book import concentration as where
from npl_sim.reports.bid_book import price
from npl_sim.reports.bid_book import prudence as care
from npl_sim.reports.bid_book import sensitivities as moves
from npl_sim.reports.bid_book import two_sides as sides
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.sentences import paragraphs
from npl_sim.reports.bid_book.table import Table, is_number, shown
from npl_sim.reports.formats import Unit
from npl_sim.reports.heading import (
    NO_HEADING,
    NOT_PLAUSIBLE,
    Heading,
    issue_lines,
    issue_title,
    worthless_lines,
)

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook

__all__ = ["bid_text"]

WIDTH = 100
"""Width of sentences. [characters]"""


def bid_text(book: BidBook, currency: str, heading: Heading = NO_HEADING) -> str:
    """Return the bid book as plain text: the bid, what may be wrong with it, then the rest.

    Parameters
    ----------
    book
        What came out.
    currency
        Name of the currency; may be empty.
    heading
        Issues and loans worth nothing, which follow the first paragraph.
    """
    unit = unit_of(book, currency)
    parts = ["\n".join(textwrap.wrap(_printable(text), WIDTH)) for text in paragraphs(book, unit)]
    if heading.implausible:
        parts[0] += f"\n{NOT_PLAUSIBLE}"
    parts[1:1] = _heading(heading, currency)
    parts += ["\n".join(_lines(table, unit)) for table in _tables(book)]
    return "\n\n".join(parts) + "\n"


def _heading(heading: Heading, currency: str) -> Iterator[str]:
    lines = issue_lines(heading.issues, currency)
    if lines:
        wrapped = (
            textwrap.fill(_printable(line), WIDTH, initial_indent="  ", subsequent_indent="    ")
            for line in lines
        )
        yield "\n".join([issue_title(heading.issues), *wrapped])
    if heading.nothing is not None and len(heading.nothing.loans):
        yield "\n".join(worthless_lines(heading.nothing, currency))


def _tables(book: BidBook) -> Iterator[Table]:
    yield _only(price.headline_table(book), 0, 1, 2, 3, 5, 6)
    yield sides.bridge_table(book)
    yield sides.levers_table(book)
    yield moves.swing_table(book)
    yield _only(moves.stress_table(book), 0, 1, 2, 3, 5, 6, 8)
    yield moves.reverse_table(book)
    yield _only(where.part_tables(book)[0], 0, 1, 2, 3, 4, 6, 7, 9, 10)
    yield where.factor_table(book)
    yield _only(care.prudence_table(book), 0, 1, 2, 3)
    yield _only(care.flags_table(book), 0, 2, 3, 4, 5)
    second = care.second_tables(book)
    yield second[0]
    yield dataclasses.replace(_only(second[-1], 0, 1, 3, 5, 6, 7, 8, 9), note=second[-1].note)


def _only(table: Table, *columns: int) -> Table:
    """Return some columns of a table, without its note."""
    rows = tuple(tuple(row[j] for j in columns) for row in table.rows)
    place = {old: new for new, old in enumerate(columns)}
    differences = tuple(
        ((at[0], place[at[1]]), (after[0], place[after[1]]), (before[0], place[before[1]]))
        for at, after, before in table.differences
        if {at[1], after[1], before[1]} <= place.keys()
    )
    return dataclasses.replace(
        table,
        columns=tuple(table.columns[j] for j in columns),
        rows=rows,
        note="",
        differences=differences,
    )


def _lines(table: Table, unit: Unit) -> Iterator[str]:
    is_money = any(
        table.kind_of(i, j) == "money"
        for i in range(len(table.rows))
        for j in range(len(table.columns))
    )
    yield f"{table.title} [{unit.name}]" if is_money else table.title
    if not table.rows:
        yield f"  {table.nothing}"
        return
    rows = [[column.name for column in table.columns], *shown(table, unit)]
    rows = [[_printable(cell) for cell in row] for row in rows]
    widths = [max(_width(row[j]) for row in rows) for j in range(len(table.columns))]
    right = [is_number(column.kind) for column in table.columns]
    for row in rows:
        cells = []
        for cell, width, is_right in zip(row, widths, right, strict=True):
            space = " " * (width - _width(cell))
            cells.append(space + cell if is_right else cell + space)
        yield "  " + "  ".join(cells).rstrip()
    if table.note:
        yield from textwrap.wrap(table.note, WIDTH, initial_indent="  ", subsequent_indent="  ")


def _printable(text: str) -> str:
    """Return text without characters that would steer a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def _width(text: str) -> int:
    """Return the width of text in a terminal; Chinese characters take two columns."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)
