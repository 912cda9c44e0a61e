"""Errors that prevent the simulation of a tape under a study, found before it starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.core.errors import StudyError
from npl_sim.engine.collateral_records import index_rows, missing_terms
from npl_sim.engine.compile_model import compile_model
from npl_sim.engine.policy_rows import policy_rows

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["refusals"]


def refusals(study: Study, table: LoanTable) -> tuple[str, ...]:
    """Return every error that prevents the simulation of these loans; empty for none.

    Parameters
    ----------
    study, table
        The study, and the loans without errors.
    """
    secured = table.loans["loan_id"].isin(table.collateral["loan_id"]).to_numpy(dtype=bool)
    pairs = table.collateral[["region", "kind"]].astype(str).drop_duplicates()
    found = (
        *_errors(lambda: policy_rows(study.policies, table.loans, np.asarray(secured))),
        *missing_terms(study, zip(pairs["kind"], pairs["region"], strict=True)),
        *_errors(lambda: index_rows(study.market, list(pairs["region"]), list(pairs["kind"]))),
    )
    # Any other error still stops the compilation of the model.
    return found or tuple(_errors(lambda: compile_model(study, table)))


def _errors(check: Callable[[], object]) -> Iterator[str]:
    try:
        check()
    except StudyError as error:
        yield from error.errors
