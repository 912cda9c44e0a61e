"""Record of a plausible alternative reading of a tape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

_EXAMPLES = 5


@dataclass(frozen=True)
class OtherReading:
    """A plausible alternative reading of a tape."""

    name: str
    """What the study calls it in `tape.confirmed`."""
    column: str
    """Canonical column, or headers, that it is about."""
    read: str
    """What was read."""
    other: str
    """The other reading."""
    count: int
    """Loans or items concerned."""
    gbv: float
    """Gross book value of the loans concerned. [package currency]"""
    examples: str
    """Ids of the first loans concerned."""
    loans: Mapping[str, np.ndarray] = field(default_factory=dict)
    collateral: Mapping[str, np.ndarray] = field(default_factory=dict)
    guarantors: Mapping[str, np.ndarray] = field(default_factory=dict)
    """Canonical column to its values under the other reading, in the order of the table."""
    lost: np.ndarray | None = None
    """Loans that are worth nothing under the other reading; None if all have a value. Shape
    (loans,)."""
    stops: bool = True
    """Whether a large effect stops the run until the study confirms what was read; else it is a
    bound, and warned of."""


def gbv_of(loans: pd.DataFrame, at: np.ndarray) -> float:
    """Return the gross book value of chosen loans. [package currency]"""
    return float(loans["gbv"].to_numpy(dtype=np.float64)[at].sum())


def first_ids(ids: pd.Series, at: np.ndarray) -> str:
    """Return the first few ids in one line."""
    found = ids[at].unique()
    return ", ".join(map(str, found[:_EXAMPLES])) + (", ..." if len(found) > _EXAMPLES else "")


def readings_of(
    loans: pd.DataFrame,
    rows: pd.DataFrame,
    at: np.ndarray,
    names: tuple[str, str],
    read: str,
    other: str,
    /,
    **more: Any,
) -> list[OtherReading]:
    """Return another reading of some rows; an empty list if it concerns none.

    Parameters
    ----------
    loans
        Clean loans.
    rows
        Table that is read otherwise: the loans, or rows with a column loan_id.
    at
        Its rows concerned.
    names
        Name of the reading, and the column that it is about.
    read, other
        What was read, and the other reading.
    more
        Further fields of the reading.
    """
    if not at.any():
        return []
    hit = loans["loan_id"].isin(rows["loan_id"][at]).to_numpy(dtype=bool)
    gbv, ids = gbv_of(loans, hit), first_ids(rows["loan_id"], at)
    return [OtherReading(*names, read, other, int(at.sum()), gbv, ids, **more)]
