"""All tables of a package for a committee, from one set of facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from npl_sim.analysis.package.borrowers import largest_borrowers
from npl_sim.analysis.package.collateral import collateral_table
from npl_sim.analysis.package.data_findings import data_findings
from npl_sim.analysis.package.facts import bank_labels, borrower_names, loan_facts
from npl_sim.analysis.package.strata import strata

if TYPE_CHECKING:
    from npl_sim.analysis.committee import BidBook
    from npl_sim.analysis.worthless import Worthless
    from npl_sim.core.issues import Issue
    from npl_sim.study.model import Study
    from npl_sim.tape.table import LoanTable


@dataclass(frozen=True)
class PackageTables:
    """Tables of a package, each of which sums to the package."""

    loans: pd.DataFrame
    """One row per loan (see `facts.loan_facts`)."""
    strata: pd.DataFrame
    """See `strata.strata`."""
    collateral: pd.DataFrame
    """See `collateral.collateral_table`."""
    borrowers: pd.DataFrame
    """See `borrowers.largest_borrowers`."""
    findings: pd.DataFrame
    """See `data_findings.data_findings`."""


def package_tables(
    study: Study,
    table: LoanTable,
    book: BidBook,
    nothing: Worthless | None = None,
    issues: Sequence[Issue] = (),
) -> PackageTables:
    """Return the tables of a package whose bid is known.

    Parameters
    ----------
    study, table, book
        The study, its loans and their bid book.
    nothing
        Loans without value.
    issues
        Issues of the run.
    """
    parts = book.parts
    received = book.result.flows.loans["received_mean"].to_numpy(dtype=np.float64)
    loans = loan_facts(study, table, parts.loans.assign(received_mean=received))
    more = {name: bank_labels(table, name) for name in ("city", "branch")}
    known = {name: labels for name, labels in more.items() if labels is not None}
    return PackageTables(
        loans=loans,
        strata=strata(loans, parts.package_effect, known),
        collateral=collateral_table(study, table, parts.cells, parts.proceeds),
        borrowers=largest_borrowers(
            loans.assign(city=known["city"]) if "city" in known else loans,
            table.collateral,
            parts.package_effect,
            nothing,
            borrower_names(table),
        ),
        findings=data_findings(study, table, book.flags, nothing, issues),
    )
