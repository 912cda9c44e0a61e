"""Cash flows of a deal as one table for the compiled waterfall."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.securitization.collections import Collections
from npl_sim.securitization.waterfall.call_value import CallValues

__all__ = ["Series"]


@dataclass(frozen=True)
class Series:
    """Cash by scenario as one table, for the compiled waterfall."""

    names: tuple[str, ...]
    """Names of the series."""
    table: np.ndarray
    """The series, shape (series, K, S). [package currency]"""

    @classmethod
    def of(cls, cash: Collections, call: CallValues | None) -> Series:
        """Return the series of collections and of the value to a caller."""
        found = {
            "received": cash.received,
            "costs": cash.costs,
            "receipt_years": cash.receipt_years,
            **cash.extras,
        }
        if call is not None:
            found |= {"estimate": call.estimate, "left": call.left}
        return cls(tuple(found), np.stack([*found.values()]))
