"""Everything for which the simulation refuses a study and its tape, found at once and before it starts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.errors import StudyError
from npl_sim.engine.compile_model import compile_model, index_rows, missing_terms
from npl_sim.engine.policy_rows import policy_rows

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["refusals"]


def refusals(study: Study, table: LoanTable) -> tuple[str, ...]:
    """Return every fault for which a simulation of these loans is refused; empty: it would start.

    Parameters
    ----------
    study, table
        The study, and the loans that are sound.
    """
    found = (*_policies(study, table), *_terms(study, table), *_indices(study, table))
    # What is not foreseen above still stops the simulation where its model is compiled.
    return found or tuple(_model(study, table))


def _policies(study: Study, table: LoanTable) -> Iterator[str]:
    secured = table.loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy(dtype=bool)
    try:
        policy_rows(study.policies, table.loans, np.asarray(secured))
    except StudyError as error:
        yield from error.faults


def _terms(study: Study, table: LoanTable) -> Iterator[str]:
    yield from missing_terms(study, table.collateral["kind"].astype(str))


def _indices(study: Study, table: LoanTable) -> Iterator[str]:
    pairs = table.collateral[["region", "kind"]].astype(str).drop_duplicates()
    try:
        index_rows(study.market, list(pairs["region"]), list(pairs["kind"]))
    except StudyError as error:
        yield from error.faults


def _model(study: Study, table: LoanTable) -> Iterator[str]:
    try:
        compile_model(study, table)
    except StudyError as error:
        yield from error.faults
