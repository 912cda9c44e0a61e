"""Sums over scenarios, once as they are and once times each control variate.

So any weights that are linear in the controls can be laid on them afterwards (`stats.sample.Sample.total`).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from npl_sim.core.layout import MOMENTS, Kind, Stage

__all__ = ["PV", "PV_SQUARED", "Sums"]

PV, PV_SQUARED = MOMENTS.index("pv"), MOMENTS.index("pv_squared")


class Sums(NamedTuple):
    """Sums over scenarios, to be added in the order of their numbers; amounts in package currency.

    What is drawn several times in a scenario counts with the mean over its draws.
    """

    mean: np.ndarray  # (groups, kinds, months + 1, controls + 1): cash
    moments: np.ndarray  # (loans, len(MOMENTS), controls + 1)
    squares: np.ndarray  # (loans,): squared means of a scenario's present values
    stages: np.ndarray  # (stages, months + 1, controls + 1): GBV entering less leaving
    fees: np.ndarray  # (desks, months + 1, controls + 1): of placements' contracts

    @classmethod
    def zero(cls, loans: int, groups: int, desks: int, months: int, controls: int) -> Sums:
        """Return sums over no scenarios."""
        return cls(
            np.zeros((groups, len(Kind), months + 1, controls + 1)),
            np.zeros((loans, len(MOMENTS), controls + 1)),
            np.zeros(loans),
            np.zeros((len(Stage), months + 1, controls + 1)),
            np.zeros((desks, months + 1, controls + 1)),
        )

    def add(self, other: Sums) -> None:
        """Add what came after."""
        for own, more in zip(self, other, strict=True):
            own += more

    def copy(self) -> Sums:
        """Return sums that go their own way."""
        return Sums(*(array.copy() for array in self))
