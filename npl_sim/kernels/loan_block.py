"""One loan through its stages, in a block of scenarios. docs/model.md section 4.

The stages form a chain: collection, plan, litigation, judgment, enforcement, insolvency,
exit. A loan never goes back, so one pass through the chain simulates all lanes. The file of each
stage has three parts. It lists the lanes of the stage (`pack`). It draws what chance brings to all
of them at once. Then it decides what becomes of each.
"""

from __future__ import annotations

import math

import numpy as np

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.codes import COLLECTION
from npl_sim.kernels.collection import collect
from npl_sim.kernels.enforcement import enforce
from npl_sim.kernels.exit import leave
from npl_sim.kernels.expert import close_replaced, post_manual, replace_paths
from npl_sim.kernels.insolvency import become_insolvent, date_acceptance
from npl_sim.kernels.limitation import check_limitation
from npl_sim.kernels.litigation import litigate
from npl_sim.kernels.repayment_plan import repay
from npl_sim.kernels.rng import MASK
from npl_sim.kernels.title import await_performance

ALL_UNSOLD = np.uint64(0xFFFFFFFFFFFFFFFF)


@compiled
def initialize(block):
    """Put the loan into its stage at the valuation date, in all lanes."""
    lanes, loan, n = block.lanes, block.loan, block.width
    stage, first = int(loan["stage"]), block.replicate.scenario & MASK
    for row in range(4):
        for s in range(n):
            lanes["sums"][row, s] = 0.0
    for s in range(n):
        lanes["stage"][s] = stage
        lanes["time"][s] = 0.0
        lanes["entry"][s] = -1
        lanes["barred"][s] = 0
        lanes["number"][s] = first + np.uint64(s)
    for s in range(n):
        lanes["principal"][s] = loan["principal"]
        lanes["interest_and_fees"][s] = loan["interest_and_fees"]
        lanes["accrued_to"][s] = 0.0
        lanes["unsold"][s] = ALL_UNSOLD
        lanes["guarantor_liable"][s] = 1
        lanes["default_interest"][s] = 0.0
        lanes["default_interest_from"][s] = math.inf
    for s in range(n):
        lanes["preserved_at"][s] = -1.0
        lanes["enforced_at"][s] = -1.0
        lanes["deposit"][s] = 0.0
        lanes["plans"][s] = 0
        lanes["plan_value"][s] = -1.0
    stages, design = block.cash.stages, block.cash.design
    for c in range(design.shape[1]):
        for s in range(n):
            stages[stage, 0, c] += block.claim * design[s, c]


@compiled
def simulate_loan(block, collection, c):
    """Simulate one loan in all lanes and accumulate its cash."""
    initialize(block)
    exposed = block.loan["insolvency_hazard"] > 0.0 or block.loan["insolvency_status"] != 0
    if exposed:
        date_acceptance(block)
    estimated = block.loan["estimate_end"] > block.loan["estimate_begin"]
    if estimated:
        replace_paths(block)
    if block.loan["stage"] == COLLECTION:
        filed_at = collect(block, collection, c)
        check_limitation(block, collection.reach[c], filed_at)
    repay(block)
    litigate(block)
    await_performance(block)
    enforce(block)
    if exposed:
        become_insolvent(block)
    if estimated:
        close_replaced(block)
    leave(block)
    post_manual(block)
