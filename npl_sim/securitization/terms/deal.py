"""A deal: its terms, checked against one another."""

from __future__ import annotations

from typing import Self

from pydantic import model_validator

from npl_sim.core.errors import PlacedErrors
from npl_sim.securitization.checks.references import deal_errors
from npl_sim.securitization.terms.deal_terms import DealTerms


class DealErrors(PlacedErrors):
    """Errors across the terms of a deal."""


class Deal(DealTerms):
    """A securitization of bad loans: who gets the cash of a package, when and in which order."""

    @model_validator(mode="after")
    def check_references(self) -> Self:
        """Refuse names that are not defined, cash without an owner and debts without a payer."""
        errors = deal_errors(self)
        if errors:
            raise DealErrors(errors)
        return self
