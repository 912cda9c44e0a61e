"""Meaning of a table column: its type, unit and bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ColumnType = Literal[
    "id", "name", "text", "amount", "rate", "number", "date", "flag", "stage", "currency"
]
"""How a cell is read: `name` becomes lower snake case, `text` is only stripped."""


MAX_AMOUNT = 1e15
"""Largest amount that a cell may hold. [package currency]"""


@dataclass(frozen=True)
class Column:
    """One canonical column.

    Attributes
    ----------
    name
        Canonical name.
    type
        How its cells are read.
    meaning
        One sentence.
    unit
        Unit of its numbers.
    required
        Whether the file must have it, with a value in every row.
    default
        What an empty cell or a missing column stands for, in words; empty: nothing is known.
    minimum, maximum
        Bounds of its numbers, in `unit`.
    above_minimum
        Whether the minimum itself is out of bounds.
    """

    name: str
    type: ColumnType
    meaning: str
    unit: str = ""
    required: bool = False
    default: str = ""
    minimum: float = 0.0
    maximum: float = MAX_AMOUNT
    above_minimum: bool = False

    @property
    def bounds(self) -> str:
        """The bounds as error messages state them."""
        low = "above" if self.above_minimum else "at least"
        unit = f" {self.unit}" if self.unit else ""
        return f"{low} {self.minimum:,.10g} and at most {self.maximum:,.10g}{unit}"
