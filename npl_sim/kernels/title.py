"""Enforceable title: voluntary performance, or application for enforcement. docs/model.md 4.5."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, month_of, owed
from npl_sim.kernels.block_draws import draw_block, draw_lane
from npl_sim.kernels.codes import (
    CLOSED,
    DORMANT,
    ENFORCEMENT,
    ENFORCEMENT_STREAM,
    JUDGED,
    PERFORMANCE,
)
from npl_sim.kernels.draws import quantile
from npl_sim.kernels.fees import receive_with_lawyer
from npl_sim.kernels.lanes import move, pack

PERFORM, DELAY = range(2)
"""Rows of draws."""


@compiled
def await_lane(block, i, s, on_tape):
    """Simulate the performance period of lane `s`. Return the next stage and its time [months]."""
    loan, terms, lanes = block.loan, block.terms, block.lanes
    t, end = lanes["time"][s], lanes["end"][s]
    chance, delay = terms["enforcement_perform"], lanes["w"][DELAY, i]
    spent = 0.0
    if on_tape:
        # A debtor who has not performed yet becomes less likely to do so.
        elapsed = loan["elapsed_probability"]
        spent = loan["stage_elapsed"]
        if elapsed > 0.0:
            chance *= (1.0 - elapsed) / (1.0 - elapsed * chance)
            delay = elapsed + delay * (1.0 - elapsed)
    lanes["default_interest_from"][s] = t + max(0.0, terms["performance_window"] - spent)
    if lanes["w"][PERFORM, i] < chance:
        t += max(0.0, quantile(block.package.quantiles, terms["perform_delay"], delay) - spent)
        if month_of(t) > end:
            return JUDGED, float(end)
        accrue(block, s, t)
        receive_with_lawyer(block, s, PERFORMANCE, month_of(t), owed(lanes, s))
        return CLOSED, t
    if terms["enforce"] == 0:
        return DORMANT, t
    wait = terms["performance_window"] + terms["apply_delay"]
    expired = terms["apply_delay"] > terms["enforcement_window_months"]
    if on_tape:
        wait = max(0.0, wait - spent)
        expired = expired or wait > loan["window_left"]
    if expired:
        _, _, _, defense = draw_lane(block, s, loan["key"], ENFORCEMENT_STREAM, 1)
        if defense < terms["defence_raised"]:
            return DORMANT, t
    if month_of(t + wait) > end:
        return JUDGED, float(end)
    return ENFORCEMENT, t + wait


@compiled
def await_performance(block):
    """Simulate the performance period of judgments, up to payment or an application."""
    count = pack(block, JUDGED)
    if count == 0:
        return
    lanes, loan = block.lanes, block.loan
    draw_block(
        block.replicate, lanes, lanes["number"], count, loan["key"], ENFORCEMENT_STREAM, 0, PERFORM
    )

    on_tape = loan["stage"] == JUDGED
    for i in range(count):
        s = lanes["at"][i]
        stage, t = await_lane(block, i, s, on_tape)
        lanes["stage"][s], lanes["time"][s] = stage, t
        if stage != JUDGED:
            move(block, s, JUDGED, stage, month_of(t))
