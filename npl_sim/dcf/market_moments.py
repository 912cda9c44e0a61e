"""Market moments: mean, variance and covariance of the systematic factors.

docs/model.md section 2.
"""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from npl_sim.market.spec import Market, Overlay


def normal_nodes(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return Gauss-Hermite nodes and weights of the standard normal distribution."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(count)
    return nodes, weights / weights.sum()


@dataclass(frozen=True)
class Factor:
    """One systematic factor."""

    persistence: float
    """Share of a deviation left after one month."""
    variance: np.ndarray
    """Variance of the log deviation by month, shape (months + 1,)."""
    shift: np.ndarray
    """Expected log of the level by month, stress included, shape (months + 1,)."""

    def covariance(self, first: int, last: int) -> np.ndarray:
        """Return the covariance of the log deviations of months `first` to `last`."""
        months = np.arange(first, last + 1)
        earlier = np.minimum(months[:, None], months[None, :])
        apart = np.abs(months[:, None] - months[None, :])
        return np.asarray(self.variance[earlier] * self.persistence**apart)

    def running(
        self, loading: float, amounts: np.ndarray, first: int, nodes: np.ndarray
    ) -> np.ndarray:
        """Return running sums of amounts times ``exp(loading x)`` of mean one, at deviates.

        The sum is treated as lognormal with its exact mean and variance in every month, with
        fully dependent months.

        Parameters
        ----------
        loading
            Loading of the amounts on the factor.
        amounts
            Amounts of months `first`, `first` + 1, ..., shape (n,).
        first
            First month.
        nodes
            Normal deviates, shape (nodes,).

        Returns
        -------
        numpy.ndarray
            Shape (nodes, n + 1), starting at 0.
        """
        n = len(amounts)
        total = np.zeros((len(nodes), n + 1))
        if n == 0:
            return total
        expected = amounts * np.exp(loading * self.shift[first : first + n])
        mean = np.cumsum(expected)
        joint = np.expm1(loading**2 * self.covariance(first, first + n - 1))
        spread = np.diagonal(
            np.cumsum(np.cumsum(expected[:, None] * joint * expected, axis=0), axis=1)
        )
        ratio = np.divide(spread, mean**2, out=np.zeros(n), where=mean > 0.0)
        log_variance = np.log1p(np.maximum(ratio, 0.0))
        level = np.exp(np.sqrt(log_variance) * nodes[:, None] - 0.5 * log_variance)
        total[:, 1:] = np.maximum.accumulate(mean * level, axis=1)
        return total


@dataclass(frozen=True)
class MarketMoments:
    """Moments of a study's factors: cooperation, congestion, and collateral indices."""

    cooperation: Factor
    congestion: Factor
    indices: tuple[Factor, ...]
    shared: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    """Results that all policies and horizons of one valuation share, by name."""

    def congestion_nodes(self, month: int) -> tuple[np.ndarray, np.ndarray]:
        """Return levels of congestion in a month and their weights."""
        month = min(max(1, month), len(self.congestion.shift) - 1)
        variance = float(self.congestion.variance[month])
        nodes, weights = normal_nodes(3) if variance > 0.0 else (np.zeros(1), np.ones(1))
        level = np.exp(math.sqrt(variance) * nodes - variance / 2.0 + self.congestion.shift[month])
        return level, weights


def _overlay_log(overlay: Overlay, months: np.ndarray) -> np.ndarray:
    later = months >= 1
    log = overlay.drift_shift * months / 12.0 + later * math.log(overlay.multiplier)
    if overlay.multipliers:
        log = log + later * np.log(np.interp(months, overlay.months, overlay.multipliers))
    return log


def market_moments(spec: Market, stress: Sequence[str], horizon: int) -> MarketMoments:
    """Return the factors of a market under the named stresses.

    Parameters
    ----------
    spec, stress
        Market and stresses of the study.
    horizon
        Last month.
    """
    months = np.arange(horizon + 1, dtype=np.float64)
    overlays = [o for name in stress for s in spec.stresses if s.name == name for o in s.overlays]

    def factor(name: str, persistence: float, innovation: float, drift: float) -> Factor:
        shift = drift * months / 12.0
        for overlay in overlays:
            if fnmatch.fnmatchcase(name, overlay.factor):
                innovation *= overlay.volatility_multiplier
                shift = shift + _overlay_log(overlay, months)
        squares = innovation**2 * persistence ** (2.0 * np.arange(horizon))
        return Factor(persistence, np.concatenate([[0.0], np.cumsum(squares)]), shift)

    made = []
    for name, factor_spec in (("cooperation", spec.cooperation), ("congestion", spec.congestion)):
        kept = factor_spec.persistence
        made.append(factor(name, kept, factor_spec.volatility * math.sqrt(1.0 - kept**2), 0.0))
    for index in spec.indices:
        kappa = index.mean_reversion
        kept = math.exp(-kappa / 12.0)
        month = 1.0 / 12.0 if kappa == 0.0 else (1.0 - kept**2) / (2.0 * kappa)
        made.append(factor(index.name, kept, index.volatility * math.sqrt(month), index.drift))
    return MarketMoments(made[0], made[1], tuple(made[2:]))
