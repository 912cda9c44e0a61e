"""Insolvency of the debtor: date of its acceptance, and the proceeding. docs/insolvency.md."""

from __future__ import annotations

import math

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, is_paid, month_of
from npl_sim.kernels.block_draws import draw_block, draw_lane, normal_block, quantile_block
from npl_sim.kernels.codes import (
    CLOSED,
    COLLECTION,
    DORMANT,
    INSOLVENCY,
    INSOLVENCY_STREAM,
    LIQUIDATING,
    PETITION,
    PLAN_CONFIRMED,
    PROCEEDING_CLOSED,
    REORGANIZING,
)
from npl_sim.kernels.collection import BY_FILING
from npl_sim.kernels.draws import first_month_at, quantile
from npl_sim.kernels.enforcement import schedule_guarantors
from npl_sim.kernels.estate import call_guarantors, liquidate
from npl_sim.kernels.insolvency_plan import LIQUIDATES, reorganize
from npl_sim.kernels.lanes import move, pack
from npl_sim.kernels.schedule import NOTHING, in_order
from npl_sim.kernels.willingness import COMMON, NORMAL, SYSTEMATIC, common_normals

__all__ = ["become_insolvent", "date_acceptance", "fill_distress", "may_become_insolvent"]

ACCEPTED = 0
"""Row of the draw of the acceptance."""
PETITIONED, WAIT = 9, 10
"""Rows of draws of a pending petition, after that of a plan's failure in row 8."""
MONTHS = 12
"""Row of the months until a pending petition is accepted."""
ENTERED = 20
"""Row of the time of entry, while guarantors are called. [months]"""


def may_become_insolvent(loans):
    """Return which LOAN records have a debtor that is, or may become, insolvent."""
    return (loans["insolvency_hazard"] > 0.0) | (loans["insolvency_status"] != 0)


@compiled
def fill_distress(distress, factors, s, lane):
    """Fill the running sums of the multiplier of insolvencies in scenario `s`, in a lane."""
    for p in range(distress.shape[1]):
        b, total = factors.insolvency_loading[p], 0.0
        distress[lane, p, 0] = 0.0
        for m in range(1, distress.shape[2]):
            half = 0.5 * b * b * factors.variance[m]
            total += math.exp(-b * factors.cooperation[s, m] - half) if b != 0.0 else 1.0
            distress[lane, p, m] = total


@compiled
def correlate_acceptance(block):
    """Correlate the draws of acceptance within the group and the region."""
    loan, terms, lanes, n = block.loan, block.terms, block.lanes, block.width
    w, region = lanes["w"], terms["insolvency_region_correlation"]
    group = terms["insolvency_group_correlation"] if loan["group_key"] != 0 else 0.0
    if region <= 0.0 and group <= 0.0:
        return
    own = math.sqrt(max(0.0, 1.0 - region - group))
    normal_block(lanes, n, ACCEPTED, NORMAL)
    for i in range(n):
        w[SYSTEMATIC, i] = own * w[NORMAL, i]
    if group > 0.0:
        common_normals(block, loan["group_key"], 2)
        for i in range(n):
            w[SYSTEMATIC, i] += math.sqrt(group) * w[COMMON, i]
    if region > 0.0:
        common_normals(block, loan["region_key"], 3)
        for i in range(n):
            w[SYSTEMATIC, i] += math.sqrt(region) * w[COMMON, i]
    for i in range(n):
        w[ACCEPTED, i] = 0.5 * math.erfc(-w[SYSTEMATIC, i] / math.sqrt(2.0))


@compiled
def date_petition(block):
    """End the ordinary stages of the lanes in which a pending petition is accepted."""
    loan, terms, lanes, n = block.loan, block.terms, block.lanes, block.width
    w, number = lanes["w"], lanes["number"]
    draw_block(block.replicate, lanes, number, n, loan["borrower"], INSOLVENCY_STREAM, 2, 8)
    quantile_block(lanes, n, block.package.quantiles, terms["petition_duration"], WAIT, MONTHS)
    for s in range(n):
        month = max(1, month_of(w[MONTHS, s]))
        accepted = w[PETITIONED, s] < terms["petition_acceptance_probability"]
        if accepted and month < lanes["end"][s]:
            lanes["end"][s] = month


@compiled
def date_acceptance(block):
    """End the ordinary stages of each lane at the acceptance of its debtor's insolvency."""
    loan, lanes, n = block.loan, block.lanes, block.width
    if loan["stage"] == INSOLVENCY:
        return
    w, hazard, number = lanes["w"], loan["insolvency_hazard"], lanes["number"]
    if hazard > 0.0:
        draw_block(
            block.replicate, lanes, number, n, loan["borrower"], INSOLVENCY_STREAM, 0, ACCEPTED
        )
        correlate_acceptance(block)
        for s in range(n):
            last, total = lanes["end"][s] - 1, block.distress[s, loan["policy"]]
            # -ln(u) is at least 1 - u, which decides most paths without the logarithm.
            if last < 1 or hazard * total[last] < 1.0 - w[ACCEPTED, s]:
                continue
            month = first_month_at(total, hazard, 0, last, -math.log(w[ACCEPTED, s]))
            if month > 0:
                lanes["end"][s] = month
    if loan["insolvency_status"] == PETITION:
        date_petition(block)


@compiled
def is_rejected(block, s, month):
    """Return whether the claim of lane `s` is time-barred and the administrator rejects it."""
    loan, lanes, stage = block.loan, block.lanes, block.lanes["stage"][s]
    if loan["stage"] != COLLECTION or lanes["entry"][s] != BY_FILING:
        return False
    unsued = lanes["default_interest_from"][s] == math.inf
    unsued = unsued and (stage == COLLECTION or stage == DORMANT)
    return unsued and (loan["limitation_left"] < 0.0 or loan["long_stop_left"] < month)


@compiled
def enter_insolvency(block):
    """Move the lanes whose debtor was accepted into the stage, and restore the end of all."""
    lanes = block.lanes
    for s in range(block.width):
        month, last, stage = lanes["end"][s], lanes["exit_month"][s], lanes["stage"][s]
        lanes["end"][s] = last
        if month < last and stage != CLOSED:
            if is_rejected(block, s, month):
                move(block, s, stage, CLOSED, month)
                lanes["stage"][s], lanes["time"][s] = CLOSED, float(month)
                continue
            accrue(block, s, float(month))
            move(block, s, stage, INSOLVENCY, month)
            lanes["stage"][s], lanes["time"][s] = INSOLVENCY, float(month)
            lanes["plan_value"][s] = -1.0


@compiled
def schedule_calls(block, count):
    """Schedule the payments of guarantors, who are called at the latest at the acceptance.

    Enforcement before the acceptance has called them already; what they paid then is no payment
    now.
    """
    lanes = block.lanes
    w = lanes["w"]
    for i in range(count):
        s = lanes["at"][i]
        w[ENTERED, i] = lanes["time"][s]
        if lanes["enforced_at"][s] >= 0.0:
            lanes["time"][s] = lanes["enforced_at"][s]
    schedule_guarantors(block, count, 0)
    for i in range(count):
        s = lanes["at"][i]
        lanes["time"][s] = w[ENTERED, i]
        if lanes["enforced_at"][s] < 0.0:
            continue
        for row in range(block.loan["guarantor_end"] - block.loan["guarantor_begin"]):
            event = block.events[row]
            if month_of(event["at"][i]) <= month_of(w[ENTERED, i]):
                event["what"][i] = NOTHING


@compiled
def run_proceeding(block, i, s):
    """Run the proceeding of lane `s`: plan or liquidation. Return the next stage and its time."""
    loan, terms, lanes = block.loan, block.terms, block.lanes
    t, tables = lanes["time"][s], block.package.quantiles
    _, form, length, assets = draw_lane(block, s, loan["borrower"], INSOLVENCY_STREAM, 0)
    free, _, _, _ = draw_lane(block, s, loan["borrower"], INSOLVENCY_STREAM, 1)
    free_share = quantile(tables, terms["free_assets"], free)
    status, spent = 0, 0.0
    if loan["stage"] == INSOLVENCY:
        status, spent = loan["insolvency_status"], loan["stage_elapsed"]
        length = loan["elapsed_probability"] + length * (1.0 - loan["elapsed_probability"])
    if status == PROCEEDING_CLOSED:
        return CLOSED, t
    reorganizes = status == REORGANIZING or status == PLAN_CONFIRMED
    if status != LIQUIDATING and form < terms["reorganization_probability"]:
        reorganizes = True
    if reorganizes:
        wait = 0.0
        if status != PLAN_CONFIRMED:
            wait = max(0.0, quantile(tables, terms["insolvency_plan_duration"], length) - spent)
            wait *= block.congestion[s, max(1, month_of(t))]
        draws = (length, assets, free_share, spent)
        stage, t = reorganize(block, i, s, wait, draws)
        if stage != LIQUIDATES or is_paid(block, s):
            return stage, t
        _, _, _, length = draw_lane(block, s, loan["borrower"], INSOLVENCY_STREAM, 2)
        spent = 0.0
    return liquidate(block, i, s, t, (length, assets, free_share, spent))


@compiled(separate=True)
def run_proceedings(block, count):
    """Run the proceedings of the lanes in the list, and call their guarantors."""
    loan, lanes = block.loan, block.lanes
    schedule_calls(block, count)
    guarantors = loan["guarantor_end"] - loan["guarantor_begin"]
    for i in range(count):
        s = lanes["at"][i]
        lanes["accrued_to"][s] = math.inf
        lanes["latest"][i], lanes["called"][i] = lanes["time"][s], 0
        lanes["calls"][i] = in_order(block.events, block.order, guarantors, i)
        stage, t = run_proceeding(block, i, s)
        call_guarantors(block, i, s, math.inf)
        if is_paid(block, s):
            stage, t = CLOSED, lanes["latest"][i]
        elif stage == CLOSED:
            t = max(t, lanes["latest"][i])
        lanes["stage"][s], lanes["time"][s] = stage, t
        if stage != INSOLVENCY:
            move(block, s, INSOLVENCY, stage, month_of(t))


@compiled
def become_insolvent(block):
    """Simulate the insolvency of the debtor, from its acceptance to the end of the proceeding."""
    enter_insolvency(block)
    count = pack(block, INSOLVENCY)
    if count > 0:
        run_proceedings(block, count)
