"""Writer of tables and figures to HTML: one self-contained page from a template."""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from npl_sim.core.packages import optional_package
from npl_sim.reports.figure_files import svg
from npl_sim.reports.formats import Unit
from npl_sim.reports.heading import issue_lines, issue_title
from npl_sim.reports.table import Table, cell_texts, is_number
from npl_sim.reports.writers.terminal import PLAIN_UNIT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from npl_sim.reports.report import Report

TABLES_IN_NOTEBOOK = 3
"""Tables of a report that a notebook shows; `to_frame` gives the others."""


@dataclass(frozen=True)
class HtmlTable:
    """A table as the template shows it."""

    table: Table
    """The table."""
    rows: list[list[str]]
    """Its cells as text."""
    left: list[bool]
    """Whether each column is aligned to the left."""


@dataclass(frozen=True)
class Picture:
    """A figure inside a page."""

    source: str
    """Its data address; empty if it could not be drawn."""
    description: str
    """What it shows."""


def html_table(table: Table, unit: Unit) -> HtmlTable:
    """Return a table for the template, amounts in a unit."""
    left = [not is_number(column.kind) for column in table.columns]
    return HtmlTable(table, cell_texts(table, unit), left)


def picture(drawing: Figure, description: str) -> Picture:
    """Return a figure as SVG inside the page."""
    file = io.BytesIO()
    svg(drawing, file)
    encoded = base64.b64encode(file.getvalue()).decode("ascii")
    return Picture(f"data:image/svg+xml;base64,{encoded}", description)


def render(template: str, content: dict[str, Any]) -> str:
    """Return a page from a template of `reports/templates`; every value is escaped.

    Raises
    ------
    NplSimError
        If jinja2 is not installed.
    """
    jinja2 = optional_package("jinja2", "the report", "report")
    # A name that the template misspells is an error, not a gap.
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("npl_sim.reports"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
    )
    text: str = environment.get_template(template).render(content)
    return text + "\n"


def report_html(report: Report) -> str:
    """Return a report as HTML for a notebook: headline, issues, and its first tables."""
    parts = [f"<p>{'<br>'.join(html.escape(line.strip()) for line in report.headline)}</p>"]
    lines = issue_lines(report.heading.issues, report.heading.currency, report.listed_by)
    if lines:
        items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
        parts.append(f"<p>{html.escape(issue_title(report.heading.issues))}</p><ul>{items}</ul>")
    parts += [_table_html(table) for table in report.tables[:TABLES_IN_NOTEBOOK]]
    return "".join(parts)


def _table_html(table: Table) -> str:
    """Return a table as HTML, numbers aligned to the right."""
    made = html_table(table, PLAIN_UNIT)
    align = ["left" if left else "right" for left in made.left]

    def row(cells: Iterable[str], tag: str) -> str:
        made_cells = (
            f'<{tag} style="text-align: {side}">{html.escape(cell)}</{tag}>'
            for side, cell in zip(align, cells, strict=True)
        )
        return f"<tr>{''.join(made_cells)}</tr>"

    head = row((column.shown for column in table.columns), "th")
    body = "".join(row(cells, "td") for cells in made.rows)
    return (
        f"<table><caption>{html.escape(table.shown_title)}</caption>"
        f"<thead>{head}</thead><tbody>{body}</tbody></table>"
    )
