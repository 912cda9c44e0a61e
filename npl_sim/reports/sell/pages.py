"""Printed pages of the seller's book: decision, loans, timing and provisions."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from npl_sim.core.disk.whole_file import write_output
from npl_sim.core.language import gettext as _
from npl_sim.reports.bid_book.money import money
from npl_sim.reports.bid_book.pages.document import pages_html
from npl_sim.reports.bid_book.pages.page import Block, Columns, Html, Page, joined
from npl_sim.reports.bid_book.pages.table import Column, row
from npl_sim.reports.bid_book.pages.table import table as printed_table
from npl_sim.reports.bid_book.pages.view import MINUS
from npl_sim.reports.bid_book.svg import marks
from npl_sim.reports.bid_book.svg.scales import Scale
from npl_sim.reports.formats import Unit, percent
from npl_sim.reports.heading import NO_HEADING, Heading, issue_lines
from npl_sim.reports.sell import outlook, provisions, tables
from npl_sim.reports.sell.names import step_name
from npl_sim.reports.sell.sentences import (
    auction,
    day_of_sale,
    lacking,
    loans_text,
    terms_text,
    unit_of,
    verdict,
    waiting,
    why_lower,
)
from npl_sim.reports.table import Table, cell_texts, is_number

if TYPE_CHECKING:
    from npl_sim.analysis.seller_book import SellerBook
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

NAME_WIDTH = 230
"""Most width of the first column of a table. [px]"""

MOST_ASSUMPTIONS = 12
"""Figures of the seller on the page; the workbook has all."""


def write_pages(
    path: str | Path,
    study: Study,
    table: LoanTable,
    book: SellerBook,
    heading: Heading = NO_HEADING,
    unit: Unit | None = None,
) -> Path:
    """Write the printed pages of a seller's book; the same inputs give the same bytes.

    Parameters
    ----------
    path
        File to write (.html).
    study, table, book
        The study, its loans and their seller's book.
    heading
        Issues of study, tape and result.
    unit
        Unit of every amount; defaults to one that fits the hold value.

    Raises
    ------
    NplSimError
        If jinja2 is not installed, or the file cannot be written.
    """
    unit = unit_of(book) if unit is None else unit
    made = [
        _decision(book, unit, heading),
        _loans(book, unit),
        _time(book, unit),
        _provisions(book, unit),
    ]
    text = pages_html(_("Seller's book"), study, len(table.loans), unit, made)
    write_output(Path(path), text.encode())
    return Path(path)


def printed(table: Table, unit: Unit, kept: Sequence[int], rows: int | None = None) -> Html:
    """Return columns of a table in the style of the printed pages, amounts in one unit."""
    texts = cell_texts(table, unit)
    count = len(texts) if rows is None else min(rows, len(texts))
    if not texts:
        return Html(f'<p class="sub">{joined([table.nothing])}</p>')
    longest = max(len(line[kept[0]]) for line in texts)
    columns = [
        Column(
            table.columns[j].name,
            width=min(max(longest * 7, 60), NAME_WIDTH) if j == kept[0] and len(kept) > 3 else 0,
            left=not is_number(table.columns[j].kind),
        )
        for j in kept
    ]
    last = len(texts) - 1
    lines = [
        row(*(_shown(table, texts, i, j) for j in kept), kind=_kind(table, i, last))
        for i in range(count)
    ]
    return printed_table(columns, lines, "tight")


def _shown(table: Table, texts: list[list[str]], i: int, j: int) -> str:
    """Return the text of a cell, numbers with a true minus sign."""
    return texts[i][j].replace("-", MINUS) if is_number(table.columns[j].kind) else texts[i][j]


def _kind(table: Table, i: int, last: int) -> Literal["", "total"]:
    return "total" if table.total and i == last else ""


def _block(table: Table, unit: Unit, *kept: int, rows: int | None = None) -> Block:
    every = kept or tuple(range(len(table.columns)))
    return Block(printed(table, unit, every, rows), table.title, table.note)


def _foot(book: SellerBook) -> str:
    flows = book.result.flows
    return _("{scenarios} scenarios, seed {seed}, {months} months.").format(
        scenarios=f"{book.result.scenarios:,}", seed=flows.seed, months=flows.months
    )


def _decision(book: SellerBook, unit: Unit, heading: Heading) -> Page:
    reasons = [make(book, unit) for make in (why_lower, waiting, auction, day_of_sale, lacking)]
    blocks: list[Block | Columns] = []
    lines = issue_lines(heading.issues, book.result.currency)
    if heading.implausible:
        body = Html(f'<p class="alert">{joined(lines[:1])}</p>')
        blocks.append(Block(body, _("Do not use this result before its inputs are checked")))
    ladder = tables.ladder_table(book)
    blocks.append(Block(waterfall(book, unit), ladder.title, ladder.note))
    blocks.append(
        Columns(
            (
                (_block(outlook.bids_table(book), unit),),
                (_block(tables.day_one_table(book), unit),),
            ),
            "1fr 1fr",
        )
    )
    text = joined([reason for reason in (terms_text(book), *reasons) if reason], " ")
    return Page(verdict(book, unit), text, tuple(blocks), _foot(book))


def _loans(book: SellerBook, unit: Unit) -> Page:
    largest = tables.loans_table(book)
    blocks = (
        _block(tables.segment_table(book), unit),
        _block(tables.choice_table(book), unit),
        _block(_in_unit(largest), unit, 0, 2, 3, 4, 6, 7, 8, 9, 11),
    )
    headline = loans_text(book)
    price = book.hold.reservation
    reasons = _(
        "The reservation prices of the loans sum to that of the package, {price} "
        "(standard error {error})."
    ).format(price=money(price.value, unit), error=money(price.se, unit))
    return Page(headline, joined([reasons]), blocks, _foot(book))


def _in_unit(table: Table) -> Table:
    """Return a table whose amounts to the cent are shown in the unit of the page."""
    kinds = tuple(
        dataclasses.replace(c, kind="money") if c.kind == "cents" else c for c in table.columns
    )
    return dataclasses.replace(table, columns=kinds)


def _time(book: SellerBook, unit: Unit) -> Page:
    headline = waiting(book, unit) or _("Bids, and the assumptions of the seller")
    blocks = (
        _block(outlook.later_table(book), unit),
        _block(outlook.start_table(book), unit),
        _block(provisions.assumptions_table(book), unit, 0, 1, 2, 3, rows=MOST_ASSUMPTIONS),
    )
    reasons = [
        auction(book, unit),
        _(
            "Figures without a published source make up {share} of the effects on the "
            "reservation price."
        ).format(share=percent(_share_without(book))),
    ]
    return Page(headline, joined([r for r in reasons if r], " "), blocks, _foot(book))


def _provisions(book: SellerBook, unit: Unit) -> Page:
    blocks = (
        _block(provisions.provision_table(book), unit),
        _block(provisions.needs_table(book), unit),
        _block(provisions.minimum_table(book), unit),
    )
    return Page(lacking(book, unit), joined([day_of_sale(book, unit)]), blocks, _foot(book))


def _share_without(book: SellerBook) -> float:
    """Return the share of the effects that no published source stands behind."""
    effects = book.effects
    total = float(effects["effect"].sum())
    without = float(effects.loc[effects["state"] != "published", "effect"].sum())
    return without / total if total > 0.0 else math.nan


def waterfall(book: SellerBook, unit: Unit, width: int = 680) -> Html:
    """Return the ladder as bars with their formulas: levels in the accent, changes lighter."""
    levels = [0.0, *(step.value / unit.size for step in book.ladder)]
    x = Scale(min(0.0, *levels), max(levels) or 1.0, 206.0, 420.0)
    parts, height = [], 19.0
    for i, step in enumerate(book.ladder):
        top, is_level = 4.0 + i * height, not math.isfinite(step.amount)
        start = 0.0 if is_level else levels[i]
        left, right = sorted((x(start), x(levels[i + 1])))
        fill = marks.ACCENT if is_level else marks.MIDDLE
        parts.append(marks.bar(left, top, right - left, 13.0, fill))
        name = step_name(step.name)
        parts.append(marks.text(0.0, top + 10.0, name, "b" if is_level else ""))
        amount = step.value if is_level else step.amount
        shown = unit.show(amount).replace("-", MINUS)
        parts.append(marks.text(right + 5.0, top + 10.0, shown, "a" if is_level else ""))
        formula = step.formula.replace("-", MINUS)
        parts.append(marks.text(width - 206.0, top + 10.0, formula, "m"))
    bottom = 4.0 + len(book.ladder) * height
    parts.append(marks.line(x(0.0), 0.0, x(0.0), bottom, marks.INK))
    label = _("Ladder from the cash to the reservation price")
    return marks.chart(width, bottom, label, parts)
