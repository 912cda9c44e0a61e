"""Sums over scenarios, plain and times each control variate.

So weights that are linear in the control variates can be applied to the sums afterwards
(`stats.sample.Sample.total`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from npl_sim.core.layout import MOMENTS, Kind, Stage

PV, PV_SQUARED = MOMENTS.index("pv"), MOMENTS.index("pv_squared")


class Sums(NamedTuple):
    """Sums over scenarios, to be added in scenario order; amounts in package currency.

    A scenario with replicates counts with the mean over its draws.
    """

    mean: np.ndarray
    """Cash, shape (groups, kinds, months + 1, controls + 1)."""
    moments: np.ndarray
    """Moments of each loan, shape (loans, len(MOMENTS), controls + 1)."""
    squares: np.ndarray
    """Squared means of a scenario's present values, shape (loans,)."""
    stages: np.ndarray
    """GBV that enters a stage less GBV that leaves, shape (stages, months + 1, controls + 1)."""
    fees: np.ndarray
    """Fees of agency contracts, shape (placements, months + 1, controls + 1)."""

    @classmethod
    def zero(cls, loans: int, groups: int, placements: int, months: int, controls: int) -> Sums:
        """Return sums over no scenarios."""
        columns = controls + 1
        return cls(
            np.zeros((groups, len(Kind), months + 1, columns)),
            np.zeros((loans, len(MOMENTS), columns)),
            np.zeros(loans),
            np.zeros((len(Stage), months + 1, columns)),
            np.zeros((placements, months + 1, columns)),
        )

    def add(self, later: Sums) -> None:
        """Add the sums of later scenarios."""
        for total, part in zip(self, later, strict=True):
            total += part

    def copy(self) -> Sums:
        """Return an independent copy."""
        return Sums(*(array.copy() for array in self))
