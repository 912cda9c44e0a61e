"""Words for tables by rating: losses that a rating allows, and stresses that it must bear.

A table is data. Agencies' idealized tables are theirs: whoever may use them writes them in the
format of `PointsTable`. A table that this software ships says in `origin` that it is an
assumption.
"""

from __future__ import annotations

import math
from typing import Annotated, Literal

import numpy as np
from pydantic import Field, model_validator

from npl_sim.core.fields import Share, Spec, Text, WholeMonths, must_rise

Origin = Literal["assumption", "published", "own"]
Measure = Literal["default_probability", "expected_loss"]


class _Table(Spec):
    name: Text
    """Name of the table, shown with every result that it decides."""
    origin: Origin
    """Where it comes from: an assumption, a publication, or the user's own."""
    source: Text
    """Address or document; of an assumption, why it was assumed."""


class HazardRow(Spec):
    """A rating as a constant hazard of default."""

    rating: Text
    """Rating."""
    hazard: Annotated[float, Field(ge=0.0, le=10.0, json_schema_extra={"unit": "per year"})]
    """Intensity of default."""


class HazardTable(_Table):
    """Allowed losses by rating: 1 - exp(-hazard x years), times the loss given default."""

    kind: Literal["hazard"]
    """Kind of table."""
    loss_given_default: Share
    """Share of the balance that a default costs."""
    ratings: tuple[HazardRow, ...] = Field(min_length=1, max_length=100)
    """Ratings, safest first."""

    def allowed(self, rating: str, measure: Measure, years: float) -> float | None:
        """Return the loss share that a rating allows over some years; None if not in the table."""
        row = next((r for r in self.ratings if r.rating == rating), None)
        if row is None:
            return None
        default = -math.expm1(-row.hazard * max(years, 0.0))
        return default if measure == "default_probability" else default * self.loss_given_default


class PointsRow(Spec):
    """What a rating allows at the table's years."""

    rating: Text
    """Rating."""
    default_probability: tuple[Share, ...] = ()
    """Cumulative probability of default by the years of the table; optional."""
    expected_loss: tuple[Share, ...] = ()
    """Cumulative expected loss by the years of the table; optional."""

    @model_validator(mode="after")
    def values_rise(self) -> PointsRow:
        """Refuse cumulative shares that fall."""
        for name in ("default_probability", "expected_loss"):
            row = getattr(self, name)
            must_rise(
                row,
                f"{name} of {self.rating} falls with the years; expected cumulative shares",
                or_stay=True,
            )
        return self


class PointsTable(_Table):
    """Allowed losses by rating and years, interpolated from 0 and flat after the last year."""

    kind: Literal["points"]
    """Kind of table."""
    years: tuple[Annotated[float, Field(gt=0.0, le=100.0)], ...] = Field(
        min_length=1, max_length=100
    )
    """Years, rising."""
    ratings: tuple[PointsRow, ...] = Field(min_length=1, max_length=100)
    """Ratings, safest first."""

    @model_validator(mode="after")
    def rows_fit(self) -> PointsTable:
        """Refuse years that do not rise and rows of another length."""
        must_rise(self.years, f"years are {list(self.years)}; expected them to rise")
        for row in self.ratings:
            for name in ("default_probability", "expected_loss"):
                found = len(getattr(row, name))
                if found not in (0, len(self.years)):
                    raise ValueError(
                        f"{name} of {row.rating} has {found} values; expected "
                        f"{len(self.years)}, one for each year"
                    )
        return self

    def allowed(self, rating: str, measure: Measure, years: float) -> float | None:
        """Return the loss share that a rating allows over some years; None if not in the table."""
        row = next((r for r in self.ratings if r.rating == rating), None)
        values = () if row is None else getattr(row, measure)
        if not values:
            return None
        return float(np.interp(years, (0.0, *self.years), (0.0, *values)))


RatingTable = Annotated[HazardTable | PointsTable, Field(discriminator="kind")]
"""What a rating allows."""


class Stress(Spec):
    """A stress that a tranche must bear without loss."""

    rating: Text = ""
    """Rating that asks for it."""
    haircut: Share
    """Share of the collections after closing that does not come."""
    delay_months: WholeMonths = 0
    """Months by which what comes after closing comes later."""


class StressTable(_Table):
    """Stresses by rating."""

    ratings: tuple[Stress, ...] = Field(min_length=1, max_length=100)
    """Ratings, safest first."""

    def of(self, rating: str) -> Stress | None:
        """Return the stress of a rating; none where the table has none."""
        return next((r for r in self.ratings if r.rating == rating), None)
