"""Estimates from scenarios with one vector of weights.

The expectation of each control variate (a market factor's average deviation from its median path)
is zero. The weights give the sample exactly these expectations, sum to 1 and are not negative. All
estimates of one run therefore have the same weighted distribution, and parts sum to the whole.

The weights are those of linear calibration (chi-square distance), which are also the weights of
the intercept of a regression on the controls. They depend only on the market factors, not on the
package: two halves of a package have the weights of the whole. They are linear in the controls, so
they also apply to sums over scenarios that were accumulated with the controls (`Sample.total`). An
exponential tilt lacks this property. If a linear weight would be negative, fewer controls are
used. Without controls, every scenario has the same weight.

References
----------
Deville and Sarndal (1992), Calibration estimators in survey sampling, JASA 87. Hesterberg and
Nelson (1998), Control variates for probability and quantile estimation, Management Science 44.
Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47. Korn and
Graubard (1998), Confidence intervals for proportions with small expected number of positive
counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate, symmetric
from npl_sim.stats.weighted import Distribution, proportion_interval
from npl_sim.stats.weights import Weights, scenario_means


@dataclass(frozen=True)
class Sample(Weights):
    """Weighted scenarios and their estimators.

    Values have one entry for each scenario, shape (scenarios,), or one for each replicate, shape
    (scenarios, replicates). Replicates share the weight of their scenario, and errors are
    computed from scenario means, since only scenarios are independent.
    """

    def difference(self, values: np.ndarray, other: Sample, others: np.ndarray) -> Estimate:
        """Return the mean of `values` less that of `others` on `other`, paired (95 %).

        Parameters
        ----------
        values, others
            Shape (scenarios,) or (scenarios, replicates), the same scenarios in both.
        other
            The sample of `others`.
        """
        first, second = scenario_means(values), scenario_means(others)
        if np.array_equal(self.weights, other.weights):
            return self.mean(first - second)
        value = float(self.average(first)) - float(other.average(second))
        parts = self.weights * self._residual(first) - other.weights * other._residual(second)
        freedom = min(self.freedom, other.freedom)
        if freedom < 1:
            return symmetric(value, math.nan, freedom, 0.95)
        error = math.sqrt(float(parts @ parts) * self.scenarios / freedom)
        return symmetric(value, error, freedom, 0.95)

    def mean(self, values: np.ndarray, confidence: float = 0.95) -> Estimate:
        """Return the weighted mean with a Student-t interval.

        Parameters
        ----------
        values
            Shape (scenarios,) or (scenarios, replicates).
        confidence
            Confidence of the interval.
        """
        values = scenario_means(values)
        return symmetric(
            float(self.average(values)), self.error_of_mean(values), self.freedom, confidence
        )

    def ratio(self, part: np.ndarray, whole: np.ndarray, confidence: float = 0.95) -> Estimate:
        """Return the ratio of two weighted means (delta method), if the second is positive."""
        part, whole = scenario_means(part), scenario_means(whole)
        bottom = float(self.average(whole))
        if not bottom > 0.0:
            return risk.undefined(confidence)
        value = float(self.average(part)) / bottom
        error = self.error_of_mean((part - value * whole) / bottom)
        return symmetric(value, error, self.freedom, confidence)

    def probability(self, hits: np.ndarray, confidence: float = 0.95) -> Estimate:
        """Return the weighted share of hits.

        The interval is that of Clopper and Pearson with the effective number of scenarios (Korn
        and Graubard). If the event occurs in no scenario or in every scenario, the standard error
        cannot be estimated and is NaN. The interval still bounds the probability.

        Parameters
        ----------
        hits
            Whether the event occurs, shape (scenarios,) or (scenarios, replicates).
        confidence
            Confidence of the interval.
        """
        share = scenario_means(np.asarray(hits, dtype=np.float64))
        value = min(max(float(self.average(share)), 0.0), 1.0)
        if share.min() == share.max() and share[0] in (0.0, 1.0):
            certain = float(share[0])  # weights add up to 1 but for rounding
            interval = proportion_interval(certain, float(self.scenarios), confidence)
            return Estimate(certain, math.nan, *interval, confidence)
        error = self.error_of_mean(share)
        size = self._effective(value, error)
        return Estimate(value, error, *proportion_interval(value, size, confidence), confidence)

    def _effective(self, share: float, error: float) -> float:
        """Return the number of independent scenarios that would give a share the same error."""
        if self.is_plain and math.isnan(error):
            return float(self.scenarios)
        spread = share * (1.0 - share)
        return spread / error**2 if error > 0.0 and spread > 0.0 else float(self.scenarios)

    def quantile(
        self,
        values: np.ndarray,
        level: float,
        confidence: float = 0.95,
        among: np.ndarray | None = None,
    ) -> Estimate:
        """Return the weighted quantile: the smallest value up to which the weights reach `level`.

        The interval of the distribution function at the estimate is mapped to the values
        (Woodruff). A side that the sample cannot bound is infinite, and the standard error is
        then NaN.

        Parameters
        ----------
        values
            Shape (scenarios,) or (scenarios, replicates).
        level
            Share at or below, between 0 and 1.
        confidence
            Confidence of the interval.
        among
            Which values count, shape of `values`, at least one; defaults to all of them.
        """
        values = np.asarray(values, dtype=np.float64)
        if self.is_plain and values.ndim == 1:
            return risk.quantile(values if among is None else values[among], level, confidence)
        mass = self.weights_of(values)
        share, counted = 1.0, np.ones(values.shape)
        if among is not None:
            share, counted = float(mass[among].sum()), among / float(mass[among].sum())
        spread = Distribution(values, mass * counted)
        value = spread.quantile(level)
        error = self.error_of_mean(((values <= value) - level) * counted)
        size = self._effective(level, error) if error > 0.0 else self.scenarios * share
        below, above = proportion_interval(level, size, confidence)
        miss = (1.0 - confidence) / 2.0
        low = spread.quantile(below) if (1.0 - level) ** size <= miss else -math.inf
        high = spread.quantile(above) if level**size <= miss else math.inf
        deviate = float(special.ndtri(0.5 + confidence / 2.0))
        se = (high - low) / (2.0 * deviate) if math.isfinite(high - low) else math.nan
        return Estimate(value, se, min(low, value), max(high, value), confidence)

    def quantiles(self, values: np.ndarray, levels: Iterable[float]) -> np.ndarray:
        """Return the quantiles of each column without errors, shape (levels, columns).

        Parameters
        ----------
        values
            Replicates of a scenario side by side, shape (scenarios x replicates, columns).
        levels
            Shares at or below, between 0 and 1.
        """
        count, levels = len(values), list(levels)
        if self.is_plain:
            # Equal weights: order statistics, which need no sums of weights.
            ordered = np.sort(values, axis=0)
            return ordered[[risk.order_statistic(count, level) - 1 for level in levels]]
        mass = np.repeat(self.weights / (count // self.scenarios), count // self.scenarios)
        found = np.empty((len(levels), values.shape[1]))
        for column in range(values.shape[1]):
            spread = Distribution(values[:, column], mass)
            found[:, column] = [spread.quantile(level) for level in levels]
        return found

    def distribution(self, values: np.ndarray) -> Distribution:
        """Return the weighted distribution function of values, shape of `values`."""
        return Distribution(values, self.weights_of(values))

    def shortfall_weights(self, values: np.ndarray, level: float) -> np.ndarray:
        """Return weights whose sum of values is the expected shortfall, shape of `values`."""
        return self.distribution(values).tail(level)

    def sd_weights(self, values: np.ndarray) -> np.ndarray:
        """Return weights whose sum of values is the standard deviation, shape of `values`."""
        mass = self.weights_of(values)
        sd = self.standard_deviation(values).value
        if sd == 0.0:
            return np.zeros(values.shape)
        n = self.scenarios
        return mass * (values - float((mass * values).sum())) * (n / max(n - 1, 1) / sd)

    def expected_shortfall(
        self, values: np.ndarray, level: float, confidence: float = 0.95
    ) -> Estimate:
        """Return the weighted mean of the worst share `level` of the values.

        The error is that of ``ES = q - E[(q - X)+] / level``; the quantile's own error cancels to
        first order (Acerbi and Tasche 2002). The error is NaN if fewer than two scenarios lie
        beyond the quantile.

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
        pivot = self.distribution(values).quantile(level)
        depth = scenario_means(np.maximum(pivot - values, 0.0))
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
        weights = self.weights_of(values)
        mean = float((weights * values).sum())
        n = self.scenarios
        variance = float((weights * (values - mean) ** 2).sum()) * n / max(n - 1, 1)
        sd = math.sqrt(variance)
        if sd == 0.0 and self.freedom >= 1:
            return symmetric(0.0, 0.0, self.freedom, confidence)
        if self.freedom < 2:
            return Estimate(sd, math.nan, 0.0, math.inf, confidence)
        error = self.error_of_mean(((values - mean) / sd) ** 2) * sd / 2.0
        found = symmetric(sd, error, self.freedom, confidence)
        return replace(found, low=max(found.low, 0.0))
