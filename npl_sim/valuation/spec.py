"""Terms of pricing a package."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Confidence, Money, Spec, must_rise

Level = Annotated[float, Field(gt=0.0, lt=1.0, json_schema_extra={"unit": "probability"})]
Return = Annotated[float, Field(ge=-0.05, le=1.0, json_schema_extra={"unit": "per year"})]
"""Required return of a party. Government bonds have yielded down to -1 %, and distressed-debt
funds require at most about 30 %. A value beyond the bounds is probably a percentage written as a
share, or has the wrong sign. [per year]"""

FeeShare = Annotated[float, Field(ge=0.0, le=0.6, json_schema_extra={"unit": "share of 1"})]
"""A fee or cost as a share of receipts or of the price. Agencies charge up to 44 % for old
unsecured claims. [share of 1]"""


class Pricing(Spec):
    """Terms that turn simulated cash flows into a price."""

    required_return: Return = 0.10
    """Effective annual return at which cash flows are discounted."""
    target_irr: Return | None = None
    """Return that the bid must earn in expectation; defaults to the required return."""
    cash_timing: Literal["month_end", "mid_month"] = "month_end"
    """Time within the month at which a payment is discounted."""
    servicing_rate: FeeShare = 0.0
    """Servicer's share of all receipts."""
    quantiles: tuple[Level, ...] = Field(
        default=(0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99), min_length=1, max_length=99
    )
    """Quantiles of the price distribution to report, in rising order."""
    confidence: Confidence = 0.95
    """Confidence of the intervals around estimates."""
    shortfall_level: Level = 0.05
    """Share of the worst scenarios whose mean value is the expected shortfall."""
    prices: tuple[Money, ...] = Field(default=(), max_length=50)
    """Prices to test: probability of loss and IRR distribution; defaults to the bid."""
    purchase_cost: FeeShare = 0.0
    """Transaction costs of the buyer as a share of the price."""

    @model_validator(mode="after")
    def quantiles_rise(self) -> Pricing:
        """Refuse levels that do not rise."""
        must_rise(
            self.quantiles, "quantiles do not rise; expected each to be above the one before"
        )
        return self
