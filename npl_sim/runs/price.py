"""Price a package."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from npl_sim.reports.heading import Heading
from npl_sim.runs.folder import PLAIN, Run, SaveOptions
from npl_sim.runs.place import new_place

if TYPE_CHECKING:
    from npl_sim.cashflows.protocol import Cash
    from npl_sim.runs.place import RunPlace
    from npl_sim.runs.simulation import Clock, Simulation
    from npl_sim.runs.study_session import StudySession
    from npl_sim.valuation.price import PriceDistribution


@dataclass(frozen=True)
class PriceResult:
    """Price distribution of a package, with the simulation that it comes from."""

    simulation: Simulation
    """Study, tape and simulated cash."""
    price: PriceDistribution
    """Distribution of the present value, and the figures derived from it. [package currency]"""
    heading: Heading
    """Issues of study, tape and result, and the loans without value."""


def heading_of(study: StudySession, result: PriceDistribution | Cash) -> Heading:
    """Return the issues of a result and the loans without value."""
    return Heading(study.issues(result), study.worth_nothing(result), study.study.currency)


def value_cash(study: StudySession, cash: Cash, clock: Clock) -> PriceDistribution:
    """Price simulated cash on the terms of its study; the clock records the phase value."""
    with clock.phase("value"):
        from npl_sim.valuation.price import price

        terms = study.study
        return price(cash, terms.pricing, terms.currency, terms.stated_buyer)


def price(simulation: Simulation) -> PriceResult:
    """Return the price distribution of a simulated package."""
    result = value_cash(simulation.study, simulation.cash, simulation.clock)
    return PriceResult(simulation, result, heading_of(simulation.study, result))


def save_price(
    result: PriceResult, place: RunPlace | None = None, options: SaveOptions = PLAIN
) -> Run:
    """Write the run folder of a price.

    Parameters
    ----------
    result
        A price.
    place
        Place of the folder; defaults to a new one in `runs`, named after the study and the time.
    options
        Contents of the folder.
    """
    from npl_sim.runs.priced_run import write_run
    from npl_sim.study.fingerprint import study_hash

    study, clock = result.simulation.study, result.simulation.clock
    with clock.phase("write"):
        return write_run(
            place or new_place(study.study.name, study_hash(study.study)),
            study.study,
            study.table,
            result.price,
            clock.seconds,
            options,
            result.heading,
        )
