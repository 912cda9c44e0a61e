"""Report of a result for the terminal: headline, issues, tables, notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from npl_sim.core.errors import escaped
from npl_sim.core.language import gettext as _
from npl_sim.reports.heading import NO_HEADING, Heading, issue_lines, issue_title
from npl_sim.reports.table import Table
from npl_sim.reports.writers.terminal import StackedTable
from npl_sim.tape.issues import LISTED_BY

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.text import Text


@dataclass(frozen=True)
class Report:
    """A result for the terminal, printed by rich: headline, issues, tables, notes.

    Print it with ``crop=False``: its lines are not wrapped, so that they can be searched.
    """

    headline: Sequence[str]
    """Lines above everything else."""
    tables: Sequence[Table]
    """Tables, their titles above them."""
    notes: Sequence[str] = ()
    """Sentences below the tables."""
    heading: Heading = NO_HEADING
    """Issues, and the currency of their amounts."""
    more: Sequence[str] = ()
    """Lines between the issues and the tables."""
    listed_by: str = LISTED_BY
    """Command that lists every issue."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the parts of the report."""
        from rich.text import Text

        yield ""
        for line in self.headline:
            yield _line(line)
        lines = issue_lines(self.heading.issues, self.heading.currency, self.listed_by)
        if lines:
            yield from ("", Text(issue_title(self.heading.issues), style="bold"))
        for line in lines:
            yield _line(f"  {line}", "red" if line.startswith(_("error")) else "")
        if self.more:
            yield ""
        for line in self.more:
            yield _line(line)
        for table in self.tables:
            yield from ("", Text(escaped(table.shown_title), style="bold"))
            yield StackedTable(table, plain=not console.is_terminal)
        if self.notes:
            yield ""
        for note in self.notes:
            yield Text(escaped(_("Note: {note}").format(note=note)))


def _line(text: str, style: str = "") -> Text:
    """Return a line that is never wrapped."""
    from rich.text import Text

    return Text(escaped(text), style=style, no_wrap=True, overflow="ignore")
