"""Reference figures shipped with npl_sim: published prices, recoveries and plausible balances."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, model_validator

from npl_sim.core.fields import Spec, ids_must_differ
from npl_sim.core.language import N_
from npl_sim.core.language import gettext as _
from npl_sim.resources import read_resource, validated

Name = Annotated[str, Field(min_length=1, max_length=300, json_schema_extra={"unit": "text"})]
Ratio = Annotated[float, Field(ge=0.0, le=1.5, json_schema_extra={"unit": "share of GBV"})]
Amount = Annotated[float, Field(gt=0.0, le=1e15, json_schema_extra={"unit": "currency"})]
Age = Annotated[float, Field(ge=0.0, le=1200.0, json_schema_extra={"unit": "months"})]
Horizon = Annotated[int, Field(ge=1, le=600, json_schema_extra={"unit": "months"})]

Measure = Literal["price_of_gbv", "price_of_principal", "recovery_of_gbv"]
MEASURES: tuple[Measure, ...] = get_args(Measure)
"""Measures of published figures."""

EVERY_COUNTRY = N_("the study's law names no country, so figures of every country count")
"""Remark of a comparison where the country of the law is not known."""

EVERY_PRODUCT = "*"
"""Stands for every product that no other bound of the same currency names."""

EUROPEAN_UNION = frozenset(
    ["AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR"]
    + ["HU", "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT"]
    + ["RO", "SE", "SI", "SK"]
)
"""Countries that use figures of the EU where they have none of their own (ISO 3166)."""

PLACES = {"CN": ("china", "chinese", "prc", "中国", "中华"), "IT": ("ital",)}
"""Text in the name of a law that identifies its country."""


class Source(Spec):
    """Publication of a figure."""

    title: Name
    """Title of the publication, with what was measured."""
    publisher: Name
    """Its publisher."""


class PublishedRange(Spec):
    """Published range for a kind of loan; low and high of a single figure are equal."""

    id: Name
    """Its name in messages."""
    products: tuple[Name, ...] = ()
    """Products that it covers; all if empty."""
    security: Literal["any", "secured", "unsecured"] = "any"
    """Whether it covers loans with collateral, without, or both."""
    ages: tuple[Age, Age] | None = None
    """Age of the loans since default, from and below; any if None. [months]"""
    after_months: Horizon | None = None
    """Time from the cut-off date to which recovery is counted; whole life if None. [months]"""
    measure: Measure
    """What was measured."""
    low: Ratio
    """Lowest published figure. [share of GBV, or of principal]"""
    high: Ratio
    """Highest published figure. [share of GBV, or of principal]"""
    statistic: Literal["range", "average"] = "range"
    """Whether the bounds hold for packages, or for averages over packages of all ages."""
    place: Annotated[
        str, Field(pattern="^[A-Z]{2}$", json_schema_extra={"unit": "ISO 3166, or EU"})
    ]
    """Country."""
    year: Annotated[
        str, Field(pattern="^[0-9]{4}(-[0-9]{4})?$", json_schema_extra={"unit": "year or years"})
    ]
    """Year, or first and last year."""
    source: Source
    """Where it was published."""

    @model_validator(mode="after")
    def in_order(self) -> PublishedRange:
        if self.low > self.high:
            raise ValueError(
                f"low {self.low:g} is above high {self.high:g}; expected low at most high"
            )
        if self.ages is not None and self.ages[0] >= self.ages[1]:
            raise ValueError(
                f"ages {self.ages[0]:g} to {self.ages[1]:g}; expected the first below the second"
            )
        if self.after_months is not None and self.measure != "recovery_of_gbv":
            raise ValueError(
                f"after_months with {self.measure}; expected it with recovery_of_gbv alone"
            )
        return self

    @property
    def general(self) -> bool:
        """Whether it covers loans of any age over their whole life."""
        return self.statistic == "range" and self.ages is None and self.after_months is None

    def __str__(self) -> str:
        span = f"{self.low:.1%}"
        if self.low != self.high:
            span += _(" to ") + f"{self.high:.1%}"
        return (
            f"{span} ({self.id}: {self.source.title}, {self.source.publisher}, "
            f"{self.place} {self.year})"
        )


class BalanceBound(Spec):
    """A plausible median balance of a product in a currency."""

    products: Annotated[tuple[Name, ...], Field(min_length=1)]
    """Products; `EVERY_PRODUCT` covers those that no other bound of the currency names."""
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$", json_schema_extra={"unit": "ISO 4217"})]
    """Currency."""
    low: Amount
    """Lowest plausible median. [currency]"""
    high: Amount
    """Highest plausible median. [currency]"""

    @model_validator(mode="after")
    def in_order(self) -> BalanceBound:
        if self.low >= self.high:
            raise ValueError(
                f"low {self.low:g} is not below high {self.high:g}; expected low below high"
            )
        return self


class _Ranges(Spec):
    as_of: date
    ranges: Annotated[tuple[PublishedRange, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def ids_differ(self) -> _Ranges:
        ids_must_differ(entry.id for entry in self.ranges)
        return self


class _Bounds(Spec):
    basis: Name
    bounds: Annotated[tuple[BalanceBound, ...], Field(min_length=1)]


def read_ranges(content: Any, name: str) -> tuple[PublishedRange, ...]:
    """Return published ranges from plain data.

    Parameters
    ----------
    content
        Data of the file: as_of and ranges.
    name
        Name of the file in messages.

    Raises
    ------
    NplSimError
        With every fault of the data, each with its key.
    """
    return validated(_Ranges, content, name).ranges


@functools.cache
def published_ranges() -> tuple[PublishedRange, ...]:
    """Return the published ranges that ship with the package."""
    name = "published_ranges.yaml"
    return read_ranges(read_resource(name), name)


@functools.cache
def balance_bounds() -> tuple[BalanceBound, ...]:
    """Return the bounds of plausible medians that ship with the package."""
    name = "balance_bounds.yaml"
    return validated(_Bounds, read_resource(name), name).bounds


def figures_for(place: str, measure: str) -> tuple[PublishedRange, ...]:
    """Return the published figures of a measure for a country, for any age and the whole life.

    Parameters
    ----------
    place
        Country (ISO 3166); figures of every country count if it is empty (not known).
    measure
        What was measured.
    """
    return _of_place(
        (entry for entry in published_ranges() if entry.measure == measure and entry.general),
        place,
    )


def comparables_for(place: str) -> tuple[PublishedRange, ...]:
    """Return all published figures for a country, including those by age and by time.

    Parameters
    ----------
    place
        Country (ISO 3166); figures of every country count if it is empty (not known).
    """
    return tuple(
        entry
        for measure in MEASURES
        for entry in _of_place((e for e in published_ranges() if e.measure == measure), place)
    )


def _of_place(entries: Iterable[PublishedRange], place: str) -> tuple[PublishedRange, ...]:
    """Return the entries of a country, and entries of the EU where the country has none."""
    entries = tuple(entries)
    if not place:
        return entries
    own = [entry for entry in entries if entry.place == place]
    about = {(entry.products, entry.security) for entry in own}
    wider = [
        entry
        for entry in entries
        if entry.place == "EU"
        and place in EUROPEAN_UNION
        and (entry.products, entry.security) not in about
    ]
    return (*own, *wider)


def place_of(legal: Any) -> str:
    """Return the country of a law (ISO 3166) from its jurisdiction or name; empty if not known.

    Parameters
    ----------
    legal
        Legal regime of a study.
    """
    stated = str(getattr(legal, "jurisdiction", None) or "")
    if len(stated) == 2 and stated.isalpha():
        return stated.upper()
    text = f"{stated} {legal.name}".lower()
    return next(
        (place for place, stems in PLACES.items() if any(_has_word(stem, text) for stem in stems)),
        "",
    )


def _has_word(stem: str, text: str) -> bool:
    """Return whether a word of a text begins with a stem; Chinese text has no word breaks."""
    return re.search(rf"\b{stem}" if stem.isascii() else stem, text) is not None
