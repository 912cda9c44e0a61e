"""Rounds of all auctions of an item in order, with the time of each.

Withdrawals lengthen every round by their average. docs/model.md section 4.6, step 1.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from npl_sim.dcf.context import PolicyContext
from npl_sim.dcf.grid import Times
from npl_sim.policy.enforcement import AuctionRound, CollateralTerms


@dataclass(frozen=True)
class HeldRound:
    """One round in one cycle of auctions."""

    terms: AuctionRound
    acceptance: float
    """Probability that the creditor accepts the item if the round fails."""
    sale: float
    """Expected time from the first appraisal to a sale in the round. [months]"""
    end: float
    """Time from the first appraisal to the end of a failed round. [months]"""
    appraised: float
    """Time from the first appraisal to the cycle's own appraisal. [months]"""


def held_rounds(terms: CollateralTerms) -> tuple[HeldRound, ...]:
    """Return the rounds of all cycles of auctions in order."""
    announced = 1.0 / max(1.0 - terms.withdrawal_probability, 1e-9)
    found, t, appraised = [], 0.0, 0.0
    for cycle in range(terms.reauctions + 1):
        if cycle > 0:
            t = appraised = t + terms.reappraisal_months
        for step, acceptance in zip(terms.rounds, terms.acceptance, strict=True):
            t += announced * step.months
            sale, t = t + 0.5 * step.window, t + step.window
            found.append(HeldRound(step, acceptance, sale, t, appraised))
    return tuple(found)


def auctioned(context: PolicyContext, name: str, count: int, elapsed: np.ndarray | None) -> Times:
    """Return the time from application to the auction of a kind, at its mean round."""
    terms = context.collateral[name]
    gap = float(np.mean([r.sale for r in held_rounds(terms)[: len(terms.rounds)]]))
    return context.durations(terms.seizure_duration, None, count, elapsed, gap)
