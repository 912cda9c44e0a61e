"""Eligibility of loans for a repayment plan. docs/model.md section 4.1, step 3."""

from __future__ import annotations

import numpy as np

from npl_sim.core.errors import ProgramError, known
from npl_sim.dcf.facts import Loans
from npl_sim.policy.policy import Policy
from npl_sim.policy.restructuring import Restructuring


def _installment(offer: Restructuring) -> float:
    """Return the first installment on a claim of one."""
    rate, rest = offer.rate / 12.0, 1.0 - offer.haircut
    level = rest * (1.0 - offer.balloon)
    if rate == 0.0:
        return level / offer.term
    return level * rate / -np.expm1(-offer.term * np.log1p(rate)) + rest * offer.balloon * rate


def offered(policy: Policy, loans: Loans) -> np.ndarray:
    """Return which loans are large enough for an offer and within their borrower's capacity."""
    offer = policy.restructuring
    if offer is None:
        return np.zeros(len(loans.policy), dtype=bool)
    may = loans.claim >= offer.minimum_claim
    if offer.capacity_share is not None:
        with np.errstate(invalid="ignore"):
            affords = _installment(offer) * loans.claim <= offer.capacity_share * loans.capacity
        may &= np.where(np.isnan(loans.capacity), offer.unknown_capacity == "offer", affords)
    return np.asarray(may)


def passes(policy: Policy, loans: Loans, kept: np.ndarray) -> np.ndarray:
    """Return which loans are worth more with a plan than without one.

    Parameters
    ----------
    policy
        Terms of the offer and of the test.
    loans
        The loans.
    kept
        Expected cash without an offer, shape (loans, kinds, months + 1). [package currency]
    """
    offer = policy.restructuring
    offer = known(offer, "offer")
    if offer.npv_test is None:
        raise ProgramError("restructuring.npv_test is missing; expected a value by earlier checks")
    begin = max(1, offer.offer_month)
    later = kept[:, :, begin + 1 :].sum(axis=1)
    monthly = (1.0 + offer.npv_test.rate) ** (-1.0 / 12.0)
    without = later @ monthly ** np.arange(1, later.shape[1] + 1)
    share = np.divide(without, loans.claim, out=np.zeros(len(without)), where=loans.claim > 0.0)
    month = np.arange(1, offer.grace_months + offer.term + 1)
    alive = np.exp(-offer.redefault_hazard * month)
    lost = np.exp(-offer.redefault_hazard * (month - 1)) - alive
    due = np.where(month > offer.grace_months, _installment(offer), 0.0)
    due[-1] += (1.0 - offer.haircut) * offer.balloon
    left = np.maximum(
        1.0 - _installment(offer) * np.maximum(month - 1 - offer.grace_months, 0), 0.0
    )
    plan = (monthly**month * alive * due).sum() + share * (monthly**month * lost * left).sum()
    return np.asarray(plan >= (1.0 + offer.npv_test.margin) * share)
