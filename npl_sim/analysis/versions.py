"""Comparison of two versions of a study under common random numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from npl_sim.analysis.precision import simulate_to_precision
from npl_sim.analysis.sensitivity import resized
from npl_sim.cashflows.protocol import Cash
from npl_sim.core.errors import NplSimError
from npl_sim.engine.simulate import simulate
from npl_sim.valuation.paired_difference import PairedDifference, paired_difference

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


def compare_versions(
    study: Study, table: LoanTable, other: Study, other_table: LoanTable
) -> PairedDifference:
    """Return the value of another version of a study less that of the study, by paired scenarios.

    A version with a precision takes the scenarios and draws that its error requires. Where these
    differ, both versions take the scenarios that `study` needs, with one draw of each loan.

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
    versions = ((study, table), (other, other_table))
    first, second = (_simulated(*version) for version in versions)
    has_precision = (
        study.simulation.precision is not None or other.simulation.precision is not None
    )
    paired = first.scenarios == second.scenarios and np.array_equal(
        first.loan_replicates, second.loan_replicates
    )
    if has_precision and not paired:
        first, second = (simulate(resized(s, first.scenarios), t) for s, t in versions)
    return paired_difference(first, second)


def _simulated(study: Study, table: LoanTable) -> Cash:
    """Simulate a version as its price does."""
    return (
        simulate(study, table)
        if study.simulation.precision is None
        else simulate_to_precision(study, table)
    )
