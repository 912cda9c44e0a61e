"""Terms of prudent valuation: margins on the best estimate, and age limits of inputs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from npl_sim.core.fields import Months, Share, Spec, Text
from npl_sim.valuation.spec import Level

Multiple = Annotated[float, Field(ge=0.0, le=100.0, json_schema_extra={"unit": "multiple"})]


class AddOn(Spec):
    """A deduction for a source of uncertainty, as a share of the value."""

    kind: Literal["add_on"]
    """Name of the form."""
    source: Text
    """What is uncertain."""
    share: Share
    """Share of the best estimate."""


class StressEffect(Spec):
    """A deduction of part of the effect of a named market stress."""

    kind: Literal["stress"]
    """Name of the form."""
    source: Text
    """What is uncertain."""
    stress: Text
    """Name of a market stress."""
    weight: Share = 1.0
    """Part of the effect that is deducted."""


class SamplingError(Spec):
    """A deduction of a multiple of the standard error of simulation."""

    kind: Literal["sampling"]
    """Name of the form."""
    source: Text = "number of scenarios"
    """What is uncertain."""
    multiple: Multiple = 1.645
    """Multiple of the standard error."""


class Disagreement(Spec):
    """A deduction of part of the amount by which the second method is below the simulation."""

    kind: Literal["second_method"]
    """Name of the form."""
    source: Text = "choice of method"
    """What is uncertain."""
    weight: Share = 0.5
    """Part of the difference that is deducted."""


Margin = Annotated[
    AddOn | StressEffect | SamplingError | Disagreement, Field(discriminator="kind")
]


class Limits(Spec):
    """Age limits of inputs, and deductions for stale or missing inputs."""

    appraisal_months: Months = 12.0
    """Age from which an appraisal is stale."""
    appraisal_haircut: Share = 0.05
    """Share of an appraisal deducted for each year beyond the limit; a missing date counts as two
    years."""
    cut_off_months: Months = 6.0
    """Age from which the tape's balances are stale."""
    law_months: Months = 36.0
    """Age from which the legal regime should be reviewed."""
    market_months: Months = 12.0
    """Age from which the market assumptions are stale."""
    undocumented: Share = 0.10
    """Share of a loan's value deducted for missing documents."""
    no_limitation_date: Literal["as_stated", "time_barred"] = "as_stated"
    """Value of a claim with unknown limitation date: as the study states, or as time-barred."""


class Prudence(Spec):
    """Terms that lead from the best estimate to a prudent value."""

    margins: tuple[Margin, ...] = Field(default=(), max_length=50)
    """Deductions, source by source."""
    combine: Literal["sum", "root_sum_square"] = "sum"
    """How margins add up: root_sum_square assumes independent sources."""
    quantile: Level | None = None
    """Quantile of the price that caps the prudent value; defaults to no cap."""
    limits: Limits = Limits()
    """Limits of age and completeness."""
    second_method_bound: Share = 0.01
    """Share of the price beyond which a difference of the second method raises a flag. The
    difference must also exceed four of its standard errors."""
