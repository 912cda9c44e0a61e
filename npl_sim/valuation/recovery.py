"""Timing of the cash: weighted average life and cumulative recovery."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.stats.risk import Estimate, undefined
from npl_sim.stats.sample import Sample


@dataclass(frozen=True)
class Life:
    """Weighted average life of the cash.

    Attributes
    ----------
    expected
        Life of expected receipts: the sum of time times receipts, over total receipts. [years]
    net
        Life of expected net cash; NaN if its total is not positive. [years]
    quantiles
        Quantiles of the lives of single scenarios by level, over the scenarios with receipts.
        [years]
    nothing_received
        Share of scenarios without receipts.
    """

    expected: Estimate
    net: float
    quantiles: dict[float, Estimate]
    nothing_received: float

    @property
    def months(self) -> Estimate:
        """Life of expected receipts in months."""
        return self.expected.scaled(12.0)


def draw_means(sample: Sample, cash: np.ndarray) -> np.ndarray:
    """Return the mean over the draws of each scenario, shape (scenarios, months + 1).

    Unit: package currency.

    Parameters
    ----------
    sample
        Weighted scenarios.
    cash
        Cash, draws of a scenario in adjacent rows, shape (scenarios x draws, months + 1).
        [package currency]
    """
    draws = len(cash) // sample.scenarios
    if draws == 1:
        return cash
    return cash.reshape(sample.scenarios, draws, -1).mean(axis=1)


@dataclass(frozen=True)
class Mean:
    """Expected net cash by month.

    Attributes
    ----------
    net
        Expected net cash, shape (months + 1,). [package currency]
    years
        Payment time of each month, shape (months + 1,). [years]
    """

    net: np.ndarray
    years: np.ndarray


def life_of(
    sample: Sample,
    total: np.ndarray,
    weighted: np.ndarray,
    mean: Mean,
    levels: Iterable[float],
    confidence: float,
) -> Life:
    """Return the weighted average life from sums of the cash.

    The standard error is that of a ratio of means (delta method).

    Parameters
    ----------
    sample
        Weighted scenarios.
    total, weighted
        Receipts of each scenario, or draw of it, and receipts times years. [package currency]
    mean
        Expected net cash by month.
    levels
        Levels of the quantiles over scenarios.
    confidence
        Confidence of the intervals.
    """
    some = total > 0.0
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.where(some, weighted / total, 0.0)
    quantiles = {
        level: sample.quantile(own, level, confidence, None if some.all() else some)
        if some.any()
        else undefined(confidence)
        for level in levels
    }
    whole = float(mean.net.sum())
    net_life = float(mean.net @ mean.years) / whole if whole > 0.0 else math.nan
    nothing = sample.probability(~some).value
    return Life(sample.ratio(weighted, total, confidence), net_life, quantiles, nothing)


def level_name(level: float) -> str:
    """Return the column name of a quantile: ``q5`` for 0.05, ``q0_5`` for 0.005."""
    return "q" + f"{100.0 * level:.6g}".replace(".", "_")


def month_statistics(sample: Sample, total: np.ndarray, levels: Iterable[float]) -> np.ndarray:
    """Return mean, its standard error and quantiles of each month, shape (2 + levels, months).

    Parameters
    ----------
    sample
        Weighted scenarios.
    total
        Cumulative cash, draws of a scenario in adjacent rows, shape (scenarios x draws, months).
        [package currency]
    levels
        Levels of the quantiles.
    """
    means = draw_means(sample, total)
    rows = [sample.average(means), sample.errors_of_means(means)]
    return np.stack([*rows, *sample.quantiles(total, levels)])


def curve_frame(
    measure: str, statistics: np.ndarray, gbv: float, levels: Iterable[float]
) -> pd.DataFrame:
    """Return the rows of one measure of the recovery curve, from `month_statistics`.

    Unit: share of GBV.
    """
    unit = 1.0 / gbv if gbv > 0.0 else math.nan
    mean, error, *picks = statistics
    columns = {
        "measure": measure,
        "month": np.arange(len(mean)),
        "mean": mean * unit,
        "mean_se": error * unit,
    }
    columns |= {level_name(p): pick * unit for p, pick in zip(levels, picks, strict=True)}
    return pd.DataFrame(columns)
