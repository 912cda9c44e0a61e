"""Resource estimate of a study and its tape, with the time in the message of a refusal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from npl_sim.core.errors import CapacityError
from npl_sim.engine.resource_estimate import Extent, ResourceEstimate, resource_estimate
from npl_sim.engine.time_estimate import time_text
from npl_sim.kernels._jit import is_cached
from npl_sim.kernels.package import simulate_tile

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["estimate_resources", "resized", "time_note"]

UNBOUNDED_GIB = 1e12
"""Memory limit that no run exceeds. [GiB]"""


def estimate_resources(
    study: Study,
    table: LoanTable,
    draws: int = 1,
    variance_reduction: bool = False,
    remote: bool = False,
) -> ResourceEstimate:
    """Estimate the resources that pricing a tape under a study takes.

    Parameters
    ----------
    study, table
        Assumptions and loans.
    draws
        Replicates of the package in each scenario.
    variance_reduction
        Whether averages over stretches of the horizon serve as control variates too.
    remote
        Whether remote workers simulate the tiles.

    Raises
    ------
    CapacityError
        If the run exceeds the study's memory limit; the message also states the run time.
    """
    simulation = study.simulation
    groups = table.loans[simulation.group_by].nunique()
    with_contract = sum(any(a.contract for a in p.collection.agencies) for p in study.policies)
    extent = Extent(
        len(table.loans),
        len(table.collateral),
        groups,
        len(study.market.factor_names),
        with_contract * groups,
        draws,
        variance_reduction,
        study.market.short_rate is not None,
        remote,
    )
    try:
        return resource_estimate(simulation, extent)
    except CapacityError as error:
        raise CapacityError(f"{error}{time_note(study, table, remote)}") from None


def time_note(study: Study, table: LoanTable, remote: bool = False) -> str:
    """Return a sentence on the run time; empty if the run is short or its time is unknown."""
    if remote or not is_cached(simulate_tile):
        return ""
    precise = study.simulation.precision is not None
    unbounded = resized(study, memory_limit_gib=UNBOUNDED_GIB)
    text, _ = time_text(
        study, table, estimate_resources(unbounded, table, variance_reduction=precise)
    )
    return f". Simulated, it would take {text}" if text else ""


def resized(study: Study, **sizes: object) -> Study:
    """Return the study with other values in its simulation section."""
    return study.model_copy(update={"simulation": study.simulation.model_copy(update=sizes)})
