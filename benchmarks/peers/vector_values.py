"""Values of collateral in time, of the vectorized peer."""

from __future__ import annotations

import numpy as np

from benchmarks.peers.vector_cash import month_of
from benchmarks.peers.vector_chunk import Chunk

__all__ = ["Values", "places"]


def places(chunk: Chunk, k: int, paths: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the paths whose loan has a k-th item, and the places of its normals."""
    row = chunk.item_at[k].take(paths // chunk.scenarios)
    has = row >= 0
    paths = paths[has]
    return paths, row[has] * chunk.scenarios + paths % chunk.scenarios


class Values:
    """Values in time of the k-th items of some paths."""

    def __init__(self, chunk: Chunk, k: int, paths: np.ndarray, at: np.ndarray) -> None:
        self.chunk = chunk
        self.scenario = paths % chunk.scenarios
        items = chunk.package.items[chunk.of_loan("item_begin", paths) + k]
        self.liens, self.cap = items["liens"], items["cap"]
        self.index, self.terms, self.elapsed = (
            items["index"],
            items["terms"],
            items["elapsed_probability"],
        )
        a, self.s = items["appraisal_error"], items["drift_volatility"]
        self.start = items["value"] * np.exp(a * (chunk.errors[k][at] - 0.5 * a))
        self.drift = self.s * chunk.drifts[k][at]

    def __call__(self, t: np.ndarray, of: np.ndarray) -> np.ndarray:
        """Return the values at `t` of the rows `of`."""
        month = np.minimum(month_of(t), self.chunk.accumulator.months)
        level = self.chunk.index[self.index[of], self.scenario[of], month]
        move = np.sqrt(t) * self.drift[of] - 0.5 * self.s[of] ** 2 * t
        return self.start[of] * level * np.exp(move)
