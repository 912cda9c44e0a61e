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
from .loan_state import LoanState

__all__ = ["enforce"]


@dataclass
class Event:
    """Something that may bring cash at a time; what it brings depends on what is owed then."""

    at: float
    act: Callable[[float], bool]  # takes the time; returns whether it brought anything


def enforce(state: LoanState, t: float, on_tape: bool) -> tuple[Stage, float] | None:
    """Enforce a title applied for at t. Return nothing while the search still runs.

    1. List what may bring cash: items of collateral, guarantors, other assets, and garnishment
       month by month. A case that was closed for want of assets may be revived instead.
    2. Let it happen in order of time until the claim is paid.
       Equal times follow the order of the list.
    3. Closed at the payment that ends the claim; else dormant at the last event or at the
       end of the search.
    """
    if on_tape:
        state.late_from = 0.0
    else:
        state.post(
            t, Kind.LAWYER, -state.terms.lawyer_enforcement_fee, "lawyer's fee for the application"
        )
    state.accrue(t)
    state.enforced_at = t
    base, congestion, last = state.owed, state.congestion(t), t
    t_s = (
        t
        + state.quantile(state.terms.search_duration, state.uniforms(Stream.ENFORCEMENT, 0)[2])
        * congestion
    )
    for event in sorted(events(state, t, t_s, base, congestion, on_tape), key=lambda e: e.at):
        if state.is_paid:
            break
        state.accrue(event.at)
        if event.act(event.at):
            last = event.at
    if state.is_paid:
        return Stage.CLOSED, last
    return (Stage.DORMANT, max(last, t_s)) if state.happens(t_s) else None


def events(
    state: LoanState, t: float, t_s: float, base: float, congestion: float, on_tape: bool
) -> list[Event]:
    """Return what may bring cash by the end, in the order of the contract."""
    found = []
    for k in range(len(state.items)):
        found += dispose(state, k, t, congestion, on_tape)
    for guarantor in state.guarantors if state.bound else []:
        found.append(call_guarantor(state, guarantor, t))
    entitled = False
    for i in range(len(state.assets)):
        amount, t_i = attach_assets(state, i, t, base, congestion)
        entitled = entitled or amount > 0.0
        found.append((t_i, partial(take_assets, state, amount)) if amount > 0.0 else None)
    if state.happens(t_s):
        garnish = state.uniforms(Stream.ENFORCEMENT, 0)[3]
        if (
            garnish < either(state, state.terms.garnishment_probability)
            and state.terms.garnishment_share > 0.0
        ):
            for k in range(1, state.terms.garnishment_months + 1):
                found.append((float(month(t_s) + k), partial(garnish_income, state, base, k)))
        elif not entitled:
            found.append(revive(state, t_s))
    return [Event(*f) for f in found if f is not None and state.happens(f[0])]


def either(state: LoanState, p: float) -> float:
    """Return the chance that at least one of the joint debtors meets it."""
    return 1.0 - (1.0 - p) ** state.loan.debtors


def call_guarantor(
    state: LoanState, guarantor: Any, t: float
) -> tuple[float, Callable[[float], bool]] | None:
    """Return when and how a guarantor pays (step 2).

    The guarantor pays a share of the claim at the time of payment, up to their cap.
    """
    pays, share, delay, _ = state.draw(guarantor.key, Stream.GUARANTOR, 0)
    if pays >= state.terms.guarantor_payment_probability * guarantor.factor:
        return None

    def pay(t_g: float) -> bool:
        amount = min(
            state.quantile(state.terms.guarantor_share, share) * state.owed, guarantor.cap
        )
        state.receive(t_g, Kind.GUARANTOR, amount, "a guarantor pays")
        return True

    return t + state.quantile(state.terms.guarantor_delay, delay), pay


def renewals(word: float, p: float) -> float:
    """Return how many times in a row the freeze is renewed in time."""
    if p >= 1.0:
        return math.inf
    return 0.0 if p <= 0.0 else float(math.floor(math.log(word) / math.log(p)))


def attach_assets(
    state: LoanState, i: int, t: float, base: float, congestion: float
) -> tuple[float, float]:
    """Step 3: find the assets of one class. Return what they are worth to the creditor, and when
    it is cash.
    """
    asset = state.assets[i]
    present, find, coverage, search = state.uniforms(Stream.ASSET, i)
    found, renewal, rival, _ = state.uniforms(Stream.PRESERVATION, i)
    if present >= either(state, asset.ownership_probability):
        return 0.0, t
    secured = exposed = t
    frozen = state.preserved_at is not None and found < asset.freeze_probability
    if frozen:
        begin = min(t, state.preserved_at)
        until = begin + asset.freeze_months * (1.0 + renewals(renewal, asset.renewal_probability))
        secured, exposed = (begin, begin) if until >= t else (t, begin + t - until)
    elif find >= asset.discovery_probability:
        return 0.0, t
    amount = (
        state.quantile(asset.coverage, coverage)
        * base
        * math.exp(-asset.dissipation_rate * exposed)
    )
    if (
        asset.competing_seizure_rate > 0.0
        and -math.log(rival) / asset.competing_seizure_rate < secured
    ):
        amount *= asset.waitlisted_share
    return amount, t + state.quantile(asset.realization_duration, search) * congestion


def take_assets(state: LoanState, amount: float, t_i: float) -> bool:
    """Turn a class of assets into cash."""
    costs = {Kind.COURT_FEE: state.fee(FeeRow.ENFORCEMENT, min(amount, state.owed))}
    distribute(state, t_i, amount, costs, math.inf, Kind.DEFICIENCY, "other assets of the debtor")
    return True


def garnish_income(state: LoanState, base: float, k: int, t: float) -> bool:
    """Step 4: take a part of the debtor's income of the k-th month."""
    amount = min(state.terms.garnishment_share * base, state.owed)
    state.receive(t, Kind.GARNISHMENT, amount, f"garnishment, month {k}")
    return True


def revive(state: LoanState, t_s: float) -> tuple[float, Callable[[float], bool]] | None:
    """Step 5: a case closed at t_s for want of assets may be revived. Return when and how."""
    revival, delay, share, _ = state.uniforms(Stream.ENFORCEMENT, 1)
    if revival >= state.terms.resumption_probability:
        return None

    def pay(t_v: float) -> bool:
        amount = state.quantile(state.terms.resumption_share, share) * state.owed
        state.receive(t_v, Kind.DEFICIENCY, amount, "assets found after revival")
        return True

    return t_s + state.quantile(state.terms.resumption_delay, delay), pay
