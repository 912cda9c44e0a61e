"""Report of the seller's book for the terminal."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.reports.heading import NO_HEADING, NOT_PLAUSIBLE, Heading, issue_lines, issue_title
from npl_sim.reports.sell.outlook import bids_table, later_table, start_table
from npl_sim.reports.sell.provisions import (
    assumptions_table,
    minimum_table,
    needs_table,
    provision_table,
)
from npl_sim.reports.sell.sentences import paragraphs, unit_of
from npl_sim.reports.sell.tables import (
    choice_table,
    day_one_table,
    ladder_table,
    segment_table,
)
from npl_sim.reports.writers.terminal import WIDTH, printable, table_lines

if TYPE_CHECKING:
    from npl_sim.analysis.seller_book import SellerBook

TABLES = (
    ladder_table,
    day_one_table,
    segment_table,
    choice_table,
    later_table,
    bids_table,
    start_table,
    provision_table,
    needs_table,
    minimum_table,
    assumptions_table,
)
"""Tables in the order of the report."""


def sell_text(book: SellerBook, currency: str, heading: Heading = NO_HEADING) -> str:
    """Return the seller's book as plain text.

    Parameters
    ----------
    book
        A seller's book.
    currency
        Name of the currency; may be empty.
    heading
        Issues of study, tape and result, which follow the first paragraph.
    """
    unit = unit_of(book, currency)
    first, *others = (
        "\n".join(textwrap.wrap(printable(text), WIDTH)) for text in paragraphs(book, unit)
    )
    if heading.implausible:
        first += f"\n{_(NOT_PLAUSIBLE)}"
    parts = [first, *others]
    lines = issue_lines(heading.issues, currency)
    if lines:
        wrapped = (
            textwrap.fill(printable(line), WIDTH, initial_indent="  ", subsequent_indent="    ")
            for line in lines
        )
        parts.insert(1, "\n".join([issue_title(heading.issues), *wrapped]))
    parts += ["\n".join(table_lines(table, unit)) for table in (make(book) for make in TABLES)]
    return "\n\n".join(parts) + "\n"
