"""Attribution of the variance and the tail of the price to systematic factors."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd

from npl_sim.stats.sample import Sample

MOST_BLOCKS = 10
"""Most blocks whose orders of entry are averaged; each further block doubles the work."""

SCENARIOS_PER_FACTOR = 3
"""Fewest scenarios for each regression coefficient; fewer would overfit the sample."""


def _blocks(names: tuple[str, ...]) -> dict[str, list[int]]:
    """Return columns by block: cooperation, congestion, and indices by kind of collateral."""
    blocks: dict[str, list[int]] = {}
    for column, name in enumerate(names):
        label = name
        if name.startswith("index:"):
            kind = name.split("/")[-1]
            label = f"collateral index: {'other' if kind == '*' else kind}"
        blocks.setdefault(label, []).append(column)
    if len(blocks) > MOST_BLOCKS:
        merged: dict[str, list[int]] = {}
        for label, columns in blocks.items():
            short = "collateral indices" if label.startswith("collateral index") else label
            merged.setdefault(short, []).extend(columns)
        return merged
    return blocks


def factor_attribution(
    sample: Sample, price: np.ndarray, drivers: np.ndarray, names: tuple[str, ...], level: float
) -> pd.DataFrame:
    """Attribute the variance and the tail of a price to market factors.

    The price is regressed on the factors' average deviations. A factor's share of the variance is
    the rise of R squared when it enters, averaged over all orders of entry. This is the Shapley
    value of R squared (Lindeman, Merenda and Gold, 1980). Correlated factors share what they
    explain jointly. In the tail, the contributions of the factors and the rest sum to the whole.

    Parameters
    ----------
    sample
        Weighted scenarios.
    price
        Price, shape (scenarios,) or (scenarios, draws). [package currency]
    drivers
        Average deviations of the factors, shape (scenarios, factors).
    names
        Names of the factors.
    level
        Share of the worst scenarios.

    Returns
    -------
    pandas.DataFrame
        Rows by factor. The last row holds idiosyncratic risk and effects that are not linear.
        Columns are the share of the variance, and the mean of the worst scenarios less the mean
        of all. [package currency] Both columns sum to the whole.
    """
    blocks = _moving(drivers, names)
    least = SCENARIOS_PER_FACTOR * (sum(map(len, blocks.values())) + 1)
    if blocks and sample.scenarios < least:
        return _too_few_scenarios(sample, price, level, list(blocks), least)
    labels = list(blocks)
    draws = price.size // sample.scenarios
    value, mass = price.ravel(), sample.weights_of(price).ravel()
    centered = value - float(mass @ value)
    design = np.repeat(drivers, draws, axis=0) if drivers.size else np.zeros((len(value), 0))
    design = design - mass @ design
    root = np.sqrt(mass)
    shares = _shapley(root[:, None] * design, root * centered, list(blocks.values()))
    columns = [c for label in labels for c in blocks[label]]
    weights = sample.shortfall_weights(price, level).ravel()
    tail = []
    if columns:
        slopes = np.linalg.lstsq(root[:, None] * design[:, columns], root * centered, rcond=None)[
            0
        ]
        at = 0
        for label in labels:
            own = len(blocks[label])
            tail.append(float(weights @ design[:, blocks[label]] @ slopes[at : at + own]))
            at += own
    rest = "idiosyncratic risk and nonlinear effects"
    gap = float(weights @ centered)
    return pd.DataFrame(
        {
            "factor": [*labels, rest],
            "share_of_variance": [*shares, 1.0 - sum(shares)],
            "tail": [*tail, gap - sum(tail)],
        }
    )


def _too_few_scenarios(
    sample: Sample, price: np.ndarray, level: float, labels: list[str], least: int
) -> pd.DataFrame:
    """Return the table without attribution, since a regression would overfit so few scenarios."""
    value = price.ravel()
    gap = float(
        (sample.shortfall_weights(price, level) - sample.weights_of(price)).ravel() @ value
    )
    rest = f"not estimated: {sample.scenarios:,} scenarios, expected at least {least:,}"
    unknown = [math.nan] * len(labels)
    return pd.DataFrame(
        {"factor": [*labels, rest], "share_of_variance": [*unknown, 1.0], "tail": [*unknown, gap]}
    )


def _moving(drivers: np.ndarray, names: tuple[str, ...]) -> dict[str, list[int]]:
    """Return the columns of each block that vary; blocks without any are left out."""
    if not drivers.size:
        return {}
    spread = drivers.std(axis=0)
    blocks = {
        label: [c for c in columns if spread[c] > 0.0] for label, columns in _blocks(names).items()
    }
    return {label: columns for label, columns in blocks.items() if columns}


def _shapley(design: np.ndarray, value: np.ndarray, blocks: list[list[int]]) -> list[float]:
    """Return the rise of R squared by each block, averaged over all orders of entry."""
    count, total = len(blocks), float(value @ value)

    def explained(chosen: tuple[int, ...]) -> float:
        columns = [c for i in chosen for c in blocks[i]]
        if not columns or total == 0.0:
            return 0.0
        fitted = design[:, columns] @ np.linalg.lstsq(design[:, columns], value, rcond=None)[0]
        return float(fitted @ fitted) / total

    worth = {
        s: explained(s) for r in range(count + 1) for s in itertools.combinations(range(count), r)
    }
    shares = []
    for i in range(count):
        others = [j for j in range(count) if j != i]
        share = 0.0
        for r in range(count):
            weight = math.factorial(r) * math.factorial(count - r - 1) / math.factorial(count)
            for s in itertools.combinations(others, r):
                share += weight * (worth[tuple(sorted((*s, i)))] - worth[s])
        shares.append(share)
    return shares
