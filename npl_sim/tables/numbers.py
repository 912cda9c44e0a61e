"""Numbers as tables write them, read and checked by column.

A cell alone cannot tell 850.000 from 850,000; the column can. Whole columns are read at once
where they are plain; text that is not plain is read once per distinct value.
"""

from __future__ import annotations

import math
import re

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import (
    EMPTY,
    ERROR_CELL,
    CellError,
    Marked,
    Percent,
    column_text,
    each,
    error_cells,
    is_empty,
    plain_text,
)
from npl_sim.tables.columns import Cells, Column, Notation
from npl_sim.tables.currencies import bears_other, currencies_beside, without_mark

NUMBER = "a number such as 1234.56 or 1,234.56"
NUMBER_COMMA = "a number such as 1234,56 or 1.234,56"
RATE = "a yearly rate such as 0.12 or 12%"
THREE_DIGITS = (
    "a known decimal mark: the values of this column have three digits after their only "
    "mark; set tape.decimal to ',' for 850.000 = 850 thousand, to '.' for 850"
)
THREE_DIGITS_STATED = (
    "another number of decimals: three digits stand after the mark in every value, read as "
    "decimals"
)
OWN_UNIT = "an amount in the unit of its column: this cell states a unit of its own"

_SHARE_OF_THREE = 0.9
"""Share of three-digit endings above which the mark may separate thousands."""

_WHOLE = ("days", "debtors", "rank")
"""Units of numbers without decimals."""

_PLAIN = r"[+-]?\d{1,18}(\.\d{0,18})?"
_FLOAT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?")
_GROUPED = re.compile(r"[+-]?\d{1,3}([, '])\d{3}(?:\1\d{3})*(\.\d*)?")
_INDIAN = re.compile(r"[+-]?\d{1,2}(,\d{2})+,\d{3}(\.\d*)?")
_OWN_UNITS = (
    ("亿元", 1e8),
    ("亿", 1e8),
    ("千万元", 1e7),
    ("千万", 1e7),
    ("百万元", 1e6),
    ("百万", 1e6),
    ("万元", 1e4),
    ("万", 1e4),
    ("千元", 1e3),
)
_COMMA_DECIMAL = r"[+-]?\d{1,3}(?:\.\d{3})*,\d{1,2}|[+-]?\d+,\d+|[+-]?\d{1,3}(?:\.\d{3}){2,}"


def _own_unit(text: str) -> tuple[str, float]:
    """Return a number's text without the unit in the cell itself, and that unit (0 if none)."""
    for word, unit in _OWN_UNITS:
        if text.endswith(word):
            return text.removesuffix(word).strip(), unit
    return text, 0.0


def _number(text: str, decimal: str, percent: bool) -> float:
    """Return the number of a text; NaN if it has none."""
    text = plain_text(text)
    share = percent and text.endswith("%")
    text = text[:-1].strip() if share else text
    text, own = _own_unit(text)
    negative = text.startswith("(") and text.endswith(")")
    text = text[1:-1].strip() if negative else text
    text = without_mark(text).strip()
    if re.fullmatch(r"[\d.,' ]+-", text):  # accounting systems put the sign behind
        negative, text = True, text[:-1].strip()
    if decimal == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    if _GROUPED.fullmatch(text) or _INDIAN.fullmatch(text):
        text = re.sub(r"[, ']", "", text)
    if not _FLOAT.fullmatch(text) or (negative and text[0] in "+-"):
        return math.nan
    value = float(text) / (100.0 if share else 1.0) * (own or 1.0)
    return (-value if negative else value) if math.isfinite(value) else math.nan


def _three_digits(text: pd.Series, decimal: str) -> np.ndarray:
    """Return values with one mark before three digits, if nearly all marked values are such."""
    mark, other = re.escape(decimal), re.escape("," if decimal == "." else ".")
    marked = text.str.contains(decimal, regex=False).to_numpy(dtype=bool)
    none = np.zeros(len(text), dtype=bool)
    if not marked.any():
        return none
    at = np.flatnonzero(marked)
    cells = text.iloc[at]
    three = cells.str.fullmatch(rf"[^\d]*[1-9]\d*{mark}\d{{3}}[^\d]*").to_numpy(dtype=bool)
    single = ~cells.str.contains(rf"{other}|{mark}.*{mark}").to_numpy(dtype=bool)
    if not three.any():
        return none
    # Beside amounts that all have two decimals, 850.000 is no 850: no program writes three for
    # one cell.
    rest = cells[single & ~three]
    fixed = len(rest) > 1 and bool(rest.str.fullmatch(rf"[^{mark}]*{mark}\d{{2}}[^\d]*").all())
    if not fixed and three.sum() < _SHARE_OF_THREE * single.sum():
        return none
    none[at[three & single]] = True
    return none


def _native(
    raw: pd.Series, column: Column, notation: Notation, per_cent: float
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return values of numeric workbook cells, the mask of these cells, and display problems."""
    values = np.full(len(raw), np.nan)
    known, shares = np.zeros(len(raw), dtype=bool), np.zeros(len(raw), dtype=bool)
    foreign, scaled = np.zeros(len(raw), dtype=bool), np.zeros(len(raw), dtype=bool)
    for i, cell in enumerate(raw.tolist()):
        if isinstance(cell, bool | np.bool_) or not isinstance(cell, int | float | np.number):
            continue
        if isinstance(cell, Percent):
            values[i], known[i], shares[i] = float(cell), True, column.type != "rate"
        elif not math.isnan(cell):
            values[i], known[i] = float(cell) * per_cent, True
            if isinstance(cell, Marked) and column.type == "amount":
                foreign[i], unit = _shown_beside(cell.mark, notation)
                scaled[i] = unit not in (0.0, notation.amount_unit) and notation.amount_unit != 1.0
                values[i] *= unit if unit and notation.amount_unit == 1.0 else 1.0
    expected = f"an amount in {notation.currency}: the cell is shown in another currency"
    return (
        values,
        known,
        {"a number: the cell shows a percentage": shares, expected: foreign, OWN_UNIT: scaled},
    )


def _shown_beside(mark: str, notation: Notation) -> tuple[bool, float]:
    """Return whether a cell's format shows another currency, and its unit (0 if none)."""
    rest, unit = _own_unit(f"1{plain_text(mark)}")
    codes = currencies_beside(rest)
    return bool(notation.currency) and any(notation.currency not in known for known in codes), unit


def _text_numbers(text: pd.Series, notation: Notation, rate: bool, per_cent: float) -> np.ndarray:
    """Return the numbers of texts; NaN where a text has none."""
    values = np.full(len(text), np.nan)
    plain = np.zeros(len(text), dtype=bool)
    if notation.decimal == ".":
        plain = text.str.fullmatch(_PLAIN).to_numpy(dtype=bool)
    values[plain] = text.to_numpy(dtype=object)[plain].astype(np.float64) * per_cent
    rest = np.flatnonzero(~plain)
    if len(rest):

        def read(cell: str) -> float:
            marked = rate and cell.rstrip().endswith(("%", "％"))
            return _number(cell, notation.decimal, rate) * (1.0 if marked else per_cent)

        values[rest] = each(text.iloc[rest], read).astype(np.float64)
    return values


def _doubtful(
    text: pd.Series, written: np.ndarray, column: Column, notation: Notation
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the doubtful amounts among the `written` cells, and those read by statement alone."""
    errors: dict[str, np.ndarray] = {}
    warnings: dict[str, np.ndarray] = {}
    at = np.flatnonzero(written)
    if not (column.type == "amount" or column.unit in _WHOLE) or len(at) == 0:
        return errors, warnings

    def of(found: np.ndarray) -> np.ndarray:
        whole = np.zeros(len(text), dtype=bool)
        whole[at] = found
        return whole

    cells = text.iloc[at]
    if notation.currency and column.type == "amount":
        errors[f"an amount in {notation.currency}: this one bears another currency's mark"] = of(
            bears_other(cells, notation.currency)
        )
    three = _three_digits(cells, notation.decimal)
    if three.any():
        (warnings if notation.decimal_stated else errors)[
            THREE_DIGITS_STATED if notation.decimal_stated else THREE_DIGITS
        ] = of(three)
    if notation.amount_unit != 1.0 and column.type == "amount":
        own = cells.str.contains("[万亿千元]").to_numpy(dtype=bool)
        errors[OWN_UNIT] = of(own)
    return errors, warnings


def _expected(column: Column, notation: Notation, unread: pd.Series) -> str:
    """Return what is expected in place of unreadable cells."""
    comma = (
        notation.decimal == "."
        and len(unread)
        and unread.str.fullmatch(rf"(?:{_COMMA_DECIMAL})\s*[%％]?").any()
    )
    if column.type == "rate":
        return f"{RATE}; for numbers such as 12,5% set decimal to ','" if comma else RATE
    if notation.decimal == ",":
        return NUMBER_COMMA
    if comma:
        return f"{NUMBER}; for numbers such as 1.234,56 set decimal to ','"
    return NUMBER


def read_numbers(raw: pd.Series, column: Column, notation: Notation) -> Cells:
    """Read a column of amounts, rates or other numbers, and check it as a column.

    Parameters
    ----------
    raw
        Raw cells: text, native numbers, or the mixed cells of a workbook.
    column
        What the column means, with its bounds.
    notation
        How its numbers are written.
    """
    rate = column.type == "rate"
    per_cent = 0.01 if rate and notation.rates_in_percent else 1.0
    errors: dict[str, np.ndarray] = {}
    warnings: dict[str, np.ndarray] = {}
    if pd.api.types.is_numeric_dtype(raw.dtype) and not pd.api.types.is_bool_dtype(raw.dtype):
        values = raw.to_numpy(dtype=np.float64, na_value=np.nan) * per_cent
        empty, bad = np.isnan(values), np.isinf(values)
        values = np.where(bad, np.nan, values)
        expected = _expected(column, notation, pd.Series(dtype="str"))
    else:
        text = column_text(raw)
        broken = error_cells(text)
        if raw.dtype == object:
            broken |= np.array([isinstance(cell, CellError) for cell in raw.tolist()], dtype=bool)
            values, native, errors = _native(raw, column, notation, per_cent)
        else:
            values, native = np.full(len(raw), np.nan), np.zeros(len(raw), dtype=bool)
        empty = is_empty(text, EMPTY) & ~broken & ~native
        written = ~empty & ~native & ~broken
        values[written] = _text_numbers(text[written], notation, rate, per_cent)
        bad = np.isnan(values) & ~empty & ~broken
        doubtful, warnings = _doubtful(text, written, column, notation)
        errors = {ERROR_CELL: broken, **errors, **doubtful}
        expected = _expected(column, notation, text[bad])
    values = (
        values * (notation.amount_unit if column.type == "amount" else 1.0) + 0.0
    )  # turns -0 into 0
    errors = {expected: bad, **errors}
    with np.errstate(invalid="ignore"):
        low = values <= column.minimum if column.above_minimum else values < column.minimum
        errors[f"a value {column.bounds}"] = low | (values > column.maximum)
    return Cells(pd.Series(values), empty, errors, warnings)
