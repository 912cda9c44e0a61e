r"""Test of many observed amounts against one simulated distribution, with one false-alarm rate.

The deviation of amount :math:`k` is scaled by the plan's own quantiles on its side,

.. math:: u_k = \frac{a_k - q_{50}}{q_{95} - q_{50}}, \quad
          u_k = \frac{q_{50} - a_k}{q_{50} - q_5}

above and below the median.

An amount below its median is compared with the largest deviation below in each scenario, over all
amounts. An amount above is compared with the largest above. The two tails of cash differ: one
maximum of both would hide what is missing behind what may come in excess. The adjusted p-value is
twice the weighted share of scenarios whose largest deviation on that side is at least as large.

An alarm is a p-value of at most the level, which then bounds the chance of any false alarm,
whatever the dependence of the amounts. Each side has half of the level. The observation counts as
one more scenario, also where medians and scales are estimated. So a scenario of the plan and an
observation from it are alike, and no p-value is 0.

References
----------
Westfall and Young (1993), Resampling-Based Multiple Testing, section 2.2, single-step maximum.
Phipson and Smyth (2010), Permutation p-values should never be zero.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.stats.weighted import Distribution

LOW, MIDDLE, HIGH = 0.05, 0.5, 0.95
"""Levels of the quantiles that scale a deviation."""


@dataclass(frozen=True)
class JointTest:
    """Result of a joint test of several amounts."""

    deviation: np.ndarray
    """Scaled deviation of each amount, negative below the median, shape (amounts,)."""
    p_value: np.ndarray
    """Adjusted p-value of each amount, shape (amounts,)."""
    overall: float
    """The smallest adjusted p-value; 1 without amounts."""
    level: float
    """Chance of at least one false alarm."""

    @property
    def alarms(self) -> np.ndarray:
        """Which amounts alarm, shape (amounts,)."""
        return self.p_value <= self.level


def joint_test(
    weights: np.ndarray, plan: np.ndarray, actual: np.ndarray, level: float = 0.05
) -> JointTest:
    """Compare observed amounts with their joint distribution in the scenarios.

    Parameters
    ----------
    weights
        Scenario weights with sum 1, shape (scenarios,).
    plan
        Amounts of each scenario, shape (scenarios, amounts).
    actual
        Observed amounts, shape (amounts,).
    level
        Chance of at least one false alarm.
    """
    if not len(actual):
        return JointTest(np.empty(0), np.empty(0), 1.0, level)
    n = len(weights)
    # The observation is one scenario more, also where scales are estimated: all are alike.
    mass = np.append(weights * (n / (n + 1.0)), 1.0 / (n + 1.0))
    every = np.vstack([plan, actual])
    apart = np.column_stack([_scaled(mass, column) for column in every.T])
    observed = apart[-1]
    p = np.ones(len(actual))
    for side in (-1.0, 1.0):
        largest = (side * apart).max(axis=1)
        own = side * observed
        share = (largest[:, None] >= own[None, :] * (1.0 - 1e-12)).T @ mass
        p = np.where(own > 0.0, np.minimum(2.0 * share, 1.0), p)
    return JointTest(observed, p, float(p.min()), level)


def _scaled(mass: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the scaled deviations of an amount in each scenario from its weighted median."""
    law = Distribution(values, mass)
    middle = law.quantile(MIDDLE)
    mean = float(mass @ values)
    sd = math.sqrt(max(float(mass @ (values - mean) ** 2), 0.0))
    sides = law.quantile(HIGH) - middle, middle - law.quantile(LOW)
    # An amount that is nearly always 0 has no quantile above it: its spread scales it.
    above, below = (side if side > 0.0 else sd for side in sides)
    apart = values - middle
    apart[np.abs(apart) <= 1e-9 * max(float(np.abs(values).max()), 1.0)] = 0.0
    scale = np.where(apart > 0.0, above, below)
    return np.divide(apart, scale, out=np.zeros(len(apart)), where=apart != 0.0)
