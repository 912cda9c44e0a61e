"""Pool cash flows from a recipe: expectation, timing curve and two volatilities.

Real pools are not public. A recipe replaces one by the published expectation, its timing, and two
assumed volatilities. In scenario s the receipts of month m are

    (what month m is expected to bring) x exp(v z_s - v^2/2) x exp(w a_sm - w^2/2),

where z is a standard normal for each scenario, the level of recoveries. Their timing, a, is a
stationary autoregression of standard normals with monthly correlation `autocorrelation`. Both
factors have mean 1, so that the mean of the receipts is the expectation. Collections before
closing are known and have no spread.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator

from npl_sim.core.fields import Money, Share, Spec, Text, WholeMonths, must_rise
from npl_sim.securitization.collections import DatedFlows
from npl_sim.securitization.dates import add_months, month_end


class Collected(Spec):
    """An amount collected before closing."""

    date: date
    """Date."""
    amount: Money
    """Amount."""


class CurvePoint(Spec):
    """How much of what is still to come has come by a month."""

    month: WholeMonths
    """Months after month 0."""
    share: Share
    """Cumulative share."""


class FlowRecipe(Spec):
    """A pool's cash in a few numbers."""

    name: Text
    """Name of the pool."""
    month_zero: date
    """Date of month 0; where it is the last day of a month, all months' dates are."""
    expected_total: Money
    """Receipts expected over the life, with those already collected."""
    collected: tuple[Collected, ...] = Field(default=(), max_length=1000)
    """Known collections, dates rising."""
    curve: tuple[CurvePoint, ...] = Field(min_length=2, max_length=1000)
    """Cumulative shares of the rest by month, from 0 to 1, joined by straight lines."""
    level_volatility: Annotated[float, Field(ge=0.0, le=3.0, json_schema_extra={"unit": "log"})]
    """Standard deviation of the log of the level of recoveries."""
    timing_volatility: Annotated[
        float, Field(ge=0.0, le=3.0, json_schema_extra={"unit": "log"})
    ] = 0.0
    """Standard deviation of the log of a month's receipts at a given level."""
    autocorrelation: Annotated[
        float, Field(ge=0.0, lt=1.0, json_schema_extra={"unit": "share of 1"})
    ] = 0.0
    """Correlation of that from month to month."""
    costs: Share = 0.0
    """Costs of collection, as a share of receipts, in the month of the receipts."""
    scenarios: Annotated[int, Field(ge=1, le=1_000_000, json_schema_extra={"unit": "count"})] = (
        2000
    )
    """Number of scenarios."""
    seed: Annotated[int, Field(ge=0, le=2**63 - 1, json_schema_extra={"unit": "seed"})] = 1
    """Seed; the first scenarios are the same however many there are."""
    sources: tuple[Text, ...] = Field(default=(), max_length=100)
    """Where the numbers come from; what is assumed says so."""

    @model_validator(mode="after")
    def parts_fit(self) -> FlowRecipe:
        """Refuse a curve that does not run from 0 to 1, and collections above the expectation."""
        months, shares = [p.month for p in self.curve], [p.share for p in self.curve]
        must_rise(months, f"curve is for months {months}; expected them to rise")
        if (
            any(b < a for a, b in zip(shares, shares[1:], strict=False))
            or shares[0] != 0.0
            or shares[-1] != 1.0
        ):
            raise ValueError(f"curve has shares {shares}; expected them to rise from 0 to 1")
        days = [c.date for c in self.collected]
        must_rise(days, "collected: dates do not rise; expected each later than the one before")
        known = sum(c.amount for c in self.collected)
        if known > self.expected_total:
            raise ValueError(
                f"collected sums to {known:,.2f}; expected at most expected_total, "
                f"{self.expected_total:,.2f}"
            )
        if days and days[-1] >= _day(self, months[0] + 1):
            raise ValueError(
                f"collected runs to {days[-1]}, but the curve brings cash from "
                f"{_day(self, months[0] + 1)}; expected the curve "
                "to begin after what is collected"
            )
        return self


def _day(recipe: FlowRecipe, month: int) -> date:
    return add_months(recipe.month_zero, month, recipe.month_zero == month_end(recipe.month_zero))


def expected_by_month(recipe: FlowRecipe) -> tuple[np.ndarray, np.ndarray]:
    """Return the months of the curve and the cash expected in each. [months; package currency]"""
    first, last = recipe.curve[0].month, recipe.curve[-1].month
    months = np.arange(first, last + 1)
    shares = np.interp(months, [p.month for p in recipe.curve], [p.share for p in recipe.curve])
    rest = recipe.expected_total - sum(c.amount for c in recipe.collected)
    return months[1:], rest * np.diff(shares)


def pool_flows(recipe: FlowRecipe) -> DatedFlows:
    """Return the pool's cash in every scenario, known collections first."""
    months, expected = expected_by_month(recipe)
    rng = np.random.Generator(np.random.Philox(recipe.seed))
    draws = rng.standard_normal((recipe.scenarios, 1 + len(months)))
    level, shocks = draws[:, :1], draws[:, 1:].copy()
    rho = recipe.autocorrelation
    for m in range(1, len(months)):
        shocks[:, m] = rho * shocks[:, m - 1] + np.sqrt(1.0 - rho * rho) * shocks[:, m]
    v, w = recipe.level_volatility, recipe.timing_volatility
    received = expected * np.exp(v * level - 0.5 * v * v) * np.exp(w * shocks - 0.5 * w * w)
    known = np.tile([c.amount for c in recipe.collected], (recipe.scenarios, 1)).reshape(
        recipe.scenarios, -1
    )
    received = np.concatenate([known, received], axis=1)
    days = (*(c.date for c in recipe.collected), *(_day(recipe, int(m)) for m in months))
    return DatedFlows(days, received, recipe.costs * received)
