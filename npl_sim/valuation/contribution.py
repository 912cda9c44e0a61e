"""Who brings the value and who bears the risk: Euler contributions, and their sharing to the cent.

Mean, expected shortfall, quantile and standard deviation are all homogeneous of degree one in the
loans, so each is a weighted sum over scenarios of the package's value, and the same weights applied to
one loan's value give its contribution (Tasche, Capital allocation to business units and sub-portfolios:
the Euler principle, 2008). The contributions sum to the measure.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from npl_sim.stats import risk

__all__ = ["quantile_weights", "sd_weights", "share_cents", "shortfall_weights"]


def shortfall_weights(sample: np.ndarray, level: float) -> np.ndarray:
    """Return weights with which the sample's sum is its expected shortfall, shape (scenarios,).

    Scenarios that are tied at the edge of the tail share what is left of it.
    """
    n = len(sample)
    tail = n * level
    edge = np.sort(sample)[risk.order_statistic(n, level) - 1]
    below, at = sample < edge, sample == edge
    weights = below / tail
    weights[at] = (tail - below.sum()) / tail / at.sum()
    return weights


def quantile_weights(sample: np.ndarray, level: float) -> np.ndarray:
    """Return smooth weights around a quantile, shape (scenarios,); they sum to 1.

    They are those of Harrell and Davis (Biometrika 69, 1982): each order statistic counts with the
    probability that it is the quantile. A single scenario's loans would be chance alone.
    """
    n = len(sample)
    ranks = np.arange(n + 1) / n
    a, b = (n + 1) * level, (n + 1) * (1.0 - level)
    steps = np.diff(special.betainc(a, b, ranks))
    weights = np.empty(n)
    weights[np.argsort(sample, kind="stable")] = steps
    return weights


def sd_weights(sample: np.ndarray) -> np.ndarray:
    """Return weights with which the sample's sum is its standard deviation, shape (scenarios,)."""
    n = len(sample)
    sd = float(sample.std(ddof=1))
    if sd == 0.0:
        return np.zeros(n)
    return (sample - sample.mean()) / ((n - 1) * sd)


def share_cents(amount: float, weights: np.ndarray) -> np.ndarray:
    """Share an amount in whole cents in proportion to weights; what is left goes by largest remainder.

    Parameters
    ----------
    amount
        Amount, itself rounded to a cent. [package currency]
    weights
        Of either sign, with a sum other than 0; else all have the same part, shape (parts,).

    Returns
    -------
    numpy.ndarray
        Parts whose cents sum to the amount's exactly. [cents]
    """
    cents = round(100.0 * amount)
    total = math.fsum(weights)
    share = weights / total if total != 0.0 else np.full(len(weights), 1.0 / len(weights))
    exact = share * cents
    parts = np.floor(exact).astype(np.int64)
    left = cents - int(parts.sum())
    # Floors lose less than a cent each, but rounding of large amounts can ask for some back.
    order = np.argsort(-(exact - parts), kind="stable")
    step = 1 if left > 0 else -1
    order = order if left > 0 else order[::-1]
    for i in range(abs(left)):
        parts[order[i % len(order)]] += step
    return parts
