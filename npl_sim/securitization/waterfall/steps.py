"""Steps of an order of payments, in all scenarios at once. docs/deals.md section 6."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from npl_sim.securitization.terms.claims import Fee, FixedReturn
from npl_sim.securitization.terms.steps import (
    AVAILABLE,
    AllDue,
    Cap,
    CapOfAvailable,
    CapOfBalance,
    CapOfCollections,
    CapPerDate,
    CapPerYear,
    ExcessShare,
    Pay,
    PayInterest,
    PayPrincipal,
    PayResidual,
    ReserveTopUp,
    Scheduled,
    Step,
    step_label,
)
from npl_sim.securitization.waterfall.compiled_terms import Terms
from npl_sim.securitization.waterfall.state import PASSED_OVER, Payment, State, total
from npl_sim.securitization.waterfall.targets import target_of
from npl_sim.securitization.waterfall.triggers import holds

__all__ = ["Moment", "run_step", "shared"]

Amount = np.ndarray | float
Mask = np.ndarray | None


@dataclass(frozen=True)
class Moment:
    """Position in the waterfall: deal, date, order and step."""

    terms: Terms
    state: State
    """The deal and its state."""
    k: int
    """Number of the payment date, counted from 0."""
    order: str
    position: int
    """Order of payments and place in it."""
    mask: Mask
    """Scenarios in which this order runs; defaults to all."""

    @property
    def key(self) -> tuple[str, int]:
        """What the spending of the step is kept under."""
        return self.order, self.position


def run_step(step: Step, at: Moment) -> np.ndarray:
    """Execute a step and return the cash paid or put into the account, shape (S,).

    Parameters
    ----------
    step
        The step.
    at
        Position in the waterfall, whose state is changed.
    """
    mask = at.mask
    if not isinstance(step, PayResidual) and step.when is not None:
        true = holds(step.when, at.state, at.k)
        if not true.all():
            mask = true if mask is None else mask & true
            if not mask.any():
                nothing = np.zeros(at.terms.scenarios)
                _note(step, at, "", PASSED_OVER, nothing, nothing)
                return nothing
    return _RUNNERS[type(step)](step, at, mask)


def shared(amount: np.ndarray, owed: list[np.ndarray]) -> list[np.ndarray]:
    """Return an amount shared in proportion to debts, each paid in full if it suffices.

    Parameters
    ----------
    amount
        Amount, at most the sum of what is owed, shape (S,). [package currency]
    owed
        What each is owed, shape (S,). [package currency]
    """
    if len(owed) == 1:
        return [amount]
    whole = total(owed)
    full = amount >= whole
    ratio = np.divide(amount, whole, out=np.zeros_like(amount), where=whole > 0.0)
    return [np.where(full, part, part * ratio) for part in owed]


def _in_sequence(amount: np.ndarray, owed: list[np.ndarray]) -> list[np.ndarray]:
    """Return an amount given to one after the other; each part in full where it reaches all."""
    if len(owed) == 1:
        return [amount]
    full, left, parts = amount >= total(owed), amount, []
    for due in owed:
        part = np.minimum(due, left)
        left = left - part
        parts.append(np.where(full, due, part))
    return parts


# Cash for a step


def _room(cap: Cap, at: Moment) -> Amount:
    """Return how much a cap still lets through."""
    terms, state = at.terms, at.state
    if isinstance(cap, CapPerDate):
        return cap.amount
    if isinstance(cap, CapOfCollections):
        return cap.share * terms.cash.received[at.k]
    if isinstance(cap, CapOfAvailable):
        return cap.share * state.cash[AVAILABLE]
    if isinstance(cap, CapOfBalance):
        return cap.rate * terms.periods[at.k] * state.balances(cap.tranches)
    spent = state.spent_year if isinstance(cap, CapPerYear) else state.spent
    return np.maximum(cap.amount - spent.get(at.key, 0.0), 0.0)


def _draw(
    step: Pay | PayInterest | PayPrincipal | ReserveTopUp | ExcessShare,
    at: Moment,
    owed: np.ndarray,
    mask: Mask,
) -> np.ndarray:
    """Take what is owed from the sources of a step, as far as caps and cash allow."""
    state = at.state
    wanted = owed
    for cap in step.caps:
        wanted = np.minimum(wanted, _room(cap, at))
    if mask is not None:
        wanted = wanted * mask
    taken = np.minimum(wanted, state.cash[step.sources[0]])
    state.cash[step.sources[0]] -= taken
    if len(step.sources) > 1:
        left = wanted - taken
        for name in step.sources[1:]:
            more = np.minimum(left, state.cash[name])
            state.cash[name] -= more
            left = left - more
            taken = taken + more
        taken = np.where(left > 0.0, taken, wanted)  # no debt is left by rounding
    if any(isinstance(cap, CapPerYear) for cap in step.caps):
        state.spent_year[at.key] = state.spent_year.get(at.key, 0.0) + taken
    if step.caps:
        state.spent[at.key] = state.spent.get(at.key, 0.0) + taken
    return taken


def _note(
    step: Step, at: Moment, receiver: str, purpose: str, owed: Amount, paid: np.ndarray
) -> None:
    """Write a payment into the ledger, if one is kept."""
    ledger = at.state.ledger
    if ledger is not None:
        due = np.broadcast_to(owed, paid.shape).copy()
        label = step_label(step)
        ledger.append(
            Payment(at.k + 1, at.order, at.position, label, receiver, purpose, due, paid.copy())
        )


# Steps


def _pay(step: Pay, at: Moment, mask: Mask) -> np.ndarray:
    state = at.state
    owed = [state.owed[name] for name in step.of]
    paid = _draw(step, at, owed[0] if len(owed) == 1 else total(owed), mask)
    claims = {c.name: c for c in (*at.terms.deal.claims, *at.terms.deal.hedges)}
    for name, due, part in zip(step.of, owed, shared(paid, owed), strict=True):
        claim = claims[name]
        state.owed[name] = due - part
        if isinstance(claim, FixedReturn):
            state.give_tranche(claim.tranche, "other", part)
            receiver = claim.tranche
        else:
            receiver = getattr(claim, "payee", "") or name
            state.give(receiver, part)
        purpose = claim.role if isinstance(claim, Fee) else claim.kind
        _note(step, at, receiver, f"{name} ({purpose})", due, part)
    return paid


def _interest(step: PayInterest, at: Moment, mask: Mask) -> np.ndarray:
    state = at.state
    owed = [state.interest[name] for name in step.to]
    whole = owed[0] if len(owed) == 1 else total(owed)
    _note_cover(step, at, whole, mask)
    paid = _draw(step, at, whole, mask)
    for name, due, part in zip(step.to, owed, shared(paid, owed), strict=True):
        state.interest[name] = due - part
        state.give_tranche(name, "interest", part)
        _note(step, at, name, "interest", due, part)
    return paid


def _note_cover(step: PayInterest, at: Moment, whole: np.ndarray, mask: Mask) -> None:
    """Record the ratio of cash to interest at the first step that may pay the interest."""
    cover = at.state.cover
    fresh = [name for name in step.to if name not in cover or np.isnan(cover[name]).any()]
    if not fresh:
        return
    cash = total(at.state.cash[name] for name in step.sources)
    ratio = np.divide(cash, whole, out=np.full(cash.shape, np.inf), where=whole > 0.0)
    if mask is not None:
        ratio[~mask] = np.nan
    for name in fresh:
        cover[name] = (
            np.where(np.isnan(cover[name]), ratio, cover[name]) if name in cover else ratio
        )


def _principal_due(step: PayPrincipal, at: Moment, name: str) -> np.ndarray:
    balance = at.state.balance[name]
    if isinstance(step.amount, AllDue):
        return balance
    original, number = at.terms.deal.tranche(name).balance, at.k + 1
    if isinstance(step.amount, Scheduled):
        left = max(0.0, original - sum(step.amount.amounts[:number]))
    else:
        left = original * next(
            (p.share for p in reversed(step.amount.points) if p.payment <= number), 1.0
        )
    return np.maximum(balance - left, 0.0)


def _principal(step: PayPrincipal, at: Moment, mask: Mask) -> np.ndarray:
    state = at.state
    owed = [_principal_due(step, at, name) for name in step.to]
    paid = _draw(step, at, owed[0] if len(owed) == 1 else total(owed), mask)
    parts = shared(paid, owed) if step.order == "pro_rata" else _in_sequence(paid, owed)
    for name, due, part in zip(step.to, owed, parts, strict=True):
        state.balance[name] = state.balance[name] - part
        state.give_tranche(name, "principal", part)
        _note(step, at, name, "principal", due, part)
    return paid


def _reserve(step: ReserveTopUp, at: Moment, mask: Mask) -> np.ndarray:
    state, name = at.state, step.account
    account = next(a for a in at.terms.deal.accounts if a.name == name)
    target = np.where(state.last, 0.0, target_of(account, at.terms, state, at.k))
    gap = target - state.cash[name]
    released = np.maximum(-gap, 0.0) if mask is None else np.maximum(-gap, 0.0) * mask
    state.cash[name] -= released
    state.cash[AVAILABLE] += released
    paid = _draw(step, at, np.maximum(gap, 0.0), mask)
    state.cash[name] += paid
    _note(step, at, name, "reserve", np.maximum(gap, 0.0), paid - released)
    return paid - released


def _excess(step: ExcessShare, at: Moment, mask: Mask) -> np.ndarray:
    owed = step.share * at.state.cash[AVAILABLE]
    paid = _draw(step, at, owed, mask)
    at.state.give(step.payee, paid)
    _note(step, at, step.payee, "share of the excess", owed, paid)
    return paid


def _residual(step: PayResidual, at: Moment, mask: Mask) -> np.ndarray:
    cash = at.state.cash[AVAILABLE]
    paid = cash.copy() if mask is None else cash * mask
    cash -= paid
    if step.to is not None:
        at.state.give_tranche(step.to, "other", paid)
    else:
        at.state.give(step.payee or "", paid)
    _note(step, at, step.to or step.payee or "", "residual", paid, paid)
    return paid


_RUNNERS: dict[type, Callable[[Any, Moment, Mask], np.ndarray]] = {
    Pay: _pay,
    PayInterest: _interest,
    PayPrincipal: _principal,
    ReserveTopUp: _reserve,
    ExcessShare: _excess,
    PayResidual: _residual,
}
