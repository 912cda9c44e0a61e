"""Willingness of borrowers, correlated within groups and regions. docs/model.md section 4.1."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.block_draws import draw_block, normal_block
from npl_sim.kernels.codes import GROUP_STREAM

WILLING = 0
"""Row of the borrower's willingness: a draw, uniform with and without correlation."""
NORMAL, COMMON, SYSTEMATIC = range(4, 7)
"""Rows of normals: the borrower's own, that of a group or region, the sum over both."""
COMMON_DRAW = 13
"""First of four rows for the draws of a group or region."""


@compiled
def common_normals(block, key, step):
    """Fill row `COMMON` with the factor of all borrowers that share `key`."""
    lanes, n = block.lanes, block.width
    draw_block(block.replicate, lanes, lanes["number"], n, key, GROUP_STREAM, step, COMMON_DRAW)
    normal_block(lanes, n, COMMON_DRAW, COMMON)


@compiled
def correlate_willingness(block):
    """Correlate the willingness of borrowers within the group and the region.

    The factor of a region or group is computed once for all its loans that follow one another.
    """
    loan, lanes, n = block.loan, block.lanes, block.width
    w, idiosyncratic = lanes["w"], 1.0
    normal_block(lanes, n, WILLING, NORMAL)
    for i in range(n):
        w[SYSTEMATIC, i] = 0.0
    rho = block.terms["region_correlation"]
    if rho > 0.0:
        if lanes["region_known"] == 0 or lanes["region_key"] != loan["region_key"]:
            common_normals(block, loan["region_key"], 1)
            for i in range(n):
                lanes["region_normal"][i] = w[COMMON, i]
            lanes["region_key"] = loan["region_key"]
            lanes["region_known"] = 1
        for i in range(n):
            w[SYSTEMATIC, i] += math.sqrt(rho) * lanes["region_normal"][i]
        idiosyncratic -= rho
    if loan["group_key"] != 0:
        rho = block.terms["group_correlation"]
        if lanes["group_known"] == 0 or lanes["group_key"] != loan["group_key"]:
            common_normals(block, loan["group_key"], 0)
            for i in range(n):
                lanes["group_normal"][i] = w[COMMON, i]
            lanes["group_key"] = loan["group_key"]
            lanes["group_known"] = 1
        for i in range(n):
            w[SYSTEMATIC, i] += math.sqrt(rho) * lanes["group_normal"][i]
        idiosyncratic -= rho
    own = math.sqrt(max(0.0, idiosyncratic))
    for i in range(n):
        z = w[SYSTEMATIC, i] + own * w[NORMAL, i]
        w[WILLING, i] = 0.5 * math.erfc(-z / math.sqrt(2.0))
