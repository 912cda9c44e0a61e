"""Amounts in whole cents: rounding, monthly steps of a running total, and exact allocation."""

from __future__ import annotations

import numpy as np


def monthly(running: np.ndarray) -> np.ndarray:
    """Return the steps of a running total along its last axis."""
    return np.diff(running, axis=-1, prepend=0)


def whole_cents(cents: np.ndarray | float) -> np.ndarray:
    """Round to whole cents, ties to even.

    Float noise below a millionth of a cent is removed first, so that a tie in the contract's
    decimals is a tie here.
    """
    return np.rint(np.round(cents, 6)).astype(np.int64)


def share_out(fee: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Allocate each month's amount to cells by weight, remaining cents to the largest remainders.

    Parameters
    ----------
    fee
        Amounts, shape (scenarios, months). [cents]
    weights
        Whole numbers of at least 0, shape (scenarios, cells, months). They are not all 0 for an
        amount other than 0.

    Returns
    -------
    numpy.ndarray
        Parts that sum to the amounts, shape of the weights. [cents]
    """
    size, cells = np.abs(fee), weights.shape[1]
    whole = np.maximum(weights.sum(axis=1), 1)[:, None, :]
    bits = 61 - int(whole.max() * cells).bit_length()
    if bits < 1:
        raise ValueError(
            f"amounts of {whole.max() / 100:.3g} and more cannot be shared to the cent; "
            "expected less"
        )
    # Long division by digits of `bits` bits, so that no product exceeds 63 bits. One digit is
    # usually enough.
    share, rest = np.zeros((2, *weights.shape), dtype=np.int64)
    for digit in reversed(range(-(-int(size.max()).bit_length() // bits))):
        part = (size >> (digit * bits)) & ((1 << bits) - 1)
        rest = (rest << bits) + weights * part[:, None, :]
        step = rest // whole
        share = (share << bits) + step
        rest -= step * whole
    left = (size - share.sum(axis=1))[:, None, :]
    # Rank by remainder, then by cell, so that there are no ties.
    rest *= cells
    rest += np.arange(cells - 1, -1, -1)[:, None]
    last_served = np.take_along_axis(
        np.sort(rest, axis=1), np.minimum(cells - left, cells - 1), axis=1
    )
    share += (rest >= last_served) & (left > 0)
    return share * np.sign(fee)[:, None, :]
