"""Which systematic factors move the price, on average and in the tail."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pandas as pd

from npl_sim.valuation.contribution import shortfall_weights

__all__ = ["factor_attribution"]

MOST_BLOCKS = 10
"""Blocks whose order of entry is averaged over; each more doubles the work."""


def _blocks(names: tuple[str, ...]) -> dict[str, list[int]]:
    """Return columns by block: cooperation, congestion, and the indices by kind of collateral."""
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
    sample: np.ndarray, drivers: np.ndarray, names: tuple[str, ...], level: float
) -> pd.DataFrame:
    """Return what each factor does to the spread and to the worst scenarios of a price.

    The price is regressed on the factors' average deviations. A factor's share of the variance is the
    rise of the explained share when it enters, averaged over all orders of entry, so correlated factors
    share what they have in common (Lindeman, Merenda and Gold, 1980; the Shapley value of R squared). In
    the tail the fitted line is exact in sums: what each factor is worth there, and the rest.

    Parameters
    ----------
    sample
        Price by scenario, shape (scenarios,). [package currency]
    drivers
        Average deviations of the factors, shape (scenarios, factors).
    names
        Names of the factors.
    level
        Share of the worst scenarios.

    Returns
    -------
    pandas.DataFrame
        Rows by factor, the last being the luck of single loans and what a line does not catch: share of
        the variance, and amount by which the mean of the worst scenarios lies below the mean of all
        [package currency]; both columns sum to the whole.
    """
    spread = drivers.std(axis=0) if drivers.size else np.zeros(0)
    blocks = (
        {label: [c for c in columns if spread[c] > 0.0] for label, columns in _blocks(names).items()}
        if drivers.size
        else {}
    )
    blocks = {label: columns for label, columns in blocks.items() if columns}
    labels = list(blocks)
    centred = sample - sample.mean()
    total = float(centred @ centred)
    design = drivers - drivers.mean(axis=0) if drivers.size else np.zeros((len(sample), 0))

    def explained(chosen: tuple[int, ...]) -> float:
        columns = [c for i in chosen for c in blocks[labels[i]]]
        if not columns or total == 0.0:
            return 0.0
        fitted = design[:, columns] @ np.linalg.lstsq(design[:, columns], centred, rcond=None)[0]
        return float(fitted @ fitted) / total

    count = len(labels)
    worth = {s: explained(s) for r in range(count + 1) for s in itertools.combinations(range(count), r)}
    shares = []
    for i in range(count):
        others = [j for j in range(count) if j != i]
        share = 0.0
        for r in range(count):
            weight = math.factorial(r) * math.factorial(count - r - 1) / math.factorial(count)
            for s in itertools.combinations(others, r):
                share += weight * (worth[tuple(sorted((*s, i)))] - worth[s])
        shares.append(share)
    columns = [c for label in labels for c in blocks[label]]
    weights = shortfall_weights(sample, level)
    tail = []
    if columns:
        slopes = np.linalg.lstsq(design[:, columns], centred, rcond=None)[0]
        at = 0
        for label in labels:
            own = len(blocks[label])
            tail.append(float(weights @ design[:, blocks[label]] @ slopes[at : at + own]))
            at += own
    rest = "single loans and what a line does not catch"
    gap = float(weights @ centred)
    return pd.DataFrame(
        {
            "factor": [*labels, rest],
            "share_of_variance": [*shares, 1.0 - sum(shares)],
            "tail": [*tail, gap - sum(tail)],
        }
    )
