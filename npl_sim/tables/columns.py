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
