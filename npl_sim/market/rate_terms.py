"""Words for the short rate of interest, a systematic factor that only rates of interest feel."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from npl_sim.core.fields import Spec

SHORT_RATE = "short_rate"
"""Name of the factor, as correlations and stresses refer to it."""

ShortLevel = Annotated[float, Field(ge=-1.0, le=1.0, json_schema_extra={"unit": "per year"})]
Reversion = Annotated[float, Field(ge=0.0, le=1000.0, json_schema_extra={"unit": "per year"})]
RateVolatility = Annotated[
    float, Field(ge=0.0, le=1.0, json_schema_extra={"unit": "per square-root year"})
]


class ShortRate(Spec):
    """A Gaussian short rate that returns to its mean (Vasicek 1977), and may fall below zero."""

    initial: ShortLevel
    """Rate at the valuation date."""
    mean: ShortLevel
    """Rate to which it returns; nothing where `mean_reversion` is 0."""
    mean_reversion: Reversion
    """Speed of mean reversion; 0: none. A deviation halves in ln 2 / mean_reversion years."""
    volatility: RateVolatility = 0.0
    """Standard deviation of the change of the rate over a year. 0.01 is one percentage point."""
    floor: ShortLevel | None = None
    """Floor of the rate; the Gaussian rate may be below it. Defaults to no floor."""

    @model_validator(mode="after")
    def begins_above_its_floor(self) -> ShortRate:
        if self.floor is not None and self.initial < self.floor:
            raise ValueError(
                f"initial is {self.initial:g}, below the floor of {self.floor:g}; "
                "expected a floor at or below it"
            )
        return self
