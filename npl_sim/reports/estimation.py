"""Scenario weights of the estimates of a run, in words and as plain data."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from npl_sim.core.errors import counted
from npl_sim.core.language import gettext as _

if TYPE_CHECKING:
    from npl_sim.valuation.price import PriceDistribution


def estimation_text(result: PriceDistribution) -> str:
    """Return the scenario weights in words, one sentence without a period."""
    sample = result.sample
    if sample.is_plain:
        return _("all {scenarios:,} scenarios have the same weight: {reason}").format(
            scenarios=sample.scenarios, reason=_(sample.reason)
        )
    data = estimation_data(result)
    number = data["balanced_on"]
    text = _(
        "one set of scenario weights for all figures, balanced on {number}, "
        "{smallest_weight:.2f} to {largest_weight:.2f} of their mean"
    ).format(
        number=counted(number, "market factor average"),
        smallest_weight=data["smallest_weight"],
        largest_weight=data["largest_weight"],
    )
    plain = data["plain_scenarios"]
    if not math.isfinite(plain):
        return text
    return _(
        "{text}; the mean price is as precise as that of {plain:,.0f} plain scenarios"
    ).format(text=text, plain=plain)


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
