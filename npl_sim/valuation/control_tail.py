"""Quantiles and expected shortfall with controls, from one or several draws of each scenario.

The share of a scenario's draws at or below x is, over the scenarios, an independent sample with the mean F(x).
Controls of expectation zero sharpen that mean as they do any other; the weights that they give the scenarios do
not depend on x, so one weighted distribution function serves all quantiles (Hesterberg and Nelson). The
interval is that of F at the estimate, carried over to the values (Woodruff).

References
----------
Hesterberg and Nelson (1998), Control variates for probability and quantile estimation, Management Science 44.
Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47.
Acerbi and Tasche (2002), On the coherence of expected shortfall, J. Banking & Finance 26.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate
from npl_sim.valuation.control import controlled_mean, fit

__all__ = ["controlled_quantile", "controlled_shortfall"]

FEWEST_IN_TAIL = 20.0
"""Scenarios expected beyond a quantile: with fewer its large-sample interval is not to be trusted."""


class _Weighted:
    """A distribution function from weighted draws."""

    def __init__(self, draws: np.ndarray, weights: np.ndarray) -> None:
        values = draws.ravel()
        order = np.argsort(values, kind="stable")
        self.values = values[order]
        # Single weights may be negative; the largest sum so far is a distribution function again.
        mass = np.repeat(weights / draws.shape[1], draws.shape[1])[order]
        self.below = np.maximum.accumulate(np.cumsum(mass))

    def quantile(self, level: float) -> float:
        """Return the smallest value up to which the weights reach `level`; infinite beyond 0 and 1."""
        if not 0.0 < level < 1.0:
            return -math.inf if level <= 0.0 else math.inf
        place = int(np.searchsorted(self.below, level - 1e-12))
        return float(self.values[min(place, len(self.values) - 1)])


def _is_plain(draws: np.ndarray, drivers: np.ndarray, level: float) -> bool:
    few = len(draws) * min(level, 1.0 - level) < FEWEST_IN_TAIL
    return few or (draws.shape[1] == 1 and not drivers.size)


def _best_weights(share: np.ndarray, drivers: np.ndarray) -> tuple[np.ndarray, float, int]:
    """Return weights of the scenarios, the error of the mean share under them, and its degrees of freedom."""
    n = len(share)
    plain = risk.mean(share).se
    found = fit(n, drivers)
    if found is not None:
        se = found.se(found.residual_variance(share))
        if se < plain:
            return found.weights, se, found.freedom
    return np.full(n, 1.0 / n), plain, n - 1


def controlled_quantile(
    draws: np.ndarray, drivers: np.ndarray, level: float, confidence: float = 0.95
) -> Estimate:
    """Return a quantile; that of single draws without controls is `risk.quantile`, and so is one far in a tail.

    Parameters
    ----------
    draws
        Values of the draws of each scenario, shape (scenarios, draws).
    drivers
        Of expectation zero, shape (scenarios, drivers); may be empty.
    level
        Share at or below, between 0 and 1.
    confidence
        Confidence of the interval.
    """
    if _is_plain(draws, drivers, level):
        return risk.quantile(draws[:, 0], level, confidence)
    first = np.quantile(draws, level)
    weights, _, _ = _best_weights((draws <= first).mean(axis=1), drivers)
    found = _Weighted(draws, weights)
    value = found.quantile(level)
    share = (draws <= value).mean(axis=1)
    _, se, freedom = _best_weights(share, drivers)
    reach = float(special.stdtrit(freedom, 0.5 + confidence / 2.0)) * se
    low, high = found.quantile(level - reach), found.quantile(level + reach)
    deviate = float(special.ndtri(0.5 + confidence / 2.0))
    error = (high - low) / (2.0 * deviate) if math.isfinite(high - low) else math.nan
    return Estimate(value, error, low, high, confidence)


def controlled_shortfall(
    draws: np.ndarray, drivers: np.ndarray, level: float, confidence: float = 0.95
) -> Estimate:
    """Return the mean of the worst share `level` of the draws.

    It is ``q - E[(q - X)+] / level`` at the quantile q, whose own error cancels to first order.

    Parameters
    ----------
    draws, drivers, level, confidence
        As for `controlled_quantile`.
    """
    if _is_plain(draws, drivers, level):
        return risk.expected_shortfall(draws[:, 0], level, confidence)
    pivot = controlled_quantile(draws, drivers, level, confidence).value
    depth = controlled_mean(np.maximum(pivot - draws, 0.0).mean(axis=1), drivers, confidence).estimate
    low, high = pivot - depth.high / level, pivot - depth.low / level
    return Estimate(pivot - depth.value / level, depth.se / level, low, high, confidence)
