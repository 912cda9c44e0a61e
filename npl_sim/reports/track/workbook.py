"""Cash against the plan as an Excel workbook."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from npl_sim.analysis.track.tracking import Tracking
from npl_sim.core.disk.whole_file import write_output
from npl_sim.core.language import gettext as _
from npl_sim.core.packages import optional_package
from npl_sim.reports.table import Column, Kind, Table
from npl_sim.reports.track import sentences, tables
from npl_sim.reports.writers.workbook import Sheet
from npl_sim.reports.writers.workbook_cells import Formats, safe_text

OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
}
"""Options of the workbook: no text becomes a formula or a link."""


def write_workbook(path: Path, found: Tracking) -> Path:
    """Write the workbook; the same inputs give the same bytes.

    Parameters
    ----------
    path
        File to write (.xlsx).
    found
        A tracked package.

    Raises
    ------
    NplSimError
        If xlsxwriter is not installed, or the file cannot be written.
    """
    xlsxwriter = optional_package("xlsxwriter", "the workbook", "report")
    file = io.BytesIO()
    workbook = xlsxwriter.Workbook(file, OPTIONS)
    day = found.valuation_date
    workbook.set_properties(
        {"author": "npl_sim", "created": datetime(day.year, day.month, day.day)}
    )
    unit = sentences.unit_of(found)
    formats = Formats(workbook, cents=unit.size < 1e6)
    for name, paragraphs, shown in _sheets(found):
        _fill(workbook, formats, found, name, paragraphs, shown)
    workbook.close()
    write_output(path, file.getvalue())
    return path


def _sheets(found: Tracking) -> list[tuple[str, list[str], list[Table]]]:
    """Return name, paragraphs and tables of each sheet."""
    unit = sentences.unit_of(found)
    monthly = [_monthly(_("Value at the required return, by month"), found.value.months())]
    if found.cost is not None and found.cost.statement is not None:
        title = _("Amortized cost by month (IFRS 9 5.4.1(a), B5.4.6; CAS 22 articles 39 and 49)")
        monthly.append(_monthly(title, found.cost.statement.months()))
    summary = [
        sentences.headline(found, unit),
        sentences.comparison_text(found),
        sentences.forecast_text(found, unit),
        sentences.returns_text(found, unit),
        sentences.source_text(found),
        tables.basis_text(found),
        *sentences.notes(found),
    ]
    first = [tables.remaining_table(found), tables.returns_table(found)]
    return [
        (_("Summary"), summary, [*first, *tables.statements(found)]),
        (_("Cash against plan"), [], tables.comparison_tables(found.comparison)),
        (_("Forecast"), [], [tables.rest_table(found)]),
        (_("Statements"), [], monthly),
        (_("Cash file"), [], [tables.account_table(found), _set_aside(found), _findings(found)]),
    ]


def _monthly(title: str, frame: pd.DataFrame) -> Table:
    names = (
        _("month"), _("opening"), _("interest"), _("collections"), _("revaluation"), _("closing"),
    )  # fmt: skip
    kinds: list[Kind] = ["count", *["cents"] * 5]  # type: ignore[list-item]
    columns = tuple(Column(n, k) for n, k in zip(names, kinds, strict=True))
    note = _("opening + interest - collections + revaluation = closing")
    return Table(title, columns, tuple(frame.itertuples(index=False, name=None)), note)


def _set_aside(found: Tracking) -> Table:
    columns = (Column(_("row"), "count"), Column(_("loan")), Column(_("amount"), "cents"))
    rows = tuple(
        (int(r.row), str(r.loan_id), int(r.cents) / 100.0, str(r.reason))
        for r in found.actual.set_aside.itertuples()
    )
    return Table(_("Amounts set aside"), (*columns, Column(_("reason"), "text", 22)), rows)


def _findings(found: Tracking) -> Table:
    columns = (Column(_("severity")), Column(_("place"), "text", 30), Column(_("finding")))
    rows = tuple((f.severity, f.location, f.text) for f in found.actual.findings)
    return Table(_("Findings on the file of cash"), columns, rows)


def _fill(
    workbook: Any,
    formats: Formats,
    found: Tracking,
    name: str,
    paragraphs: list[str],
    shown: list[Table],
) -> None:
    """Fill one sheet with paragraphs, then tables."""
    subtitle = _("{name}, valued at {date}; amounts in {currency}").format(
        name=found.name, date=found.valuation_date, currency=found.currency
    )
    footer = _("Cash against plan of {name}").format(name=found.name)
    sheet = Sheet(workbook.add_worksheet(safe_text(name)), formats, name, subtitle, footer)
    for table in shown:
        sheet.widen(table)
    for text in paragraphs:
        sheet.paragraph(text, 6)
    if paragraphs:
        sheet.row += 1
    for table in shown:
        sheet.table(table)
    sheet.finish()
