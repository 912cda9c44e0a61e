"""Published counts of court auctions, with terms of collateral that reproduce them."""

from __future__ import annotations

import functools
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from npl_sim.calibration.auctions import DAYS, MEASURES, NOTICE, auction_outcomes
from npl_sim.core.fields import Share, Spec, Text
from npl_sim.policy.enforcement import CollateralTerms
from npl_sim.resources import read_resource, validated

Measure = Literal[
    "first_round",
    "second_round",
    "later_rounds",
    "sold",
    "sold_per_auction",
    "price",
    "auctions_to_sale",
    "days",
    "years_to_sale",
    "awarded",
    "settled",
    "other",
]
"""Name of a measure of `calibration.auctions.MEASURES`, or of the outcome of an enforcement."""


class AuctionCount(Spec):
    """One published count."""

    measure: Measure
    """What was counted."""
    value: Annotated[float, Field(gt=0.0, json_schema_extra={"unit": "by measure"})]
    """The count."""
    tolerance: Annotated[float, Field(gt=0.0, json_schema_extra={"unit": "by measure"})]
    """How far the expected result may be from the count."""
    year: Text
    """Year or years that it covers."""
    source: Text
    """Where it was read."""
    fitted: bool = False
    """Whether the terms were set with it."""


class AuctionSetting(Spec):
    """Auctions of a kind of collateral in a place: terms, and counts that they must meet."""

    id: Text
    """Its name."""
    kind: Text
    """Kind of collateral."""
    place: Text
    """Country (ISO 3166), and city or province."""
    settled: Share = 0.0
    """Share of enforcements that the debtor ends before any auction."""
    terms: CollateralTerms
    """Terms that reproduce the counts."""
    counts: tuple[AuctionCount, ...]
    """Published counts."""


class _Settings(Spec):
    as_of: date
    settings: tuple[AuctionSetting, ...]


@functools.cache
def auction_settings() -> tuple[AuctionSetting, ...]:
    """Return the auction settings that ship with the package."""
    name = "auction_counts.yaml"
    return validated(_Settings, read_resource(name), name).settings


def expected_measures(setting: AuctionSetting) -> dict[str, float]:
    """Return the expected value of every measure under a setting's terms.

    Parameters
    ----------
    setting
        The setting.

    Returns
    -------
    dict of str to float
        By name of the measure.
    """
    terms = setting.terms
    found = auction_outcomes(terms)
    seized = float(getattr(terms.seizure_duration, "mean", 0.0))
    awarded = (1.0 - setting.settled) * found.sold
    return {
        **{name: measure(found) for name, measure in MEASURES.items()},
        "years_to_sale": (seized + terms.rounds[0].months - NOTICE + found.days / DAYS) / 12.0,
        "awarded": awarded,
        "settled": setting.settled,
        "other": 1.0 - setting.settled - awarded,
    }
