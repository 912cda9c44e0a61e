"""Amounts and shares inside sentences."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from npl_sim.core.language import gettext as _
from npl_sim.reports.formats import MISSING, Unit, money_unit, percent
from npl_sim.stats.risk import Estimate

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook


def unit_of(book: BidBook, currency: str | None = None) -> Unit:
    """Return the unit of all amounts of a bid book.

    Parameters
    ----------
    book
        A bid book.
    currency
        Name of the currency; defaults to that of the result.
    """
    result = book.result
    largest = max(
        abs(result.mean.value),
        abs(book.bid.price.value),
        abs(book.keep.reservation.value),
        result.gbv / 100.0,
    )
    return money_unit(largest, result.currency if currency is None else currency)


def money(amount: float, unit: Unit) -> str:
    """Return an amount for a sentence: ``CNY 293.4 million``."""
    return unit.sentence(amount) if math.isfinite(amount) else MISSING


def of_gbv(book: BidBook, amount: float) -> str:
    """Return an amount as a share of GBV in brackets; empty without GBV."""
    share = book.result.of_gbv(amount)
    return _(" ({amount} of GBV)").format(amount=percent(share)) if math.isfinite(share) else ""


def chance(found: Estimate, scenarios: int) -> str:
    """Return a probability in words, also for an event in no or in every scenario."""
    if found.value <= 0.0:
        return _("in none of {scenarios:,} scenarios").format(scenarios=scenarios)
    if found.value >= 1.0:
        return _("in all of {scenarios:,} scenarios").format(scenarios=scenarios)
    return _("in {share} of scenarios").format(share=percent(found.value))
