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

__all__ = [
    "Life",
    "curve_frame",
    "level_name",
    "life_of",
    "month_statistics",
    "recovery_curve",
    "weighted_life",
]


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
    weighted = np.einsum("sm,m->s", received, years)
    return life_of(received.sum(axis=1), weighted, net.mean(axis=0), years, levels, confidence)


def life_of(
    total: np.ndarray,
    weighted: np.ndarray,
    mean_net: np.ndarray,
    years: np.ndarray,
    levels: Iterable[float],
    confidence: float,
) -> Life:
    """Return the weighted average life from sums of the cash.

    Parameters
    ----------
    total, weighted
        Receipts of each scenario, and receipts times years, shape (scenarios,). [package currency]
    mean_net
        Expected net cash, shape (months + 1,). [package currency]
    years
        When the cash of each month is paid. [years]
    levels, confidence
        As for `weighted_life`.
    """
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
    frames = []
    for measure, cash in (("gross", received), ("net", net)):
        months = month_statistics(np.cumsum(cash, axis=1), levels)
        frames.append(curve_frame(measure, months, len(cash), gbv, levels))
    return pd.concat(frames, ignore_index=True)


def month_statistics(total: np.ndarray, levels: Iterable[float]) -> np.ndarray:
    """Return mean, standard deviation and order statistics of each month, shape (2 + levels, months).

    Parameters
    ----------
    total
        Cumulative cash, shape (scenarios, months); it is sorted in place. [package currency]
    levels
        Levels of the quantiles.
    """
    scenarios = len(total)
    mean, spread = total.mean(axis=0), total.std(axis=0, ddof=min(1, scenarios - 1))
    total.sort(axis=0)
    return np.stack([mean, spread, *(total[risk.order_statistic(scenarios, p) - 1] for p in levels)])


def curve_frame(
    measure: str, statistics: np.ndarray, scenarios: int, gbv: float, levels: Iterable[float]
) -> pd.DataFrame:
    """Return the rows of one measure of the recovery curve, from `month_statistics`."""
    unit = 1.0 / gbv if gbv > 0.0 else math.nan
    mean, spread, *picks = statistics
    columns = {
        "measure": measure,
        "month": np.arange(len(mean)),
        "mean": mean * unit,
        "mean_se": spread / math.sqrt(scenarios) * unit,
    }
    columns |= {level_name(p): pick * unit for p, pick in zip(levels, picks, strict=True)}
    return pd.DataFrame(columns)
