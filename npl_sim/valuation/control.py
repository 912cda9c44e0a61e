"""A sharper mean from the same scenarios: the systematic factors as control variates.

The expectation of each factor's average deviation is known to be zero. Regressing the value of a
scenario on these deviations takes out of the mean what the sample's worlds happened to be better or
worse than all worlds. The sample itself is left as it is, so quantiles and their errors stand.

Measured against antithetic, stratified (Sobol) and importance sampling in docs/precision.md: on the
mean they bring the same, alone or together, because what is left is the luck of single loans. Against that
the loans that matter can be drawn several times in each world (`engine.repeats`); then the sample holds the
mean of each world's draws.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate, symmetric

__all__ = ["Controlled", "Fit", "controlled_mean", "fit"]

SCENARIOS_PER_CONTROL = 10
"""Fewer scenarios than this for each control, and fitting them costs what they bring."""


@dataclass(frozen=True)
class Controlled:
    """A mean and how it was estimated.

    Attributes
    ----------
    estimate
        The better of the two estimates below.
    plain
        The mean of one draw of each scenario.
    weights
        Weight of each scenario in the estimate; they sum to 1, shape (scenarios,).
    explained
        Share of the variance that the controls explain; 0 where they are not used.
    """

    estimate: Estimate
    plain: Estimate
    weights: np.ndarray
    explained: float

    @property
    def gain(self) -> float:
        """Scenarios that the plain mean would need for the same error, over those that were run."""
        return (self.plain.se / self.estimate.se) ** 2 if self.estimate.se > 0.0 else 1.0


@dataclass(frozen=True)
class Fit:
    """A regression on controls whose expectation is zero, made ready for any sample of the same scenarios.

    Attributes
    ----------
    design
        A column of ones and the controls, shape (scenarios, controls + 1).
    inverse
        Inverse of its moments.
    weights
        Weights that give the intercept: they sum to 1 and give every control the mean zero.
    freedom
        Degrees of freedom of the residual.
    """

    design: np.ndarray
    inverse: np.ndarray
    weights: np.ndarray
    freedom: int

    def residual_variance(self, sample: np.ndarray) -> float:
        """Return the variance of what the controls leave of a sample."""
        slopes = self.inverse @ np.einsum("si,s->i", self.design, sample)
        residual = sample - np.einsum("si,i->s", self.design, slopes)
        return float(residual @ residual) / self.freedom

    def se(self, residual_variance: float) -> float:
        """Return the standard error of the intercept; it includes that the slopes are estimated."""
        return math.sqrt(max(residual_variance * float(self.inverse[0, 0]), 0.0))


def fit(scenarios: int, drivers: np.ndarray) -> Fit | None:
    """Return the regression on drivers; none where there are too few scenarios, or nothing moves.

    Parameters
    ----------
    scenarios
        Number of scenarios.
    drivers
        Of expectation zero, shape (scenarios, drivers).
    """
    spread = drivers.std(axis=0) if drivers.size else np.zeros(0)
    moving = spread > 0.0
    k = int(moving.sum())
    if k == 0 or scenarios < SCENARIOS_PER_CONTROL * (k + 1):
        return None
    design = np.column_stack([np.ones(scenarios), drivers[:, moving] / spread[moving]])
    # Sums by einsum: their order, and so the last bit, does not depend on the machine's threads.
    moments = np.einsum("si,sj->ij", design, design)
    inverse = np.linalg.pinv(moments, rcond=1e-10, hermitian=True)
    return Fit(design, inverse, np.einsum("si,i->s", design, inverse[0]), scenarios - k - 1)


def controlled_mean(
    sample: np.ndarray, drivers: np.ndarray, confidence: float = 0.95, single: np.ndarray | None = None
) -> Controlled:
    """Return the mean of a sample, adjusted for drivers whose expectation is zero where that pays.

    With k controls the interval is Student's with n - k - 1 degrees of freedom around the intercept of
    the regression, whose error includes that the slopes are estimated.

    Parameters
    ----------
    sample
        One value per scenario, shape (scenarios,).
    drivers
        Of expectation zero, shape (scenarios, drivers); none: the plain mean.
    confidence
        Confidence of the interval.
    single
        One draw of each scenario, where `sample` holds means of several: it gives the plain estimate.

    References
    ----------
    Lavenberg and Welch (1981), A perspective on the use of control variables, Management Science 27.
    Glasserman (2004), Monte Carlo Methods in Financial Engineering, section 4.1.
    """
    uncontrolled = risk.mean(sample, confidence)
    plain = uncontrolled if single is None else risk.mean(single, confidence)
    n = len(sample)
    nothing = Controlled(uncontrolled, plain, np.full(n, 1.0 / n), 0.0)
    found = fit(n, drivers)
    if found is None or uncontrolled.se == 0.0:
        return nothing
    variance = found.residual_variance(sample)
    se = found.se(variance)
    if se >= uncontrolled.se:
        return nothing
    value = float(np.einsum("s,s->", found.weights, sample))
    explained = 1.0 - variance / float(sample.var(ddof=1))
    return Controlled(symmetric(value, se, found.freedom, confidence), plain, found.weights, explained)
