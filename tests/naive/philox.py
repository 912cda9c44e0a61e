"""Philox4x32-10 in Python integers, and the address of a draw (docs/model.md, section 1).

The generator is that of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2,
3" (SC 2011). It has ten rounds. Each multiplies two of the four counter words, swaps the halves
and mixes in a key. The Weyl constants are added to the key between rounds.
"""

from __future__ import annotations

__all__ = ["draw", "philox4x32"]

MULTIPLIERS = (0xD2511F53, 0xCD9E8D57)
WEYL = (0x9E3779B9, 0xBB67AE85)
ROUNDS = 10
WORD = 0xFFFFFFFF


def philox4x32(counter: tuple[int, ...], key: tuple[int, ...]) -> tuple[int, int, int, int]:
    """Return the four 32-bit words for a counter of four words and a key of two words."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(ROUNDS):
        first = MULTIPLIERS[0] * c0
        second = MULTIPLIERS[1] * c2
        c0, c1, c2, c3 = (
            (second >> 32) ^ c1 ^ k0,
            second & WORD,
            (first >> 32) ^ c3 ^ k1,
            first & WORD,
        )
        k0 = (k0 + WEYL[0]) & WORD
        k1 = (k1 + WEYL[1]) & WORD
    return c0, c1, c2, c3


def draw(
    seed: int, scenario: int, key: int, stream: int, step: int
) -> tuple[float, float, float, float]:
    """Return the four uniforms at an address (section 1); each lies strictly between 0 and 1."""
    counter = (scenario & WORD, key & WORD, (key >> 32) & WORD, (int(stream) << 24) | step)
    outputs = philox4x32(counter, (seed & WORD, (seed >> 32) & WORD))
    w0, w1, w2, w3 = ((w + 0.5) / 2.0**32 for w in outputs)
    return w0, w1, w2, w3
