"""Exit: sale of unresolved loans at a date."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from npl_sim.core.fields import Loading, Rate, Share, Spec, Text, WholeMonths


class FactorLevel(Spec):
    """A level that a systematic factor must reach."""

    factor: Text
    """Name of the factor: cooperation, congestion, or index:REGION/KIND."""
    at_least: Annotated[float, Field(ge=0.0, le=1e6, json_schema_extra={"unit": "multiple"})]
    """The level, as a multiple of that of the valuation date."""


class Sale(Spec):
    """Sale of every unresolved loan at a date, at a price that depends on the remaining claim."""

    month: Annotated[int, Field(ge=1, le=1200, json_schema_extra={"unit": "months"})]
    """Month at whose end the loans are sold."""
    until: WholeMonths | None = None
    """Last month of a sale that waits for a better market; defaults to a sale at `month`."""
    wait_for: FactorLevel | None = None
    """The market that it waits for; sold at `until` where it does not come."""
    buyer_return: Rate | None = None
    """Required return of a buyer who pays the expected remaining value. A pilot run without the
    sale estimates it. Defaults to the prices below."""
    unsecured_price: Share = 0.0
    """Price of the unsecured part of the claim, for a loan at default."""
    secured_price: Share = 0.0
    """Price of the part of the claim that is covered by the current value of collateral."""
    half_life: (
        Annotated[float, Field(gt=0.0, le=1e6, json_schema_extra={"unit": "months"})] | None
    ) = None
    """Age since default that halves the unsecured price; defaults to no effect of age."""
    bulk_discount: Share = 0.0
    """Discount for selling the loans as a package."""
    cooperation_loading: Loading = 0.0
    """How strongly the price follows the cooperation factor."""

    @model_validator(mode="after")
    def waits_for_something(self) -> Sale:
        if (self.until is None) != (self.wait_for is None):
            raise ValueError("until and wait_for belong together; expected both or neither")
        if self.until is not None and self.until < self.month:
            raise ValueError(
                f"until {self.until} lies before month {self.month}; expected it later"
            )
        if self.buyer_return is not None and (self.unsecured_price or self.secured_price):
            raise ValueError(
                "both buyer_return and prices were given; expected one way to set the price"
            )
        return self
