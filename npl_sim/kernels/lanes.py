"""Lanes: one loan in the scenarios of a tile, side by side.

All quantities of the lanes are rows of one record. The compiler then knows that two rows never
overlap, and computes several lanes with one instruction. Arrays that are passed one by one might
overlap, and it would compute lane by lane.

A stage lists its lanes (`pack`). Rows of draws and derived quantities are in the
order of that list: entry `i` belongs to lane `at[i]`. All other rows are in the order of the
scenarios.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from npl_sim.core.layout import TILE
from npl_sim.kernels._jit import compiled
from npl_sim.kernels.rng import MASK

__all__ = ["LANES", "PARTIAL", "ROWS", "WIDTH", "move", "move_all", "pack", "select"]

WIDTH = TILE
"""Lanes of a block."""
ROWS = 32
"""Rows of draws and derived quantities. Each stage names the rows that it uses."""
PARTIAL = 8
"""Partial sums over lanes. Lane i adds to partial sum i % 8, whatever the machine."""

_F8, _I8, _U8 = [(t, (WIDTH,)) for t in (np.float64, np.int64, np.uint64)]

_FIELDS = [
    # Stage of the loan.
    ("stage", *_I8),
    ("time", *_F8),  # Time of entry into the stage. [months]
    ("end", *_I8),  # Month of sale, or the horizon; the acceptance of an insolvency until then.
    ("exit_month", *_I8),  # Month of sale, or the horizon.
    (
        "entry",
        *_I8,
    ),  # How collection ended (`collection`); -1 for a loan that did not start there.
    ("barred", *_I8),  # 1 if the limitation period had run out at the filing.
    # State of the claim. [currency]
    ("principal", *_F8),
    ("interest_and_fees", *_F8),
    ("default_interest", *_F8),  # On a judgment. It is paid last.
    ("default_interest_from", *_F8),  # Time at which it begins; inf without a judgment.
    ("accrued_to", *_F8),  # Time to which interest has run.
    ("unsold", *_U8),  # Bit i is set if item i is unsold.
    ("guarantor_liable", *_I8),  # 1 if the guarantors are liable.
    ("preserved_at", *_F8),  # Time of the freeze; < 0 for never.
    ("enforced_at", *_F8),  # Time of the application for enforcement; < 0 for none.
    ("deposit", *_F8),  # Security lodged in cash.
    ("plans", *_I8),  # Repayment plans so far.
    ("plan_value", *_F8),  # Value of a kept plan at the exit; < 0 for none.
    ("exit_due", *_F8),  # Amount owed at a sale.
    ("exit_secured", *_F8),  # Part of it that collateral covers.
    # Sums of the loan: present value, receipts, costs, receipts times month.
    ("sums", np.float64, (4, WIDTH)),
    ("partial", np.float64, (6, PARTIAL)),
    # Lanes of a stage, and some of those.
    ("at", *_I8),
    ("number", *_U8),  # Scenario counter of the random numbers.
    ("some", *_I8),  # Entries chosen from the list.
    ("some_number", *_U8),
    # Draws and derived quantities, and the working rows of their functions.
    ("w", np.float64, (ROWS, WIDTH)),
    ("cell", *_I8),
    ("x", *_F8),
    ("tail", *_I8),
    ("bits", *_I8),
    # Collection.
    ("last", *_I8),  # Last month.
    ("accepted", *_I8),  # 1 if a restructuring offer is accepted.
    ("outcome", *_I8),
    ("payer", *_I8),  # 1 if the borrower pays in part.
    ("acknowledged", *_I8),  # 1 if a broken promise came before.
    # Enforcement.
    ("base", *_F8),  # Amount owed at the application. [currency]
    ("slowness", *_F8),  # Congestion at the application.
    ("found", *_I8),  # 1 if an asset was found.
    # Lots: the lanes of a stage whose item is up for auction, in the order of the list.
    ("lot", *_I8),  # Entry.
    ("round", *_I8),  # Next round.
    ("appraisals", *_I8),  # New appraisals so far.
    ("defaulted", *_I8),  # 1 if a winner did not pay.
    # Insolvency.
    ("latest", *_F8),  # Time of the last payment.
    ("calls", *_I8),  # Payments of guarantors that are scheduled.
    ("called", *_I8),  # Those of them that were received.
    ("replaced", *_I8),  # 1 if an expert's estimate replaces the path.
    # Normals that all loans of a region, and of a group, share.
    ("region_normal", *_F8),
    ("region_key", np.uint64),
    ("region_known", np.int64),
    ("group_normal", *_F8),
    ("group_key", np.uint64),
    ("group_known", np.int64),
]
_PLAIN = np.dtype([tuple(field) for field in _FIELDS])


def _with_views(plain: np.dtype[Any], views: dict[str, tuple[str, type]]) -> np.dtype[Any]:
    """Return the record with rows that read the bits of another row as another type."""
    fields: Any = plain.fields or {}
    return np.dtype(
        {
            "names": [*(plain.names or ()), *views],
            "formats": [
                *(fields[name][0] for name in plain.names or ()),
                *((as_type, (WIDTH,)) for _, as_type in views.values()),
            ],
            "offsets": [
                *(fields[name][1] for name in plain.names or ()),
                *(fields[row][1] for row, _ in views.values()),
            ],
            "itemsize": plain.itemsize,
        }
    )


LANES = _with_views(_PLAIN, {"x_bits": ("x", np.int64), "power": ("bits", np.float64)})
"""State, draws and sums of one loan in `WIDTH` scenarios, overwritten from loan to loan."""


@compiled
def pack(block, stage):
    """List the lanes that are in a stage before their end. Return how many there are."""
    lanes, first = block.lanes, block.replicate.scenario & MASK
    at, number = lanes["at"], lanes["number"]
    stages, time, end = lanes["stage"], lanes["time"], lanes["end"]
    count = 0
    for s in range(block.width):
        at[count] = s
        number[count] = first + np.uint64(s)
        count += 1 if (stages[s] == stage) & (time[s] < end[s]) else 0
    return count


@compiled
def select(lanes, count, row, chance):
    """List the entries whose draw in `row` is below `chance`. Return how many there are."""
    some, some_number = lanes["some"], lanes["some_number"]
    number, w = lanes["number"], lanes["w"]
    chosen = 0
    for i in range(count):
        some[chosen] = i
        some_number[chosen] = number[i]
        chosen += 1 if w[row, i] < chance else 0
    return chosen


@compiled
def move(block, s, old, new, month):
    """Count the loan of a lane out of stage `old` and into stage `new`."""
    stages, design = block.cash.stages, block.cash.design
    for c in range(design.shape[1]):
        gbv = block.claim * design[s, c]
        stages[old, month, c] -= gbv
        stages[new, month, c] += gbv


@compiled
def move_all(block, old, new, month):
    """Count the loan out of stage `old` and into `new` in all lanes that are in `new`."""
    stages, design, stage = block.cash.stages, block.cash.design, block.lanes["stage"]
    for c in range(design.shape[1]):
        weight = 0.0
        for s in range(block.width):
            weight += design[s, c] if stage[s] == new else 0.0
        stages[old, month, c] -= block.claim * weight
        stages[new, month, c] += block.claim * weight
