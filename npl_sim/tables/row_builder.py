"""Build the rows of a sheet cell by cell, within a memory limit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from npl_sim.tables.cell_types import is_blank
from npl_sim.tables.limits import GIB, check_memory

_CELL_BYTES = 120.0
"""Memory of one cell, as measured. [bytes]"""


class RowBuilder:
    """Builder of rows from single cells; blank cells take no memory.

    Parameters
    ----------
    path
        File, for messages.
    limit_gib
        Most memory that the cells may take. [GiB]

    Attributes
    ----------
    rows
        Cells from row 1 and column A on.
    merged
        Merged ranges: first row, first column, last row, last column. [from 0]
    """

    def __init__(self, path: Path, limit_gib: float) -> None:
        self.rows: list[list[Any]] = []
        self.merged: list[tuple[int, int, int, int]] = []
        self._path, self._limit_gib = path, limit_gib
        self._cells, self._most = 0.0, limit_gib * GIB / _CELL_BYTES

    def put(self, row: int, column: int, value: Any, times: int = 1) -> None:
        """Put a value into one cell, or into several side by side.

        Raises
        ------
        TableError
            If the cells take more memory than the limit.
        """
        if is_blank(value):
            return
        there = len(self.rows[row]) if row < len(self.rows) else 0
        self._cells += max(column + times - there, 0) + max(row + 1 - len(self.rows), 0)
        if isinstance(value, str):
            self._cells += len(value) / _CELL_BYTES
        if self._cells > self._most:
            what = f"the sheet reaches row {row + 1:,} and column {column + times:,}"
            check_memory(self._path, what, _CELL_BYTES * self._cells, self._limit_gib)
        if row >= len(self.rows):
            self.rows.extend([] for _ in range(row + 1 - len(self.rows)))
        cells = self.rows[row]
        if column + times > len(cells):
            cells.extend([""] * (column + times - len(cells)))
        cells[column : column + times] = [value] * times

    def repeat(self, row: int, times: int) -> None:
        """Repeat a row below itself, so that it occurs `times` times."""
        if times <= 1 or row >= len(self.rows) or not self.rows[row]:
            return
        self._cells += len(self.rows[row]) * (times - 1)
        what = f"row {row + 1:,} is repeated {times:,} times"
        check_memory(self._path, what, _CELL_BYTES * self._cells, self._limit_gib)
        del self.rows[row + 1 :]
        self.rows.extend(list(self.rows[row]) for _ in range(times - 1))
