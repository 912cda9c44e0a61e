"""Which loans are offered a plan. docs/model.md 4.1, step 3."""

from __future__ import annotations

import numpy as np

from npl_sim.core.errors import ProgramError, known
from npl_sim.dcf.facts import Loans
from npl_sim.policy.policy import Policy
from npl_sim.policy.restructuring import Restructuring

__all__ = ["offered", "passes"]


def _instalment(words: Restructuring) -> float:
    """Return the first instalment on a claim of one."""
    rate, kept = words.rate / 12.0, 1.0 - words.haircut
    level = kept * (1.0 - words.balloon)
    if rate == 0.0:
        return level / words.term
    return level * rate / -np.expm1(-words.term * np.log1p(rate)) + kept * words.balloon * rate


def offered(policy: Policy, loans: Loans) -> np.ndarray:
    """Return which loans are large enough for an offer and within their borrower's capacity."""
    words = policy.restructuring
    if words is None:
        return np.zeros(len(loans.policy), dtype=bool)
    may = loans.claim >= words.minimum_claim
    if words.capacity_share is not None:
        with np.errstate(invalid="ignore"):
            affords = _instalment(words) * loans.claim <= words.capacity_share * loans.capacity
        may &= np.where(np.isnan(loans.capacity), words.unknown_capacity == "offer", affords)
    return np.asarray(may)


def passes(policy: Policy, loans: Loans, kept: np.ndarray) -> np.ndarray:
    """Return which loans are worth more with a plan than without.

    Parameters
    ----------
    policy
        Terms of the offer and of the test.
    loans
        The loans.
    kept
        Expected cash without an offer, shape (loans, kinds, months + 1). [package currency]
    """
    words = policy.restructuring
    words = known(words, "words")
    if words.npv_test is None:
        raise ProgramError("words.npv_test is missing; expected a value by earlier checks")
    begin = max(1, words.offer_month)
    later = kept[:, :, begin + 1 :].sum(axis=1)
    monthly = (1.0 + words.npv_test.rate) ** (-1.0 / 12.0)
    without = later @ monthly ** np.arange(1, later.shape[1] + 1)
    share = np.divide(without, loans.claim, out=np.zeros(len(without)), where=loans.claim > 0.0)
    month = np.arange(1, words.grace + words.term + 1)
    alive = np.exp(-words.redefault_hazard * month)
    lost = np.exp(-words.redefault_hazard * (month - 1)) - alive
    due = np.where(month > words.grace, _instalment(words), 0.0)
    due[-1] += (1.0 - words.haircut) * words.balloon
    left = np.maximum(1.0 - _instalment(words) * np.maximum(month - 1 - words.grace, 0), 0.0)
    plan = (monthly**month * alive * due).sum() + share * (monthly**month * lost * left).sum()
    return np.asarray(plan >= (1.0 + words.npv_test.margin) * share)
