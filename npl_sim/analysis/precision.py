"""Simulate until the mean price is known as well as was asked."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.engine.simulate import Sampling
from npl_sim.errors import CapacityError
from npl_sim.flows.discount import discount_factors
from npl_sim.flows.package import PackageFlows
from npl_sim.layout import TILE
from npl_sim.valuation.control import controlled_mean

if TYPE_CHECKING:
    from pathlib import Path

    from npl_sim.engine.backends import Backend
    from npl_sim.progress import Progress
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["half_width", "simulate_to_precision"]

FEWEST = 8 * TILE
"""Scenarios of the first round: fewer do not tell how many are needed."""

MARGIN = 1.05
"""More scenarios than the last round's error asks for, so that the next round is mostly the last."""

MOST_ROUNDS = 12


def half_width(flows: PackageFlows, confidence: float) -> float:
    """Return half the interval of the mean price, relative to it; infinite where that is 0."""
    discount = discount_factors(flows.discount_rate, flows.months, flows.cash_timing)
    pv = np.einsum("sm,m->s", flows.net(), discount)
    mean = controlled_mean(pv, flows.drivers, confidence).estimate
    if mean.value == 0.0:
        return 0.0 if mean.se == 0.0 else math.inf
    return (mean.high - mean.low) / 2.0 / abs(mean.value)


def simulate_to_precision(
    study: Study,
    table: LoanTable,
    progress: Progress | None = None,
    threads: int | None = None,
    backend: Backend | None = None,
    work: Path | None = None,
) -> PackageFlows:
    """Simulate in rounds until the interval of the mean price is as narrow as the study asks.

    Scenarios are counted up and never drawn again: the result is that of one run of as many scenarios.
    That the run stops when its own error looks small enough makes the interval cover a little less
    than its confidence; with hundreds of scenarios in the first round it is a few tenths of a per cent
    (tested).

    Parameters
    ----------
    study
        What is assumed; `simulation.precision` must be set.
    table
        The loans.
    progress
        Told of each finished tile of each round.
    threads
        Overrides the study's number of threads.
    backend, work
        As for `engine.simulate.simulate`.

    Raises
    ------
    CapacityError
        If the precision cannot be reached within the study's memory limit; it says how far one gets.
    """
    wanted = study.simulation.precision
    if wanted is None:
        raise ValueError("simulation.precision is not set; expected a share such as 0.001")
    sampling = Sampling(study, table, threads, backend=backend, work=work)
    scenarios = _whole_tiles(max(study.simulation.scenarios, FEWEST))
    flows = sampling.to(scenarios, progress)
    for _ in range(MOST_ROUNDS):
        reached = half_width(flows, study.pricing.confidence)
        if reached <= wanted:
            return flows
        if not math.isfinite(reached):
            break
        needed = _whole_tiles(math.ceil(scenarios * (reached / wanted) ** 2 * MARGIN))
        try:
            flows = sampling.to(needed, progress)
        except CapacityError as error:
            raise CapacityError(
                f"simulation.precision: {wanted:.3g} takes about {needed:,} scenarios; {scenarios:,} reached "
                f"{reached:.3g}. {error}"
            ) from None
        scenarios = needed
    return flows


def _whole_tiles(scenarios: int) -> int:
    return -(-scenarios // TILE) * TILE
