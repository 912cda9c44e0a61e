r"""Scenarios near an observed amount, as weights for a forecast of what is still unknown.

The weights condition on an observed amount :math:`a` of a quantity whose values in the scenarios
are :math:`x_s`. Scenario weights are multiplied by an Epanechnikov kernel of width :math:`h`. An
exponential factor then makes the mean of :math:`x` equal to :math:`a`:

.. math:: w_s \propto w_s^0 (1 - u_s^2)^+ e^{\lambda u_s}, \quad u_s = (x_s - a) / h,
          \quad \sum_s w_s u_s = 0 .

No weight is negative, so means, quantiles and parts of a forecast come from one distribution. With
the exponential factor, the forecast is exact where the unknown is linear in :math:`x`, as a
regression would be. The kernel keeps it local: a scenario farther than :math:`h` has no weight.

The width is :math:`h = 2.34 \min(s, q / 1.34) n^{-1/5}`. Here :math:`s` is the standard deviation,
:math:`q` the interquartile range and :math:`n` the effective number of scenarios.
Nothing is extrapolated: without scenarios on both sides, or with a smaller effective sample than
`LEAST`, there are no weights.

References
----------
Beaumont, Zhang and Balding (2002), Approximate Bayesian computation in population genetics,
Genetics 162. Silverman (1986), Density Estimation, section 3.4. Kish (1965), Survey Sampling, for
the effective sample size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from npl_sim.stats.weighted import Distribution

LEAST = 30
"""Smallest effective number of near scenarios for a forecast."""

WIDTH = 2.34
"""Factor of the kernel's width, for an Epanechnikov kernel (Silverman)."""

STEEPEST = 50.0
"""Steepest exponent, at the edge of the kernel."""


@dataclass(frozen=True)
class Near:
    """Scenarios near an observed amount."""

    weights: np.ndarray
    """Weight of each scenario, with sum 1, shape (scenarios,); empty if not determined."""
    effective: float
    """Effective number of scenarios, 1 / sum of squared weights; 0 if not determined."""
    count: int
    """Scenarios inside the kernel."""
    width: float
    """Half width of the kernel, in the unit of the observed amount."""
    reason: str = ""
    """Why there are no weights; empty if there are."""

    @property
    def determined(self) -> bool:
        """Whether there are weights."""
        return self.reason == ""

    def mean(self, values: np.ndarray) -> np.ndarray:
        """Return the weighted mean of values with a row for each scenario."""
        return np.tensordot(self.weights, values, axes=(0, 0))

    def error(self, values: np.ndarray) -> float:
        """Return the standard error of the weighted mean, shape (scenarios,).

        It is ``sqrt(sum of w^2 (v - mean)^2)``, the error of a ratio of sums (delta method).
        """
        apart = values - float(self.weights @ values)
        return math.sqrt(float(self.weights**2 @ apart**2))

    def quantile(self, values: np.ndarray, level: float) -> float:
        """Return a weighted quantile of values, shape (scenarios,)."""
        return Distribution(values, self.weights).quantile(level)


def near_scenarios(weights: np.ndarray, values: np.ndarray, at: float) -> Near:
    """Return weights of the scenarios whose value is near an observed one.

    Parameters
    ----------
    weights
        Weights before the observation, with sum 1, shape (scenarios,).
    values
        The observed quantity in each scenario, shape (scenarios,).
    at
        Its observed amount.
    """
    nothing = np.empty(0)
    spread = _spread(weights, values)
    # Rounding noise of a certain amount is no spread.
    if spread <= 1e-9 * max(float(np.abs(values).max(initial=0.0)), abs(at)):
        if abs(float(weights @ values) - at) <= 0.005:
            size = 1.0 / float(weights @ weights)
            return Near(weights / weights.sum(), size, len(values), 0.0)
        return Near(nothing, 0.0, 0, 0.0, "every scenario has the same other amount")
    width = WIDTH * spread * (1.0 / float(weights @ weights)) ** -0.2
    u = (values - at) / width
    kernel = weights * np.maximum(1.0 - u**2, 0.0)
    inside = kernel > 0.0
    count = int(inside.sum())
    if count < LEAST or not (u[inside] < 0.0).any() or not (u[inside] > 0.0).any():
        reason = f"{count:,} scenarios are near; expected at least {LEAST}, on both sides"
        return Near(nothing, 0.0, count, width, reason)
    k, v = kernel[inside], u[inside]

    def pull(slope: float) -> float:
        return float((k * np.exp(slope * v)) @ v)

    if pull(-STEEPEST) > 0.0 or pull(STEEPEST) < 0.0:
        return Near(nothing, 0.0, count, width, "all near scenarios lie on one side")
    slope = float(optimize.brentq(pull, -STEEPEST, STEEPEST, xtol=1e-14, rtol=1e-14))
    found = np.zeros(len(values))
    found[inside] = k * np.exp(slope * v)
    found /= found.sum()
    effective = 1.0 / float(found @ found)
    if effective < LEAST:
        reason = f"the effective number of near scenarios is {effective:.1f}; expected {LEAST}"
        return Near(nothing, 0.0, count, width, reason)
    return Near(found, effective, count, width)


def _spread(weights: np.ndarray, values: np.ndarray) -> float:
    """Return the smaller of standard deviation and interquartile range over 1.34."""
    mean = float(weights @ values)
    sd = math.sqrt(max(float(weights @ (values - mean) ** 2), 0.0))
    law = Distribution(values, weights)
    middle = (law.quantile(0.75) - law.quantile(0.25)) / 1.34
    return min(sd, middle) if middle > 0.0 else sd
