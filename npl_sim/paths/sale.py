"""Leaving a loan: by sale at a date, or at the horizon."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from npl_sim.base import Loading, Share, Spec

__all__ = ["Sale"]


class Sale(Spec):
    """Sale of every loan that is still unresolved at a date, at a price that depends on what is left."""

    month: Annotated[int, Field(ge=1, le=1200, json_schema_extra={"unit": "months"})]
    """Month at whose end the loans are sold."""
    unsecured_price: Share = 0.0
    """Price of the unsecured part of the claim, for a loan at default."""
    secured_price: Share = 0.0
    """Price of the part of the claim that is covered by the current value of collateral."""
    half_life: Annotated[float, Field(gt=0.0, le=1e6, json_schema_extra={"unit": "months"})] | None = None
    """Age since default that halves the unsecured price; none: age does not matter."""
    bulk_discount: Share = 0.0
    """Discount for selling the loans as a package."""
    cooperation_loading: Loading = 0.0
    """How strongly the price follows the cooperation factor."""
