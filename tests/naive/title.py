"""JUDGED: what is done with an enforceable title (docs/model.md, section 4.5)."""

from __future__ import annotations

from npl_sim.core.layout import Kind, Stage, Stream

from .loan_state import LoanState

__all__ = ["use_title"]


def use_title(state: LoanState, t: float, on_tape: bool) -> tuple[Stage, float] | None:
    """Wait for the debtor to perform, or apply for enforcement.

    Return nothing if neither has happened by the end.

    1. The debtor performs in full.
    2. Else the creditor applies, in time or too late; too late only hurts if the debtor pleads it.
    3. Else the title is not used.
    """
    perform, delay, _, _ = state.uniforms(Stream.ENFORCEMENT, 0)
    spent = state.loan.stage_elapsed if on_tape else 0.0
    gone = state.loan.elapsed_probability if on_tape else 0.0
    state.late_from = t + max(0.0, state.terms.performance_window - spent)
    p = state.terms.enforcement_perform
    if perform < p * (1.0 - gone) / (1.0 - gone * p):
        t1 = t + max(
            0.0, state.quantile(state.terms.perform_delay, gone + delay * (1.0 - gone)) - spent
        )
        if not state.happens(t1):
            return None
        state.accrue(t1)
        state.receive(t1, Kind.PERFORMANCE, state.owed, "the debtor performs the judgment")
        return Stage.CLOSED, t1
    if not state.terms.enforce:
        return Stage.DORMANT, t
    wait = state.terms.performance_window + state.terms.apply_delay
    t1 = max(0.0, wait - state.loan.stage_elapsed) if on_tape else t + wait
    if (
        is_too_late(state, t1, wait, on_tape)
        and state.uniforms(Stream.ENFORCEMENT, 1)[3] < state.terms.defence_raised
    ):
        return Stage.DORMANT, t
    return (Stage.ENFORCEMENT, t1) if state.happens(t1) else None


def is_too_late(state: LoanState, t1: float, wait: float, on_tape: bool) -> bool:
    """Return whether the application at t1 comes after the period for it."""
    if on_tape and t1 > state.loan.window_left:
        return True
    return wait > state.terms.performance_window + state.terms.enforcement_window_months
