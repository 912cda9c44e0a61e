"""Published figures that ship with npl_sim: value, spread, place, year, source."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from npl_sim.core.fields import DAYS_PER_MONTH, Spec, ids_must_differ
from npl_sim.resources import read_resource, validated

Name = Annotated[str, Field(min_length=1, max_length=300, json_schema_extra={"unit": "text"})]
Figure = Annotated[float, Field(ge=-1e12, le=1e12, json_schema_extra={"unit": "unit of fact"})]
Time = Annotated[float, Field(gt=0.0, le=1200.0, json_schema_extra={"unit": "months"})]

FILE = "published_facts.yaml"

Unit = Literal[
    "count",
    "days",
    "months",
    "years",
    "share",
    "share of appraisal",
    "share of base price",
    "share of claim",
    "share of collections",
    "share of market value",
]

MONTHS = {"days": 1.0 / DAYS_PER_MONTH, "months": 1.0, "years": 12.0}
"""Months in a unit of time."""

DIGITS = 3
"""Significant digits to which a study states a converted figure."""


class Publication(Spec):
    """Publication of figures."""

    title: Name
    """Title of the publication, with what was measured."""
    publisher: Name
    """Its publisher."""


class Fact(Spec):
    """A published figure."""

    id: Name
    """Its name in studies and messages."""
    quantity: Name
    """What was measured."""
    value: Figure
    """The figure, in its unit."""
    low: Figure | None = None
    """Lowest figure seen of the quantity."""
    high: Figure | None = None
    """Highest figure seen of the quantity."""
    n: Annotated[int, Field(ge=1, json_schema_extra={"unit": "count"})] | None = None
    """Number of cases behind the figure."""
    unit: Unit
    """Unit of value, low and high."""
    after_months: Time | None = None
    """Time within which events of a share are counted. [months]"""
    age_months: Time | None = None
    """Typical age of the loans since default. [months]"""
    place: Annotated[str, Field(pattern="^[A-Z]{2}$", json_schema_extra={"unit": "ISO 3166"})]
    """Country."""
    year: Annotated[
        str, Field(pattern="^[0-9]{4}(-[0-9]{4})?$", json_schema_extra={"unit": "year or years"})
    ]
    """Year, or first and last year."""
    source: Publication
    """Where it was published."""
    mark: Literal["read", "computed", "law"]
    """Whether the figure was read, computed from figures that were read, or is a rule."""
    note: Name | None = None
    """Remark on the figure."""

    @model_validator(mode="after")
    def spread_holds_value(self) -> Fact:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high belong together; expected both or neither")
        if (
            self.low is not None
            and self.high is not None
            and not self.low <= self.value <= self.high
        ):
            raise ValueError(
                f"value {self.value:g} is outside low {self.low:g} to high {self.high:g}; "
                "expected it within them"
            )
        return self

    def __str__(self) -> str:
        return f"{self.source.title}, {self.source.publisher}, {self.place} {self.year}"


class _Facts(Spec):
    as_of: date
    facts: Annotated[tuple[Fact, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def ids_differ(self) -> _Facts:
        ids_must_differ(fact.id for fact in self.facts)
        return self


def read_facts(content: Any, name: str) -> Mapping[str, Fact]:
    """Return published figures by id from plain data.

    Parameters
    ----------
    content
        Data of the file: as_of, sources by name, and facts that name a source.
    name
        Name of the file in messages.

    Raises
    ------
    NplSimError
        With every fault of the data, each with its key.
    """
    if isinstance(content, dict) and isinstance(content.get("sources"), dict):
        known = content["sources"]
        facts = [
            {**fact, "source": known[fact["source"]]}
            if isinstance(fact, dict) and fact.get("source") in known
            else fact
            for fact in content.get("facts") or ()
        ]
        content = {key: value for key, value in content.items() if key != "sources"}
        content["facts"] = facts
    return {fact.id: fact for fact in validated(_Facts, content, name).facts}


@functools.cache
def published_facts() -> Mapping[str, Fact]:
    """Return the published figures that ship with the package, by id."""
    return read_facts(read_resource(FILE), FILE)


def rounded(value: float) -> float:
    """Return a value at the number of digits at which studies state converted figures."""
    return float(f"{value:.{DIGITS}g}")


def _need(value: float | None, fact: Fact, name: str) -> float:
    if value is None:
        raise ValueError(f"{fact.id} has no {name}; expected a fact that has it")
    return value


def _low(fact: Fact) -> float:
    return _need(fact.low, fact, "low")


def _high(fact: Fact) -> float:
    return _need(fact.high, fact, "high")


def _months(value: float, fact: Fact) -> float:
    if fact.unit not in MONTHS:
        raise ValueError(
            f"{fact.id} is in {fact.unit}, which is no time; expected {', '.join(MONTHS)}"
        )
    return value * MONTHS[fact.unit]


def _hazard(fact: Fact) -> float:
    if not 0.0 <= fact.value < 1.0:
        raise ValueError(f"{fact.id} is {fact.value:g}; expected a probability below 1")
    return -math.log1p(-fact.value) / _need(fact.after_months, fact, "after_months")


def _half_life(young: Fact, old: Fact) -> float:
    """Return the age that halves a price. [months]"""
    ages = [_need(fact.age_months, fact, "age_months") for fact in (young, old)]
    if not 0.0 < old.value < young.value or ages[0] >= ages[1]:
        raise ValueError(
            f"{young.id} and {old.id} do not fall with age; expected the younger first"
        )
    return (ages[1] - ages[0]) * math.log(2.0) / math.log(young.value / old.value)


def _at_default(young: Fact, old: Fact) -> float:
    """Return the price at age zero on the curve through two prices."""
    age = _need(young.age_months, young, "age_months")
    return float(young.value * 2.0 ** (age / _half_life(young, old)))


Conversion = Literal[
    "value",
    "low",
    "high",
    "middle",
    "remainder",
    "remainder_of_low",
    "remainder_of_high",
    "months",
    "low_in_months",
    "middle_in_months",
    "high_in_months",
    "sum_in_months",
    "monthly_hazard",
    "half_life",
    "price_at_default",
]

CONVERSIONS: Mapping[str, Callable[..., float]] = {
    "value": lambda a: a.value,
    "low": _low,
    "high": _high,
    "middle": lambda a: 0.5 * (_low(a) + _high(a)),
    "remainder": lambda a: 1.0 - a.value,
    "remainder_of_low": lambda a: 1.0 - _low(a),
    "remainder_of_high": lambda a: 1.0 - _high(a),
    "months": lambda a: _months(a.value, a),
    "low_in_months": lambda a: _months(_low(a), a),
    "middle_in_months": lambda a: 0.5 * (_months(_low(a), a) + _months(_high(a), a)),
    "high_in_months": lambda a: _months(_high(a), a),
    "sum_in_months": lambda *all_: math.fsum(_months(a.value, a) for a in all_),
    "monthly_hazard": _hazard,
    "half_life": _half_life,
    "price_at_default": _at_default,
}
"""How a published figure becomes a figure of a study, by name."""

PAIRED = ("half_life", "price_at_default")
"""Conversions of two figures."""


def converted(conversion: str, facts: tuple[Fact, ...]) -> float:
    """Return a figure of a study from published figures.

    Parameters
    ----------
    conversion
        Name of the conversion (`CONVERSIONS`).
    facts
        The published figures: two for `PAIRED`, any number for a sum, otherwise one.

    Raises
    ------
    ValueError
        If the number of figures is wrong, or one lacks what the conversion needs.
    """
    wanted = 2 if conversion in PAIRED else 1
    if conversion != "sum_in_months" and len(facts) != wanted:
        raise ValueError(f"{conversion} of {len(facts)} facts; expected {wanted}")
    return CONVERSIONS[conversion](*facts)
