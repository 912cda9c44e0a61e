"""Isolate one loan of a package, with its dependence on other loans unchanged."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.engine.compile_model import Model, compile_model
from npl_sim.engine.pilot_runs import Pilot

if TYPE_CHECKING:
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


def isolate_loan(
    study: Study, table: LoanTable, loan_id: str, pilot: Pilot | None
) -> tuple[LoanTable, Model]:
    """Return the table and the model of one loan, in its state in the whole package.

    Contracts on the totals of placements are left out. These depend on the package: the wait in
    the court queue, the claims on the debtor, the guarantors' own defaults, and pilot estimates.
    All else depends on the loan alone, whose random numbers are addressed by its ids.

    Parameters
    ----------
    study, table
        The whole package.
    loan_id
        A loan of the table.
    pilot
        Estimates of the package's pilot run, if the study needs one.
    """

    def of_loan(frame: pd.DataFrame) -> pd.DataFrame:
        return frame[frame["loan_id"] == loan_id].reset_index(drop=True)

    alone = dataclasses.replace(
        table,
        loans=of_loan(table.loans),
        collateral=of_loan(table.collateral),
        guarantors=of_loan(table.guarantors),
    )
    model = compile_model(study, alone, pilot)
    loan = model.package.loans[0]
    whole = compile_model(study, table, pilot)
    row = int(np.flatnonzero(whole.package.loans["key"] == loan["key"])[0])
    in_package = whole.package.loans[row]
    for name in ("court_queue", "insolvency_hazard", "debtor_claims"):
        model.package.loans[name][0] = in_package[name]
    guarantors = slice(int(in_package["guarantor_begin"]), int(in_package["guarantor_end"]))
    model.package.guarantors["factor"] = whole.package.guarantors["factor"][guarantors]
    estimate = slice(int(in_package["estimate_begin"]), int(in_package["estimate_end"]))
    model.package.estimates[:] = whole.package.estimates[estimate]
    # A contract on the totals of a placement does not apply to one loan.
    tables = model.collection._replace(placement=np.full_like(model.collection.placement, -1))
    return alone, dataclasses.replace(model, placements=(), collection=tables)
