"""Convert raw cells to typed values, column by column, and mark unreadable cells.

Nothing is repaired: a cell is read, is empty, or is marked with what would do.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from npl_sim.tables.cell_types import (
    EMPTY,
    EMPTY_TEXT,
    ERROR_CELL,
    cell_text,
    column_text,
    each,
    error_cells,
    is_empty,
)
from npl_sim.tables.columns import Cells, Column, Notation
from npl_sim.tables.dates import read_dates
from npl_sim.tables.numbers import read_numbers
from npl_sim.tape.names import normal_name
from npl_sim.tape.schema import FIVE_CLASSES, MAX_ID_LENGTH, SCHEMAS, TAPE_STAGES
from npl_sim.tape.table_terms import Scalar
from npl_sim.tape.templates import FLAGS, NUMBER_CODES, STAGES
from npl_sim.tape.units import currency_code

NOBODY = EMPTY | {"unknown", "nil", "不详", "未知"}
"""Texts that stand for a missing id in an optional id column."""

MOST_HINTS = 20
"""Most distinct unknown stages for which the nearest known stage is suggested."""

LOST_DIGITS = "an id with all its digits, stored as text: numbers of a spreadsheet keep 15 digits"
POINT_ZERO = (
    "an id without .0: a program took it for a number; ids of other files may be written "
    "without it"
)

_POWER_OF_TEN = r"\d(\.\d+)?[eE]\+\d+"
_LONG_NUMBER = r"\d{16,}\.0+"
_SURE_DIGITS = 1e15
"""Smallest number that a spreadsheet with 15 digits may have rounded."""


def _is_damaged(cell: object) -> bool:
    """Return whether a cell is a number with more digits than a spreadsheet stores."""
    return isinstance(cell, int | float) and abs(cell) >= _SURE_DIGITS


def _ids(raw: pd.Series, column: Column) -> Cells:
    text = column_text(raw)
    # "N/A" names no one: all its rows would be one borrower with common idiosyncratic risk.
    empty = is_empty(text, EMPTY_TEXT if column.required else NOBODY)
    lost = text.str.fullmatch(f"{_POWER_OF_TEN}|{_LONG_NUMBER}").to_numpy(dtype=bool, copy=True)
    if raw.dtype == object or pd.api.types.is_float_dtype(raw.dtype):
        lost |= np.array([_is_damaged(cell) for cell in raw.tolist()], dtype=bool)
    point = text.str.fullmatch(r"\d+\.0+").to_numpy(dtype=bool) & ~lost
    long = (text.str.len() > MAX_ID_LENGTH).to_numpy(dtype=bool)
    errors = {LOST_DIGITS: lost, f"an id of at most {MAX_ID_LENGTH} characters": long}
    return Cells(
        text.mask(pd.Series(empty, index=text.index), ""), empty, errors, {POINT_ZERO: point}
    )


def _coded(
    raw: pd.Series, codes: Mapping[str, object]
) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Return stripped text, the empty cells, and the meaning of each cell (None if unknown)."""
    text = column_text(raw)
    return text, is_empty(text, EMPTY), each(text.str.casefold(), codes.get)


def _flags(raw: pd.Series) -> Cells:
    _, empty, found = _coded(raw, FLAGS)
    bad = np.array([value is None for value in found], dtype=bool) & ~empty
    return Cells(
        pd.Series([value is True for value in found]), empty, {"yes or no (是 or 否)": bad}
    )


def _stages(raw: pd.Series) -> Cells:
    text, empty, found = _coded(raw, STAGES)
    bad = np.array([value is None for value in found], dtype=bool) & ~empty
    stage = pd.Series(np.where(empty, "collection", np.where(bad, "", found)), dtype="str")
    expected = f"one of {', '.join(TAPE_STAGES)}, or a value_map for stage"
    unknown = text[bad].unique()
    if len(unknown) > MOST_HINTS:
        return Cells(stage, empty, {expected: bad})
    errors: dict[str, np.ndarray] = {}
    for cell in unknown:
        near = difflib.get_close_matches(cell.casefold(), list(STAGES), n=1)
        message = expected + (f"; did you mean {near[0]!r}?" if near else "")
        same = bad & (text == cell).to_numpy(dtype=bool)
        errors[message] = errors.get(message, np.zeros(len(text), dtype=bool)) | same
    return Cells(stage, empty, errors)


def _names(raw: pd.Series, column: Column) -> Cells:
    text = column_text(raw)
    empty = is_empty(text, EMPTY_TEXT)
    spelled = each(text, lambda cell: normal_name(column.name, cell))
    values = pd.Series(spelled, dtype="str").mask(pd.Series(empty), "")
    long = (text.str.len() > MAX_ID_LENGTH).to_numpy(dtype=bool)
    errors = {f"a name of at most {MAX_ID_LENGTH} characters": long}
    if column.name == "five_class":
        unknown = ~values.isin([*FIVE_CLASSES, ""]).to_numpy(dtype=bool)
        errors[f"one of {', '.join(FIVE_CLASSES)}, or a value_map for five_class"] = unknown
    return Cells(values, empty, errors)


def _currencies(raw: pd.Series) -> Cells:
    text = column_text(raw)
    empty = is_empty(text, EMPTY)
    codes = pd.Series(each(text, currency_code), dtype="str")
    bad = (codes == "").to_numpy(dtype=bool) & ~empty
    return Cells(codes, empty, {"a currency such as EUR, CNY or 人民币": bad})


def translate(raw: pd.Series, codes: Mapping[str, str]) -> pd.Series:
    """Return a column with value-map codes translated; other cells are unchanged."""
    text = column_text(raw)
    plain = {
        unicodedata.normalize("NFKC", code).casefold(): meaning for code, meaning in codes.items()
    }
    found = each(
        text, lambda cell: plain.get(unicodedata.normalize("NFKC", cell).strip().casefold())
    )
    hit = np.array([meaning is not None for meaning in found], dtype=bool)
    if raw.dtype == object:
        return pd.Series(
            [m if h else c for m, h, c in zip(found, hit, raw.tolist(), strict=True)], dtype=object
        )
    return pd.Series(np.where(hit, found, text.to_numpy(dtype=object)), dtype="str")


def read_column(
    column: Column,
    raw: pd.Series,
    notation: Notation,
    value_map: Mapping[Scalar, Scalar] | None = None,
) -> Cells:
    """Read one column.

    Parameters
    ----------
    column
        What the column means.
    raw
        Its raw cells.
    notation
        How numbers and dates are written.
    value_map
        Translation of its codes.
    """
    raw = raw.reset_index(drop=True)
    if value_map:
        raw = translate(raw, {cell_text(k): cell_text(v) for k, v in value_map.items()})
    if column.name in NUMBER_CODES and not pd.api.types.is_numeric_dtype(raw.dtype):
        raw = translate(raw, NUMBER_CODES[column.name])
    if column.type in ("amount", "rate", "number"):
        return read_numbers(raw, column, notation)
    if column.type == "date":
        return read_dates(raw, notation)
    return _without_errors(raw, _of_text(raw, column))


def _of_text(raw: pd.Series, column: Column) -> Cells:
    match column.type:
        case "id":
            return _ids(raw, column)
        case "flag":
            return _flags(raw)
        case "stage":
            return _stages(raw)
        case "currency":
            return _currencies(raw)
        case "name":
            return _names(raw, column)
        case _:
            text = column_text(raw)
            return Cells(text, is_empty(text, EMPTY), {})


def _without_errors(raw: pd.Series, cells: Cells) -> Cells:
    """Mark spreadsheet errors in a text column, so that they are not taken as names."""
    broken = error_cells(column_text(raw))
    if not broken.any():
        return cells
    errors = {expected: bad & ~broken for expected, bad in cells.errors.items()}
    return Cells(
        cells.values, cells.empty & ~broken, {ERROR_CELL: broken, **errors}, cells.warnings
    )


def read_parts(
    column: Column,
    cells: pd.Series,
    part: np.ndarray,
    notations: Sequence[Notation],
    value_map: Mapping[Scalar, Scalar] | None = None,
) -> Cells:
    """Read a column of a table that may consist of several files.

    The cells of all files together settle what a column decides, such as the order of its dates.
    Units, currencies, percent signs and date serials are those of each file.

    Parameters
    ----------
    column
        What the column means.
    cells
        Its raw cells.
    part
        Position of the file of each cell. [from 0]
    notations
        How each file writes the column.
    value_map
        Translation of its codes.
    """
    found = read_column(column, cells, notations[0], value_map)
    for one in dict.fromkeys(n for n in notations if n != notations[0]):
        read = read_column(column, cells, one, value_map)
        own = np.array([n == one for n in notations], dtype=bool)[part]
        found = Cells(
            read.values.where(pd.Series(own), found.values),
            np.where(own, read.empty, found.empty),
            _chosen(read.errors, found.errors, own),
            _chosen(read.warnings, found.warnings, own),
        )
    return found


def _chosen(
    here: Mapping[str, np.ndarray], there: Mapping[str, np.ndarray], own: np.ndarray
) -> dict[str, np.ndarray]:
    """Combine marks of cells: one reading in the chosen rows, another in all others."""
    none = np.zeros(len(own), dtype=bool)
    return {
        expected: np.where(own, here.get(expected, none), there.get(expected, none))
        for expected in dict.fromkeys([*there, *here])
    }


def blank_column(column: Column, size: int) -> pd.Series:
    match column.type:
        case "amount" | "rate" | "number":
            return pd.Series(np.full(size, np.nan))
        case "date":
            return pd.Series(np.full(size, np.datetime64("NaT", "us"), dtype="datetime64[us]"))
        case "flag":
            return pd.Series(np.zeros(size, dtype=bool))
        case "stage":
            return pd.Series(["collection"] * size, dtype="str")
        case _:
            return pd.Series([""] * size, dtype="str")


def read_constant(column: Column, value: Scalar) -> Cells:
    """Return a constant in package currency, with rates as shares of 1."""
    text = pd.Series([cell_text(value)], dtype="str")
    return read_column(column, text, Notation(date_format="auto"))


def constant_errors(constants: Mapping[str, Scalar]) -> list[str]:
    """Return errors in the constants that a study gives for loan columns."""
    errors = []
    for column in SCHEMAS["loans"]:
        if column.name in constants:
            value = constants[column.name]
            for expected, bad in read_constant(column, value).errors.items():
                if bad[0]:
                    errors.append(f"defaults.{column.name}: {value!r}; expected {expected}")
    return errors
