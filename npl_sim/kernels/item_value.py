"""Value of a collateral item over time. docs/model.md 4.6."""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import month_of
from npl_sim.kernels.block_draws import draw_block, exp_block, normal_block
from npl_sim.kernels.codes import COLLATERAL_STREAM
from npl_sim.kernels.priority import share_of_proceeds

ONE = np.uint64(1)

ERROR_DRAW, DRIFT_DRAW, SEIZURE = range(3)
"""Rows of draws of the item."""
ERROR, DRIFT = range(8, 10)
"""Rows of normals: error of the appraisal on the tape, drift of the value."""
TIME, APPRAISAL, VALUE, EXPONENT = range(11, 15)
"""Rows of times [months], values [currency], and the logarithm of their ratio to the index."""


@compiled
def value_at(block, item, s, t, error, drift):
    """Return the item's value in lane `s` at time `t`, for normals `error` and `drift`."""
    index = block.indices
    a = item["appraisal_error"]
    v = item["drift_volatility"]
    level = item["value"] * index[s, item["index"], min(month_of(t), index.shape[2] - 1)]
    if a == 0.0 and v == 0.0:
        return level
    return level * math.exp(a * (error - 0.5 * a) + v * (math.sqrt(t) * drift - 0.5 * v * t))


@compiled
def draw_value(block, item, number, count):
    """Fill the rows of draws of an item, and the normals of its value."""
    lanes = block.lanes
    w = lanes["w"]
    draw_block(block.replicate, lanes, number, count, item["key"], COLLATERAL_STREAM, 0, 0)
    for i in range(count):
        w[ERROR, i] = w[DRIFT, i] = 0.0
    if item["appraisal_error"] > 0.0:
        normal_block(lanes, count, ERROR_DRAW, ERROR)
    if item["drift_volatility"] > 0.0:
        normal_block(lanes, count, DRIFT_DRAW, DRIFT)


@compiled
def value_block(block, item, at, count, to):
    """Fill row `to` with the values of an item at the times in row `TIME`. [currency]"""
    lanes, index = block.lanes, block.indices
    w, month = lanes["w"], lanes["cell"]
    a, v = item["appraisal_error"], item["drift_volatility"]
    value, row, last = item["value"], item["index"], index.shape[2] - 1
    for i in range(count):
        month[i] = min(month_of(w[TIME, i]), last)
    for i in range(count):
        w[to, i] = value * index[at[i], row, month[i]]
    if a == 0.0 and v == 0.0:
        return
    for i in range(count):
        t = w[TIME, i]
        drift = v * (math.sqrt(t) * w[DRIFT, i] - 0.5 * v * t)
        w[EXPONENT, i] = a * (w[ERROR, i] - 0.5 * a) + drift
    exp_block(lanes, count, EXPONENT, to)


@compiled
def add_unsold_value(block, item, bit, count, to):
    """Add the value of an unsold item at the end, above liens and within its cap, to row `to`.

    The entries are those of the list of `some`; the row is in the order of the scenarios.
    """
    lanes = block.lanes
    w, some = lanes["w"], lanes["some"]
    draw_value(block, item, lanes["some_number"], count)
    for i in range(count):
        w[TIME, i] = float(lanes["end"][some[i]])
    value_block(block, item, some, count, VALUE)
    share = share_of_proceeds(block.claim, item)
    for i in range(count):
        s = some[i]
        unsold = (lanes["unsold"][s] >> np.uint64(bit)) & ONE != np.uint64(0)
        ours = (w[VALUE, i] - item["liens"] - item["claims_ahead"]) * share
        value = max(0.0, min(ours, item["cap"]))
        w[to, s] += value if unsold else 0.0
