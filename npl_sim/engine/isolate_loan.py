"""One loan of a package by itself, with what it takes from its neighbours left as it is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from npl_sim.engine.compile_model import Model, compile_model
from npl_sim.engine.pilot_runs import Pilot

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable

__all__ = ["lower_single"]


def lower_single(
    study: Study, table: LoanTable, loan_id: str, pilot: Pilot | None
) -> tuple[LoanTable, Model]:
    """Return the table and the model of one loan, as it stands in the whole package.

    Contracts on a placement's totals are left out. Its wait at the courts, its guarantors' own defaults and the estimates of a pilot run hang on the
    package; everything else on the loan alone, whose random numbers are addressed by its ids.

    Parameters
    ----------
    study, table
        The whole package.
    loan_id
        A loan of the table.
    pilot
        Estimates of the package's pilot run, if the study asks for one.
    """
    alone = dataclasses.replace(
        table,
        loans=table.loans[table.loans["loan_id"] == loan_id].reset_index(drop=True),
        collateral=table.collateral[table.collateral["loan_id"] == loan_id].reset_index(drop=True),
        guarantors=table.guarantors[table.guarantors["loan_id"] == loan_id].reset_index(drop=True),
    )
    model = compile_model(study, alone, pilot)
    loan = model.package.loans[0]
    whole = compile_model(study, table, pilot)
    row = int(np.flatnonzero(whole.package.loans["key"] == loan["key"])[0])
    there = whole.package.loans[row]
    model.package.loans["court_queue"][0] = there["court_queue"]
    begin, end = int(there["guarantor_begin"]), int(there["guarantor_end"])
    model.package.guarantors["factor"] = whole.package.guarantors["factor"][begin:end]
    # A contract on the totals of a placement says nothing of one loan.
    tables = model.collection
    tables = tables._replace(placement=np.full_like(tables.placement, -1))
    return alone, dataclasses.replace(model, placements=(), collection=tables)
