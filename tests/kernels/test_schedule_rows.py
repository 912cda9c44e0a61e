"""Rows of events of items: the same count in Python as in the kernel, and nothing compiled."""

from __future__ import annotations

import numpy as np

from npl_sim.core.record_links import AUCTION
from npl_sim.kernels import schedule


def auctions():
    """Records with all combinations of rounds, cycles, defaults and acceptances."""
    records = np.zeros(200, dtype=AUCTION)
    rng = np.random.default_rng(5)
    records["rounds"] = rng.integers(1, records["acceptance"].shape[1] + 1, 200)
    records["reauctions"] = rng.integers(0, 4, 200)
    records["winner_default_probability"] = rng.choice([0.0, 0.1], 200)
    records["acceptance"] = rng.choice([0.0, 0.3], records["acceptance"].shape)
    return records


def test_python_counts_the_rows_of_the_kernel():
    records = auctions()
    counted = [schedule.item_rows(record) for record in records]
    assert schedule.rows_of_items(records).tolist() == counted
    assert len(set(counted)) > 5
