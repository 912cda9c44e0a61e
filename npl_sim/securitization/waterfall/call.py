"""Results of the clean-up call for its holder. docs/deals.md section 4."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.securitization.terms.calendar import NotesPrice
from npl_sim.securitization.terms.claims import FixedReturn
from npl_sim.securitization.terms.deal import Deal
from npl_sim.securitization.waterfall.run import DealRun
from npl_sim.stats import risk
from npl_sim.stats.risk import Estimate, undefined

__all__ = ["CallResult", "call_result", "price_covers"]


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
