"""A table for the terminal that keeps its names whatever the width: columns that do not fit go below.

A table as wide as the terminal or narrower is printed as it is. Else its columns are split into
blocks that fit; each block repeats the first column, which says what the numbers of a row are.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

__all__ = ["StackedTable"]

NAME_WIDTH, WHOLE = 12, 10_000
"""Characters to which a longer name may be wrapped; it is not wrapped at all where one column fits beside it."""


@dataclass(frozen=True)
class StackedTable:
    """Cells of a table, printed by rich."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    """Text of each cell."""
    plain: bool = False
    """Whether to leave out lines."""
    total: bool = False
    """Whether the last row is a total."""
    text: bool = True
    """Whether the first column holds text."""
    words: Collection[str] = ()
    """Headers of further columns that hold text; the others hold numbers, which are never cut."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the blocks."""
        every = range(len(self.header))
        whole = all(self._fits(self._table((0, i), WHOLE), console, options) for i in every[1:])
        names = WHOLE if whole else NAME_WIDTH
        if self._fits(self._table(every, names), console, options):
            yield self._table(every, names)
            return
        for number, columns in enumerate(self._blocks(names, console, options)):
            if number:
                yield ""
            table = self._table((0, *columns), names)
            yield (
                table
                if self._fits(table, console, options)
                else self._table((0, *columns), fold=True)
            )

    def _fits(self, table: Table, console: Console, options: ConsoleOptions) -> bool:
        from rich.measure import measure_renderables

        wide = options.update(max_width=10_000)
        return measure_renderables(console, wide, [table]).minimum <= options.max_width

    def _blocks(self, names: int, console: Console, options: ConsoleOptions) -> list[list[int]]:
        """Return the columns of each block, without the first: as many as fit, at least one."""
        blocks: list[list[int]] = [[]]
        for column in range(1, len(self.header)):
            longer = (0, *blocks[-1], column)
            if blocks[-1] and not self._fits(self._table(longer, names), console, options):
                blocks.append([])
            blocks[-1].append(column)
        return blocks

    def _table(self, columns: Sequence[int], names: int = NAME_WIDTH, fold: bool = False) -> Table:
        """Return some columns as one table.

        Names are wrapped to no fewer than `names` characters; with `fold`, headers and names as
        far as it takes.
        """
        from rich import box
        from rich.cells import cell_len
        from rich.markup import escape
        from rich.table import Table

        table = Table(
            box=None if self.plain else box.SIMPLE_HEAD,
            header_style="" if self.plain else "bold",
            pad_edge=False,
            padding=(0, 2 if self.plain else 1, 0, 0),  # on a terminal the box adds one
        )
        for i in columns:
            name, cells = self.header[i], [row[i] for row in self.rows]
            # Numbers are never cut; a name in front is wrapped on a narrow terminal.
            if self.text and i == 0:
                longest = max(map(cell_len, cells), default=0)
                table.add_column(
                    escape(name), overflow="fold", min_width=min(longest, 4 if fold else names)
                )
            elif name in self.words:
                longest = max(map(cell_len, [name, *cells]))
                table.add_column(
                    escape(name),
                    overflow="fold",
                    min_width=min(longest, 4 if fold else NAME_WIDTH),
                )
            else:
                heads = [] if fold else name.split("\n")
                wide = max(map(cell_len, [*heads, *cells]), default=1)
                table.add_column(
                    escape(name),
                    justify="right",
                    no_wrap=not fold,
                    overflow="fold",
                    min_width=max(wide, 1),
                )
        for i, row in enumerate(self.rows):
            if self.total and i == len(self.rows) - 1 and not self.plain:
                table.add_section()
            table.add_row(*(escape(row[column]) for column in columns))
        return table
