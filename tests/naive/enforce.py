"""ENFORCEMENT: collateral, guarantor, other assets, garnishment, revival (docs/model.md, section 4.6)."""

from __future__ import annotations

import math

from npl_sim.layout import FeeRow, Kind, Stage, Stream

from .auction import dispose, distribute
from .basics import month
from .book import Case

__all__ = ["enforce"]


def enforce(case: Case, t: float, on_tape: bool) -> tuple[Stage, float] | None:
    """Enforce a title applied for at t. None: the search for assets is still running at the end.

    In the order of the list, which a paid claim ends early: 1 the items of collateral, 2 the guarantor,
    3 other assets, 4 garnishment, 5 revival of a case closed for want of assets, 6 closed or dormant
    at the time of the last event that happened.
    """
    case.accrue(t)
    base, congestion, last = case.owed, case.congestion(t), t
    for k in range(len(case.items)):
        if not case.is_paid:
            last = max(last, dispose(case, k, t, congestion, on_tape))
    if not case.is_paid:
        last = max(last, call_guarantor(case, t))
    if case.is_paid:
        return Stage.CLOSED, last

    search, garnish, _, _ = case.words(Stream.ENFORCEMENT, 1)
    t_s = t + case.quantile(case.terms.q_search, search) * congestion
    if not case.happens(t_s):
        return None
    last = max(last, t_s)
    found = attach_other_assets(case, t, t_s, base)
    garnished = garnish < case.terms.p_garnish and case.terms.garnish_share > 0.0
    if garnished and not case.is_paid:
        last = max(last, garnish_income(case, t_s, base))
    if not (found or garnished or case.is_paid):
        last = max(last, revive(case, t_s))
    return (Stage.CLOSED if case.is_paid else Stage.DORMANT), last


def call_guarantor(case: Case, t: float) -> float:
    """Step 2: a bound guarantor pays a share of what is owed, up to the guarantee's cap. Return when."""
    _, _, guarantor, share = case.words(Stream.ENFORCEMENT, 1)
    if not (case.loan.guaranteed and case.bound and guarantor < case.terms.p_guarantor):
        return t
    t_g = t + case.quantile(case.terms.q_guarantor_delay, case.words(Stream.ENFORCEMENT, 2)[0])
    if not case.happens(t_g):
        return t
    case.accrue(t_g)
    amount = min(
        case.quantile(case.terms.q_guarantor_share, share) * case.owed, case.loan.guarantee_cap, case.owed
    )
    case.receive(t_g, Kind.GUARANTOR, amount, "the guarantor pays")
    return t_g


def attach_other_assets(case: Case, t: float, t_s: float, base: float) -> bool:
    """Step 3: turn other assets into cash at t_s. Return whether there were any."""
    _, _, find, coverage = case.words(Stream.ENFORCEMENT, 0)
    frozen = case.frozen_from < math.inf
    if not (frozen or find < case.terms.p_find):
        return False
    unprotected = case.frozen_from + max(0.0, t - case.frozen_until) if frozen else t
    amount = case.quantile(case.terms.q_coverage, coverage) * base
    amount *= math.exp(-case.terms.dissipation * unprotected)
    if amount <= 0.0:
        return False
    case.accrue(t_s)
    costs = {Kind.COURT_FEE: case.fee(FeeRow.ENFORCEMENT, min(amount, case.owed))}
    distribute(case, t_s, amount, costs, math.inf, Kind.DEFICIENCY, "other assets of the debtor")
    return True


def garnish_income(case: Case, t_s: float, base: float) -> float:
    """Step 4: take a part of the debtor's income each month after t_s. Return the time of the last part.

    Interest runs on meanwhile.
    """
    case.accrue(t_s)
    start = month(t_s)
    last = t_s
    for k in range(1, case.terms.garnish_months + 1):
        if start + k > case.end or case.is_paid:
            break
        last = float(start + k)
        case.accrue(last)
        amount = min(case.terms.garnish_share * base, case.owed)
        case.receive(last, Kind.GARNISHMENT, amount, f"garnishment, month {k}")
    return last


def revive(case: Case, t_s: float) -> float:
    """Step 5: a case closed at t_s for want of assets may be revived. Return the time of the cash."""
    _, revival, delay, share = case.words(Stream.ENFORCEMENT, 2)
    if revival >= case.terms.p_revival:
        return t_s
    t_v = t_s + case.quantile(case.terms.q_revival_delay, delay)
    if not case.happens(t_v):
        return t_s
    case.accrue(t_v)
    amount = case.quantile(case.terms.q_revival_share, share) * case.owed
    case.receive(t_v, Kind.DEFICIENCY, amount, "assets found after revival")
    return t_v
