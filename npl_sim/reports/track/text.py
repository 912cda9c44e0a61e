"""Report on cash against the plan for the terminal."""

from __future__ import annotations

from npl_sim.analysis.track.tracking import Tracking
from npl_sim.core.language import gettext as _
from npl_sim.core.language import ngettext
from npl_sim.reports.formats import Unit
from npl_sim.reports.report import Report
from npl_sim.reports.table import Column, Table, cell_texts, is_number, ready_table
from npl_sim.reports.track import sentences, tables

MOST_FINDINGS = 8
"""Findings on the file of cash that a terminal shows."""

COMPACT = (0, 1, 2, 3, 4, 5, 6, 8, 10)
"""Columns of a comparison that a terminal shows."""


def track_report(found: Tracking) -> Report:
    """Return the report on a tracked package.

    Parameters
    ----------
    found
        Comparison, forecast, returns and statements.
    """
    unit = sentences.unit_of(found)
    shown = [
        *(t.select(*COMPACT) for t in tables.comparison_tables(found.comparison)),
        tables.remaining_table(found),
        tables.returns_table(found),
        *tables.statements(found),
        tables.account_table(found),
    ]
    return Report(
        [
            sentences.headline(found, unit),
            sentences.comparison_text(found),
            sentences.forecast_text(found, unit),
            sentences.returns_text(found, unit),
            sentences.source_text(found),
        ],
        [ready(table, unit) for table in shown],
        [tables.basis_text(found), *sentences.notes(found)],
        more=finding_lines(found),
    )


def finding_lines(found: Tracking) -> list[str]:
    """Return the findings on the file of cash as lines, the table has the others."""
    findings = found.actual.findings
    if not findings:
        return []
    count = len(findings)
    title = ngettext(
        "Findings on the file of cash: {count}", "Findings on the file of cash: {count}", count
    )
    lines = [title.format(count=count), *(f"  {f}" for f in findings[:MOST_FINDINGS])]
    if count > MOST_FINDINGS:
        more = _("  and {count} more in the table findings").format(count=count - MOST_FINDINGS)
        lines.append(more)
    return lines


def ready(table: Table, unit: Unit) -> Table:
    """Return a table as text, amounts in a unit that its title names."""
    title = f"{table.title} [{unit.name}]" if table.has_money else table.title
    names = [column.name for column in table.columns]
    texts = [c.name for c in table.columns if not is_number(c.kind)]
    if not table.rows:
        return Table(title, (Column(""),), ((table.nothing,),))
    return ready_table(title, names, cell_texts(table, unit), table.total, texts)
