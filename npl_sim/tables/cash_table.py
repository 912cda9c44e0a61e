"""Tables of cash: named columns with a settled notation and checked cells."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.core.errors import TableError
from npl_sim.core.masking import Privacy, masked_value
from npl_sim.tables.cell_types import EMPTY, cell_text, column_text, each, is_empty, shown
from npl_sim.tables.columns import Cells, Column, Notation
from npl_sim.tables.currencies import currencies_beside
from npl_sim.tables.evidence import Place, decimal_mark, is_number, written
from npl_sim.tables.files import RawFile
from npl_sim.tables.numbers import read_numbers

MOST_GIB = 2.0
"""Most memory that the cash of one table may take. [GiB]"""

_WHOLE = re.compile(r"\+?(\d{1,15})(?:[.,]0{1,2})?")


@dataclass(frozen=True)
class CashTable:
    """A file of named columns."""

    where: str
    """What errors call the file."""
    cells: Mapping[str, pd.Series]
    """Raw cells by name of the column."""
    rows: np.ndarray
    """Row numbers as a spreadsheet shows them. [row, from 1]"""
    raw: RawFile
    """The file as it was read."""
    notes: tuple[str, ...]
    """Notes on the file for the user."""
    merged: Mapping[str, int]
    """Names of the columns in which cells are merged over several rows, with the first of these
    rows."""
    currency: str = ""
    """Currency with which a mark beside an amount must agree; empty: any."""

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, name: object) -> bool:
        return name in self.cells

    def place(self, name: str, position: int) -> str:
        """Format a cell for a message: file, row, column and value."""
        value = cell_text(self.cells[name].iloc[position])
        return f"{self.where}: {Place(int(self.rows[position]), name, value)}"

    def refuse(self, name: str, errors: Mapping[str, np.ndarray]) -> None:
        """Raise an error that names the first faulty cell of a column.

        Parameters
        ----------
        name
            The column.
        faults
            What was expected, to the cells at fault.

        Raises
        ------
        TableError
            If any cell is at fault.
        """
        found = [(int(np.argmax(at)), expected) for expected, at in errors.items() if at.any()]
        if not found:
            return
        position, expected = min(found)
        count = int(np.sum(np.any(list(errors.values()), axis=0)))
        more = f" [{count:,} rows of this column cannot be read]" if count > 1 else ""
        raise TableError(f"{self.place(name, position)}; expected {expected}{more}")

    def mark(self, amounts: Iterable[str], shares: Iterable[str] = ()) -> str:
        """Return the decimal mark of the table's numbers (see `decimal_mark`)."""
        columns, small = ({n: self.cells[n] for n in names} for names in (amounts, shares))
        return decimal_mark(self.where, columns, self.rows, small)

    def numbers(self, column: Column, notation: Notation, expected: str = "") -> np.ndarray:
        """Return a column of numbers.

        Parameters
        ----------
        column
            Type and bounds.
        notation
            How its numbers are written.
        expected
            What an error says of a cell that holds no such number; empty: as the notation and
            the bounds say.

        Raises
        ------
        TableError
            If a cell is empty, no number, or out of bounds.
        """
        if column.type == "amount" and column.name in self.merged:
            raise TableError(
                f"{self.where}: row {self.merged[column.name]}, {column.name}: a cell "
                f"that is merged over several rows; expected "
                "an amount in each row"
            )
        if column.type == "amount":
            self._one_currency(column.name)
        cells = _read(self.cells[column.name], column, notation)
        errors = dict(cells.errors)
        if expected:
            errors = {expected: np.any(list(errors.values()), axis=0)}
        blank = (
            "an amount, 0 where there is none"
            if column.type == "amount"
            else expected or "a number"
        )
        self.refuse(column.name, {**errors, f"{blank}; it is empty": cells.empty})
        return cells.values.to_numpy(dtype=np.float64)

    def _one_currency(self, name: str) -> None:
        """Refuse amounts with marks of two currencies; `read_numbers` checks a known currency."""
        if self.currency:
            return
        beside = each(column_text(written(self.cells[name])), currencies_beside)
        marked = np.array([len(found) > 0 for found in beside], dtype=bool)
        if marked.any():
            first = beside[np.argmax(marked)][0]
            other = np.array(
                [any(not set(m) & set(first) for m in found) for found in beside], dtype=bool
            )
            mark = shown("/".join(first[:2]))
            self.refuse(name, {f"one currency in the column; another cell bears {mark}": other})

    def whole(self, name: str, maximum: int, meaning: str) -> np.ndarray:
        """Return a column of whole numbers from 0 to `maximum`.

        Raises
        ------
        TableError
            If a cell is empty, or no such number.
        """
        raw = self.cells[name]
        # True equals 1 as an object, so cells of several types are compared as text.
        codes, kept = pd.factorize(
            column_text(raw) if raw.dtype == "object" else raw, use_na_sentinel=False
        )
        distinct = column_text(pd.Series(kept))
        found = np.full(len(distinct), -1, dtype=np.int64)
        for code, text in enumerate(distinct.tolist()):
            match = _WHOLE.fullmatch(text)
            if match and int(match[1]) <= maximum:
                found[code] = int(match[1])
        values = found[codes]
        self.refuse(name, {f"{meaning}, a whole number from 0 to {maximum:,}": values < 0})
        return np.asarray(values)

    def names(self, name: str, expected: str) -> pd.Series:
        """Return a column of names, none of them empty.

        Raises
        ------
        TableError
            If a cell is empty.
        """
        text = column_text(self.cells[name]).reset_index(drop=True)
        self.refuse(name, {f"{expected}; it is empty": is_empty(text, EMPTY)})
        return text


def _read(raw: pd.Series, column: Column, notation: Notation) -> Cells:
    """Read a column of numbers; numeric cells retain their value whatever the text notation."""
    if raw.dtype != "object":
        return read_numbers(raw, column, notation)
    at = np.array([is_number(v) for v in raw.tolist()], dtype=bool)
    if not at.any():
        return read_numbers(raw, column, notation)
    number_cells = pd.Series(
        [float(v) for v, number in zip(raw.tolist(), at, strict=True) if number], dtype=np.float64
    )
    numbers, texts = (
        read_numbers(number_cells, column, notation),
        read_numbers(written(raw), column, notation),
    )
    values, empty = texts.values.to_numpy(dtype=np.float64, copy=True), texts.empty.copy()
    values[at], empty[at] = numbers.values.to_numpy(dtype=np.float64), numbers.empty
    errors = {text: mask & ~at for text, mask in texts.errors.items()}
    for text, mask in numbers.errors.items():
        errors.setdefault(text, np.zeros(len(raw), dtype=bool))[at] |= mask
    return Cells(pd.Series(values), empty, errors)


def shown_names(names: Iterable[object]) -> str:
    """List column names for a message: at most 12, shortened; masked ones by kind and length."""
    masked = Privacy.mask.get()
    listed = [masked_value(str(n)) if masked else shown(str(n))[1:-1] for n in names]
    return ", ".join(listed[:12]) + (f" and {len(listed) - 12} more" if len(listed) > 12 else "")


def nearest(name: str, known: Collection[str]) -> str:
    """Return a hint with the closest known name, or an empty text."""
    close = difflib.get_close_matches(name[:100], known, n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


def unknown(where: str, name: str, known: Collection[str], expected: str) -> TableError:
    """Return the error of an unknown column name."""
    return TableError(
        f"{where}: unknown column {shown(name)}{nearest(name, known) or ';'} {expected}"
    )


def check_size(where: str, scenarios: int, dates: int, planes: int) -> None:
    """Refuse a table whose arrays of scenarios and dates would be too large.

    Raises
    ------
    TableError
        If they would take more than `MOST_GIB`.
    """
    need = scenarios * dates * planes * 8 / 2**30
    if need > MOST_GIB:
        raise TableError(
            f"{where}: has {scenarios:,} scenarios and {dates:,} different dates or "
            f"months, which take {need:,.1f} GiB; expected at "
            f"most {MOST_GIB:g} GiB: fewer scenarios, or dates by month"
        )


def summed(
    shape: tuple[int, int], at: tuple[np.ndarray, np.ndarray], amounts: np.ndarray
) -> np.ndarray:
    """Return the sums of amounts by their positions on two axes."""
    total = np.zeros(shape)
    np.add.at(total, at, amounts)
    return total
