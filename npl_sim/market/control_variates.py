"""Control variates of a run: average deviations of the market factors, equal for all packages.

The deviation of a factor from its median path has expectation zero in every month. Its average
over the horizon, with lower weights for later months, measures how favorable a scenario is.
Averages over stretches of the horizon measure the timing. The weights of months and indices are
fixed. With weights by receipts, the values of two halves of a package would not add up to the
whole.
"""

from __future__ import annotations

import numpy as np

FADE = 30.0
"""Months in which the weight of a month falls to 1/e (measured, docs/precision.md)."""

STRETCHES = 3
"""Averages of each factor in a run to a precision; other runs have one (docs/precision.md)."""

OTHERS = 2
"""Factors before the indices: cooperation and congestion."""


def month_weights(horizon: int, stretches: int) -> np.ndarray:
    """Return the weight of each month in each average of a factor.

    The horizon is cut into stretches of about equal weight. The first average is over the whole
    horizon, and each further one over a stretch. The last stretch follows from the others.

    Parameters
    ----------
    horizon
        Months simulated.
    stretches
        Number of averages of each factor; a shorter horizon has one for each month at most.

    Returns
    -------
    numpy.ndarray
        Rows sum to 1, shape (averages, months + 1).
    """
    weight = np.exp(-np.arange(horizon + 1) / FADE)
    weight[0] = 0.0
    weight /= weight.sum()
    count = min(stretches, horizon)
    stretch = np.floor(count * (np.cumsum(weight) - 0.5 * weight))
    rows = [
        weight,
        *(np.where((stretch == i) & (weight > 0.0), weight, 0.0) for i in range(count - 1)),
    ]
    return np.array([row / row.sum() for row in rows])


def control_blocks(factors: int, averages: int) -> tuple[int, ...]:
    """Return the numbers of control variates: whole horizon, its stretches, single indices.

    Parameters
    ----------
    factors
        Number of market factors.
    averages
        Averages of each factor.
    """
    own = min(factors, OTHERS + 1)
    return (own, own * (averages - 1), factors - own) if averages > 1 else (own,)


class Controls:
    """Control variates computed from the deviations of factors.

    The first are averages over the whole horizon: of cooperation, of congestion, and of the mean
    of the indices. Each is in units of its own volatility, so a stress of volatilities does not
    change the scenario weights. With more stretches, the same averages over the stretches follow,
    and then the averages of the single indices over the whole horizon.

    Parameters
    ----------
    innovation
        Monthly volatility of cooperation, congestion, then the indices, shape (factors,).
    horizon
        Months simulated.
    stretches
        Averages of each factor.
    """

    def __init__(self, innovation: np.ndarray, horizon: int, stretches: int) -> None:
        self.months = month_weights(horizon, stretches)
        moving = innovation[OTHERS:] > 0.0
        self.scale = np.divide(1.0, innovation[OTHERS:], out=np.zeros(len(moving)), where=moving)
        self.factors = len(innovation)

    @property
    def blocks(self) -> tuple[int, ...]:
        """Numbers of control variates that stand together (see `control_blocks`)."""
        return control_blocks(self.factors, len(self.months))

    @property
    def count(self) -> int:
        """Number of control variates."""
        return sum(self.blocks)

    def of(self, deviation: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the average of every factor over the horizon, and the control variates.

        Parameters
        ----------
        deviation
            Log deviation of each factor, shape (scenarios, factors, months + 1).

        Returns
        -------
        tuple
            Shapes (scenarios, factors) and (scenarios, controls).
        """
        # Along the months of one scenario: the sum is independent of the number of scenarios.
        averages = [(deviation * row).sum(axis=2) for row in self.months]
        parts = [self._merged(average) for average in averages]
        if len(averages) > 1:
            parts.append(averages[0][:, OTHERS + 1 :])
        return averages[0], np.concatenate(parts, axis=1)

    def _merged(self, average: np.ndarray) -> np.ndarray:
        """Return averages with those of the indices merged into their mean."""
        if not len(self.scale):
            return average
        mean = (average[:, OTHERS:] * self.scale).sum(axis=1)
        return np.column_stack([average[:, :OTHERS], mean])
