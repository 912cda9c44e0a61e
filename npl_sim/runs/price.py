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


def heading_of(
    study: StudySession,
    result: PriceDistribution,
    effects: dict[str, tuple[float, float]] | None = None,
) -> Heading:
    """Return the issues of a price, the loans without value, and what stands behind it.

    Parameters
    ----------
    study, result
        What was priced, and its price.
    effects
        Effects of inputs, as for `npl_sim.analysis.evidence.evidence`.
    """
    from npl_sim.analysis.evidence import evidence

    behind = evidence(study.study, study.table, result, study.comparables, effects)
    issues, nothing = study.issues(result), study.worth_nothing(result)
    origins = study.loaded.origins()
    return Heading(issues, nothing, study.study.currency, behind, origins)


def value_cash(study: StudySession, cash: Cash, clock: Clock) -> PriceDistribution:
    """Price simulated cash on the terms of its study; the clock records the phase value."""
    with clock.phase("value"):
        from npl_sim.valuation.price import price

        terms = study.study
        return price(cash, terms.pricing, terms.currency, terms.stated_buyer)


def price(simulation: Simulation, sources: bool = False) -> PriceResult:
    """Return the price distribution of a simulated package.

    Parameters
    ----------
    simulation
        The simulated package.
    sources
        Whether to measure how much of the value rests on figures without a published source.
    """
    result = value_cash(simulation.study, simulation.cash, simulation.clock)
    with simulation.clock.phase("analyse" if sources else "value"):
        heading = heading_of(simulation.study, result, {} if sources else None)
    return PriceResult(simulation, result, heading)


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
