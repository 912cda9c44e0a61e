"""Builder of the operations that the waterfall kernel runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import numpy as np

from npl_sim.kernels import waterfall_tables as op

__all__ = ["Operations"]

IN_ANY_ORDER = (op.ADD, op.MULTIPLY, op.SMALLER, op.LARGER)


class Operations:
    """Operations, rows and numbers by date of a deal that is being compiled.

    Parameters
    ----------
    dates
        Number of payment dates.
    """

    def __init__(self, dates: int) -> None:
        self.dates = dates
        self._operations: list[list[int]] = []
        self._opening: list[float] = []
        self._lines: list[np.ndarray | float] = []
        self._places: dict[tuple[bytes | float, ...], int] = {}
        self._constants: dict[float, int] = {}
        self._results: list[int] = []
        self._free: list[int] = []

    def rows(self, *opening: float) -> int:
        """Add rows with their values at closing, and return the first."""
        self._opening.extend(opening)
        return len(self._opening) - len(opening)

    def row(self, opening: float = 0.0) -> int:
        """Add a row with its value at closing, and return it."""
        return self.rows(opening)

    def result(self) -> int:
        """Return a row for a result: one that `temporary` gave back, or a new one."""
        found = self._free.pop() if self._free else self.row()
        self._results.append(found)
        return found

    @contextmanager
    def temporary(self) -> Iterator[None]:
        """Give back the rows of results that are used inside only.

        Fewer rows fit better into the processor's cache. Rows of `row`, `rows` and `constant`
        stay.
        """
        before = len(self._results)
        yield
        self._free += self._results[before:]
        del self._results[before:]

    def constant(self, value: float) -> int:
        """Return the row of a number that never changes."""
        if value not in self._constants:
            self._constants[value] = self.row(value)
        return self._constants[value]

    def lines(self, *numbers: np.ndarray | float) -> int:
        """Add lines of numbers by date, shape (K,) or one for all, and return the first."""
        key = tuple(x.tobytes() if isinstance(x, np.ndarray) else x for x in numbers)
        if key not in self._places:
            self._places[key] = len(self._lines)
            self._lines.extend(numbers)
        return self._places[key]

    def padded(self, amounts: Sequence[float], after: float) -> np.ndarray:
        """Return amounts by date, shape (K,), with a number for the dates after the list."""
        kept = [*amounts[: self.dates]]
        return np.array([*kept, *[after] * (self.dates - len(kept))])

    def emit(
        self, kind: int, out: int = 0, a: int = 0, b: int = 0, c: int = 0, line: int = 0
    ) -> int:
        """Add an operation and return the row of its result."""
        if out == b != a and kind in IN_ANY_ORDER:
            a, b = b, a
        self._operations.append([kind, out, a, b, c, line])
        return out

    def combine(self, kind: int, a: int, b: int) -> int:
        """Return a new row that combines two."""
        return self.emit(kind, self.result(), a, b)

    def change(self, row: int, kind: int, b: int) -> int:
        """Change a row by another and return it."""
        return self.emit(kind, row, row, b)

    def number(self, numbers: np.ndarray | float, row: int | None = None) -> int:
        """Set a row, by default a new one, to a number by date."""
        found = self.result() if row is None else row
        return self.emit(op.SET, found, line=self.lines(numbers))

    def scaled(self, numbers: np.ndarray | float, a: int) -> int:
        """Return a new row: a number by date times a row."""
        return self.emit(op.SCALE, self.result(), a, line=self.lines(numbers))

    def pick(self, condition: int, a: int, b: int, row: int | None = None) -> int:
        """Set a row, by default a new one, to `a` where a condition holds, else to `b`."""
        return self.emit(op.PICK, self.result() if row is None else row, a, b, condition)

    def quotient(self, a: int, b: int, otherwise: float) -> int:
        """Return a new row: a over b, or a number where b is not above 0."""
        return self.emit(op.DIVIDE, self.result(), a, b, line=self.lines(otherwise))

    def move(self, amount: int, source: int, to: int) -> None:
        """Move an amount from a row to another."""
        self.emit(op.MOVE, to, amount, source)

    def copy(self, a: int) -> int:
        """Return a new row with the values of another."""
        return self.scaled(1.0, a)

    def total(self, rows: Iterable[int]) -> int:
        """Return the sum of rows; that of one is the row itself."""
        first, *more = rows
        if not more:
            return first
        result = self.combine(op.ADD, first, more[0])
        for row in more[1:]:
            self.change(result, op.ADD, row)
        return result

    def masked(self, row: int, mask: int | None) -> int:
        """Return a new row that is 0 outside a mask; the row itself without a mask."""
        return row if mask is None else self.combine(op.MULTIPLY, row, mask)

    def flip(self, condition: int) -> int:
        """Return a new row: 1 where a condition is 0."""
        return self.combine(op.SUBTRACT, self.constant(1.0), condition)

    @contextmanager
    def skipped(self, kind: int, a: int = 0, numbers: np.ndarray | float = 1.0) -> Iterator[None]:
        """Jump over the operations added inside, by `SKIP_IF_NONE` or `SKIP_UNLESS`."""
        place = len(self._operations)
        self.emit(kind, a=a, line=self.lines(numbers))
        yield
        self._operations[place][4] = len(self._operations)

    def program(self, kept: Sequence[int]) -> op.Program:
        """Return the operations for the kernel.

        Parameters
        ----------
        kept
            Rows whose values at the end are results.
        """
        by_date = np.empty((len(self._lines), self.dates))
        for place, numbers in enumerate(self._lines):
            by_date[place] = numbers
        return op.Program(
            np.array(self._operations, dtype=np.int64).view(op.OPERATION)[:, 0],
            np.array(self._opening, dtype=np.float64),
            by_date,
            np.array(kept, dtype=np.int64),
        )
