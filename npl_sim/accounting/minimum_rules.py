"""Rules on minimum provisions, as dated reference data that ships with the package."""

from __future__ import annotations

import functools
from datetime import date
from typing import Annotated, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import Share, Spec, Text, must_rise
from npl_sim.resources import read_resource, validated

RESOURCE = "minimum_provisions.yaml"

Reading = Literal["read", "secondary", "memory"]
"""Evidence for a figure: the rule's own text, a secondary source, or memory."""

Year = Annotated[int, Field(ge=1, le=30, json_schema_extra={"unit": "years"})]
Ratio = Annotated[float, Field(ge=0.0, le=10.0, json_schema_extra={"unit": "share of 1"})]


class CoverageSchedule(Spec):
    """Share to be covered by the year since a loan became non-performing."""

    from_year: Year
    """First year with a share; nothing before its first day."""
    shares: Annotated[tuple[Share, ...], Field(min_length=1, max_length=30)]
    """Shares of that year and the following ones; the last applies from then on."""
    text: Reading
    """What was read of the figures."""

    @model_validator(mode="after")
    def shares_rise(self) -> CoverageSchedule:
        must_rise(self.shares, "shares do not rise; expected each to be above the one before")
        return self

    def share_after(self, months: float) -> float:
        """Return the share to be covered some months after the loan became non-performing."""
        year = int(months // 12.0) + 1
        if year < self.from_year:
            return 0.0
        return self.shares[min(year - self.from_year, len(self.shares) - 1)]


class EuFactors(Spec):
    """Schedules of the parts of a loan."""

    unsecured: CoverageSchedule
    immovable: CoverageSchedule
    other_security: CoverageSchedule


class EuBackstop(Spec):
    """Minimum loss coverage of the European Union."""

    source: Text
    since: date
    factors: EuFactors
    immovable_kinds: tuple[Text, ...]


class ChinaFiveClass(Spec):
    """Special provisions by class."""

    source: Text
    shares: dict[Text, Share]
    text: Reading
    tolerance: Share


class ChinaCoverage(Spec):
    """Coverage ratios of a bank."""

    source: Text
    coverage: Ratio
    provisions_of_loans: Ratio
    text: Reading
    coverage_range: tuple[Ratio, Ratio]
    provisions_of_loans_range: tuple[Ratio, Ratio]
    range_text: Reading


class MinimumRules(Spec):
    """All rules."""

    as_of: date
    eu_backstop: EuBackstop
    china_five_class: ChinaFiveClass
    china_coverage: ChinaCoverage


@functools.cache
def minimum_rules() -> MinimumRules:
    """Return the rules on minimum provisions that ship with the package."""
    return validated(MinimumRules, read_resource(RESOURCE), RESOURCE)
