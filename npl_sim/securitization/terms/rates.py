"""Words for rates of interest and for the reference rate that they float over."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Rate, Spec, must_rise


class NoRate(Spec):
    """No interest."""

    kind: Literal["none"] = "none"
    """Kind of rate."""


class FixedRate(Spec):
    """The same rate in every period."""

    kind: Literal["fixed"]
    """Kind of rate."""
    rate: Rate
    """Simple annual rate, in the day count of what it is paid on."""


class RateStep(Spec):
    """A rate that holds from a date on."""

    since: date
    """First date of periods that it holds for."""
    rate: Rate
    """Simple annual rate."""


class SteppedRate(Spec):
    """A rate that changes on given dates."""

    kind: Literal["stepped"]
    """Kind of rate."""
    steps: tuple[RateStep, ...] = Field(min_length=1, max_length=100)
    """Rates by the date from which they hold, rising; the first also holds before its date."""

    @model_validator(mode="after")
    def dates_rise(self) -> SteppedRate:
        """Refuse dates that do not rise."""
        must_rise(
            [x.since for x in self.steps],
            "the dates of the steps do not rise; expected each to be after the one before",
        )
        return self


class FloatingRate(Spec):
    """A margin over the reference rate, which is fixed at the start of each period."""

    kind: Literal["floating"]
    """Kind of rate."""
    spread: Rate = 0.0
    """Margin over the reference rate."""
    index_floor: Rate | None = None
    """Floor of the reference rate; optional."""
    index_cap: Rate | None = None
    """Cap of the reference rate; optional."""
    floor: Rate | None = 0.0
    """Floor of the rate with its margin; optional."""
    cap: Rate | None = None
    """Cap of the rate with its margin; optional."""

    @model_validator(mode="after")
    def floors_below_caps(self) -> FloatingRate:
        """Refuse a floor above its cap."""
        for low, high, what in (
            (self.index_floor, self.index_cap, "index_floor"),
            (self.floor, self.cap, "floor"),
        ):
            if low is not None and high is not None and low > high:
                raise ValueError(
                    f"{what} is {low:g}, above its cap of {high:g}; expected a floor at or "
                    "below the cap"
                )
        return self


RateWord = Annotated[NoRate | FixedRate | SteppedRate | FloatingRate, Field(discriminator="kind")]
"""A rate of interest."""


class FlatIndex(Spec):
    """A reference rate that stays where it is."""

    kind: Literal["flat"]
    """Kind of reference rate."""
    rate: Rate
    """Reference rate in every period."""


class IndexPoint(Spec):
    """A fixing of the reference rate."""

    date: date
    """Date of the fixing, which holds until the next."""
    rate: Rate
    """Reference rate."""


class PathIndex(Spec):
    """A reference rate that follows a given path."""

    kind: Literal["path"]
    """Kind of reference rate."""
    points: tuple[IndexPoint, ...] = Field(min_length=1, max_length=2000)
    """Fixings by date, rising."""

    @model_validator(mode="after")
    def dates_rise(self) -> PathIndex:
        """Refuse dates that do not rise."""
        must_rise(
            [x.date for x in self.points],
            "the dates of the points do not rise; expected each to be after the one before",
        )
        return self


class SimulatedIndex(Spec):
    """The simulated short rate of the study (`market.short_rate`)."""

    kind: Literal["simulated"]
    """Kind of reference rate."""
    spread: Rate = 0.0
    """What the reference rate lies above the short rate, in every period and scenario."""


Index = Annotated[FlatIndex | PathIndex | SimulatedIndex, Field(discriminator="kind")]
"""The reference rate of floating coupons."""
