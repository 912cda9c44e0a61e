"""Record of a plausible alternative reading of a tape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

_EXAMPLES = 5


@dataclass(frozen=True)
class OtherReading:
    """A plausible alternative reading of a tape.

    Attributes
    ----------
    name
        What the study calls it in `tape.confirmed`.
    column
        Canonical column, or headers, that it is about.
    read
        What was read.
    other
        The other reading.
    count
        Loans or items concerned.
    gbv
        Gross book value of the loans concerned. [package currency]
    examples
        Ids of the first loans concerned.
    loans, collateral, guarantors
        Canonical column to its values under the other reading, in the order of the table.
    lost
        Loans that are worth nothing under the other reading; none: all keep a value. Shape
        (loans,).
    stops
        Whether a large effect stops the run until the study confirms what was read; else it is a
        bound, and warned of.
    """

    name: str
    column: str
    read: str
    other: str
    count: int
    gbv: float
    examples: str
    loans: Mapping[str, np.ndarray] = field(default_factory=dict)
    collateral: Mapping[str, np.ndarray] = field(default_factory=dict)
    guarantors: Mapping[str, np.ndarray] = field(default_factory=dict)
    lost: np.ndarray | None = None
    stops: bool = True


def gbv_of(loans: pd.DataFrame, at: np.ndarray) -> float:
    """Return the gross book value of chosen loans. [package currency]"""
    return float(loans["gbv"].to_numpy(dtype=np.float64)[at].sum())


def first_ids(ids: pd.Series, at: np.ndarray) -> str:
    """Return the first few ids in one line."""
    found = ids[at].unique()
    return ", ".join(map(str, found[:_EXAMPLES])) + (", ..." if len(found) > _EXAMPLES else "")
