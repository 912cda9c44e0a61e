"""Enforceable title: voluntary performance, or application for enforcement. docs/model.md 4.5."""

from __future__ import annotations

from npl_sim.kernels._jit import compiled
from npl_sim.kernels.accumulator import accrue, month_of, owed
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
from npl_sim.kernels.rng import draw


@compiled
def await_performance(path, t, on_tape):
    """Simulate the performance period of a judgment, up to payment or an application.

    Returns
    -------
    tuple
        Next stage and its time [months].
    """
    loan, terms, end = path.loan, path.terms, path.end
    perform, delay, _, _ = draw(path.replicate, loan["key"], ENFORCEMENT_STREAM, 0)
    chance = terms["performance_probability"]
    spent = 0.0
    if on_tape:
        # A debtor who has not performed yet becomes less likely to do so.
        elapsed = loan["elapsed_probability"]
        spent = loan["stage_elapsed"]
        if elapsed > 0.0:
            chance *= (1.0 - elapsed) / (1.0 - elapsed * chance)
            delay = elapsed + delay * (1.0 - elapsed)
    path.state["default_interest_from"] = t + max(0.0, terms["performance_window"] - spent)
    if perform < chance:
        t += max(0.0, quantile(path.package.quantiles, terms["performance_delay"], delay) - spent)
        if month_of(t) > end:
            return JUDGED, float(end)
        accrue(path, t)
        receive_with_lawyer(path, PERFORMANCE, month_of(t), owed(path.state))
        return CLOSED, t
    if terms["enforce"] == 0:
        return DORMANT, t
    wait = terms["performance_window"] + terms["application_delay"]
    expired = terms["application_delay"] > terms["enforcement_window_months"]
    if on_tape:
        wait = max(0.0, wait - spent)
        expired = expired or wait > loan["window_left"]
    if expired:
        _, _, _, defense = draw(path.replicate, loan["key"], ENFORCEMENT_STREAM, 1)
        if defense < terms["defense_raised"]:
            return DORMANT, t
    if month_of(t + wait) > end:
        return JUDGED, float(end)
    return ENFORCEMENT, t + wait
