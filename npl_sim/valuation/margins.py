"""Terms of prudence: margins on the best estimate, and ages at which an input is stale."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npl_sim.core.fields import Months, Share, Spec, Text
from npl_sim.valuation.spec import Level

Multiple = Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "multiple"})]


class AddOn(Spec):
    """A share of the value that is taken off for a source of uncertainty."""

    kind: Literal["add_on"]
    """Name of the form."""
    source: Text
    """What is uncertain."""
    share: Share
    """Share of the best estimate."""


class StressEffect(Spec):
    """A part of what a named stress of the market takes from the value."""

    kind: Literal["stress"]
    """Name of the form."""
    source: Text
    """What is uncertain."""
    stress: Text
    """Name of a stress of the market."""
    weight: Share = 1.0
    """Part of the stress's effect that is taken off."""


class SamplingError(Spec):
    """A multiple of the standard error of simulation."""

    kind: Literal["sampling"]
    """Name of the form."""
    source: Text = "number of scenarios"
    """What is uncertain."""
    multiple: Multiple = 1.645
    """Multiple of the standard error."""


class Disagreement(Spec):
    """A part of the amount by which the second method is below the simulation."""

    kind: Literal["second_method"]
    """Name of the form."""
    source: Text = "choice of method"
    """What is uncertain."""
    weight: Share = 0.5
    """Part of the difference that is taken off."""


Margin = Annotated[
    AddOn | StressEffect | SamplingError | Disagreement, Field(discriminator="kind")
]


class Limits(Spec):
    """When an input is stale or missing, and what that costs."""

    appraisal_months: Months = 12.0
    """Age from which an appraisal is stale."""
    appraisal_haircut: Share = 0.05
    """Share of an appraisal that each year beyond the limit costs; a missing date counts as two
    years."""
    cut_off_months: Months = 6.0
    """Age from which the tape's balances are stale."""
    law_months: Months = 36.0
    """Age from which the legal regime should be read again."""
    market_months: Months = 12.0
    """Age from which the view of the market is stale."""
    undocumented: Share = 0.10
    """Share of a loan's value that missing documents cost."""
    no_limitation_date: Literal["as_stated", "time_barred"] = "as_stated"
    """How a claim is valued whose limitation date is not known: as the study has it, or as
    time-barred."""


class Prudence(Spec):
    """From the best estimate to a prudent value."""

    margins: tuple[Margin, ...] = Field(default=(), max_length=50)
    """What is taken off, source by source."""
    combine: Literal["sum", "root_sum_square"] = "sum"
    """How margins add up: root_sum_square supposes that the sources are independent."""
    quantile: Level | None = None
    """Quantile of the price that the prudent value must not exceed; defaults to no cap."""
    limits: Limits = Limits()
    """Limits of age and completeness."""
    second_method_bound: Share = 0.01
    """Share of the price beyond which a difference of the second method draws a flag, where it is beyond four of
    its standard errors too."""
