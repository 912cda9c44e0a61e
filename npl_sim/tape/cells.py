"""From raw cells to typed values, by column; what cannot be read is marked.

Nothing is repaired: a cell is read, is empty, or is marked with what would do.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping

import numpy as np
import pandas as pd

from npl_sim.tables.files import cell_text, column_text
from npl_sim.tables.notation import (
    EMPTY,
    EMPTY_TEXT,
    Cells,
    Notation,
    each,
    is_empty,
    read_dates,
    read_numbers,
)
from npl_sim.tape.names import normal_name
from npl_sim.tape.schema import MAX_ID_LENGTH, TAPE_STAGES, Column
from npl_sim.tape.spec import Scalar
from npl_sim.tape.templates import FLAGS, STAGES

__all__ = ["read_column"]

NOBODY = EMPTY | {"unknown", "nil", "不详", "未知"}
"""What stands for no id where an id may be missing."""

MOST_HINTS = 20
"""Distinct unknown stages beyond which none is given the nearest known one."""

_LOST_DIGITS = r"\d(\.\d+)?[eE]\+\d+"


def _ids(raw: pd.Series, column: Column) -> Cells:
    text = column_text(raw)
    # "N/A" names no one: many rows under it would be one borrower with one luck.
    empty = is_empty(text, EMPTY_TEXT if column.required else NOBODY)
    lost = text.str.fullmatch(_LOST_DIGITS).to_numpy(dtype=bool)
    long = (text.str.len() > MAX_ID_LENGTH).to_numpy(dtype=bool)
    faults = {
        "an id with all its digits: a spreadsheet shortened this one to a power of ten": lost,
        f"an id of at most {MAX_ID_LENGTH} characters": long,
    }
    return Cells(text.mask(pd.Series(empty, index=text.index), ""), empty, faults)


def _coded(raw: pd.Series, codes: Mapping[str, object]) -> tuple[pd.Series, np.ndarray, np.ndarray]:
    """Return stripped text, which cells are empty, and the meaning of each (None: unknown)."""
    text = column_text(raw)
    return text, is_empty(text, EMPTY), each(text.str.casefold(), codes.get)


def _flags(raw: pd.Series) -> Cells:
    _, empty, found = _coded(raw, FLAGS)
    bad = np.array([value is None for value in found], dtype=bool) & ~empty
    return Cells(pd.Series([value is True for value in found]), empty, {"yes or no (是 or 否)": bad})


def _stages(raw: pd.Series) -> Cells:
    text, empty, found = _coded(raw, STAGES)
    bad = np.array([value is None for value in found], dtype=bool) & ~empty
    stage = pd.Series(np.where(empty, "collection", np.where(bad, "", found)), dtype="str")
    expected = f"one of {', '.join(TAPE_STAGES)}, or a value_map for stage"
    unknown = text[bad].unique()
    if len(unknown) > MOST_HINTS:
        return Cells(stage, empty, {expected: bad})
    faults: dict[str, np.ndarray] = {}
    for cell in unknown:
        near = difflib.get_close_matches(cell.casefold(), list(STAGES), n=1)
        told = expected + (f"; did you mean {near[0]!r}?" if near else "")
        same = bad & (text == cell).to_numpy(dtype=bool)
        faults[told] = faults.get(told, np.zeros(len(text), dtype=bool)) | same
    return Cells(stage, empty, faults)


def _names(raw: pd.Series, column: Column) -> Cells:
    text = column_text(raw)
    empty = is_empty(text, EMPTY_TEXT)
    spelt = each(text, lambda cell: normal_name(column.name, cell))
    values = pd.Series(spelt, dtype="str").mask(pd.Series(empty), "")
    long = (text.str.len() > MAX_ID_LENGTH).to_numpy(dtype=bool)
    return Cells(values, empty, {f"a name of at most {MAX_ID_LENGTH} characters": long})


def translate(raw: pd.Series, codes: Mapping[str, str]) -> pd.Series:
    """Return the text of a column with the codes of a value map translated."""
    text = column_text(raw)
    plain = {code.casefold(): meaning for code, meaning in codes.items()}
    found = each(text, lambda cell: plain.get(cell.casefold(), cell))
    return pd.Series(found, dtype="str")


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
    match column.type:
        case "amount" | "rate" | "number":
            return read_numbers(raw, column, notation)
        case "date":
            return read_dates(raw, notation)
        case "id":
            return _ids(raw, column)
        case "flag":
            return _flags(raw)
        case "stage":
            return _stages(raw)
        case "name":
            return _names(raw, column)
        case "text":
            text = column_text(raw)
            return Cells(text, is_empty(text, EMPTY), {})
