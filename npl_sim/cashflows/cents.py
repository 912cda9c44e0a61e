"""Amounts in whole cents: rounding, steps of a running total, and sharing without loss."""

from __future__ import annotations

import numpy as np

__all__ = ["monthly", "share_out", "whole_cents"]


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
    """Share each month's amount among desks by their weights; cents left over go by largest remainder.

    Parameters
    ----------
    fee
        Amounts, shape (scenarios, months). [cents]
    weights
        Whole numbers of at least 0, not all 0 where there is something to share, shape (scenarios,
        desks, months).

    Returns
    -------
    numpy.ndarray
        Shares, which sum to the amounts, shape of the weights. [cents]
    """
    size, desks = np.abs(fee), weights.shape[1]
    whole = np.maximum(weights.sum(axis=1), 1)[:, None, :]
    room = 61 - int(whole.max() * desks).bit_length()
    if room < 1:
        raise ValueError(
            f"amounts of {whole.max() / 100:.3g} and more cannot be shared to the cent; expected less"
        )
    # Long division, `room` bits of the amount at a time so that no product leaves 63 bits; once as
    # a rule.
    share, rest = np.zeros((2, *weights.shape), dtype=np.int64)
    for digit in reversed(range(-(-int(size.max()).bit_length() // room))):
        part = (size >> (digit * room)) & ((1 << room) - 1)
        rest = (rest << room) + weights * part[:, None, :]
        step = rest // whole
        share = (share << room) + step
        rest -= step * whole
    left = (size - share.sum(axis=1))[:, None, :]
    # The line for the cents left over: by remainder, then by desk; so no two stand at the same
    # place.
    rest *= desks
    rest += np.arange(desks - 1, -1, -1)[:, None]
    last_served = np.take_along_axis(
        np.sort(rest, axis=1), np.minimum(desks - left, desks - 1), axis=1
    )
    share += (rest >= last_served) & (left > 0)
    return share * np.sign(fee)[:, None, :]
