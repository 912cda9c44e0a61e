"""The clean-up call: exercise and price. docs/deals.md section 4."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.core.errors import ProgramError
from npl_sim.securitization.terms.calendar import NotesPrice
from npl_sim.securitization.terms.claims import FixedReturn
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.waterfall.compiled_terms import Terms
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.securitization.waterfall.state import State, total
from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate, undefined

__all__ = ["CallResult", "call_price", "call_result", "price_covers"]

TIE = 1e-9
"""Gain, as a share of the price, that counts as none."""


def call_price(terms: Terms, state: State, k: int) -> tuple[np.ndarray, np.ndarray] | None:
    """Return in which scenarios the package is called on payment date `k`, and for how much.

    It is called only where the holder gains: where the estimate of what is left exceeds the price
    (`callvalue`).

    Parameters
    ----------
    terms, state
        State of the deal, with accruals and cash of the date.
    k
        Number of the payment date, counted from 0.

    Returns
    -------
    tuple of numpy.ndarray, or None
        Whether it is called, and the price (0 where not), shape (S,); none where it is in no
        scenario. [package currency]
    """
    call = terms.deal.clean_up_call
    if call is None or k + 1 < call.first_date:
        return None
    if terms.call is None:  # made by `terms.prepare` for every deal with a call
        raise ProgramError("terms.call is missing; expected a value by earlier checks")
    left = state.balances(call.tranches)
    original = sum(terms.deal.tranche(name).balance for name in call.tranches)
    called = (left > 0.0) & (left <= call.below * original) & ~state.accelerated & ~state.ended
    if not called.any():
        return None
    if isinstance(call.price, NotesPrice):
        debts = left + total(state.interest[name] for name in call.tranches)
        for owed in state.owed.values():
            debts += owed
        price = np.maximum(debts - state.cash_held(), 0.0)
    else:
        if terms.plan_left is None:  # refused by `checks`
            raise ProgramError("terms.plan_left is missing; expected a value by earlier checks")
        price = np.full(len(left), max(call.price.share * terms.plan_left[k], 0.0))
    called &= terms.call.estimate[k] > price * (1.0 + TIE)
    return (called, price * called) if called.any() else None


@dataclass(frozen=True)
class CallResult:
    """What the clean-up call means for its holder."""

    probability: Estimate
    """Probability that the package is called."""
    years: Estimate
    """Mean time from closing to the call, where it is called. [years]"""
    dates: np.ndarray
    """Number of scenarios called on each payment date, shape (K,)."""
    price: Estimate
    """Mean price where it is called. [package currency]"""
    gain: Estimate
    """Mean of what is left less the price, on the date of the call, where it is called. [package
    currency]"""
    worst: float
    """Least of it. [package currency]"""
    loss: Estimate
    """Probability of a loss where it is called."""


def call_result(run: DealRun, confidence: float = 0.95) -> CallResult | None:
    """Return what the call means for its holder; none where the deal has no call.

    Parameters
    ----------
    run
        The deal carried out.
    confidence
        Confidence of intervals.
    """
    if run.deal.clean_up_call is None:
        return None
    called = run.called
    probability = risk.probability(called, confidence)
    dates = np.bincount(run.last_date[called] - 1, minlength=len(run.terms.dates))
    if not called.any():
        none = undefined(confidence)
        return CallResult(probability, none, dates, none, none, float("nan"), none)
    gain = run.call_gain[called]
    return CallResult(
        probability=probability,
        years=risk.mean(run.terms.dates.years[run.last_date[called] - 1], confidence),
        dates=dates,
        price=risk.mean(run.call_price[called], confidence),
        gain=risk.mean(gain, confidence),
        worst=float(gain.min()),
        loss=risk.probability(gain < 0.0, confidence),
    )


def price_covers(deal: Deal) -> tuple[str, ...]:
    """Return the debts that a call price of kind ``notes`` pays in full; empty for others."""
    call = deal.clean_up_call
    if call is None or not isinstance(call.price, NotesPrice):
        return ()
    notes = f"balances and unpaid interest of {', '.join(call.tranches)}"
    returns = tuple(
        f"the unpaid fixed return of {c.tranche} ({c.name})"
        for c in deal.claims
        if isinstance(c, FixedReturn)
    )
    others = tuple(c.name for c in deal.claims if not isinstance(c, FixedReturn))
    others += tuple(h.name for h in deal.hedges if h.kind == "swap")
    return (notes, *returns, *others)
