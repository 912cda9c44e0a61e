"""Cash calls on the bank and their link to systematic factors. docs/channel.md section 7."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from npl_sim.channels.retained import Retained
from npl_sim.channels.run import ChannelRun
from npl_sim.channels.statistics import Weighted, tail_weights, weighted_sum
from npl_sim.stats.jackknife import jackknife
from npl_sim.stats.risk import Estimate

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Levels of the fan of cash calls."""

DECILE = 0.1

CALLED = 0.005
"""Smallest amount of a call; smaller ones are rounding differences. [package currency]"""


@dataclass(frozen=True)
class CashCalls:
    """Payments of the bank under its undertakings."""

    total: np.ndarray
    """Sum over all months, undiscounted, shape (scenarios,). [package currency]"""
    estimates: dict[str, Estimate]
    """Estimates of the total and of the largest month. [package currency]

    Total: mean, probability, quantiles (``quantile 0.95``), ``worst`` (mean of the worst tail).
    Largest single month: ``peak mean``, ``peak quantile 0.95``.
    """
    profile: pd.DataFrame
    """Mean, probability, and quantiles of each month's call and of the running total."""


def cash_calls(run: ChannelRun) -> CashCalls:
    """Return the distribution of the bank's payments and their profile in time."""
    contract = run.contract
    calls, probability = run.calls, run.outcomes.probability
    total, peak = calls.sum(axis=1), calls.max(axis=1)
    level = contract.tail_level

    def statistics(rows: np.ndarray) -> dict[str, float]:
        p = run.outcomes.among(rows)
        paid, most = Weighted(total[rows], p, True), Weighted(peak[rows], p, True)
        values = {"mean": paid.mean, "probability": float(weighted_sum(p, paid.values > CALLED))}
        values |= {f"quantile {q:g}": paid.quantile(q) for q in (0.5, 0.75, 0.9, 0.95, 0.99)}
        values["worst"] = -Weighted(-paid.values, p, True).shortfall(level)
        return values | {"peak mean": most.mean, "peak quantile 0.95": most.quantile(0.95)}

    estimates = jackknife(statistics, len(total), contract.confidence, exact=run.outcomes.exact)
    return CashCalls(total, estimates, _profile(calls, probability))


def _profile(calls: np.ndarray, probability: np.ndarray) -> pd.DataFrame:
    running = calls.cumsum(axis=1)
    columns: dict[str, np.ndarray] = {
        "month": np.arange(calls.shape[1]),
        "mean": weighted_sum(probability, calls),
        "probability": weighted_sum(probability, calls > CALLED),
        "running_mean": weighted_sum(probability, running),
    }
    for name, table in (("call", calls), ("running", running)):
        order = np.argsort(table, axis=0, kind="stable")
        weight = np.cumsum(probability[order], axis=0)
        ordered = np.take_along_axis(table, order, axis=0)
        for q in LEVELS:
            at = np.minimum((weight < q - 1e-12).sum(axis=0), len(table) - 1)
            columns[f"{name}_{q:g}"] = ordered[at, np.arange(table.shape[1])]
    return pd.DataFrame(columns)


def factor_stress(retained: Retained) -> pd.DataFrame:
    """Return how the bank's payments depend on the systematic factors.

    The bad side of a factor is that on which the package loses value, by their correlation.

    Returns
    -------
    pandas.DataFrame
        Rows by factor. Columns: correlations with the package's value, the bank's payments and the
        bank's value after the sale. Also the mean payment, and mean values less the overall mean,
        in the worst decile of the factor, with standard errors. [package currency]
    """
    run = retained.run
    outcomes = run.outcomes
    calls = run.calls.sum(axis=1)
    rows = []
    for column, name in enumerate(outcomes.driver_names):
        factor = outcomes.drivers[:, column]
        if factor.std() <= 0.0:
            continue
        with_value = _correlation(factor, retained.before, outcomes.probability)
        bad = factor if not with_value < 0.0 else -factor

        def statistics(
            chosen: np.ndarray, factor: np.ndarray = factor, bad: np.ndarray = bad
        ) -> dict[str, float]:
            p = outcomes.among(chosen)
            worst = tail_weights(bad[chosen], p, DECILE)
            paid, after, before = calls[chosen], retained.after[chosen], retained.before[chosen]
            return {
                "correlation_calls": _correlation(factor[chosen], paid, p),
                "calls_mean": float(weighted_sum(p, paid)),
                "calls_in_worst_decile": float(weighted_sum(worst, paid)),
                "package_in_worst_decile": float(
                    weighted_sum(worst, before) - weighted_sum(p, before)
                ),
                "bank_in_worst_decile": float(weighted_sum(worst, after) - weighted_sum(p, after)),
            }

        found = jackknife(statistics, outcomes.scenarios, run.contract.confidence)
        row: dict[str, object] = {
            "factor": name,
            "correlation_package": with_value,
            "correlation_bank": _correlation(factor, retained.after, outcomes.probability),
        }
        for key, estimate in found.items():
            row[key], row[f"{key}_se"] = estimate.value, estimate.se
        rows.append(row)
    return pd.DataFrame(rows)


def _correlation(x: np.ndarray, y: np.ndarray, p: np.ndarray) -> float:
    """Return the weighted correlation; NaN if one variable is constant."""
    x, y = x - weighted_sum(p, x), y - weighted_sum(p, y)
    size = math.sqrt(float(weighted_sum(p, x * x)) * float(weighted_sum(p, y * y)))
    return float(weighted_sum(p, x * y)) / size if size > 1e-12 else math.nan
