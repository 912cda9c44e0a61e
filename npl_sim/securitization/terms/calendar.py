"""Terms of dates: payment dates, day counts, collection periods, plan, clean-up call."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text

DayCountName = Literal["act_360", "act_365", "act_act", "30_360", "30e_360"]


def _as_written(value: object) -> object:
    """Return the name of a day count that YAML read as a number, such as 30_360."""
    names = {name.replace("_", ""): name for name in get_args(DayCountName)}
    whole = isinstance(value, int) and not isinstance(value, bool)
    return names.get(str(value), value) if whole else value


DayCount = Annotated[DayCountName, BeforeValidator(_as_written)]
"""A day count; without quotes as well as with them."""


class CollectionLag(Spec):
    """How long before a payment date its collection period ends."""

    months: Annotated[int, Field(ge=0, le=24, json_schema_extra={"unit": "months"})] = 0
    """Months before the payment date."""
    days: Annotated[int, Field(ge=0, le=400, json_schema_extra={"unit": "days"})] = 0
    """Further days before it."""
    to_month_end: bool = False
    """Whether the period runs to the end of the month in which that falls."""


class Schedule(Spec):
    """Payment dates."""

    first_payment: date
    """First payment date, before it is moved to a business day."""
    frequency_months: Annotated[int, Field(ge=1, le=60, json_schema_extra={"unit": "months"})]
    """Months from one payment date to the next."""
    end_of_month: bool = False
    """Whether payment dates are the last days of their months."""
    calendar: Literal["china_interbank", "italy", "target", "weekends", "none"] = "weekends"
    """Holidays that are moved away from."""
    business_day: Literal["following", "modified_following", "preceding", "unadjusted"] = (
        "following"
    )
    """How a payment date that is a holiday is moved."""
    accrual: Literal["adjusted", "unadjusted"] = "adjusted"
    """Whether interest runs to the moved date or to the date before it is moved."""
    collection_lag: CollectionLag = CollectionLag()
    """End of the collection period before each payment date."""


class PlanPoint(Spec):
    """What the plan expects by a date."""

    date: date
    """Date."""
    cumulative: Money
    """Net collections expected from the cut-off to this date."""


class PointsPlan(Spec):
    """A business plan given by its cumulative net collections."""

    kind: Literal["points"]
    """Kind of plan."""
    points: tuple[PlanPoint, ...] = Field(min_length=1, max_length=1000)
    """Cumulative net collections by date, joined by straight lines from 0 at the cut-off."""

    @model_validator(mode="after")
    def points_rise(self) -> PointsPlan:
        """Refuse dates that do not rise and sums that fall."""
        for a, b in zip(self.points, self.points[1:], strict=False):
            if b.date <= a.date or b.cumulative < a.cumulative:
                raise ValueError(
                    f"the point of {b.date} does not follow that of {a.date}; expected later "
                    "dates and sums that do not fall"
                )
        return self


class MeanPlan(Spec):
    """The mean of the simulation, in place of an unknown business plan."""

    kind: Literal["mean"]
    """Kind of plan."""
    factor: Annotated[float, Field(gt=0.0, le=100.0, json_schema_extra={"unit": "times"})] = 1.0
    """Multiple of the mean: a plan more hopeful than the simulation has one above 1."""


BusinessPlan = Annotated[PointsPlan | MeanPlan, Field(discriminator="kind")]
"""Net collections that were expected at closing."""


class NotesPrice(Spec):
    """What is missing to pay the tranches of the call and all claims in full."""

    kind: Literal["notes"]
    """Kind of price."""


class PlanLeftPrice(Spec):
    """A share of what the business plan still expects."""

    kind: Literal["plan_left"]
    """Kind of price."""
    share: Share
    """Share."""


class CleanUpCall(Spec):
    """Clean-up call: the holder may buy the package once little of the notes is left."""

    tranches: tuple[Text, ...] = Field(min_length=1)
    """Tranches whose balances count."""
    below: Share
    """Share of their original balances at or below which the package may be called."""
    first_date: Annotated[
        int, Field(ge=1, le=2000, json_schema_extra={"unit": "number of the payment date"})
    ] = 1
    """Number of the first payment date on which it may be called."""
    price: Annotated[NotesPrice | PlanLeftPrice, Field(discriminator="kind")]
    """Price of the package."""
    required_return: Annotated[
        float, Field(ge=0.0, le=10.0, json_schema_extra={"unit": "per year"})
    ] = 0.0
    """Annual return that the caller requires: what is left is discounted at it before it is set
    against the price."""
