"""ENFORCEMENT: collateral, guarantor, other assets, garnishment, revival (docs/model.md, section 4.6)."""

from __future__ import annotations

import math
from typing import Any

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
    if on_tape:
        case.late_from = 0.0
    else:
        case.post(t, Kind.LAWYER, -case.terms.lawyer_enforcement, "lawyer's fee for the application")
    case.accrue(t)
    base, congestion, last = case.owed, case.congestion(t), t
    for k in range(len(case.items)):
        if not case.is_paid:
            last = max(last, dispose(case, k, t, congestion, on_tape))
    for guarantor in case.guarantors if case.bound else []:
        if not case.is_paid:
            last = max(last, call_guarantor(case, guarantor, t))
    found = False
    for i in range(len(case.assets)):
        if not case.is_paid:
            any_, at = attach_assets(case, i, t, base, congestion)
            found, last = found or any_, max(last, at)
    if case.is_paid:
        return Stage.CLOSED, last

    _, _, search, garnish = case.words(Stream.ENFORCEMENT, 0)
    t_s = t + case.quantile(case.terms.q_search, search) * congestion
    if not case.happens(t_s):
        return None
    last = max(last, t_s)
    garnished = garnish < either(case, case.terms.p_garnish) and case.terms.garnish_share > 0.0
    if garnished and not case.is_paid:
        last = max(last, garnish_income(case, t_s, base))
    if not (found or garnished or case.is_paid):
        last = max(last, revive(case, t_s))
    return (Stage.CLOSED if case.is_paid else Stage.DORMANT), last


def either(case: Case, p: float) -> float:
    """Return the chance that at least one of the joint debtors meets it."""
    return 1.0 - (1.0 - p) ** case.loan.debtors


def call_guarantor(case: Case, guarantor: Any, t: float) -> float:
    """Step 2: a guarantor pays a share of what is owed, up to his cap. Return when."""
    pays, share, delay, _ = case.draw(guarantor.key, Stream.GUARANTOR, 0)
    if pays >= case.terms.p_guarantor * guarantor.factor:
        return t
    t_g = t + case.quantile(case.terms.q_guarantor_delay, delay)
    if not case.happens(t_g):
        return t
    case.accrue(t_g)
    amount = min(case.quantile(case.terms.q_guarantor_share, share) * case.owed, guarantor.cap)
    case.receive(t_g, Kind.GUARANTOR, amount, "a guarantor pays")
    return t_g


def renewals(word: float, p: float) -> float:
    """Return how many times in a row the freeze is renewed in time."""
    if p >= 1.0:
        return math.inf
    return 0.0 if p <= 0.0 else float(math.floor(math.log(word) / math.log(p)))


def attach_assets(case: Case, i: int, t: float, base: float, congestion: float) -> tuple[bool, float]:
    """Step 3: turn one class of assets into cash. Return whether there was anything, and the time."""
    asset = case.assets[i]
    present, find, coverage, search = case.words(Stream.ASSET, i)
    found, renewal, rival, _ = case.words(Stream.PRESERVATION, i)
    if present >= either(case, asset.p_present):
        return False, t
    secured = exposed = t
    frozen = case.preserved_at is not None and found < asset.p_find_preserved
    if frozen:
        begin = min(t, case.preserved_at)
        until = begin + asset.freeze_months * (1.0 + renewals(renewal, asset.p_renewal))
        secured, exposed = (begin, begin) if until >= t else (t, begin + t - until)
    elif find >= asset.p_find:
        return False, t
    amount = case.quantile(asset.q_coverage, coverage) * base * math.exp(-asset.dissipation * exposed)
    if asset.rivals > 0.0 and -math.log(rival) / asset.rivals < secured:
        amount *= asset.rank_share
    if amount <= 0.0:
        return False, t
    t_i = t + case.quantile(asset.q_search, search) * congestion
    if not case.happens(t_i):
        return True, t
    case.accrue(t_i)
    costs = {Kind.COURT_FEE: case.fee(FeeRow.ENFORCEMENT, min(amount, case.owed))}
    distribute(case, t_i, amount, costs, math.inf, Kind.DEFICIENCY, "other assets of the debtor")
    return True, t_i


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
    revival, delay, share, _ = case.words(Stream.ENFORCEMENT, 1)
    if revival >= case.terms.p_revival:
        return t_s
    t_v = t_s + case.quantile(case.terms.q_revival_delay, delay)
    if not case.happens(t_v):
        return t_s
    case.accrue(t_v)
    amount = case.quantile(case.terms.q_revival_share, share) * case.owed
    case.receive(t_v, Kind.DEFICIENCY, amount, "assets found after revival")
    return t_v
