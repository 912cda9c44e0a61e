"""Warning on a tape and a study, with the gross book value of the loans concerned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from npl_sim.tape.table import LoanTable


class Note(str):
    """A warning as text, with the GBV of the loans concerned."""

    __slots__ = ("gbv",)

    gbv: float
    """Gross book value of those loans; NaN if no value depends on it. [package currency]"""

    def __new__(cls, text: str, gbv: float = math.nan) -> Note:
        """Return a note with a text and an amount."""
        note = super().__new__(cls, text)
        note.gbv = gbv
        return note


def backed(table: LoanTable, items: np.ndarray) -> float:
    """Return the GBV of the loans secured by selected collateral items. [package currency]

    Parameters
    ----------
    table
        The loans and their collateral.
    items
        Whether each item of `table.collateral` is selected.
    """
    loans = table.loans
    secured = loans["loan_id"].isin(table.collateral["loan_id"][items]).to_numpy(dtype=bool)
    return float(loans["gbv"].to_numpy(dtype=np.float64)[secured].sum())


def is_idle(note: Note) -> bool:
    """Return whether a warning is on a policy or a name without any loan or item."""
    return "no loan of the tape falls under policy" in note or "the tape holds no " in note
