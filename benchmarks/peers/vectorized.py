"""The whole model in vectorized NumPy: every stage, over blocks of loans times scenarios.

It is written as an experienced NumPy developer would write it. No Python loop runs over loans or
scenarios, only over policies, blocks, auction rounds, months of garnishment and the like.
NumPy's fastest generator draws numbers only for the paths that need them; `bincount` adds the
cash. Two parts of the model are missing: totals for contracts with agencies, and the records of
a pilot run. The draws differ from the engine's, so results agree statistically, not by path.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from benchmarks.inputs import Inputs
from benchmarks.peers.vector_auction import draw_items
from benchmarks.peers.vector_cash import Accumulator, Quantiles
from benchmarks.peers.vector_chunk import Chunk, SharedDraws
from benchmarks.peers.vector_collection import collect
from benchmarks.peers.vector_enforcement import enforce, exit_at_end
from benchmarks.peers.vector_litigation import litigate
from benchmarks.peers.vector_performance import await_performance
from benchmarks.peers.vector_plan import repay
from npl_sim.core.layout import KIND_IS_INFLOW, MOMENTS, TILE, Kind, Stage
from npl_sim.kernels.package import Factors, Tile

__all__ = ["BLOCK_PATHS", "run"]

BLOCK_PATHS = 1 << 16
"""Paths simulated at once. Larger blocks gain nothing; smaller ones cost more for each call."""


def run(inputs: Inputs, seed: int = 1, block_paths: int = BLOCK_PATHS) -> list[Tile]:
    """Return the tiles of a package.

    Raises
    ------
    NotImplementedError
        If totals of placements or records of single paths are requested.
    """
    if inputs.model.placements or inputs.record:
        raise NotImplementedError(
            "the NumPy peer computes no totals of placements and no records of single paths; "
            "expected inputs without them"
        )
    quantiles = Quantiles(inputs.model.package.quantiles)
    return [
        _run_tile(
            inputs,
            quantiles,
            factors,
            np.random.Generator(np.random.SFC64([seed, n])),
            block_paths,
        )
        for n, factors in enumerate(inputs.factors)
    ]


class _PolicyFactors(NamedTuple):
    """Systematic factors of one policy in a tile.

    Attributes
    ----------
    end, sold
        Last month of each scenario; whether unresolved loans are sold then.
    up
        Multiplier of collection hazards, (scenario, month).
    down
        Cumulative multiplier of redefault hazards, (scenario, month).
    sale_up
        Multiplier of sale prices by scenario.
    """

    end: np.ndarray
    sold: np.ndarray
    up: np.ndarray
    down: np.ndarray
    sale_up: np.ndarray


def _policy_factors(factors: Factors, p: int, months: int) -> _PolicyFactors:
    sold = factors.exit[:, p] >= 0
    end = np.where(sold, factors.exit[:, p], months)
    b, c = factors.loading[p], factors.sale_loading[p]
    half = 0.5 * b * b * factors.variance
    up = np.exp(b * factors.cooperation - half)
    down = np.exp(-b * factors.cooperation - half)
    down[:, 0] = 0.0
    down = np.cumsum(down, axis=1)
    at = np.maximum(factors.exit[:, p], 0)
    cooperation = factors.cooperation[np.arange(TILE), at]
    sale_up = np.exp(c * cooperation - 0.5 * c * c * factors.variance[at])
    return _PolicyFactors(end, sold, up, down, sale_up)


def _run_tile(
    inputs: Inputs,
    quantiles: Quantiles,
    factors: Factors,
    rng: np.random.Generator,
    block_paths: int,
) -> Tile:
    package, collection, model = inputs.model.package, inputs.model.collection, inputs.model
    accumulator = Accumulator(TILE, len(model.groups), inputs.discount, inputs.servicing)
    moments = np.zeros((len(package.loans), len(MOMENTS)))
    shared = SharedDraws.draw(package, TILE, rng)
    indices = np.ascontiguousarray(factors.indices.transpose(1, 0, 2))
    for p, terms in enumerate(package.terms):
        of_policy = _policy_factors(factors, p, accumulator.months)
        first, last = _rows_of(collection.policy, p)
        size = max(1, block_paths // TILE)
        for c0, c1, i0, i1 in _blocks(collection.begin, first, last, size):
            loans = package.loans[i0:i1]
            gbv = np.repeat(loans["principal"] + loans["interest_and_fees"], TILE)
            paths = np.arange(len(gbv))
            accumulator.open(paths % TILE, np.repeat(loans["group"], TILE), gbv)
            chunk = Chunk(
                loans, terms, package, quantiles, accumulator, rng, TILE, of_policy.end,
                of_policy.sold, indices, factors.congestion, of_policy.down, of_policy.sale_up,
                shared,
            )  # fmt: skip
            start = np.bincount(chunk.stage, weights=gbv, minlength=len(Stage))
            accumulator.stages[:, 0] += start
            draw_items(chunk)
            collect(chunk, collection, range(c0, c1), i0, of_policy.up)
            repay(chunk)
            litigate(chunk)
            await_performance(chunk)
            enforce(chunk)
            exit_at_end(chunk)
            moments[i0:i1] += _moments(accumulator, TILE)
    return _tile(accumulator, moments, inputs.servicing)


def _tile(accumulator: Accumulator, moments: np.ndarray, servicing: float) -> Tile:
    """Return the tile of an accumulator, with the servicing fee deducted."""
    accumulator.flush()
    flows = accumulator.flows
    receipts = flows[:, :, np.flatnonzero(KIND_IS_INFLOW)].sum(axis=2)
    flows[:, :, Kind.SERVICING] -= servicing * receipts
    return Tile(
        flows,
        flows.sum(axis=0)[..., None],
        moments[..., None],
        accumulator.stages[..., None],
        np.zeros((TILE, 0, 2, accumulator.months + 1)),
        np.zeros((0, len(moments), 4)),
        np.zeros((0, len(moments), len(MOMENTS))),
        flows[:0],
    )


def _rows_of(policy: np.ndarray, p: int) -> tuple[int, int]:
    return int(np.searchsorted(policy, p)), int(np.searchsorted(policy, p, side="right"))


def _blocks(
    begin: np.ndarray, first: int, last: int, size: int
) -> list[tuple[int, int, int, int]]:
    """Return ranges of tables and of loans, with at most `size` loans each."""
    blocks = []
    i, stop = int(begin[first]), int(begin[last])
    while i < stop:
        j = min(i + size, stop)
        c0 = int(np.searchsorted(begin, i, side="right")) - 1
        c1 = int(np.searchsorted(begin, j, side="left"))
        blocks.append((c0, c1, i, j))
        i = j
    return blocks


def _moments(accumulator: Accumulator, scenarios: int) -> np.ndarray:
    columns = (
        accumulator.present,
        accumulator.present**2,
        accumulator.received,
        accumulator.costs,
        accumulator.received_month,
        (accumulator.received > 0.0).astype(float),
    )
    return np.stack([c.reshape(-1, scenarios).sum(axis=1) for c in columns], axis=1)
