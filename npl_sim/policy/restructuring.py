"""Restructuring: a new schedule of instalments, and its failure."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from npl_sim.core.fields import Hazard, Money, Rate, Share, Spec, WholeMonths

__all__ = ["CurePlan", "NpvTest", "Restructuring", "first_instalment"]

Instalments = Annotated[int, Field(ge=1, le=600, json_schema_extra={"unit": "months"})]


class CurePlan(Spec):
    """The schedule on which a cured loan is repaid."""

    term: Instalments = 24
    """Number of monthly instalments."""
    rate: Rate = 0.0
    """Interest on the balance."""
    redefault_hazard: Hazard = 0.0
    """Hazard of redefault at the factor's mean."""


class NpvTest(Spec):
    """A plan is offered only to loans that are worth more with it than without it.

    What a loan is worth without it is estimated on a pilot run of the same study without offers: present
    values at the month of the offer, regressed by policy on the secured and unsecured claim.
    """

    rate: Rate = 0.08
    """Return at which both are discounted."""
    margin: Rate = 0.0
    """By what share the plan must be worth more."""


class Restructuring(Spec):
    """An offer to restructure, made once to every eligible loan still in collection."""

    offer_month: WholeMonths = 3
    """Month at whose end the offer is made."""
    minimum_claim: Money = 0.0
    """Smallest claim that is offered a plan."""
    most_willing: Share = 1.0
    """Share of borrowers, the most willing first, to whom the offer is made at all."""
    capacity_share: (
        Annotated[float, Field(gt=0.0, le=10.0, json_schema_extra={"unit": "share of capacity"})]
        | None
    ) = None
    """Most that the first instalment may take of the borrower's monthly capacity to pay, where the tape tells it;
    none: capacity is not asked for."""
    unknown_capacity: Literal["offer", "refuse"] = "offer"
    """What is done where the tape does not tell the capacity."""
    npv_test: NpvTest | None = None
    """Test of the plan's value against what the loan is worth without it; none: no test."""
    accept: Share = 0.2
    """Probability that the borrower accepts."""
    haircut: Share = 0.0
    """Share of the claim forgiven."""
    rate: Rate = 0.0
    """Interest on the new balance."""
    term: Instalments = 36
    """Number of monthly instalments."""
    grace: WholeMonths = 0
    """Months without payment or interest before the first instalment's month."""
    balloon: Share = 0.0
    """Share of the new balance that falls due with the last instalment."""
    redefault_hazard: Hazard = 0.0
    """Hazard of redefault at the factor's mean."""
    haircut_revoked: bool = True
    """Whether a redefault revives the claim as it was, less what was paid."""
    plans: Annotated[int, Field(ge=1, le=10, json_schema_extra={"unit": "count"})] = 1
    """Plans that a borrower may get, the first included; each is accepted with the same probability."""


def first_instalment(offer: Restructuring, claim: np.ndarray) -> np.ndarray:
    """Return the instalment of a plan on each claim, as it stands at the valuation date.

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
