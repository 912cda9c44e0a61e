"""Cash against the plan as printed pages: one HTML file that needs no other file."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd

from npl_sim.analysis.track.tracking import Tracking
from npl_sim.core.disk.whole_file import write_output
from npl_sim.core.language import gettext as _
from npl_sim.core.language import language, ngettext
from npl_sim.reports.bid_book.pages.page import Block, Columns, Html, Page, joined
from npl_sim.reports.bid_book.pages.table import Column, Row, row, table
from npl_sim.reports.bid_book.pages.view import DASH, number, percent, rate_text
from npl_sim.reports.bid_book.svg.dots import DotLine, dot_lines
from npl_sim.reports.bid_book.svg.fan import Fan, Note, fan
from npl_sim.reports.formats import Unit
from npl_sim.reports.table import Table, cell_texts, is_number
from npl_sim.reports.track import sentences, tables
from npl_sim.reports.track.figures import cumulative
from npl_sim.reports.track.names import (
    ORDER,
    attribute_name,
    cell_name,
    ratio_text,
    reason,
    verdict,
)
from npl_sim.reports.writers.html import render

MOST_ROWS = 48
"""Rows of the table by attribute on one page."""

MOST_LINES = 12
"""Most lines of the chart of ratios; the table has all."""


def write_page(path: Path, found: Tracking) -> Path:
    """Write the printed pages; the same inputs give the same bytes.

    Parameters
    ----------
    path
        File to write (.html).
    found
        A tracked package.

    Raises
    ------
    NplSimError
        If jinja2 is not installed, or the file cannot be written.
    """
    write_output(path, page_html(found).encode())
    return path


def page_html(found: Tracking) -> str:
    """Return the printed pages as text.

    Parameters
    ----------
    found
        A tracked package.
    """
    unit = sentences.unit_of(found)
    pages = [_first(found, unit), *_cells(found, unit), _worth(found, unit)]
    numbers = [
        _("Page {number} of {count}").format(number=i, count=len(pages))
        for i in range(1, len(pages) + 1)
    ]
    months = found.plan.elapsed
    content = {
        "language": language(),
        "title": _("Cash against plan"),
        "name": found.name,
        "loans": ngettext("{count} month", "{count} months", months).format(count=months),
        "date": _("Cash known to {date}").format(date=found.actual.as_of),
        "unit": _("{unit} unless said").format(unit=unit.name),
        "pages": pages,
        "numbers": numbers,
    }
    return render("bid_book.html.j2", content)


def _first(found: Tracking, unit: Unit) -> Page:
    """Return the page with the finding: cumulative cash, key figures, what alarms."""
    texts = [
        sentences.comparison_text(found),
        sentences.forecast_text(found, unit),
        sentences.returns_text(found, unit),
    ]
    return Page(
        sentences.headline(found, unit),
        Html(joined(texts, " ")),
        (
            Block(
                _chart(found, unit),
                _("Cumulative receipts"),
                _("{unit}; line: plan; bands: half and 90% of scenarios; dashed: actual").format(
                    unit=unit.name
                ),
            ),
            Columns(
                (
                    (_key_figures(found, unit), _remaining(found, unit)),
                    (_ratios(found),),
                ),
                "1fr 1fr",
            ),
        ),
        sentences.source_text(found),
    )


def _chart(found: Tracking, unit: Unit) -> Html:
    months, mean, quantiles = cumulative(found)
    last = found.plan.elapsed
    receipts, _costs = found.actual.by_month()
    actual = np.concatenate([[0.0], np.cumsum(receipts)])
    part = slice(0, last + 1)
    low, quarter, three, high = (q[part] / unit.size for q in quantiles)
    series = Fan(
        months[part], mean[part] / unit.size, low, high, quarter, three, actual / unit.size
    )
    label = sentences.headline(found, unit)
    ends = [
        Note(float(last), float(mean[last]) / unit.size, _("plan"), "a", "edge"),
        Note(float(last), float(actual[-1]) / unit.size, _("actual"), "b", "edge"),
    ]
    # Two names at one height would cover each other.
    reach = max(float(high[-1]), 1e-9)
    if abs(ends[0].y - ends[1].y) < 0.06 * reach:
        shift = 0.03 * reach if ends[1].y >= ends[0].y else -0.03 * reach
        ends = [
            dataclasses.replace(ends[0], y=ends[0].y - shift),
            dataclasses.replace(ends[1], y=ends[1].y + shift),
        ]
    step = -(-last // 12)
    whole = [(float(m), _("month {number}").format(number=m)) for m in range(0, last + 1, step)]
    return fan(series, label, notes=ends, x_labels=whole, size=(680, 230))


def _key_figures(found: Tracking, unit: Unit) -> Block:
    """Return cash to date, multiple and rate of return: plan and now."""
    total, earned, rest = found.comparison.total, found.returns, found.forecast.rest
    last = found.plan.elapsed
    planned = float(found.forecast.plan_receipts[last + 1 :].sum())
    rows = [
        row(_("receipts to date"), _money(total["plan"], unit), _money(total["actual"], unit)),
        row(_("ratio"), "", ratio_text(total)),
        row(
            _("receipts of the rest"),
            _money(planned, unit),
            DASH if rest is None else _money(rest.value, unit),
        ),
    ]
    if earned is not None:
        rows += [
            row(_("price paid"), "", _money(earned.price, unit)),
            row(
                _("money multiple"),
                number(earned.plan_multiple, 2),
                number(earned.multiple, 2),
            ),
            row(_("IRR at the price paid"), rate_text(earned.plan_irr), rate_text(earned.irr)),
        ]
    columns = [Column("", left=True), Column(_("plan"), 76), Column(_("now"), 86, accent=True)]
    return Block(table(columns, rows), _("Plan and now"), tables.basis_text(found))


def _money(amount: float, unit: Unit) -> str:
    return number(amount / unit.size, 2 if abs(amount) < 100.0 * unit.size else 1)


def _ratios(found: Tracking) -> Block:
    """Return actual over plan by vintage, or by the attribute that is known."""
    attribute = next((a for a in ORDER[3:] if len(found.comparison.of(a))), "month")
    cells = found.comparison.of(attribute)
    lines = [
        DotLine(
            cell_name(attribute, cell["name"])[:18],
            100.0 * cell["ratio"],
            percent(cell["ratio"], 0),
            ((100.0 * cell["low"] / cell["plan"], 100.0 * cell["high"] / cell["plan"]),),
            verdict(cell),
        )
        for _index, cell in cells[cells["plan"] > 0.0].head(MOST_LINES).iterrows()
    ]
    title = _("Actual over plan by {attribute}").format(
        attribute=attribute_name(attribute).lower()
    )
    body = dot_lines(lines, title, 320)
    return Block(body, title, _("% of plan; gray: 5% to 95% of the plan's scenarios"))


def _remaining(found: Tracking, unit: Unit) -> Block:
    rows = [
        row(str(r.window), _money(r.planned, unit), _money(r.forecast, unit), _money(r.se, unit))
        for r in found.remaining
    ]
    columns = [
        Column(_("to month"), left=True),
        Column(_("plan"), 66),
        Column(_("forecast"), 76, accent=True),
        Column(_("± std error"), 66),
    ]
    note = _("Gross, from the end of the last whole month. A dash is not determined.")
    return Block(table(columns, rows), _("Estimated remaining collections"), note)


def _cells(found: Tracking, unit: Unit) -> list[Page]:
    """Return the pages with cash against plan by month, vintage, segment, route, servicer."""
    known = [a for a in ORDER[2:] if len(found.comparison.of(a))]
    pages, reasons = [list[Row]()], []
    for attribute in known:
        cells = found.comparison.of(attribute)
        why = reason(cells)
        if why:
            reasons.append(f"{attribute_name(attribute)}: {why}")
        lines = [_line(attribute, cell, unit) for _index, cell in cells.iterrows()]
        # An attribute that fits on a page is not cut.
        if pages[-1] and len(pages[-1]) + len(lines) >= MOST_ROWS:
            pages.append([])
        for i in range(0, len(lines), MOST_ROWS - 1):
            if i:
                pages.append([])
            head = row(attribute_name(attribute), "", kind="group")
            pages[-1] += [head, *lines[i : i + MOST_ROWS - 1]]
    columns = [
        Column("", left=True),
        Column(_("actual"), 66, accent=True),
        Column(_("plan"), 66),
        Column(_("plan 5% to 95%"), 104),
        Column(_("ratio ± std dev"), 92),
        Column(_("quantile %"), 62),
        Column(_("finding"), 118),
    ]
    alarms = len(found.comparison.alarms)
    title = _("No figure is outside what the plan allows.")
    if alarms:
        title = _outside(alarms)
    note = " ".join(
        [_("The quantile is the share of scenarios below the actual figure."), *reasons]
    )
    text = Html(joined([sentences.comparison_text(found)]))
    return [Page(title, text, (Block(table(columns, part, "tight")),), note) for part in pages]


def _line(attribute: str, cell: pd.Series, unit: Unit) -> Row:
    """Return the row of one cell."""
    return row(
        cell_name(attribute, cell["name"]),
        _money(cell["actual"], unit),
        _money(cell["plan"], unit),
        f"{_money(cell['low'], unit)} – {_money(cell['high'], unit)}",
        ratio_text(cell),
        percent(cell["quantile"], 0),
        verdict(cell),
    )


def _outside(alarms: int) -> str:
    """Return the headline on figures that alarm."""
    return ngettext(
        "{count} figure is outside what the plan allows.",
        "{count} figures are outside what the plan allows.",
        alarms,
    ).format(count=alarms)


def _worth(found: Tracking, unit: Unit) -> Page:
    """Return the page with the roll-forwards of value and amortized cost, and the account."""
    shown = [*tables.statements(found), tables.account_table(found)]
    blocks = tuple(Block(_markup(t, unit), t.title, t.note) for t in shown)
    statement = found.value
    if statement.closing is None:
        title = _("The value today is not determined, as the rest is not.")
    else:
        title = _("The value moved from {opening} to {closing}.").format(
            opening=unit.sentence(statement.opening / 100.0),
            closing=unit.sentence(statement.closing / 100.0),
        )
    text = joined([tables.basis_text(found), *sentences.notes(found)], " ")
    note = _("Amounts to the cent. IFRS 9 5.4.1(a), 5.5.13-14, B5.4.6; CAS 22 articles 39 and 49.")
    return Page(title, Html(text), blocks, note)


def _markup(shown: Table, unit: Unit) -> Html:
    """Return a table of reports as a table of printed pages."""
    if not shown.rows:
        return joined([shown.nothing])
    columns = [
        Column(c.name, 130 if is_number(c.kind) else 0, left=not is_number(c.kind))
        for c in shown.columns
    ]
    return table(columns, [row(*cells) for cells in cell_texts(shown, unit)])
