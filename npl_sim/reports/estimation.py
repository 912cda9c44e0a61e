"""Scenario weights of the estimates of a run, in words and as plain data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from npl_sim.core.errors import counted

if TYPE_CHECKING:
    from npl_sim.valuation.price import PriceDistribution


def estimation_text(result: PriceDistribution) -> str:
    """Return the scenario weights in words, one sentence without a period."""
    sample = result.sample
    if sample.is_plain:
        return f"all {sample.scenarios:,} scenarios have the same weight: {sample.reason}"
    data = estimation_data(result)
    number = data["balanced_on"]
    text = (
        "one set of scenario weights for all figures, balanced on "
        f"{counted(number, 'market factor average')}, "
        f"{data['smallest_weight']:.2f} to {data['largest_weight']:.2f} of their mean"
    )
    plain = data["plain_scenarios"]
    if not math.isfinite(plain):
        return text
    return f"{text}; the mean price is as precise as that of {plain:,.0f} plain scenarios"


def estimation_data(result: PriceDistribution) -> dict[str, Any]:
    """Return the scenario weights as plain data, as multiples of their mean."""
    sample = result.sample
    relative = sample.weights * sample.scenarios
    return {
        "balanced_on": sample.design.shape[1] - 1,
        "smallest_weight": float(relative.min()),
        "largest_weight": float(relative.max()),
        "plain_scenarios": result.plain_scenarios,
        "same_weight_because": sample.reason or None,
    }
