"""The difference of two runs under common random numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from npl_sim.errors import NplSimError
from npl_sim.flows.package import PackageFlows
from npl_sim.stats.discount import present_value

__all__ = ["PairedDifference", "paired_difference"]

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class PairedDifference:
    """Present value of one run less that of another, scenario by scenario.

    Attributes
    ----------
    base, other
        Mean present values. [package currency]
    mean
        `other` less `base`. [package currency]
    se
        Its standard error, scenarios being paired. [package currency]
    unpaired_se
        The standard error that two runs with independent scenarios would have had. [package currency]
    gbv
        Gross book value of the package. [package currency]
    scenarios
        Number of scenarios of each run.
    better
        Share of scenarios in which `other` is worth more.
    rates
        Rates at which `base` and `other` are discounted. [per year]
    """

    base: float
    other: float
    mean: float
    se: float
    unpaired_se: float
    gbv: float
    scenarios: int
    better: float
    rates: tuple[float, float]

    @property
    def interval(self) -> tuple[float, float]:
        """Interval that covers the true difference with 95 %. [package currency]"""
        return self.mean - NORMAL_95 * self.se, self.mean + NORMAL_95 * self.se


def _values(flows: PackageFlows) -> np.ndarray:
    return present_value(flows.net(), flows.discount_rate, flows.cash_timing)


def paired_difference(base: PackageFlows, other: PackageFlows) -> PairedDifference:
    """Return how much more `other` is worth than `base`.

    Both runs must have the same seed and number of scenarios; each is discounted at its own rate.
    Random numbers are addressed by loan and event, so a changed assumption moves only what depends on it; the
    common part cancels in each scenario, and the standard error of the difference is that of the rest
    (Glasserman, Monte Carlo Methods in Financial Engineering, 2004, section 7.1).

    Parameters
    ----------
    base, other
        Flows of two runs.

    Raises
    ------
    NplSimError
        If the runs cannot be paired, naming what differs.
    """
    for name in ("seed", "scenarios"):
        a, b = getattr(base, name), getattr(other, name)
        if a != b:
            raise NplSimError(
                f"the runs differ in {name} ({a} and {b}); expected the same for a paired difference"
            )
    a, b = _values(base), _values(other)
    mean_a, mean_b = float(base.sample.average(a)), float(other.sample.average(b))
    own_a, own_b = base.sample.influence(a), other.sample.influence(b)
    return PairedDifference(
        base=mean_a,
        other=mean_b,
        mean=mean_b - mean_a,
        se=math.sqrt(float(((own_b - own_a) ** 2).sum())),
        unpaired_se=math.sqrt(float(own_a @ own_a + own_b @ own_b)),
        gbv=base.gbv,
        scenarios=len(a),
        better=float(base.sample.average((b > a).astype(np.float64))),
        rates=(base.discount_rate, other.discount_rate),
    )
