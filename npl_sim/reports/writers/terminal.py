"""Writer of tables to the terminal: aligned lines of text, or a renderable of rich.

A table that is wider than the terminal is split into blocks of columns that fit. Each block
repeats the first column, which names the rows.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

from npl_sim.core.errors import escaped
from npl_sim.reports.formats import Unit
from npl_sim.reports.table import Table, cell_texts, is_number

if TYPE_CHECKING:
    from rich import table as rich_table
    from rich.console import Console, ConsoleOptions, RenderResult

WIDTH = 100
"""Width of sentences. [characters]"""

NAME_WIDTH, WHOLE = 12, 10_000
"""Least width of a wrapped name; width that wraps no name. [characters]"""

PLAIN_UNIT = Unit(1.0, "package currency")


def table_lines(table: Table, unit: Unit = PLAIN_UNIT) -> Iterator[str]:
    """Yield a table as aligned lines: title with the unit, header, rows, note."""
    yield f"{table.shown_title} [{unit.name}]" if table.has_money else table.shown_title
    if not table.rows:
        yield f"  {table.shown_nothing}"
        return
    rows = [[column.shown for column in table.columns], *cell_texts(table, unit)]
    rows = [[printable(cell) for cell in row] for row in rows]
    widths = [max(text_width(row[j]) for row in rows) for j in range(len(table.columns))]
    right = [is_number(column.kind) for column in table.columns]
    for row in rows:
        cells = []
        for cell, width, is_right in zip(row, widths, right, strict=True):
            space = " " * (width - text_width(cell))
            cells.append(space + cell if is_right else cell + space)
        yield "  " + "  ".join(cells).rstrip()
    if table.note:
        yield from textwrap.wrap(
            table.shown_note, WIDTH, initial_indent="  ", subsequent_indent="  "
        )


def printable(text: str) -> str:
    """Return text without characters that control a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in text)


def text_width(text: str) -> int:
    """Return the width of text in a terminal; Chinese characters take two columns."""
    return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)


@dataclass(frozen=True)
class StackedTable:
    """A table without its title, printed by rich; columns that do not fit go below."""

    table: Table
    """What is shown."""
    plain: bool = False
    """Whether to leave out lines."""
    unit: Unit = PLAIN_UNIT
    """Unit of its amounts."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the blocks."""
        every = range(len(self.table.columns))
        whole = all(self._fits(self._block((0, i), WHOLE), console, options) for i in every[1:])
        names = WHOLE if whole else NAME_WIDTH
        if self._fits(self._block(every, names), console, options):
            yield self._block(every, names)
            return
        for number, columns in enumerate(self._blocks(names, console, options)):
            if number:
                yield ""
            block = self._block((0, *columns), names)
            fits = self._fits(block, console, options)
            yield block if fits else self._block((0, *columns), fold=True)

    def _fits(self, block: rich_table.Table, console: Console, options: ConsoleOptions) -> bool:
        from rich.measure import measure_renderables

        wide = options.update(max_width=10_000)
        return measure_renderables(console, wide, [block]).minimum <= options.max_width

    def _blocks(self, names: int, console: Console, options: ConsoleOptions) -> list[list[int]]:
        """Return the columns of each block, without the first: as many as fit, at least one."""
        blocks: list[list[int]] = [[]]
        for column in range(1, len(self.table.columns)):
            longer = (0, *blocks[-1], column)
            if blocks[-1] and not self._fits(self._block(longer, names), console, options):
                blocks.append([])
            blocks[-1].append(column)
        return blocks

    def _block(
        self, columns: Sequence[int], names: int = NAME_WIDTH, fold: bool = False
    ) -> rich_table.Table:
        """Return some columns as one table.

        Names are wrapped to no fewer than `names` characters; with `fold`, headers and names as
        far as needed. Numbers are never cut.
        """
        from rich import box
        from rich.cells import cell_len
        from rich.markup import escape
        from rich.table import Table as RichTable

        made = RichTable(
            box=None if self.plain else box.SIMPLE_HEAD,
            header_style="" if self.plain else "bold",
            pad_edge=False,
            padding=(0, 2 if self.plain else 1, 0, 0),  # on a terminal the box adds one
        )
        texts = [[escaped(x, keep="\n") for x in row] for row in cell_texts(self.table, self.unit)]
        for i in columns:
            name, cells = self.table.columns[i].shown, [row[i] for row in texts]
            if self.table.columns[i].kind == "text":
                longest = max(map(cell_len, cells if i == 0 else [name, *cells]), default=0)
                width = 4 if fold else names if i == 0 else NAME_WIDTH
                made.add_column(escape(name), overflow="fold", min_width=min(longest, width))
            else:
                heads = [] if fold else name.split("\n")
                width = max(1, *map(cell_len, [*heads, *cells]))
                made.add_column(
                    escape(name),
                    justify="right",
                    no_wrap=not fold,
                    overflow="fold",
                    min_width=width,
                )
        for i, row in enumerate(texts):
            if self.table.total and i == len(texts) - 1 and not self.plain:
                made.add_section()
            made.add_row(*(escape(row[column]) for column in columns))
        return made
