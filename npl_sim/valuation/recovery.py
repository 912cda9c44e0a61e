"""When the cash comes: weighted average life and cumulative recovery."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.stats import risk
from npl_sim.stats.discount import payment_years
from npl_sim.stats.risk import Estimate, undefined

__all__ = ["Life", "level_name", "recovery_curve", "weighted_life"]


@dataclass(frozen=True)
class Life:
    """Weighted average life of the cash.

    Attributes
    ----------
    expected
        Of expected receipts: sum of time times expected receipts over their sum. [years]
    net
        The same of expected net cash; NaN where that sums to nothing or less. [years]
    quantiles
        Of the scenarios' own receipt-weighted lives, by level, over the scenarios that receive
        anything. [years]
    nothing_received
        Share of scenarios that receive nothing.
    """

    expected: Estimate
    net: float
    quantiles: dict[float, Estimate]
    nothing_received: float

    @property
    def months(self) -> Estimate:
        """Life of expected receipts in months."""
        return self.expected.scaled(12.0)


def weighted_life(
    received: np.ndarray,
    net: np.ndarray,
    cash_timing: str = "month_end",
    levels: Iterable[float] = (0.05, 0.5, 0.95),
    confidence: float = 0.95,
) -> Life:
    """Return the weighted average life of a package's cash.

    The standard error is that of a ratio of means (delta method).

    Parameters
    ----------
    received, net
        Receipts and net cash, shape (scenarios, months + 1). [package currency]
    cash_timing
        ``month_end`` or ``mid_month``.
    levels
        Levels of the quantiles over scenarios.
    confidence
        Confidence of the intervals.
    """
    years = payment_years(received.shape[1] - 1, cash_timing)
    total = received.sum(axis=1)
    weighted = np.einsum("sm,m->s", received, years)
    some = total > 0.0
    expected = undefined(confidence)
    if total.mean() > 0.0:
        life = float(weighted.mean() / total.mean())
        error = risk.mean((weighted - life * total) / total.mean(), confidence)
        expected = Estimate(life, error.se, life + error.low, life + error.high, confidence)
    own = weighted[some] / total[some]
    quantiles = {
        level: risk.quantile(own, level, confidence) if own.size else undefined(confidence)
        for level in levels
    }
    mean_net = net.mean(axis=0)
    net_life = float(mean_net @ years / mean_net.sum()) if mean_net.sum() > 0.0 else math.nan
    return Life(expected, net_life, quantiles, float(np.mean(~some)))


def level_name(level: float) -> str:
    """Return the column name of a quantile: ``q5`` for 0.05, ``q0_5`` for 0.005."""
    return "q" + f"{100.0 * level:.6g}".replace(".", "_")


def recovery_curve(
    received: np.ndarray, net: np.ndarray, gbv: float, levels: Iterable[float]
) -> pd.DataFrame:
    """Return cumulative recovery by month.

    Parameters
    ----------
    received, net
        Receipts and net cash, shape (scenarios, months + 1). [package currency]
    gbv
        Gross book value; where it is 0 the shares are NaN. [package currency]
    levels
        Levels of the quantiles over scenarios, each month by itself: a quantile's curve is no path.

    Returns
    -------
    pd.DataFrame
        Columns measure (``gross``: receipts, ``net``: after costs), month, mean, mean_se and one
        per level (see `level_name`). [share of GBV]
    """
    levels = tuple(levels)
    scenarios, months = received.shape
    unit = 1.0 / gbv if gbv > 0.0 else math.nan
    frames = []
    for measure, cash in (("gross", received), ("net", net)):
        total = np.cumsum(cash, axis=1)
        mean, spread = total.mean(axis=0), total.std(axis=0, ddof=min(1, scenarios - 1))
        total.sort(axis=0)
        columns = {
            "measure": measure,
            "month": np.arange(months),
            "mean": mean * unit,
            "mean_se": spread / math.sqrt(scenarios) * unit,
        }
        for level in levels:
            columns[level_name(level)] = total[risk.order_statistic(scenarios, level) - 1] * unit
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True)
