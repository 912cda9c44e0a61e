"""Addressed random numbers: Philox4x32-10 of Salmon, Moraes, Dror and Shaw (SC 2011).

A draw is a function of (seed, scenario, key, stream, step) and of nothing else: the order in which
loans or scenarios are walked, the threads and the blocks cannot change it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from npl_sim.kernels._jit import compiled

__all__ = ["Trial", "draw", "fill_uniforms", "philox"]

MASK = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
STREAM_SHIFT = np.uint64(24)
MULTIPLY_0 = np.uint64(0xD2511F53)
MULTIPLY_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
TO_UNIT = 1.0 / 4294967296.0


class Trial(NamedTuple):
    """One drawn world: the two words of the seed, and the scenario's number (all uint64)."""

    seed_low: np.uint64
    seed_high: np.uint64
    scenario: np.uint64


@compiled
def philox(c0, c1, c2, c3, k0, k1):
    """Return four 32-bit words for a counter of four words and a key of two (all uint64)."""
    for _ in range(10):
        p0 = MULTIPLY_0 * c0
        p1 = MULTIPLY_1 * c2
        c0, c1, c2, c3 = (p1 >> SHIFT) ^ c1 ^ k0, p1 & MASK, (p0 >> SHIFT) ^ c3 ^ k1, p0 & MASK
        k0 = (k0 + WEYL_0) & MASK
        k1 = (k1 + WEYL_1) & MASK
    return c0, c1, c2, c3


@compiled
def unit(word):
    """Return a 32-bit word as a number inside (0, 1). The signed step converts in one instruction."""
    return (np.float64(np.int64(word)) + 0.5) * TO_UNIT


@compiled
def draw(trial, key, stream, step):
    """Return the four uniforms at an address, inside (0, 1).

    Parameters
    ----------
    trial
        Seed and scenario.
    key
        Hash of an id (uint64).
    stream, step
        Which decision, and its repetition.
    """
    c3 = (np.uint64(stream) << STREAM_SHIFT) | np.uint64(step)
    w0, w1, w2, w3 = philox(trial.scenario, key & MASK, key >> SHIFT, c3, trial.seed_low, trial.seed_high)
    return unit(w0), unit(w1), unit(w2), unit(w3)


@compiled(entry=True)
def fill_uniforms(seed, first_scenario, key, stream, out):
    """Fill `out[scenario, i]` with uniforms: word ``i % 4`` of step ``i // 4``."""
    for s in range(out.shape[0]):
        trial = Trial(seed & MASK, seed >> SHIFT, np.uint64(first_scenario) + np.uint64(s))
        for step in range((out.shape[1] + 3) // 4):
            words = draw(trial, key, stream, step)
            for i in range(4):
                if 4 * step + i < out.shape[1]:
                    out[s, 4 * step + i] = words[i]
