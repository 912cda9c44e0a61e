"""Keep the bank's own columns of each loan and item, as the files show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import EMPTY_TEXT, column_text, is_empty
from npl_sim.tables.files import RawFile
from npl_sim.tape.schema import columns_of
from npl_sim.tape.templates import NUMBER_CODES

_SHOWN_TYPES = ("amount", "rate", "number", "date", "flag", "stage", "currency")
_SHOWN_NAMES = ("five_class", "insolvency_status")
"""Columns of names whose cells are codes that the reader checks."""
_PLAIN = r"[-+(]?[-\d.,'/年月日:%％ ]*\)?"
"""Cells without letters, which a masked number or date may show."""


@dataclass(frozen=True)
class BankColumns:
    """Columns of one table of the bank, by the rows of the clean table."""

    headers: tuple[str, ...]
    """Header of each column; a repeated one has its number behind, a missing one its position."""
    fields: tuple[str, ...]
    """Canonical column that reads it; empty: none."""
    cells: tuple[pd.Series, ...]
    """Cells: text, or float64 where all filled cells of a workbook are plain numbers."""

    def frame(self) -> pd.DataFrame:
        """Return all columns as text, empty where the file has nothing."""
        return pd.DataFrame(
            {h: column_text(c) for h, c in zip(self.headers, self.cells, strict=True)},
            index=self.cells[0].index if self.cells else None,
        )


def masked_columns(columns: BankColumns, role: str) -> BankColumns:
    """Return amounts, dates and known codes alone, under the names of canonical columns.

    Parameters
    ----------
    columns
        Columns of a table that is not masked.
    role
        The table: loans or collateral.
    """
    types = {
        c.name: c.type
        for c in columns_of(role)
        if c.type in _SHOWN_TYPES or c.name in _SHOWN_NAMES
    }
    names, cells = [], []
    seen: Counter[str] = Counter()
    for field, own in zip(columns.fields, columns.cells, strict=True):
        if field not in types:
            continue
        seen[field] += 1
        names.append(field if seen[field] == 1 else f"{field} ({seen[field]})")
        codes = NUMBER_CODES.get(field)
        checked = types[field] in ("stage", "flag", "name", "currency")
        cells.append(own if checked else _without_letters(own, codes or {}))
    return BankColumns(tuple(names), tuple(names), tuple(cells))


def _without_letters(cells: pd.Series, codes: Collection[str]) -> pd.Series:
    """Return cells of numbers and dates; those with letters become empty, known codes aside."""
    if pd.api.types.is_float_dtype(cells.dtype):
        return cells
    text = column_text(cells)
    plain = text.str.fullmatch(_PLAIN) | text.str.casefold().isin(list(codes))
    return text.where(plain.to_numpy(dtype=bool), "")


def keep_columns(raw: RawFile, places: Mapping[int, str], keep: np.ndarray) -> BankColumns:
    """Return the columns of the rows that are valued, in little memory.

    Parameters
    ----------
    raw
        All rows of the table as read.
    places
        Position of a column to the canonical column that reads it.
    keep
        Rows that are valued.
    """
    headers, fields, cells = [], [], []
    seen: Counter[str] = Counter()
    for at, header in enumerate(raw.headers):
        own = _compact(raw.frame[at][keep].reset_index(drop=True))
        if not header and not _holds_something(own):
            continue
        name = header or f"column {at + 1}"
        seen[name] += 1
        headers.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
        fields.append(places.get(at, ""))
        cells.append(own)
    return BankColumns(tuple(headers), tuple(fields), tuple(cells))


def _holds_something(cells: pd.Series) -> bool:
    return not bool(np.all(is_empty(column_text(cells), EMPTY_TEXT)))


def _compact(cells: pd.Series) -> pd.Series:
    """Return mixed cells of a workbook as numbers or texts, whose text is the same."""
    if cells.dtype != object:
        return cells
    values = cells.tolist()
    types = set(map(type, values))
    blank = {"", None}
    if types <= {float, str, type(None)} and all(
        v in blank for v in values if not isinstance(v, float)
    ):
        return pd.Series([np.nan if v in blank else v for v in values], dtype="float64")
    return column_text(cells)
