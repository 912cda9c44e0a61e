"""The bid book as text for the terminal: the bid, its issues, then sentences and tables."""

from __future__ import annotations

import dataclasses
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book import concentration, price, prudence, sensitivities, two_sides
from npl_sim.reports.bid_book.money import unit_of
from npl_sim.reports.bid_book.sentences import paragraphs
from npl_sim.reports.evidence import evidence_sentences, evidence_tables
from npl_sim.reports.heading import (
    NO_HEADING,
    NOT_PLAUSIBLE,
    Heading,
    issue_lines,
    issue_title,
    worthless_lines,
)
from npl_sim.reports.table import Table
from npl_sim.reports.writers.terminal import WIDTH, printable, table_lines

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook


def bid_text(book: BidBook, currency: str, heading: Heading = NO_HEADING) -> str:
    """Return the bid book as plain text.

    Parameters
    ----------
    book
        A bid book.
    currency
        Name of the currency; may be empty.
    heading
        Issues and loans without value, which follow the first paragraph.
    """
    unit = unit_of(book, currency)
    parts = ["\n".join(textwrap.wrap(printable(text), WIDTH)) for text in paragraphs(book, unit)]
    if heading.implausible:
        parts[0] += f"\n{_(NOT_PLAUSIBLE)}"
    behind = evidence_sentences(heading.evidence, unit)
    wrapped = ["\n".join(textwrap.wrap(printable(f"{text}."), WIDTH)) for text in behind]
    parts[1:1] = [*wrapped, *_heading(heading, currency)]
    tables = [*_tables(book), *evidence_tables(heading.evidence)]
    parts += ["\n".join(table_lines(table, unit)) for table in tables]
    return "\n\n".join(parts) + "\n"


def _heading(heading: Heading, currency: str) -> Iterator[str]:
    lines = issue_lines(heading.issues, currency)
    if lines:
        wrapped = (
            textwrap.fill(printable(line), WIDTH, initial_indent="  ", subsequent_indent="    ")
            for line in lines
        )
        yield "\n".join([issue_title(heading.issues), *wrapped])
    if heading.nothing is not None and len(heading.nothing.loans):
        yield "\n".join(worthless_lines(heading.nothing, currency))


def _tables(book: BidBook) -> Iterator[Table]:
    yield price.headline_table(book).select(0, 1, 2, 3, 5, 6)
    yield two_sides.price_steps_table(book)
    yield two_sides.changes_table(book)
    yield sensitivities.swing_table(book)
    yield sensitivities.stress_table(book).select(0, 1, 2, 3, 5, 6, 8)
    yield sensitivities.reverse_table(book)
    yield concentration.part_tables(book)[0].select(0, 1, 2, 3, 4, 6, 7, 9, 10)
    yield concentration.factor_table(book)
    yield prudence.prudence_table(book).select(0, 1, 2, 3)
    yield prudence.flags_table(book).select(0, 2, 3, 4, 5)
    second = prudence.second_tables(book)
    yield second[0]
    comparables = second[-1].select(0, 1, 3, 5, 6, 7, 8, 9)
    yield dataclasses.replace(comparables, note=second[-1].note)
