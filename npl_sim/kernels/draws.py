"""From uniforms to the quantities of the model: normals and tabulated distributions."""

from __future__ import annotations

import math

from npl_sim.core.layout import QUANTILE_CELLS
from npl_sim.kernels._jit import compiled

__all__ = ["first_month_at", "middle_normal", "normal", "quantile", "tail_normal"]

CELLS = float(QUANTILE_CELLS)
NEAR = 1.0 / 16.0


# fmt: off
@compiled
def middle_normal(q):
    """Return the quantile at 1/2 + `q` by AS 241, for abs(q) <= 0.425."""
    r = 0.180625 - q * q
    top = (((((((2509.0809287301226727 * r + 33430.575583588128105) * r
                + 67265.770927008700853)
              * r + 45921.953931549871457) * r + 13731.693765509461125) * r
            + 1971.5909503065514427) * r + 133.14166789178437745) * r + 3.387132872796366608)
    bottom = (((((((5226.495278852854561 * r + 28729.085735721942674) * r
                   + 39307.89580009271061)
                 * r + 21213.794301586595867) * r + 5394.1960214247511077) * r
               + 687.1870074920579083) * r + 42.313330701600911252) * r + 1.0)
    return q * top / bottom


@compiled
def tail_normal(r):
    """Return the absolute quantile by AS 241 at a tail of probability exp(-r^2), for r <= 5."""
    r -= 1.6
    top = (((((((7.7454501427834140764e-4 * r + 0.0227238449892691845833) * r
                + 0.24178072517745061177) * r + 1.27045825245236838258) * r
              + 3.64784832476320460504) * r + 5.7694972214606914055) * r
            + 4.6303378461565452959) * r + 1.42343711074968357734)
    bottom = (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r
                   + 0.0151986665636164571966) * r + 0.14810397642748007459) * r
                 + 0.68976733498510000455) * r + 1.6763848301838038494) * r
               + 2.05319162663775882187) * r + 1.0)
    return top / bottom


@compiled(callable=True)
def normal(u):
    """Return the standard normal quantile of `u` by AS 241 (Wichura 1988), to about 1e-16."""
    q = u - 0.5
    if abs(q) <= 0.425:
        return middle_normal(q)
    r = math.sqrt(-math.log(u if q < 0.0 else 1.0 - u))
    if r <= 5.0:
        return -tail_normal(r) if q < 0.0 else tail_normal(r)
    r -= 5.0
    top = (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r
                + 1.2426609473880784386e-3) * r + 0.026532189526576123093) * r
              + 0.29656057182850489123) * r + 1.7848265399172913358) * r
            + 5.4637849111641143699) * r + 6.6579046435011037772)
    bottom = (((((((2.04426310338993978564e-15 * r + 1.4215117583164458887e-7) * r
                   + 1.8463183175100546818e-5) * r + 7.868691311456132591e-4) * r
                 + 0.0148753612908506148525) * r + 0.13692988092273580531) * r
               + 0.59983220655588793769) * r + 1.0)
    return -top / bottom if q < 0.0 else top / bottom
# fmt: on


@compiled(callable=True)
def quantile(tables, row, u):
    """Return the quantile at `u` of the distribution in `row`.

    A row holds tables of `QUANTILE_CELLS` cells. Part 0 covers the whole range. Each of three
    levels then covers the sixteenth next to 0 and next to 1 of the level before. A cell holds the
    values at its two ends, counted from the nearer end of the range. A straight line joins them.
    """
    part = 0
    x = u * CELLS
    if u < NEAR or u > 1.0 - NEAR:
        upper = u > 0.5
        x = (1.0 - u if upper else u) * CELLS * 16.0
        part = 2 if upper else 1
        while part < 5 and x < CELLS * NEAR:
            x *= 16.0
            part += 2
    cell = min(int(x), QUANTILE_CELLS - 1)
    low = tables[row, part, cell, 0]
    return low + (x - cell) * (tables[row, part, cell, 1] - low)


@compiled
def first_month_at(total, factor, start, last, threshold):
    """Return the first month after `start` by which a hazard since then meets `threshold`.

    The hazard is `factor` times the change of `total`, a running sum over months. Return 0 if
    there is no such month up to `last`.
    """
    if factor * (total[last] - total[start]) < threshold:
        return 0
    low = start + 1
    high = last
    while low < high:
        middle = (low + high) // 2
        if factor * (total[middle] - total[start]) >= threshold:
            high = middle
        else:
            low = middle + 1
    return low
