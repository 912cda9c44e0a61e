"""A warning on tape and study in one sentence, with the gross book value that it touches."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from npl_sim.tape.table import LoanTable

__all__ = ["Note", "backed"]


class Note(str):
    """A warning as text that also carries the GBV of the loans that it touches.

    Attributes
    ----------
    gbv
        Gross book value of those loans; NaN: no value moves. [package currency]
    """

    __slots__ = ("gbv",)

    gbv: float

    def __new__(cls, text: str, gbv: float = math.nan) -> Note:
        """Return a note of a text and an amount."""
        note = super().__new__(cls, text)
        note.gbv = gbv
        return note


def backed(table: LoanTable, items: np.ndarray) -> float:
    """Return the GBV of the loans that chosen collateral items secure. [package currency]

    Parameters
    ----------
    table
        The loans and their collateral.
    items
        Whether an item is chosen, in the order of `table.collateral`.
    """
    loans = table.loans
    secured = loans["loan_id"].isin(table.collateral["loan_id"][items]).to_numpy(dtype=bool)
    return float(loans["gbv"].to_numpy(dtype=np.float64)[secured].sum())
