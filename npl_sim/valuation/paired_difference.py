"""Paired difference of two runs under common random numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import NplSimError
from npl_sim.stats.discount import present_value
from npl_sim.stats.weights import scenario_means
from npl_sim.valuation.scenario_sums import draw_values

CLOSE = 1e-12
"""Relative difference of two present values that counts as rounding."""


@dataclass(frozen=True)
class PairedDifference:
    """Present value of one run less that of another, scenario by scenario.

    Attributes
    ----------
    base, other
        Weighted mean present values. [package currency]
    mean
        `other` less `base`. [package currency]
    se
        Its standard error over paired scenarios. [package currency]
    interval
        Interval that covers the true difference with 95 %. [package currency]
    unpaired_se
        The standard error that two runs with independent scenarios would have had. [package
        currency]
    gbv
        Gross book value of the package. [package currency]
    scenarios
        Number of scenarios of each run.
    better
        Weighted share of scenarios in which `other` is worth more.
    rates
        Rates at which `base` and `other` are discounted. [per year]
    """

    base: float
    other: float
    mean: float
    se: float
    interval: tuple[float, float]
    unpaired_se: float
    gbv: float
    scenarios: int
    better: float
    rates: tuple[float, float]

    @property
    def is_nothing(self) -> bool:
        """Whether the two values are equal in every scenario, up to rounding."""
        size = CLOSE * max(abs(self.base), abs(self.other), self.unpaired_se)
        return max(abs(self.mean), self.se) <= size


def shared_values(flows: Cash) -> np.ndarray:
    """Return present values of the first draw of each scenario, which is common to all runs.

    Unit: package currency.
    """
    return present_value(flows.net, flows.discount_rate, flows.cash_timing)


def _values(flows: Cash) -> np.ndarray:
    """Return the mean present value of the draws of each scenario. [package currency]"""
    return scenario_means(draw_values(flows, flows.discount_rate, flows.cash_timing))


def mean_value(flows: Cash) -> float:
    """Return the weighted mean of `shared_values`. [package currency]"""
    return flows.sample.mean(shared_values(flows)).value


def paired_difference(base: Cash, other: Cash) -> PairedDifference:
    """Return the value of `other` less that of `base`, with its paired standard error.

    Both runs must have the same seed and number of scenarios; each is discounted at its own rate.
    Random numbers are addressed by loan and event, so a changed assumption affects only the events
    that depend on it. The common part cancels in each scenario and adds no standard error.
    See Glasserman, Monte Carlo Methods in Financial Engineering, 2004, section 7.1.

    Parameters
    ----------
    base, other
        Cash flows of the two runs.

    Raises
    ------
    NplSimError
        If the runs cannot be paired, naming what differs.
    """
    for name in ("seed", "scenarios"):
        a, b = getattr(base, name), getattr(other, name)
        if a != b:
            raise NplSimError(
                f"the runs differ in {name} ({a} and {b}); "
                "expected the same for a paired difference"
            )
    a, b = _values(base), _values(other)
    first, second = base.sample, other.sample
    found = second.difference(b, first, a)
    hits = (b > a).astype(np.float64)
    return PairedDifference(
        base=first.mean(a).value,
        other=second.mean(b).value,
        mean=found.value,
        se=found.se,
        interval=(found.low, found.high),
        unpaired_se=math.hypot(first.error_of_mean(a), second.error_of_mean(b)),
        gbv=base.gbv,
        scenarios=base.scenarios,
        better=first.probability(hits).value,
        rates=(base.discount_rate, other.discount_rate),
    )
