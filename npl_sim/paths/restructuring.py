"""Restructuring: a new schedule of instalments, and its failure."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npl_sim.base import Hazard, Money, Rate, Share, Spec, WholeMonths

__all__ = ["CurePlan", "Restructuring"]

Instalments = Annotated[int, Field(ge=1, le=600, json_schema_extra={"unit": "months"})]


class CurePlan(Spec):
    """The schedule on which a cured loan is repaid."""

    term: Instalments = 24
    """Number of monthly instalments."""
    rate: Rate = 0.0
    """Interest on the balance."""
    redefault_hazard: Hazard = 0.0
    """Hazard of redefault at the factor's mean."""


class Restructuring(Spec):
    """An offer to restructure, made once to every eligible loan still in collection."""

    offer_month: WholeMonths = 3
    """Month at whose end the offer is made."""
    minimum_claim: Money = 0.0
    """Smallest claim that is offered a plan."""
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
