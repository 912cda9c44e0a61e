"""Addressed random numbers: Philox4x32-10 of Salmon, Moraes, Dror and Shaw (SC 2011).

A draw is a function of (seed, scenario, key, stream, step) only. The order of simulation, the
threads and the blocks cannot change it.

A loan can be simulated in several replicates of one scenario, a power of two. Replicate r has the
random words of replicate 0 with their leading bits changed. The replicates of a word lie one in
each of as many equal parts of (0, 1). Their order differs from word to word. Each replicate has
the distribution of replicate 0, and together they are stratified.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from npl_sim.kernels._jit import compiled

__all__ = ["Replicate", "draw", "fill_uniforms", "numbered", "philox", "turned"]

MASK = np.uint64(0xFFFFFFFF)
SHIFT = np.uint64(32)
STREAM_SHIFT = np.uint64(24)
MULTIPLY_0 = np.uint64(0xD2511F53)
MULTIPLY_1 = np.uint64(0xCD9E8D57)
WEYL_0 = np.uint64(0x9E3779B9)
WEYL_1 = np.uint64(0xBB67AE85)
TO_UNIT = 1.0 / 4294967296.0


TURN_BITS = np.uint64(8)
TURN_MASK = np.uint64(0xFF)
ZERO, ONE = np.uint64(0), np.uint64(1)


class Replicate(NamedTuple):
    """Address of random numbers: the two words of the seed, and the scenario (all uint64).

    The low 32 bits of `scenario` hold its number. The bits above them hold the replicate, encoded
    by `numbered`.
    """

    seed_low: np.uint64
    seed_high: np.uint64
    scenario: np.uint64


@compiled(callable=True)
def philox(c0, c1, c2, c3, k0, k1):
    """Return four 32-bit words for a counter of four words and a key of two (all uint64)."""
    for _ in range(10):
        p0 = MULTIPLY_0 * c0
        p1 = MULTIPLY_1 * c2
        c0, c1, c2, c3 = (p1 >> SHIFT) ^ c1 ^ k0, p1 & MASK, (p0 >> SHIFT) ^ c3 ^ k1, p0 & MASK
        k0 = (k0 + WEYL_0) & MASK
        k1 = (k1 + WEYL_1) & MASK
    return c0, c1, c2, c3


@compiled(callable=True)
def unit(word):
    """Return a 32-bit word as a number inside (0, 1)."""
    # The signed conversion takes one instruction.
    return (np.float64(np.int64(word)) + 0.5) * TO_UNIT


@compiled(callable=True)
def turned(word, turn):
    """Return the word of replicate ``turn & 255`` among ``2 ** (turn >> 8)``.

    `word` is that of replicate 0. Its low bits do not change, and choose the order of the parts.
    Replicate 0 keeps its part.
    """
    bits = turn >> TURN_BITS
    last = (ONE << bits) - ONE
    part = ((turn & TURN_MASK) * (word | ONE)) & last
    part ^= part >> ONE
    part = (part * ((word >> TURN_BITS) | ONE)) & last
    return (word + (part << (SHIFT - bits))) & MASK


@compiled(callable=True)
def draw(replicate, key, stream, step):
    """Return the four uniforms at an address, inside (0, 1).

    Parameters
    ----------
    replicate
        Seed and scenario.
    key
        Hash of an id (uint64).
    stream, step
        Which decision, and its repetition.
    """
    c3 = (np.uint64(stream) << STREAM_SHIFT) | np.uint64(step)
    scenario = replicate.scenario & MASK
    w0, w1, w2, w3 = philox(
        scenario, key & MASK, key >> SHIFT, c3, replicate.seed_low, replicate.seed_high
    )
    turn = replicate.scenario >> SHIFT
    if turn != ZERO:
        w0, w1, w2, w3 = turned(w0, turn), turned(w1, turn), turned(w2, turn), turned(w3, turn)
    return unit(w0), unit(w1), unit(w2), unit(w3)


def numbered(first_scenario: int, draw_number: int, draws: int) -> np.uint64:
    """Encode the scenario and replicate index in one counter word.

    Parameters
    ----------
    first_scenario
        Number of the scenario, below 2^32.
    draw_number
        Which draw, from 0.
    draws
        Out of how many: a power of two up to 256.
    """
    turn = 0 if draw_number == 0 else (draws.bit_length() - 1) << 8 | draw_number
    return np.uint64(turn << 32 | first_scenario)


@compiled(entry=True)
def fill_uniforms(seed, first_scenario, key, stream, out):
    """Fill `out[scenario, i]` with uniforms: word ``i % 4`` of step ``i // 4``."""
    for s in range(out.shape[0]):
        replicate = Replicate(seed & MASK, seed >> SHIFT, np.uint64(first_scenario) + np.uint64(s))
        for step in range((out.shape[1] + 3) // 4):
            uniforms = draw(replicate, key, stream, step)
            for i in range(4):
                if 4 * step + i < out.shape[1]:
                    out[s, 4 * step + i] = uniforms[i]
