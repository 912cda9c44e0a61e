"""One vector of scenario weights: its construction, weighted means and their errors.

See `npl_sim.stats.sample` for what the weights are.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from npl_sim.core.language import N_

SCENARIOS_PER_CONTROL = 10
"""Fewest scenarios per control; with fewer, the error of its slope outweighs its benefit."""


@dataclass(frozen=True)
class Weights:
    """Weighted scenarios and their estimators.

    Values have one entry for each scenario, shape (scenarios,), or one for each replicate, shape
    (scenarios, replicates). Replicates share the weight of their scenario, and errors are
    computed from scenario means, since only scenarios are independent.

    Attributes
    ----------
    design
        A column of ones and the scaled controls, shape (scenarios, controls + 1).
    coefficients
        Weights as a linear function of the design: ``weights = design @ coefficients``.
    scale
        Factor by which each column of the unscaled design was multiplied; 0 for a control that is
        not used. Shape (unscaled controls + 1,).
    reason
        Reason why every scenario has the same weight; empty if the weights differ.
    """

    design: np.ndarray
    coefficients: np.ndarray
    scale: np.ndarray
    reason: str = ""

    @classmethod
    def plain(
        cls, scenarios: int, controls: int = 0, reason: str = N_("no market factor moves")
    ) -> Self:
        """Return scenarios of equal weight; the `controls` columns of sums are ignored."""
        scale = np.zeros(controls + 1)
        scale[0] = 1.0
        return cls(np.ones((scenarios, 1)), np.full(1, 1.0 / scenarios), scale, reason)

    @classmethod
    def balanced(cls, controls: np.ndarray, fewer: Sequence[np.ndarray] = ()) -> Self:
        """Return scenarios weighted so that the mean of every control is zero.

        Parameters
        ----------
        controls
            Control variates of expectation zero, shape (scenarios, controls).
        fewer
            Selections of columns of `controls` (boolean masks), to try in this order if the
            weights of all columns are not valid.
        """
        n, k = controls.shape
        for mask in (np.ones(k, bool), *fewer):
            found = cls._calibrated(controls, mask)
            if found is not None:
                return found
        moving = int((controls.std(axis=0) > 0.0).sum()) if controls.size else 0
        least = SCENARIOS_PER_CONTROL * (moving + 1)
        if moving == 0:
            return cls.plain(n, k)
        if n < least:
            few = (
                f"{n:,} scenarios are too few to balance {moving} control variates; "
                f"expected at least {least:,}"
            )
            return cls.plain(n, k, few)
        return cls.plain(n, k, "balanced weights would be negative")

    @classmethod
    def _calibrated(cls, controls: np.ndarray, mask: np.ndarray) -> Self | None:
        n = len(controls)
        spread = controls.std(axis=0) if controls.size else np.zeros(controls.shape[1])
        used = mask & (spread > 0.0)
        k = int(used.sum())
        if k == 0 or n < SCENARIOS_PER_CONTROL * (k + 1):
            return None
        scale = np.zeros(controls.shape[1] + 1)
        scale[0] = 1.0
        scale[1:][used] = 1.0 / spread[used]
        design = np.column_stack([np.ones(n), controls[:, used] * scale[1:][used]])
        # einsum: the order of its additions does not depend on threads.
        moments = np.einsum("si,sj->ij", design, design)
        inverse = np.linalg.pinv(moments, rcond=1e-10, hermitian=True)
        coefficients = inverse[0]
        if np.einsum("si,i->s", design, coefficients).min() < 0.0:
            return None
        return cls(design, np.ascontiguousarray(coefficients), scale)

    def subset(self, rows: np.ndarray) -> Self:
        """Return a subset of scenarios, balanced again on the same controls, for the jackknife.

        Parameters
        ----------
        rows
            Numbers of the scenarios.
        """
        design = self.design[rows]
        moments = np.einsum("si,sj->ij", design, design)
        coefficients = np.linalg.pinv(moments, rcond=1e-10, hermitian=True)[0]
        return replace(self, design=design, coefficients=np.ascontiguousarray(coefficients))

    @property
    def scenarios(self) -> int:
        """Number of scenarios."""
        return len(self.design)

    @property
    def is_plain(self) -> bool:
        """Whether every scenario has the same weight."""
        return self.design.shape[1] == 1

    @property
    def freedom(self) -> int:
        """Degrees of freedom of residuals."""
        return self.scenarios - self.design.shape[1]

    @cached_property
    def weights(self) -> np.ndarray:
        """Weight of each scenario, none negative, with sum 1, shape (scenarios,)."""
        return np.einsum("si,i->s", self.design, self.coefficients)

    @cached_property
    def _inverse(self) -> np.ndarray:
        moments = np.einsum("si,sj->ij", self.design, self.design)
        return np.linalg.pinv(moments, rcond=1e-10, hermitian=True)

    @cached_property
    def _squares(self) -> float:
        """Sum of the squared weights: 1/scenarios where they are equal."""
        return float(np.einsum("s,s->", self.weights, self.weights))

    def average(self, values: np.ndarray) -> np.ndarray:
        """Return the weighted mean over the first axis, shape of the other axes."""
        if self.is_plain:
            return np.asarray(values).mean(axis=0)
        return np.einsum("s,s...->...", self.weights, values)

    def total(self, sums: np.ndarray) -> np.ndarray:
        """Return the weighted mean from sums over scenarios.

        Parameters
        ----------
        sums
            Sum over scenarios of the values, then of the values times each unscaled control, along
            the last axis, shape (..., unscaled controls + 1).
        """
        used = self.scale != 0.0
        return np.einsum("...i,i->...", sums[..., used] * self.scale[used], self.coefficients)

    def total_error(self, sums: np.ndarray, squares: np.ndarray) -> np.ndarray:
        """Return the standard error of `total`; NaN without degrees of freedom.

        Parameters
        ----------
        sums
            As for `total`.
        squares
            Sum over scenarios of the squared values, shape (...).
        """
        if self.freedom < 1:
            return np.full(np.shape(squares), np.nan)
        used = self.scale != 0.0
        scaled = sums[..., used] * self.scale[used]
        explained = np.einsum("...i,ij,...j->...", scaled, self._inverse, scaled)
        left = np.maximum(squares - explained, 0.0)
        # The residual of a constant is rounding.
        left = np.where(left <= 1e-12 * squares, 0.0, left)
        return np.sqrt(left / self.freedom * self._squares)

    def error_of_mean(self, values: np.ndarray) -> float:
        """Return the standard error of the weighted mean; NaN without degrees of freedom."""
        values = scenario_means(values)
        if self.freedom < 1:
            return math.nan
        if values.min() == values.max():
            return 0.0
        residual = self._residual(values)
        return math.sqrt(float(residual @ residual) / self.freedom * self._squares)

    def errors_of_means(self, values: np.ndarray) -> np.ndarray:
        """Return the standard error of the mean of each column; NaN without degrees of freedom.

        Parameters
        ----------
        values
            Shape (scenarios, columns).
        """
        if self.freedom < 1:
            return np.full(values.shape[1], np.nan)
        centered = values - values.mean(axis=0)
        slopes = self._inverse @ np.einsum("si,sm->im", self.design, centered)
        residual = centered - np.einsum("si,im->sm", self.design, slopes)
        error: np.ndarray = np.sqrt(
            np.einsum("sm,sm->m", residual, residual) / self.freedom * self._squares
        )
        return np.where(np.ptp(values, axis=0) == 0.0, 0.0, error)

    def _residual(self, values: np.ndarray) -> np.ndarray:
        centered = values - values.mean()
        slopes = self._inverse @ np.einsum("si,s->i", self.design, centered)
        return centered - np.einsum("si,i->s", self.design, slopes)

    def by_scenario(self, values: np.ndarray) -> np.ndarray:
        """Return replicates in columns, shape (scenarios, replicates), or (scenarios,) if one."""
        count = len(values) // self.scenarios
        return values if count == 1 else values.reshape(self.scenarios, count)

    def weights_of(self, values: np.ndarray) -> np.ndarray:
        """Return the weight of each value: replicates share the weight of their scenario."""
        if values.ndim == 1:
            return self.weights
        return np.repeat(self.weights[:, None] / values.shape[1], values.shape[1], axis=1)


def scenario_means(values: np.ndarray) -> np.ndarray:
    """Return the mean over the replicates of each scenario, shape (scenarios,)."""
    values = np.asarray(values, dtype=np.float64)
    return values if values.ndim == 1 else values.mean(axis=1)
