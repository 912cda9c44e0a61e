"""Draws, quantiles, normals and exponentials of all lanes of a list at once.

Each function fills rows of the lanes' record. Loops hold no branch and read only that record
(`lanes`), so that the compiler computes several lanes with one instruction. Where a table must be
read, one loop computes the place in it and another looks it up.
"""

from __future__ import annotations

import math

import numpy as np

from npl_sim.core.layout import QUANTILE_CELLS
from npl_sim.kernels._jit import compiled
from npl_sim.kernels.draws import middle_normal, tail_normal
from npl_sim.kernels.rng import (
    MASK,
    SHIFT,
    STREAM_SHIFT,
    ZERO,
    Replicate,
    draw,
    philox,
    turned,
    unit,
)

__all__ = [
    "draw_block",
    "draw_lane",
    "exp_block",
    "minus_log_block",
    "normal_block",
    "quantile_block",
]

CELLS = float(QUANTILE_CELLS)
NEAR = 1.0 / 16.0
LN2_HIGH, LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
LOG2_E = 1.4426950408889634
HALF_ROOT_2 = np.int64(0x3FE6A09E667F3BCD)
"""Bits of the square root of 1/2."""
MANTISSA, BIAS = np.int64(52), np.int64(1023)
LARGEST = 700.0

VECTOR = 4
"""Entries that are computed at once. A row holds whole vectors."""


@compiled
def padded(count):
    """Return the count of whole vectors: no entries are left to be computed one by one."""
    return (count + VECTOR - 1) // VECTOR * VECTOR


@compiled
def draw_lane(block, s, key, stream, step):
    """Return the four uniforms of lane `s` at an address."""
    replicate = block.replicate
    one = Replicate(replicate.seed_low, replicate.seed_high, replicate.scenario + np.uint64(s))
    return draw(one, key, stream, step)


@compiled(separate=True)
def draw_block(replicate, lanes, number, count, key, stream, step, row):
    """Fill four rows from `row` on with the uniforms at an address.

    Parameters
    ----------
    replicate
        Seed and replicate; the scenarios are those of `number`.
    lanes
        Record of LANES.
    number
        Scenario counters of the entries, a row of `lanes`.
    count
        Number of entries.
    key, stream, step, row
        The address (see `rng.draw`), and the first row to fill.
    """
    w, whole = lanes["w"], padded(count)
    c3 = (np.uint64(stream) << STREAM_SHIFT) | np.uint64(step)
    low, high = key & MASK, key >> SHIFT
    turn = replicate.scenario >> SHIFT
    seed_low, seed_high = replicate.seed_low, replicate.seed_high
    if turn == ZERO:
        for i in range(whole):
            w0, w1, w2, w3 = philox(number[i], low, high, c3, seed_low, seed_high)
            w[row, i] = unit(w0)
            w[row + 1, i] = unit(w1)
            w[row + 2, i] = unit(w2)
            w[row + 3, i] = unit(w3)
    else:
        for i in range(whole):
            w0, w1, w2, w3 = philox(number[i], low, high, c3, seed_low, seed_high)
            w[row, i] = unit(turned(w0, turn))
            w[row + 1, i] = unit(turned(w1, turn))
            w[row + 2, i] = unit(turned(w2, turn))
            w[row + 3, i] = unit(turned(w3, turn))


@compiled(separate=True)
def quantile_block(lanes, count, tables, row, source, to):
    """Fill row `to` with the quantiles at row `source` of the distribution in `row`.

    The values are those of `draws.quantile`, to the last bit.
    """
    w, cells, x = lanes["w"], lanes["cell"], lanes["x"]
    for i in range(padded(count)):
        u = w[source, i]
        tail = min(u, 1.0 - u)
        upper = 1 if u > 0.5 else 0
        scale = CELLS * 16.0
        part = 1 + upper
        second, third = tail < NEAR / 16.0, tail < NEAR / 256.0
        scale = CELLS * 256.0 if second else scale
        part = 3 + upper if second else part
        scale = CELLS * 4096.0 if third else scale
        part = 5 + upper if third else part
        near = tail < NEAR
        place = tail * scale if near else u * CELLS
        part = part if near else 0
        cell = min(int(place), QUANTILE_CELLS - 1)
        cells[i] = part * QUANTILE_CELLS + cell
        x[i] = place - cell
    for i in range(count):
        part, cell = cells[i] // QUANTILE_CELLS, cells[i] % QUANTILE_CELLS
        low = tables[row, part, cell, 0]
        w[to, i] = low + x[i] * (tables[row, part, cell, 1] - low)


@compiled(separate=True)
def normal_block(lanes, count, source, to):
    """Fill row `to` with the standard normal quantiles at row `source`, by AS 241.

    The middle is computed for all entries, the tails for those that lie there. A uniform of 32
    bits is at least 2^-33, so the outermost tail of the algorithm is not needed.
    """
    w, tail, x = lanes["w"], lanes["tail"], lanes["x"]
    for i in range(padded(count)):
        w[to, i] = middle_normal(w[source, i] - 0.5)
    outside = 0
    for i in range(count):
        u = w[source, i]
        tail[outside] = i
        x[outside] = min(u, 1.0 - u)
        outside += 1 if abs(u - 0.5) > 0.425 else 0
    fill_log(lanes, outside)
    for i in range(padded(outside)):
        x[i] = tail_normal(math.sqrt(-x[i]))
    for i in range(outside):
        entry = tail[i]
        w[to, entry] = -x[i] if w[source, entry] < 0.5 else x[i]


@compiled(separate=True)
def minus_log_block(lanes, count, source, to):
    """Fill row `to` with minus the logarithms of the uniforms in row `source`."""
    w, x = lanes["w"], lanes["x"]
    for i in range(count):
        x[i] = w[source, i]
    fill_log(lanes, count)
    for i in range(count):
        w[to, i] = -x[i]


# fmt: off
@compiled
def fill_log(lanes, count):
    """Turn row `x`, inside (0, 1), into log(x), by the series of fdlibm."""
    x, x_bits, bits, power = lanes["x"], lanes["x_bits"], lanes["bits"], lanes["power"]
    for i in range(padded(count)):
        whole = x_bits[i]
        exponent = (whole - HALF_ROOT_2) >> MANTISSA
        bits[i] = whole - (exponent << MANTISSA)
        x[i] = np.float64(exponent)
    for i in range(padded(count)):
        f = power[i] - 1.0
        s = f / (2.0 + f)
        z = s * s
        v = z * z
        r = v * (3.999999999940941908e-01 + v * (2.222219843214978396e-01
                 + v * 1.531383769920937332e-01))
        r += z * (6.666666666666735130e-01 + v * (2.857142874366239149e-01
                  + v * (1.818357216161805012e-01 + v * 1.479819860511658591e-01)))
        half = 0.5 * f * f
        x[i] = x[i] * LN2_HIGH - ((half - (s * (half + r) + x[i] * LN2_LOW)) - f)


@compiled(separate=True)
def exp_block(lanes, count, source, to):
    """Multiply row `to` by the exponential of row `source`, which is overwritten.

    The fraction is that of fdlibm. Arguments are bounded to -700 .. 700.
    """
    w, bits, power = lanes["w"], lanes["bits"], lanes["power"]
    for i in range(padded(count)):
        v = max(-LARGEST, min(LARGEST, w[source, i]))
        k = math.floor(v * LOG2_E + 0.5)
        bits[i] = (np.int64(k) + BIAS) << MANTISSA
        high = v - k * LN2_HIGH
        low = k * LN2_LOW
        r = high - low
        t = r * r
        c = r - t * (1.66666666666666019037e-01 + t * (-2.77777777770155933842e-03
                     + t * (6.61375632143793436117e-05 + t * (-1.65339022054652515390e-06
                     + t * 4.13813679705723846039e-08))))
        w[source, i] = 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    for i in range(padded(count)):
        w[to, i] *= w[source, i] * power[i]
# fmt: on
