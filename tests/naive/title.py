"""JUDGED: what is done with an enforceable title (docs/model.md, section 4.5)."""

from __future__ import annotations

from npl_sim.core.layout import Kind, Stage, Stream

from .book import Case

__all__ = ["use_title"]


def use_title(case: Case, t: float, on_tape: bool) -> tuple[Stage, float] | None:
    """Wait for the debtor to perform, or apply for enforcement.

    Return nothing if neither has happened by the end.

    1. The debtor performs in full.
    2. Else the creditor applies, in time or too late; too late only hurts if the debtor pleads it.
    3. Else the title is not used.
    """
    perform, delay, _, _ = case.words(Stream.ENFORCEMENT, 0)
    spent = case.loan.stage_elapsed if on_tape else 0.0
    gone = case.loan.elapsed_probability if on_tape else 0.0
    case.late_from = t + max(0.0, case.terms.performance_window - spent)
    p = case.terms.performance_probability
    if perform < p * (1.0 - gone) / (1.0 - gone * p):
        t1 = t + max(
            0.0, case.quantile(case.terms.performance_delay, gone + delay * (1.0 - gone)) - spent
        )
        if not case.happens(t1):
            return None
        case.accrue(t1)
        case.receive(t1, Kind.PERFORMANCE, case.owed, "the debtor performs the judgment")
        return Stage.CLOSED, t1
    if not case.terms.enforce:
        return Stage.DORMANT, t
    wait = case.terms.performance_window + case.terms.application_delay
    t1 = max(0.0, wait - case.loan.stage_elapsed) if on_tape else t + wait
    if (
        is_too_late(case, t1, wait, on_tape)
        and case.words(Stream.ENFORCEMENT, 1)[3] < case.terms.defense_raised
    ):
        return Stage.DORMANT, t
    return (Stage.ENFORCEMENT, t1) if case.happens(t1) else None


def is_too_late(case: Case, t1: float, wait: float, on_tape: bool) -> bool:
    """Return whether the application at t1 comes after the period for it."""
    if on_tape and t1 > case.loan.window_left:
        return True
    return wait > case.terms.performance_window + case.terms.enforcement_window_months
