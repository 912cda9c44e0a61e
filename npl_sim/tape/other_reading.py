"""Record of a plausible alternative reading of a tape."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
