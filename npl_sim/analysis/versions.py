"""Two versions of a study under common random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from npl_sim.analysis.precision import simulate_to_precision
from npl_sim.analysis.sensitivity import resized
from npl_sim.engine.simulate import simulate
from npl_sim.errors import NplSimError
from npl_sim.valuation.paired import PairedDifference, paired_difference

if TYPE_CHECKING:
    from npl_sim.study import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["compare_versions"]


def compare_versions(
    study: Study, table: LoanTable, other: Study, other_table: LoanTable
) -> PairedDifference:
    """Return what another version of a study is worth more, scenarios being paired.

    Where a version asks for a precision, both take the scenarios that `study` needs for it, each loan drawn once:
    each by itself would take as many as its own error asks for, and those could not be paired.

    Parameters
    ----------
    study, table
        The study and its loans.
    other, other_table
        The other version and its loans.

    Raises
    ------
    NplSimError
        If the two do not share currency, seed and scenarios.
    """
    if study.currency != other.currency:
        raise NplSimError(
            f"compare: the study is in {study.currency}, the other version in {other.currency}; "
            "expected versions in one currency"
        )
    if study.simulation.precision is not None or other.simulation.precision is not None:
        asks = study.simulation.precision is not None
        count = simulate_to_precision(study, table).scenarios if asks else study.simulation.scenarios
        study, other = resized(study, count), resized(other, count)
    return paired_difference(simulate(study, table), simulate(other, other_table))
