"""Estimates from a sample of scenarios, each with its standard error and interval.

The sample holds one value per independent scenario. Values are what a package is worth to a buyer,
so the bad tail is the lower one. The quantile at 5 % is the value that the worst twentieth of the
scenarios do not exceed. The expected shortfall at 5 % is the mean of that twentieth.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from scipy import special


@dataclass(frozen=True)
class Estimate:
    """An estimate with its standard error and confidence interval.

    Attributes
    ----------
    value
        The estimate; NaN if the quantity is not defined.
    se
        Standard error; NaN if the sample is too small to estimate it.
    low, high
        Ends of the interval; infinite if the sample is too small to bound that side.
    confidence
        Probability that the interval covers the true value.
    """

    value: float
    se: float
    low: float
    high: float
    confidence: float

    def scaled(self, factor: float) -> Estimate:
        """Return the estimate of `factor` times the quantity; undefined for a factor of NaN."""
        if math.isnan(factor):
            return undefined(self.confidence)
        if factor == 0.0:
            return Estimate(0.0, 0.0, 0.0, 0.0, self.confidence)
        ends = sorted((self.low * factor, self.high * factor))
        return replace(
            self, value=self.value * factor, se=self.se * abs(factor), low=ends[0], high=ends[1]
        )


def undefined(confidence: float) -> Estimate:
    """Return the estimate of a quantity that is not defined."""
    return Estimate(math.nan, math.nan, math.nan, math.nan, confidence)


def _checked(sample: np.ndarray, confidence: float) -> np.ndarray:
    sample = np.asarray(sample, dtype=np.float64)
    if sample.ndim != 1 or sample.size == 0:
        raise ValueError(
            f"sample: shape {sample.shape}; expected one value per scenario, at least one"
        )
    if not np.isfinite(sample).all():
        raise ValueError("sample: holds NaN or infinity; expected finite values")
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence: {confidence!r}; expected a probability between 0 and 1")
    return sample


def symmetric(value: float, se: float, freedom: float, confidence: float) -> Estimate:
    """Return an estimate with a Student-t interval; unbounded without degrees of freedom."""
    if not freedom > 0:
        return Estimate(value, math.nan, -math.inf, math.inf, confidence)
    reach = float(special.stdtrit(freedom, 0.5 + confidence / 2.0)) * se
    return Estimate(value, se, value - reach, value + reach, confidence)


def _spread(sample: np.ndarray) -> float:
    """Return the standard deviation with divisor n - 1; 0 where all values are the same."""
    if sample.size < 2 or sample.min() == sample.max():
        return 0.0
    return float(sample.std(ddof=1))


def mean(sample: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Return the sample mean; its interval is Student's with n - 1 degrees of freedom."""
    sample = _checked(sample, confidence)
    n = sample.size
    return symmetric(float(sample.mean()), _spread(sample) / math.sqrt(n), n - 1, confidence)


def standard_deviation(sample: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Return the standard deviation (divisor n - 1) with its large-sample error.

    The error is that of the variance, ``sqrt((m4 - s^4 (n-3)/(n-1)) / n)``, over ``2 s``. It uses
    the sample's fourth moment m4 and does not assume a normal distribution.
    """
    sample = _checked(sample, confidence)
    n, sd = sample.size, _spread(sample)
    if n < 2 or sd == 0.0:
        bound = math.inf if n < 2 else 0.0
        return Estimate(0.0, math.nan if n < 2 else 0.0, 0.0, bound, confidence)
    if n < 3:
        # Two values always have the same fourth moment, so it carries no information.
        return Estimate(sd, math.nan, 0.0, math.inf, confidence)
    # In units of the standard deviation, to avoid fourth powers of large amounts.
    fourth = float(np.mean(((sample - sample.mean()) / sd) ** 4))
    se = 0.5 * sd * math.sqrt(max(fourth - (n - 3) / (n - 1), 0.0) / n)
    estimate = symmetric(sd, se, n - 1, confidence)
    return replace(estimate, low=max(estimate.low, 0.0))


def order_statistic(n: int, level: float) -> int:
    """Return the rank of the sample quantile, from 1: the smallest k with k/n >= level."""
    return min(max(math.ceil(n * level - 1e-9), 1), n)


def quantile(sample: np.ndarray, level: float, confidence: float = 0.95) -> Estimate:
    """Return the sample quantile with a distribution-free interval.

    The estimate is the order statistic of rank ``ceil(n level)``. At least the share `level` of
    the scenarios lies at or below it. Let ``B ~ binomial(n, level)``. The interval starts at rank
    l, the smallest with ``P(B <= l) >= (1 - confidence)/2``. It ends at rank u + 1, where u is the
    smallest with ``P(B <= u) >= (1 + confidence)/2``. It covers the true quantile with at least
    the stated confidence for every distribution. The standard error is the interval's half width
    over the normal deviate.

    Parameters
    ----------
    sample
        One value per scenario, shape (scenarios,).
    level
        Share of scenarios at or below, between 0 and 1.
    confidence
        Confidence of the interval.

    References
    ----------
    David and Nagaraja, Order Statistics, 3rd ed., section 7.1.
    """
    ordered = np.sort(_checked(sample, confidence))
    n = ordered.size
    below = special.bdtr(np.arange(n + 1, dtype=np.float64), n, level)
    first = int(np.searchsorted(below, (1.0 - confidence) / 2.0))
    last = int(np.searchsorted(below, (1.0 + confidence) / 2.0)) + 1
    low = float(ordered[first - 1]) if first >= 1 else -math.inf
    high = float(ordered[last - 1]) if last <= n else math.inf
    deviate = float(special.ndtri(0.5 + confidence / 2.0))
    se = (high - low) / (2.0 * deviate) if math.isfinite(high - low) else math.nan
    return Estimate(float(ordered[order_statistic(n, level) - 1]), se, low, high, confidence)


def expected_shortfall(sample: np.ndarray, level: float, confidence: float = 0.95) -> Estimate:
    """Return the mean of the worst share `level` of the scenarios.

    The estimator takes the worst ``k = floor(n level)`` values with weight 1 and the next one with
    weight ``n level - k``. It is therefore exact for fractional counts and for ties at the edge of
    the tail. The standard error is ``sd((q - X)+) / (level sqrt(n))``, from
    ``ES = q - E[(q - X)+] / level``. The error of the quantile cancels to first order. The
    standard error is NaN if fewer than two scenarios lie beyond the quantile. Estimate and error
    are unreliable if the tail holds only a few scenarios.

    References
    ----------
    Acerbi and Tasche (2002), On the coherence of expected shortfall, J. Banking & Finance 26.
    """
    ordered = np.sort(_checked(sample, confidence))
    n = ordered.size
    tail = n * level
    whole = min(math.floor(tail + 1e-9), n)
    total = float(ordered[:whole].sum())
    part = max(tail - whole, 0.0)
    if whole < n:
        total += part * float(ordered[whole])
    value = min(max(total / (whole + part), float(ordered[0])), float(ordered[-1]))
    depth = np.maximum(ordered[order_statistic(n, level) - 1] - ordered, 0.0)
    if np.count_nonzero(depth) < 2 and ordered[0] < ordered[-1]:
        return Estimate(value, math.nan, -math.inf, math.inf, confidence)
    return symmetric(value, _spread(depth) / (level * math.sqrt(n)), n - 1, confidence)


def probability(hits: np.ndarray, confidence: float = 0.95) -> Estimate:
    """Return the share of scenarios in which an event occurs.

    The Clopper-Pearson interval has at least the stated confidence. It also holds if the event
    occurs in no scenario or in every scenario; the standard error is then NaN.

    Parameters
    ----------
    hits
        Whether the event occurs, shape (scenarios,).
    confidence
        Confidence of the interval.
    """
    hits = np.asarray(hits, dtype=bool)
    _checked(hits, confidence)
    n, k = hits.size, int(hits.sum())
    share, miss = k / n, (1.0 - confidence) / 2.0
    low = float(special.betaincinv(k, n - k + 1, miss)) if k > 0 else 0.0
    high = float(special.betaincinv(k + 1, n - k, 1.0 - miss)) if k < n else 1.0
    se = math.sqrt(share * (1.0 - share) / n) if 0 < k < n else math.nan
    return Estimate(share, se, low, high, confidence)
