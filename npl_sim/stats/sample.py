"""One vector of scenario weights, and every estimate that rests on it.

The expectation of each control variate (a market factor's average deviation from its median path) is
zero. The weights give the sample exactly these expectations, sum to 1 and are not negative, so that
means, totals, breakdowns, quantiles, probabilities and rates of return of one run all belong to the
same weighted distribution, and parts add up to the whole.

The weights are those of linear calibration (chi-square distance), which are also the weights of the
intercept of a regression on the controls. They are a function of the market factors alone, never of
the package: the weights of two halves of a package are those of the whole. Being linear in the
controls, they also apply to sums over scenarios that were accumulated with the controls (`Sample.total`),
which an exponential tilt could not. Where a linear weight would be negative, fewer controls are used;
where none is left, every scenario has the same weight.

References
----------
Deville and Sarndal (1992), Calibration estimators in survey sampling, JASA 87.
Hesterberg and Nelson (1998), Control variates for probability and quantile estimation, Management Science 44.
Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47.
Korn and Graubard (1998), Confidence intervals for proportions with small expected number of positive counts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import special

from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate, symmetric

__all__ = ["Sample"]

SCENARIOS_PER_CONTROL = 10
"""Fewer scenarios than this for each control, and estimating its slope costs what it brings."""


@dataclass(frozen=True)
class Sample:
    """Weighted scenarios and their estimators.

    Values have one entry for each scenario, shape (scenarios,), or one for each replicate of it, shape
    (scenarios, replicates): replicates share the weight of their scenario, and errors are computed from
    scenario means, since only scenarios are independent.

    Attributes
    ----------
    design
        A column of ones and the scaled controls, shape (scenarios, controls + 1).
    coefficients
        Weights as a linear function of the design: ``weights = design @ coefficients``.
    scale
        Factor by which each column of the unscaled design was multiplied; 0 where a control is not used.
        Shape (unscaled controls + 1,).
    """

    design: np.ndarray
    coefficients: np.ndarray
    scale: np.ndarray

    @classmethod
    def plain(cls, scenarios: int, controls: int = 0) -> Sample:
        """Return scenarios of equal weight; `controls` counts the columns of sums that are ignored."""
        scale = np.zeros(controls + 1)
        scale[0] = 1.0
        return cls(np.ones((scenarios, 1)), np.full(1, 1.0 / scenarios), scale)

    @classmethod
    def balanced(cls, controls: np.ndarray, fewer: Sequence[np.ndarray] = ()) -> Sample:
        """Return scenarios weighted so that the mean of every control is zero.

        Parameters
        ----------
        controls
            Control variates of expectation zero, shape (scenarios, controls).
        fewer
            Selections of columns of `controls` (boolean masks) to try, in this order, where the weights of all
            of them would not be valid.
        """
        n, k = controls.shape
        for mask in (np.ones(k, bool), *fewer):
            found = cls._calibrated(controls, mask)
            if found is not None:
                return found
        return cls.plain(n, k)

    @classmethod
    def _calibrated(cls, controls: np.ndarray, mask: np.ndarray) -> Sample | None:
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
        # Sums by einsum: their order, and so the last bit, does not depend on the machine's threads.
        moments = np.einsum("si,sj->ij", design, design)
        inverse = np.linalg.pinv(moments, rcond=1e-10, hermitian=True)
        coefficients = inverse[0]
        if np.einsum("si,i->s", design, coefficients).min() < 0.0:
            return None
        return cls(design, np.ascontiguousarray(coefficients), scale)

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
        weights: np.ndarray = np.einsum("si,i->s", self.design, self.coefficients)
        return weights

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
            plain: np.ndarray = np.asarray(values).mean(axis=0)
            return plain
        mean: np.ndarray = np.einsum("s,s...->...", self.weights, values)
        return mean

    def total(self, sums: np.ndarray) -> np.ndarray:
        """Return the weighted mean from sums over scenarios.

        Parameters
        ----------
        sums
            Sum over scenarios of the values, then of the values times each unscaled control, along the
            last axis, shape (..., unscaled controls + 1).
        """
        used = self.scale != 0.0
        mean: np.ndarray = np.einsum("...i,i->...", sums[..., used] * self.scale[used], self.coefficients)
        return mean

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
        # What is left of a constant is rounding.
        left = np.where(left <= 1e-12 * squares, 0.0, left)
        error: np.ndarray = np.sqrt(left / self.freedom * self._squares)
        return error

    def influence(self, values: np.ndarray) -> np.ndarray:
        """Return what each scenario adds to the error of the weighted mean, shape (scenarios,).

        The sum of their squares is the variance of the mean, and the sum of the products of two sets is the
        covariance of two means: that is how the error of a difference of paired runs is found.

        Parameters
        ----------
        values
            Shape (scenarios,) or (scenarios, replicates).
        """
        values = _by_scenario(values)
        if self.freedom < 1:
            return np.full(self.scenarios, np.nan)
        centered = values - values.mean()
        if values.min() == values.max():
            return np.zeros(self.scenarios)
        slopes = self._inverse @ np.einsum("si,s->i", self.design, centered)
        residual = centered - np.einsum("si,i->s", self.design, slopes)
        scaled: np.ndarray = residual * math.sqrt(self._squares / self.freedom)
        return scaled

    def error_of_mean(self, values: np.ndarray) -> float:
        """Return the standard error of the weighted mean; NaN without degrees of freedom."""
        own = self.influence(values)
        return math.sqrt(float(own @ own))

    def mean(self, values: np.ndarray, confidence: float = 0.95) -> Estimate:
        """Return the weighted mean with a Student-t interval.

        Parameters
        ----------
        values
            Shape (scenarios,) or (scenarios, replicates).
        confidence
            Confidence of the interval.
        """
        values = _by_scenario(values)
        return symmetric(float(self.average(values)), self.error_of_mean(values), self.freedom, confidence)

    def ratio(self, part: np.ndarray, whole: np.ndarray, confidence: float = 0.95) -> Estimate:
        """Return the ratio of two weighted means (delta method); undefined where the second is not positive."""
        part, whole = _by_scenario(part), _by_scenario(whole)
        bottom = float(self.average(whole))
        if not bottom > 0.0:
            return risk.undefined(confidence)
        value = float(self.average(part)) / bottom
        error = self.error_of_mean((part - value * whole) / bottom)
        return symmetric(value, error, self.freedom, confidence)

    def probability(self, hits: np.ndarray, confidence: float = 0.95) -> Estimate:
        """Return the weighted share of hits.

        The interval is that of Clopper and Pearson with the effective number of scenarios (Korn and
        Graubard). Where no scenario, or every one, was hit, the standard error cannot be estimated and is
        NaN; the interval still bounds the probability.

        Parameters
        ----------
        hits
            Whether it happened, shape (scenarios,) or (scenarios, replicates).
        confidence
            Confidence of the interval.
        """
        share = _by_scenario(np.asarray(hits, dtype=np.float64))
        value = min(max(float(self.average(share)), 0.0), 1.0)
        if share.min() == share.max() and share[0] in (0.0, 1.0):
            return Estimate(
                value, math.nan, *_proportion(value, float(self.scenarios), confidence), confidence
            )
        error = self.error_of_mean(share)
        size = self._effective(value, error)
        return Estimate(value, error, *_proportion(value, size, confidence), confidence)

    def _effective(self, share: float, error: float) -> float:
        """Return the number of independent scenarios that would give a share the same error."""
        if self.is_plain and math.isnan(error):
            return float(self.scenarios)
        spread = share * (1.0 - share)
        return spread / error**2 if error > 0.0 and spread > 0.0 else float(self.scenarios)

    def quantile(self, values: np.ndarray, level: float, confidence: float = 0.95) -> Estimate:
        """Return the weighted quantile: the smallest value up to which the weights reach `level`.

        The interval is that of the distribution function at the estimate, carried over to the values. A side
        that the sample cannot bound is infinite, and the standard error is then NaN.

        Parameters
        ----------
        values
            Shape (scenarios,) or (scenarios, replicates).
        level
            Share at or below, between 0 and 1.
        confidence
            Confidence of the interval.
        """
        values = np.asarray(values, dtype=np.float64)
        if self.is_plain and values.ndim == 1:
            return risk.quantile(values, level, confidence)
        spread = _Distribution(values, self.weights)
        value = spread.quantile(level)
        error = self.error_of_mean((values <= value).astype(np.float64))
        size = self._effective(level, error)
        below, above = _proportion(level, size, confidence)
        miss = (1.0 - confidence) / 2.0
        low = spread.quantile(below) if (1.0 - level) ** size <= miss else -math.inf
        high = spread.quantile(above) if level**size <= miss else math.inf
        deviate = float(special.ndtri(0.5 + confidence / 2.0))
        se = (high - low) / (2.0 * deviate) if math.isfinite(high - low) else math.nan
        return Estimate(value, se, min(low, value), max(high, value), confidence)

    def shortfall_weights(self, values: np.ndarray, level: float) -> np.ndarray:
        """Return weights with which the sum of values is their expected shortfall, shape of `values`."""
        weights = self._spread_over(values)
        return _Distribution(values, self.weights).tail(level, weights)

    def _spread_over(self, values: np.ndarray) -> np.ndarray:
        """Return the weight of each value, shape of `values`."""
        if values.ndim == 1:
            return self.weights
        return np.repeat(self.weights[:, None] / values.shape[1], values.shape[1], axis=1)

    def expected_shortfall(self, values: np.ndarray, level: float, confidence: float = 0.95) -> Estimate:
        """Return the weighted mean of the worst share `level` of the values.

        The error is that of ``ES = q - E[(q - X)+] / level``; the quantile's own error cancels to first order
        (Acerbi and Tasche 2002). It is NaN where fewer than two scenarios lie beyond the quantile.

        Parameters
        ----------
        values
            Shape (scenarios,) or (scenarios, replicates).
        level
            Share of the tail, between 0 and 1.
        confidence
            Confidence of the interval.
        """
        values = np.asarray(values, dtype=np.float64)
        value = float((self.shortfall_weights(values, level) * values).sum())
        pivot = _Distribution(values, self.weights).quantile(level)
        depth = _by_scenario(np.maximum(pivot - values, 0.0))
        if values.min() == values.max() and self.freedom >= 1:
            return symmetric(value, 0.0, self.freedom, confidence)
        if np.count_nonzero(depth) < 2:
            return Estimate(value, math.nan, -math.inf, math.inf, confidence)
        return symmetric(value, self.error_of_mean(depth) / level, self.freedom, confidence)

    def standard_deviation(self, values: np.ndarray, confidence: float = 0.95) -> Estimate:
        """Return the weighted standard deviation with the error of its linearization.

        Parameters
        ----------
        values
            Shape (scenarios,) or (scenarios, replicates): the spread is that of single replicates.
        confidence
            Confidence of the interval.
        """
        values = np.asarray(values, dtype=np.float64)
        if self.is_plain and values.ndim == 1:
            return risk.standard_deviation(values, confidence)
        weights = self._spread_over(values)
        mean = float((weights * values).sum())
        n = self.scenarios
        variance = float((weights * (values - mean) ** 2).sum()) * n / max(n - 1, 1)
        sd = math.sqrt(variance)
        if sd == 0.0 or self.freedom < 1:
            return symmetric(sd, 0.0 if self.freedom >= 1 else math.nan, self.freedom, confidence)
        error = self.error_of_mean(((values - mean) / sd) ** 2) * sd / 2.0
        found = symmetric(sd, error, self.freedom, confidence)
        return replace(found, low=max(found.low, 0.0))


def _by_scenario(values: np.ndarray) -> np.ndarray:
    """Return the mean over the replicates of each scenario, shape (scenarios,)."""
    values = np.asarray(values, dtype=np.float64)
    return values if values.ndim == 1 else values.mean(axis=1)


def _proportion(share: float, size: float, confidence: float) -> tuple[float, float]:
    """Return Clopper and Pearson's interval for a share of `size` trials, which need not be whole."""
    miss, hits = (1.0 - confidence) / 2.0, share * size
    low = float(special.betaincinv(hits, size - hits + 1.0, miss)) if hits > 0.0 else 0.0
    high = float(special.betaincinv(hits + 1.0, size - hits, 1.0 - miss)) if hits < size else 1.0
    return low, high


class _Distribution:
    """The weighted distribution function of values and their replicates."""

    def __init__(self, values: np.ndarray, weights: np.ndarray) -> None:
        replicates = 1 if values.ndim == 1 else values.shape[1]
        flat = values.ravel()
        self.order = np.argsort(flat, kind="stable")
        self.values = flat[self.order]
        self.below = np.cumsum(np.repeat(weights / replicates, replicates)[self.order])

    def quantile(self, level: float) -> float:
        """Return the smallest value up to which the weights reach `level`."""
        place = int(np.searchsorted(self.below, level - 1e-12))
        return float(self.values[min(place, len(self.values) - 1)])

    def tail(self, level: float, weights: np.ndarray) -> np.ndarray:
        """Return the weights of the worst share `level` over `level`; values tied at its edge share what is left."""
        edge = self.quantile(level)
        flat = np.empty(len(self.values))
        flat[self.order] = self.values
        mass = weights.ravel()
        below, at = flat < edge, flat == edge
        found = np.where(below, mass, 0.0)
        found[at] = mass[at] * ((level - float(mass[below].sum())) / float(mass[at].sum()))
        shaped: np.ndarray = (found / level).reshape(weights.shape)
        return shaped
