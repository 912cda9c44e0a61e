"""Notation of a column's cells, and the column once read; shared by number and date readers."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd

from npl_sim.tables.body import EPOCH_1900
from npl_sim.tables.cell_types import ERROR_TEXTS

EMPTY_TEXT = frozenset({"", "-", "--", "—", "——", "null", "nan", "nat", "\\n"})
EMPTY = EMPTY_TEXT | {"/", "na", "n/a", "none", "无", "空"}

ERROR_CELL = "a value: the spreadsheet shows an error here"


_APOSTROPHES = str.maketrans("\u2019\u02bc\u0060\u2212", "'''-")


@dataclass(frozen=True)
class Notation:
    """How numbers and dates are written in a table."""

    decimal: str = "."
    """Decimal mark, the other of ``.`` and ``,`` separating thousands."""
    date_format: str = "auto"
    """Order of short dates: dmy, mdy, or auto for what the column settles; or a pattern of
    `datetime.strptime`."""
    amount_unit: float = 1.0
    """Package currency per unit of the table's amounts."""
    rates_in_percent: bool = False
    """Whether 12 without a percent sign means 12 %."""
    currency: str = ""
    """Currency of the amounts, with which a mark beside an amount must agree; empty: any."""
    epoch: date = EPOCH_1900
    """Day 0 of date serials."""
    placeholders: frozenset[date] = frozenset()
    """Dates that stand for no date."""
    blanks_are_zero: bool = False
    """Whether an empty amount is 0 even where the format of the file cannot tell it from an error.
    """
    decimal_stated: bool = False
    """Whether the user states the decimal mark; else a column that could be read with either is
    refused."""


@dataclass(frozen=True)
class Cells:
    """A column that was read."""

    values: pd.Series
    """float64 with NaN, datetime64 with NaT, bool, or str with empty text."""
    empty: np.ndarray
    """Cells that hold nothing."""
    errors: dict[str, np.ndarray]
    """What was expected, to the cells that could not be read."""
    warnings: Mapping[str, np.ndarray] = field(default_factory=dict)
    """What was assumed, to the cells that were read by it."""


def is_empty(text: pd.Series, words: frozenset[str]) -> np.ndarray:
    """Return which cells are empty or hold a word for empty."""
    # Only cells as short as the longest word are looked at: long columns of ids cost little.
    empty = (text == "").to_numpy(dtype=bool, copy=True)
    short = np.flatnonzero(~empty & (text.str.len() <= max(map(len, words))).to_numpy(dtype=bool))
    if len(short):
        empty[short] = text.iloc[short].str.lower().isin(list(words)).to_numpy(dtype=bool)
    return np.asarray(empty, dtype=bool)


def plain_text(text: str) -> str:
    """Normalize a cell's text: lower case, with plain digits, spaces and apostrophes."""
    # NFKC turns full-width digits and the spaces that group thousands (U+00A0, U+202F, U+2009)
    # into plain ones.
    plain = unicodedata.normalize("NFKC", text.translate(_APOSTROPHES)).translate(_APOSTROPHES)
    return plain.strip().casefold()


def error_cells(text: pd.Series) -> np.ndarray:
    """Return which cells show a spreadsheet error, such as #N/A or #REF!."""
    marked = text.str.startswith(("#", "Err:", "err:", "formula without")).to_numpy(
        dtype=bool, copy=True
    )
    at = np.flatnonzero(marked)
    if len(at):
        plain = text.iloc[at].str.casefold()
        named = plain.isin(list(ERROR_TEXTS)) | plain.str.fullmatch(r"err:\d+|#+")
        marked[at] = named.to_numpy(dtype=bool)
    return np.asarray(marked, dtype=bool)


def each(text: pd.Series, read: Callable[[str], object]) -> np.ndarray:
    """Apply `read` once per distinct text."""
    codes, distinct = pd.factorize(text)
    found = np.empty(len(distinct), dtype=object)
    for i, value in enumerate(distinct):
        found[i] = read(str(value))
    return np.asarray(found[codes])
