"""Restructuring: a new schedule of installments, and its failure."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from npl_sim.core.fields import Hazard, Money, Rate, Share, Spec, WholeMonths

Installments = Annotated[int, Field(ge=1, le=600, json_schema_extra={"unit": "months"})]


class CurePlan(Spec):
    """The schedule on which a cured loan is repaid."""

    term: Installments = 24
    """Number of monthly installments."""
    rate: Rate = 0.0
    """Interest on the balance."""
    redefault_hazard: Hazard = 0.0
    """Hazard of redefault at the factor's mean."""


class NpvTest(Spec):
    """A plan is offered only to loans that are worth more with it than without it.

    A pilot run of the same study without offers estimates the value of a loan without a plan. It
    regresses present values at the month of the offer on the secured and unsecured claim.
    """

    rate: Rate = 0.08
    """Return at which both are discounted."""
    margin: Rate = 0.0
    """Share by which the plan must be worth more."""


class Restructuring(Spec):
    """An offer to restructure, made once to every eligible loan still in collection."""

    offer_month: WholeMonths = 3
    """Month at whose end the offer is made."""
    minimum_claim: Money = 0.0
    """Smallest claim that is offered a plan."""
    offered_share: Share = 1.0
    """Share of borrowers, the most willing first, to whom the offer is made at all."""
    capacity_share: (
        Annotated[float, Field(gt=0.0, le=10.0, json_schema_extra={"unit": "share of capacity"})]
        | None
    ) = None
    """Largest first installment as a share of the borrower's monthly capacity to pay, if the tape
    gives the capacity; defaults to no such test."""
    unknown_capacity: Literal["offer", "refuse"] = "offer"
    """Action where the tape does not give the capacity."""
    npv_test: NpvTest | None = None
    """Test of the plan's value against what the loan is worth without it; defaults to no test."""
    acceptance_probability: Share = 0.2
    """Probability that the borrower accepts."""
    haircut: Share = 0.0
    """Share of the claim forgiven."""
    rate: Rate = 0.0
    """Interest on the new balance."""
    term: Installments = 36
    """Number of monthly installments."""
    grace_months: WholeMonths = 0
    """Months without payment or interest before the first installment's month."""
    balloon: Share = 0.0
    """Share of the new balance that falls due with the last installment."""
    redefault_hazard: Hazard = 0.0
    """Hazard of redefault at the factor's mean."""
    haircut_revoked: bool = True
    """Whether a redefault revives the claim as it was, less what was paid."""
    maximum_plans: Annotated[int, Field(ge=1, le=10, json_schema_extra={"unit": "count"})] = 1
    """Plans that a borrower may get, the first included. Each has the same acceptance rate."""


def first_installment(offer: Restructuring, claim: np.ndarray) -> np.ndarray:
    """Return the installment of a plan on each claim, as it stands at the valuation date.

    Parameters
    ----------
    offer
        Its terms.
    claim
        Claims. [package currency]
    """
    balance = claim * (1.0 - offer.haircut)
    rate = offer.rate / 12.0
    level = balance * (1.0 - offer.balloon)
    if rate == 0.0:
        return np.asarray(level / offer.term)
    annuity = rate / (1.0 - (1.0 + rate) ** -offer.term)
    return np.asarray(level * annuity + balance * offer.balloon * rate)
