"""ENFORCEMENT: collateral, guarantor, other assets, garnishment, revival (docs/model.md, section
4.6).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from npl_sim.core.layout import FeeRow, Kind, Stage, Stream

from .auction import dispose, distribute
from .basics import month
from .book import Case

__all__ = ["enforce"]


@dataclass
class Event:
    """Something that may bring cash at a time; what it brings depends on what is owed then."""

    at: float
    act: Callable[[float], bool]  # takes the time; returns whether it brought anything


def enforce(case: Case, t: float, on_tape: bool) -> tuple[Stage, float] | None:
    """Enforce a title applied for at t. Return nothing while the search still runs.

    1. List what may bring cash: items of collateral, guarantors, other assets,
       garnishment month by month, or the revival of a case that was closed for want of assets.
    2. Let it happen in order of time until the claim is paid.
       Equal times follow the order of the list.
    3. Closed at the payment that ends the claim; else dormant at the last event or at the
       end of the search.
    """
    if on_tape:
        case.late_from = 0.0
    else:
        case.post(
            t, Kind.LAWYER, -case.terms.lawyer_enforcement_fee, "lawyer's fee for the application"
        )
    case.accrue(t)
    base, congestion, last = case.owed, case.congestion(t), t
    t_s = (
        t
        + case.quantile(case.terms.search_duration, case.words(Stream.ENFORCEMENT, 0)[2])
        * congestion
    )
    for event in sorted(events(case, t, t_s, base, congestion, on_tape), key=lambda e: e.at):
        if case.is_paid:
            break
        case.accrue(event.at)
        if event.act(event.at):
            last = event.at
    if case.is_paid:
        return Stage.CLOSED, last
    return (Stage.DORMANT, max(last, t_s)) if case.happens(t_s) else None


def events(
    case: Case, t: float, t_s: float, base: float, congestion: float, on_tape: bool
) -> list[Event]:
    """Return what may bring cash by the end, in the order of the contract."""
    found = []
    for k in range(len(case.items)):
        found.append(dispose(case, k, t, congestion, on_tape))
    for guarantor in case.guarantors if case.bound else []:
        found.append(call_guarantor(case, guarantor, t))
    entitled = False
    for i in range(len(case.assets)):
        amount, t_i = attach_assets(case, i, t, base, congestion)
        entitled = entitled or amount > 0.0
        found.append((t_i, partial(take_assets, case, amount)) if amount > 0.0 else None)
    if case.happens(t_s):
        garnish = case.words(Stream.ENFORCEMENT, 0)[3]
        if (
            garnish < either(case, case.terms.garnishment_probability)
            and case.terms.garnishment_share > 0.0
        ):
            for k in range(1, case.terms.garnishment_months + 1):
                found.append((float(month(t_s) + k), partial(garnish_income, case, base, k)))
        elif not entitled:
            found.append(revive(case, t_s))
    return [Event(*f) for f in found if f is not None and case.happens(f[0])]


def either(case: Case, p: float) -> float:
    """Return the chance that at least one of the joint debtors meets it."""
    return 1.0 - (1.0 - p) ** case.loan.debtors


def call_guarantor(
    case: Case, guarantor: Any, t: float
) -> tuple[float, Callable[[float], bool]] | None:
    """Step 2: a guarantor pays a share of what is owed when he pays, up to his cap. Return when
    and how.
    """
    pays, share, delay, _ = case.draw(guarantor.key, Stream.GUARANTOR, 0)
    if pays >= case.terms.guarantor_payment_probability * guarantor.factor:
        return None

    def pay(t_g: float) -> bool:
        amount = min(case.quantile(case.terms.guarantor_share, share) * case.owed, guarantor.cap)
        case.receive(t_g, Kind.GUARANTOR, amount, "a guarantor pays")
        return True

    return t + case.quantile(case.terms.guarantor_delay, delay), pay


def renewals(word: float, p: float) -> float:
    """Return how many times in a row the freeze is renewed in time."""
    if p >= 1.0:
        return math.inf
    return 0.0 if p <= 0.0 else float(math.floor(math.log(word) / math.log(p)))


def attach_assets(
    case: Case, i: int, t: float, base: float, congestion: float
) -> tuple[float, float]:
    """Step 3: find the assets of one class. Return what they are worth to the creditor, and when
    it is cash.
    """
    asset = case.assets[i]
    present, find, coverage, search = case.words(Stream.ASSET, i)
    found, renewal, rival, _ = case.words(Stream.PRESERVATION, i)
    if present >= either(case, asset.ownership_probability):
        return 0.0, t
    secured = exposed = t
    frozen = case.preserved_at is not None and found < asset.freeze_probability
    if frozen:
        begin = min(t, case.preserved_at)
        until = begin + asset.freeze_months * (1.0 + renewals(renewal, asset.renewal_probability))
        secured, exposed = (begin, begin) if until >= t else (t, begin + t - until)
    elif find >= asset.discovery_probability:
        return 0.0, t
    amount = (
        case.quantile(asset.coverage, coverage)
        * base
        * math.exp(-asset.dissipation_rate * exposed)
    )
    if (
        asset.competing_seizure_rate > 0.0
        and -math.log(rival) / asset.competing_seizure_rate < secured
    ):
        amount *= asset.waitlisted_share
    return amount, t + case.quantile(asset.realization_duration, search) * congestion


def take_assets(case: Case, amount: float, t_i: float) -> bool:
    """Turn a class of assets into cash."""
    costs = {Kind.COURT_FEE: case.fee(FeeRow.ENFORCEMENT, min(amount, case.owed))}
    distribute(case, t_i, amount, costs, math.inf, Kind.DEFICIENCY, "other assets of the debtor")
    return True


def garnish_income(case: Case, base: float, k: int, t: float) -> bool:
    """Step 4: take a part of the debtor's income of the k-th month."""
    amount = min(case.terms.garnishment_share * base, case.owed)
    case.receive(t, Kind.GARNISHMENT, amount, f"garnishment, month {k}")
    return True


def revive(case: Case, t_s: float) -> tuple[float, Callable[[float], bool]] | None:
    """Step 5: a case closed at t_s for want of assets may be revived. Return when and how."""
    revival, delay, share, _ = case.words(Stream.ENFORCEMENT, 1)
    if revival >= case.terms.resumption_probability:
        return None

    def pay(t_v: float) -> bool:
        amount = case.quantile(case.terms.resumption_share, share) * case.owed
        case.receive(t_v, Kind.DEFICIENCY, amount, "assets found after revival")
        return True

    return t_s + case.quantile(case.terms.resumption_delay, delay), pay
