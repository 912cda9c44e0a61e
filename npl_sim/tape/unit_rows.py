"""Unit row below the headers, and notes around a table that state units."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

import numpy as np

from npl_sim.tables.cell_types import cell_text
from npl_sim.tables.files import RawFile
from npl_sim.tape.units import plain_statement

UnitRow = Mapping[int, str]
"""Position of a column to the unit that the row below the headers states for it."""


def set_unit_row_apart(raw: RawFile, amounts_at: Collection[int]) -> tuple[RawFile, UnitRow]:
    """Return a file without its unit row, and the units that the row states.

    It is the first row, where each amount cell that holds anything is a unit or a currency, such
    as 万元 or kEUR.

    Parameters
    ----------
    raw
        The rows of a file.
    amounts_at
        Positions of its amounts.
    """
    if len(raw.rows) == 0:
        return raw, {}
    stated = {i: cell_text(raw.frame[i].iloc[0]) for i in sorted(amounts_at)}
    stated = {i: text for i, text in stated.items() if text.strip("-—/ ")}
    if not stated or not all(_is_unit(text) for text in stated.values()):
        return raw, {}
    keep = np.ones(len(raw.rows), dtype=bool)
    keep[0] = False
    return raw.take(keep), stated


def _is_unit(text: str) -> bool:
    """Return whether a cell is a unit, not an amount such as 100 EUR."""
    worded = re.search(r"[^\W\d_]|[€£₹]", text) and not re.search(r"[1-9]", text)
    return bool(worded) and plain_statement(text.strip("()（）[]")).is_stated
