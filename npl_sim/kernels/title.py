"""An enforceable title: performance by the debtor, or the application for enforcement. docs/model.md 4.5."""

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

__all__ = ["await_performance"]


@compiled
def await_performance(loan, terms, quantiles, books, case, t, end, on_tape, trial):
    """Wait for the debtor to perform the judgment; apply for enforcement if he does not."""
    perform, delay, _, _ = draw(trial, loan["key"], ENFORCEMENT_STREAM, 0)
    chance = terms["enforcement_perform"]
    spent = 0.0
    if on_tape:
        # He has not performed yet: the longer that lasts, the less he will.
        gone = loan["elapsed_probability"]
        spent = loan["stage_elapsed"]
        if gone > 0.0:
            chance *= (1.0 - gone) / (1.0 - gone * chance)
            delay = gone + delay * (1.0 - gone)
    case["late_from"] = t + max(0.0, terms["performance_window"] - spent)
    if perform < chance:
        t += max(0.0, quantile(quantiles, terms["perform_delay"], delay) - spent)
        if month_of(t) > end:
            return JUDGED, float(end)
        accrue(case, loan["accrual"], t)
        amount = owed(case)
        receive_with_lawyer(
            books, loan["group"], PERFORMANCE, month_of(t), amount, terms["lawyer_contingent"]
        )
        return CLOSED, t
    if terms["enforce"] == 0:
        return DORMANT, t
    wait = terms["performance_window"] + terms["apply_delay"]
    late = terms["apply_delay"] > terms["enforcement_window_months"]
    if on_tape:
        wait = max(0.0, wait - spent)
        late = late or wait > loan["window_left"]
    if late:
        _, _, _, defence = draw(trial, loan["key"], ENFORCEMENT_STREAM, 1)
        if defence < terms["defence_raised"]:
            return DORMANT, t
    if month_of(t + wait) > end:
        return JUDGED, float(end)
    return ENFORCEMENT, t + wait
