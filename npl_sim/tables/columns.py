"""Columns of a table: what each means, its notation, and its cells once read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from npl_sim.tables.body import EPOCH_1900

ColumnType = Literal[
    "id", "name", "text", "amount", "rate", "number", "date", "flag", "stage", "currency"
]
"""How a cell is read: `name` becomes lower snake case, `text` is only stripped."""


MAX_AMOUNT = 1e15
"""Largest amount that a cell may hold. [package currency]"""


@dataclass(frozen=True)
class Column:
    """One canonical column."""

    name: str
    """Canonical name."""
    type: ColumnType
    """How its cells are read."""
    meaning: str
    """One sentence."""
    unit: str = ""
    """Unit of its numbers."""
    required: bool = False
    """Whether the file must have it, with a value in every row."""
    default: str = ""
    """What an empty cell or a missing column stands for, in words; empty: nothing is known."""
    minimum: float = 0.0
    maximum: float = MAX_AMOUNT
    """Bounds of its numbers, in `unit`."""
    above_minimum: bool = False
    """Whether the minimum itself is out of bounds."""

    @property
    def bounds(self) -> str:
        """The bounds as error messages state them."""
        low = "above" if self.above_minimum else "at least"
        unit = f" {self.unit}" if self.unit else ""
        return f"{low} {self.minimum:,.10g} and at most {self.maximum:,.10g}{unit}"


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
